import { describe, expect, it } from 'vitest';
import { defaultOptions } from '../../src/association/options.ts';
import { entryOverhead } from '../../src/streams/receive-queue.ts';
import { flawIn, numberedMessage } from '../support/messages.ts';
import { establishedPair } from '../support/pair.ts';

const { maxMessageSize, receiveBufferSize } = defaultOptions;

/** The most that is charged for a message of `length` bytes in pieces of `piece` bytes. */
function charge(length: number, piece: number): number {
  return length + Math.ceil(length / piece) * entryOverhead;
}

/** Messages of exactly the maximum, one on each of four streams, all at once and both ways. */
function exchange(options: object, lossRate: number, unordered: boolean): void {
  const link = { delayMs: 5, lossRate };
  const z = { ...options, autoRead: false };
  const {
    network,
    a,
    z: receiver,
    association,
    peer,
  } = establishedPair({ seed: 5, a: options, z, link, recordedPackets: 50 });
  const sent = [0, 1, 2, 3].map((number) =>
    numberedMessage(number, { length: maxMessageSize, streamId: number, unordered }),
  );
  a.feed(association, sent);
  receiver.feed(peer, sent);
  // One side reads as they come, the other one message a second.
  const read: NonNullable<ReturnType<typeof receiver.receive>>[] = [];
  const readOne = (): void => {
    const message = receiver.receive(peer);
    if (message !== undefined) read.push(message);
    network.after(1_000, readOne);
  };
  readOne();
  network.run({ until: () => read.length === 4 && a.received(association).length === 4, maxEvents: 10_000_000 });
  expect(flawIn(read, sent, true)).toBeUndefined();
  expect(flawIn(a.received(association), sent, true)).toBeUndefined();
  expect([association.state, peer.state]).toEqual(['ESTABLISHED', 'ESTABLISHED']);
}

describe('what `send` takes by default', () => {
  it('is what the default receive buffer holds in pieces as small as a path MTU makes them', () => {
    // 512 bytes, less the headers of IPv6, UDP, SCTP and I-DATA.
    expect(charge(maxMessageSize, 512 - 48 - 12 - 20)).toBeLessThanOrEqual(receiveBufferSize - 512);
    // Beside SACK chunks they may be cut as small as 256 bytes.
    expect(charge(maxMessageSize, 256)).toBeLessThanOrEqual(receiveBufferSize * (1 + 1 / 8));
  });

  describe.each([
    ['DATA', false],
    ['I-DATA', true],
  ])('%s', (_, interleaving) => {
    it.each([
      [512, 0, false],
      [576, 0, true],
      [576, 0.01, false],
      [1_228, 0.01, true],
      [1_500, 0, false],
      [65_535, 0.01, false],
    ])('never ends the association: path MTU %d, loss rate %d, unordered %s', (pathMtu, lossRate, unordered) => {
      exchange({ pathMtu, interleaving, maxBurst: 0 }, lossRate, unordered);
    });
  });

  it('is not judged by the window of the peer: it may read in pieces', () => {
    const z = { receiveBufferSize: 100_000, autoRead: false };
    const { network, a, z: receiver, association, peer } = establishedPair({ z });
    receiver.command(() => {
      peer.partialDelivery = true;
    });
    a.send(association, { data: new Uint8Array(maxMessageSize) });
    network.run({ forMs: 1_000 });
    expect(association.bufferedAmount).toBeGreaterThan(maxMessageSize - 200_000);
    expect([association.state, peer.state]).toEqual(['ESTABLISHED', 'ESTABLISHED']);
  });
});
