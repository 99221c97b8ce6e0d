import { describe, expect, it } from 'vitest';
import { type OutgoingMessage, SimulationError } from '../../src/simulation/index.ts';
import { numberedMessage, pattern } from '../support/messages.ts';
import { establishedPair, eventsOf } from '../support/pair.ts';

type Policy = (number: number) => Pick<OutgoingMessage, 'lifetimeMs' | 'maxRetransmits' | 'priority'>;

const policies: readonly (readonly [string, Policy])[] = [
  ['lifetime', () => ({ lifetimeMs: 300 })],
  ['no retransmission', () => ({ maxRetransmits: 0 })],
  ['one retransmission', () => ({ maxRetransmits: 1 })],
  ['priority', (number) => ({ priority: 1 + (number % 4) })],
  [
    'a different one for each',
    (number) => [{}, { lifetimeMs: 200 }, { maxRetransmits: 0 }, { priority: 9 }][number % 4]!,
  ],
];

const streams = 5;
const count = 400;

const cases = policies.flatMap(([name, policy]) =>
  [false, true].map((interleaving) => [name, interleaving ? 'I-DATA' : 'DATA', policy, interleaving] as const),
);

describe.each(cases)('%s, with %s, over a bad link', (_name, _kind, policy, interleaving) => {
  it.each([1, 2, 3])('seed %i: delivered and abandoned are what was sent, of each stream and in all', (seed) => {
    const options = { interleaving, rtoMinMs: 100, rtoInitialMs: 200 };
    const two = establishedPair({
      seed,
      a: { ...options, sendBufferSize: 60_000, scheduler: 'round-robin' },
      z: options,
      link: { lossRate: 0.15, reorderRate: 0.05, rateBitsPerSecond: 5_000_000, queueBytes: 30_000 },
    });
    const { network, a, z, association } = two;
    const accepted: OutgoingMessage[] = [];
    for (let n = 0; n < count; n++) {
      network.after(n * 4, () => {
        const plan = { length: 100 + ((n * 577) % 4_000), streamId: n % streams, unordered: n % 7 === 0 };
        const message = { ...numberedMessage(accepted.length, plan), ...policy(n), reportDelivery: true };
        try {
          a.send(association, message);
          accepted.push(message);
        } catch (error) {
          // A full send buffer takes nothing that is not worth more than what it holds.
          if (!(error instanceof Error && /full/.test(error.message)) || error instanceof SimulationError) throw error;
        }
      });
    }
    network.run({ forMs: count * 4 });
    network.run({ until: () => association.bufferedAmount === 0, forMs: 120_000 });
    network.run({ forMs: 5_000 });

    const delivered = eventsOf(a, 'delivered').map(({ message }) => message.ppid);
    const abandoned = eventsOf(a, 'abandoned');
    const fates = [...delivered, ...abandoned.map(({ message }) => message.ppid)];
    expect(
      fates.sort((x, y) => x - y),
      network.toString(),
    ).toEqual(accepted.map((_, number) => number));
    for (let streamId = 0; streamId < streams; streamId++) {
      const ofStream = abandoned.filter(({ message }) => message.streamId === streamId);
      const sent = ofStream.filter(({ wasSent }) => wasSent).length;
      expect(association.abandonedMessages(streamId)).toEqual({ sent, unsent: ofStream.length - sent });
    }
    expect(association.metrics().messagesAbandoned).toBe(abandoned.length);
    expect(abandoned.length).toBeGreaterThan(0);

    // What arrived is whole, came once, and was delivered or at least sent.
    const received = z.received().map(({ ppid }) => ppid);
    const unsent = new Set(abandoned.filter(({ wasSent }) => !wasSent).map(({ message }) => message.ppid));
    expect(new Set(received).size).toBe(received.length);
    expect(received.filter((number) => unsent.has(number))).toEqual([]);
    expect(delivered.filter((number) => !received.includes(number))).toEqual([]);
    for (const { ppid, data } of z.received()) expect(Buffer.compare(data, pattern(ppid, data.length))).toBe(0);
    for (const { ppid, data } of z.received()) expect(data.length).toBe(accepted[ppid]!.data.length);
    expect(z.endpoint.bufferedBytes).toBe(0);
  });
});
