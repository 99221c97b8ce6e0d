import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Ledger } from '../../src/base/ledger.ts';
import { next, plus, type Tsn, tsn } from '../../src/base/serial.ts';
import type { Fragment } from '../../src/chunks/index.ts';
import { DataTracker } from '../../src/reliability/data-tracker.ts';
import { DataReassembly } from '../../src/streams/data-reassembly.ts';
import type { Message } from '../../src/streams/message.ts';
import { ReceiveQueue } from '../../src/streams/receive-queue.ts';

interface Sent {
  readonly streamId: number;
  readonly unordered: boolean;
  /** Payload lengths of its fragments. */
  readonly pieces: readonly number[];
}

const sent: fc.Arbitrary<Sent> = fc.record({
  streamId: fc.nat(2),
  unordered: fc.boolean(),
  pieces: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 4 }),
});

/** What the sender of these messages puts on the wire, one fragment a TSN. The first payload byte of a message is its number. */
function fragmentsOf(messages: readonly Sent[], ssns: Map<number, number>): Fragment[] {
  return messages.flatMap(({ streamId, unordered, pieces }, number) => {
    const messageId = unordered ? 0 : (ssns.get(streamId) ?? 0);
    if (!unordered) ssns.set(streamId, (messageId + 1) & 0xffff);
    return pieces.map((length, i) => ({
      streamId,
      unordered,
      beginning: i === 0,
      ending: i === pieces.length - 1,
      messageId,
      fsn: 0,
      ppid: 0,
      payload: new Uint8Array(length).fill(number),
    }));
  });
}

/** A receiver as RFC 9260 §6.2 wants it: TSNs are tracked, fragments reassembled, messages read at once. */
class Receiver {
  readonly ledger: Ledger = new Ledger();
  readonly queue: ReceiveQueue = new ReceiveQueue(this.ledger);
  readonly reassembly: DataReassembly = new DataReassembly(this.queue);
  readonly tracker: DataTracker;
  readonly messages: Message[] = [];

  constructor(initialTsn: Tsn) {
    this.tracker = new DataTracker(initialTsn, { sackDelayMs: 200, sackFrequency: 2 });
  }

  /** Returns what is wrong with the fragment, undefined also for a duplicate. */
  take(tsn: Tsn, fragment: Fragment): string | undefined {
    if (this.tracker.classify(tsn) !== 'new') return undefined;
    this.tracker.handleNew(tsn, false);
    const violation = this.reassembly.handleFragment(tsn, fragment);
    for (let message = this.queue.shift(); message; message = this.queue.shift()) this.messages.push(message);
    return violation;
  }

  /** Drops all that is beyond the cumulative TSN and not readable; returns the TSNs. */
  renege(): Tsn[] {
    const dropped: Tsn[] = [];
    this.reassembly.dropAfter(this.tracker.cumulativeTsn, (tsn) => {
      this.tracker.handleReneged(tsn);
      dropped.push(tsn);
    });
    return dropped;
  }
}

/** Whether `messages` are exactly those that were sent, and of each stream the ordered ones in their order. */
function expectDelivery(messages: readonly Message[], sent: readonly Sent[]): void {
  const numbers = messages.map(({ data }) => data[0]!);
  expect(numbers.toSorted((a, b) => a - b)).toEqual(sent.map((_, number) => number));
  for (const { data, streamId, unordered } of messages) {
    const { pieces, ...rest } = sent[data[0]!]!;
    expect({ streamId, unordered }).toEqual(rest);
    expect([...data]).toEqual(new Array<number>(pieces.reduce((a, b) => a + b)).fill(data[0]!));
  }
  for (const streamId of [0, 1, 2]) {
    const ordered = messages.filter((message) => message.streamId === streamId && !message.unordered);
    const order = ordered.map(({ data }) => data[0]!);
    expect(order).toEqual(order.toSorted((a, b) => a - b));
  }
}

const initialTsn = fc.constantFrom(-15, 0x8000_0000 - 15, 1_000).map(tsn);

