import { describe, expect, it } from 'vitest';
import type { SchedulerName } from '../../src/streams/stream-scheduler.ts';
import { type EstablishedPair, establishedPair } from '../support/pair.ts';

const mebibyte = 2 ** 20;
const hundredMebibytes = new Uint8Array(100 * mebibyte);

/** A sends the message on stream 0, which has the lower priority. */
function sending(data: Uint8Array, scheduler: SchedulerName, interleaving = true): EstablishedPair {
  const size = 2 * hundredMebibytes.length;
  const options = { interleaving, receiveBufferSize: size, pathMtu: 9_000 };
  // Where the send buffer is full of one message, no other gets as far as the scheduler.
  const a = { ...options, scheduler, sendBufferSize: size, maxMessageSize: hundredMebibytes.length };
  const two = establishedPair({ a, z: options, recordedPackets: 1_000 });
  two.association.setStreamShare(0, { priority: 1, weight: 1 });
  two.a.send(two.association, { data });
  return two;
}

/** How many packets with data go out between `send` of 100 bytes on stream 1 and the packet that carries them. */
function packetsBefore({ network, a, association }: EstablishedPair): number {
  network.clearLadder();
  a.send(association, { data: new Uint8Array(100), streamId: 1 });
  const packets = (): string[] => network.ladder({ verbose: true }).filter((line) => /^a .*DATA/.test(line));
  network.run({ until: () => packets().some((line) => line.includes('stream 1 ')) });
  return packets().findIndex((line) => line.includes('stream 1 '));
}

describe('a message of 100 MiB on one stream', () => {
  it.each(['round-robin', 'round-robin-per-packet', 'priority', 'fair-capacity', 'weighted-fair-queueing'] as const)(
    '%s: delays 100 bytes on another by one packet at most, at whatever time they come',
    (scheduler) => {
      const two = sending(hundredMebibytes, scheduler);
      for (const forMs of [0, 1, 30, 95, 100, 7]) {
        two.network.run({ forMs });
        expect(packetsBefore(two)).toBeLessThanOrEqual(1);
      }
      expect(two.association.bufferedAmount).toBeGreaterThan(80 * mebibyte);
    },
  );

  it.each([
    ['first-come-first-served', true],
    ['round-robin', false],
  ] as const)('%s (interleaving: %s): goes first, to its end', (scheduler, interleaving) => {
    const length = mebibyte;
    const two = sending(hundredMebibytes.subarray(0, length), scheduler, interleaving);
    expect(packetsBefore(two)).toBeGreaterThan(100);
    two.network.run({ until: () => two.z.received().length === 2 });
    expect(two.z.received().map(({ data }) => data.length)).toEqual([length, 100]);
  });
});
