import { describe, expect, it } from 'vitest';
import type { OutgoingMessage } from '../../src/streams/message.ts';
import { flawIn, numberedMessage, pattern } from '../support/messages.ts';
import { type EstablishedPair, establishedPair } from '../support/pair.ts';

const kinds = [
  ['DATA', false],
  ['I-DATA', true],
] as const;

/** 10 ms one way; the peer acknowledges a single packet after 200 ms. */
const oneWayMs = 10;

function twoWith(interleaving: boolean, noDelay = false): EstablishedPair {
  const two = establishedPair({ a: { noDelay, interleaving }, z: { interleaving } });
  // The first DATA chunk of an association is acknowledged at once.
  two.a.send(two.association, { data: pattern(0, 1) });
  two.network.run({ forMs: 1_000 });
  return two;
}

/** How long it takes until `count` messages are there. */
function timeUntil({ network, z }: EstablishedPair, count: number): number {
  const start = network.now;
  network.run({ until: () => z.received().length === count });
  return network.now - start;
}

describe.each(kinds)('noDelay: false (RFC 1122 §4.2.3.4), %s', (_, interleaving) => {
  it.each([1, 100, 1_400, 1_444, 1_445, 2_000, 2_888, 3_000, 5_000, 5_800, 20_000])(
    'a message of %d bytes on an idle association arrives as fast as without',
    (length) => {
      const times = [false, true].map((noDelay) => {
        const two = twoWith(interleaving, noDelay);
        return [2, 3, 4, 5, 6].map((count) => {
          two.a.send(two.association, { data: pattern(1, length) });
          const time = timeUntil(two, count);
          two.network.run({ forMs: 1_000 });
          return time;
        });
      });
      expect(times[0]).toEqual(times[1]);
    },
  );

  it('a message that has not begun waits while data is outstanding, and goes with what has', () => {
    const two = twoWith(interleaving);
    const { network, a, association } = two;
    network.clearLadder();
    const sent = [100, 100, 100].map((length, i) => numberedMessage(i, { length, streamId: i, unordered: false }));
    for (const message of sent) a.send(association, message);
    network.run({ forMs: 50 });
    expect(network.ladder()).toHaveLength(1);
    // A large one fills packets and takes them along.
    a.send(association, { data: pattern(3, 3_000), streamId: 3 });
    expect(timeUntil(two, 5)).toBe(oneWayMs);
  });

  it('the end of a message goes on, whatever waits on other streams before it', () => {
    const two = twoWith(interleaving);
    const { network, a, association, z } = two;
    a.command((now) => association.setScheduler('round-robin') ?? now);
    const large = numberedMessage(0, { length: 2_000, streamId: 1, unordered: false });
    const small = Array.from({ length: 6 }, (__, i) =>
      numberedMessage(i + 1, { length: 40, streamId: i + 2, unordered: false }),
    );
    a.command((now) => {
      for (const message of [large, ...small]) association.send(message, now);
    });
    network.run({ forMs: oneWayMs });
    expect(z.received().map(({ ppid }) => ppid)).toContain(0);
    network.run({ forMs: 300 });
    expect(flawIn(z.received().slice(1), [large, ...small], true)).toBeUndefined();
  });

  it('what is written of a message in pieces goes out as it is written', () => {
    const two = twoWith(interleaving);
    const { network, a, association, z } = two;
    let message: OutgoingMessage | undefined;
    a.command((now) => {
      message = association.beginMessage({ streamId: 1 }, now);
    });
    for (const [length, endOfMessage] of [
      [2_000, false],
      [10, false],
      [10, false],
      [0, true],
    ] as const) {
      const before = association.metrics().dataChunksSent;
      a.command(() => association.append(message!, pattern(1, length), { endOfMessage }));
      network.run({ forMs: 2 });
      expect(association.metrics().dataChunksSent).toBeGreaterThan(before);
    }
    network.run({ forMs: oneWayMs });
    expect(z.received().at(-1)?.data.length).toBe(2_020);
  });

  it('a message in pieces that waits for its user does not let small messages of others go', () => {
    const two = twoWith(interleaving);
    const { network, a, association } = two;
    let message: OutgoingMessage | undefined;
    a.command((now) => {
      message = association.beginMessage({ streamId: 1 }, now);
      association.append(message, pattern(1, 100));
    });
    network.run({ forMs: 1_000 });
    network.clearLadder();
    for (let i = 0; i < 4; i++) a.send(association, { data: pattern(2, 50), streamId: 2 });
    network.run({ forMs: 50 });
    expect(network.ladder()).toHaveLength(interleaving ? 1 : 0);
  });
});