describe('DataReassembly', () => {
  it('delivers what was sent, ordered per stream, whatever the order of arrival, and holds nothing then', () => {
    fc.assert(
      fc.property(
        initialTsn,
        fc.array(sent, { minLength: 1, maxLength: 12 }),
        fc.array(fc.nat(), { minLength: 1, maxLength: 60 }),
        (initialTsn, messages, luck) => {
          const fragments = fragmentsOf(messages, new Map());
          const receiver = new Receiver(initialTsn);
          for (let i = 0; ; i++) {
            const onTheWay = missing(receiver, initialTsn, fragments.length);
            if (onTheWay.length === 0) break;
            const chance = luck[i % luck.length]!;
            // One that is new, and one that may be a duplicate.
            for (const index of [onTheWay[chance % onTheWay.length]!, chance % fragments.length]) {
              expect(receiver.take(plus(initialTsn, index), fragments[index]!)).toBeUndefined();
            }
          }
          expectDelivery(receiver.messages, messages);
          expect([receiver.queue.heldBytes, receiver.ledger.bytes]).toEqual([0, 0]);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('delivers each message once, however often the receiver reneges on what is not readable', () => {
    fc.assert(
      fc.property(
        initialTsn,
        fc.array(sent, { minLength: 1, maxLength: 12 }),
        fc.array(fc.record({ chance: fc.nat(), reneges: fc.boolean() }), { minLength: 1, maxLength: 60 }),
        (initialTsn, messages, luck) => {
          const fragments = fragmentsOf(messages, new Map());
          const receiver = new Receiver(initialTsn);
          for (const { chance, reneges } of luck) {
            const candidates = missing(receiver, initialTsn, fragments.length);
            if (candidates.length === 0) break;
            const index = candidates[chance % candidates.length]!;
            expect(receiver.take(plus(initialTsn, index), fragments[index]!)).toBeUndefined();
            if (!reneges) continue;
            for (const dropped of receiver.renege()) expect(receiver.tracker.classify(dropped)).toBe('new');
          }
          for (const index of missing(receiver, initialTsn, fragments.length)) {
            expect(receiver.take(plus(initialTsn, index), fragments[index]!)).toBeUndefined();
          }
          expectDelivery(receiver.messages, messages);
          expect([receiver.queue.heldBytes, receiver.ledger.bytes]).toEqual([0, 0]);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('neither throws nor loses count, whatever a peer calls a fragment', () => {
    const hostile = fc.record({
      offset: fc.nat(40),
      streamId: fc.nat(1),
      unordered: fc.boolean(),
      beginning: fc.boolean(),
      ending: fc.boolean(),
      messageId: fc.oneof(fc.nat(3), fc.constantFrom(0xffff, 0x8000)),
      length: fc.integer({ min: 1, max: 9 }),
      event: fc.constantFrom('nothing', 'nothing', 'nothing', 'renege', 'forward', 'reset'),
    });
    fc.assert(
      fc.property(fc.array(hostile, { maxLength: 80 }), (fragments) => {
        const receiver = new Receiver(tsn(0));
        for (const { offset, length, event, ...flags } of fragments) {
          const violation = receiver.take(tsn(offset), { ...flags, fsn: 0, ppid: 0, payload: new Uint8Array(length) });
          expect(receiver.queue.heldBytes).toBeGreaterThanOrEqual(0);
          expect(receiver.ledger.bytes).toBe(receiver.queue.heldBytes);
          // The association is aborted, and its reassembly is not asked again.
          if (violation !== undefined) return;
          if (event === 'renege') receiver.renege();
          if (event === 'reset') receiver.reassembly.resetStreams([]);
          if (event === 'forward' && receiver.tracker.handleForwardTsn(tsn(offset))) {
            receiver.reassembly.handleForwardTsn(tsn(offset), [flags]);
          }
          expect(receiver.queue.heldBytes).toBeGreaterThanOrEqual(0);
        }
        receiver.reassembly.restart();
        while (receiver.queue.shift() !== undefined);
        expect([receiver.queue.heldBytes, receiver.ledger.bytes]).toEqual([0, 0]);
      }),
      { numRuns: 1_000 },
    );
  });
});

/** Which of the first `count` TSNs have not arrived, or have been dropped since. */
function missing({ tracker }: Receiver, initialTsn: Tsn, count: number): number[] {
  const indices: number[] = [];
  for (let index = 0, each = initialTsn; index < count; index++, each = next(each)) {
    if (tracker.classify(each) === 'new') indices.push(index);
  }
  return indices;
}
