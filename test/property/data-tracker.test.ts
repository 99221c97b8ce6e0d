import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { next, plus, previous, type Tsn, tsn } from '../../src/base/serial.ts';
import { DataTracker } from '../../src/reliability/data-tracker.ts';

/** What RFC 9260 says of received TSNs, with a Set and without any cleverness. */
class Model {
  readonly received = new Set<Tsn>();
  cumulativeTsn: Tsn;

  constructor(initialTsn: Tsn) {
    this.cumulativeTsn = previous(initialTsn);
  }

  receive(tsn: Tsn): void {
    this.received.add(tsn);
    while (this.received.has(next(this.cumulativeTsn))) this.cumulativeTsn = next(this.cumulativeTsn);
  }

  skipTo(tsn: Tsn): void {
    for (let each = next(this.cumulativeTsn); each !== next(tsn); each = next(each)) this.receive(each);
  }

  /** Gap Ack Blocks up to `reach` TSNs ahead. */
  gapAckBlocks(reach: number): { start: number; end: number }[] {
    const blocks: { start: number; end: number }[] = [];
    for (let offset = 2; offset <= reach; offset++) {
      if (!this.received.has(plus(this.cumulativeTsn, offset))) continue;
      const last = blocks.at(-1);
      if (last?.end === offset - 1) last.end = offset;
      else blocks.push({ start: offset, end: offset });
    }
    return blocks;
  }
}

const reach = 40;
/** Where TSNs begin: at the wrap, at the change of sign, anywhere. */
const initialTsn = fc.constantFrom(-20, 0x8000_0000 - 20, 123_456).map(tsn);
const packet = fc.record({
  /** TSNs as distances from the first. */
  offsets: fc.array(fc.nat(reach), { minLength: 1, maxLength: 4 }),
  takesSack: fc.boolean(),
  skipsTo: fc.option(fc.nat(reach), { freq: 8, nil: undefined }),
});

describe('DataTracker, beside a Set', () => {
  it('reports exactly what has arrived, whatever the order, the losses and the duplicates', () => {
    fc.assert(
      fc.property(initialTsn, fc.array(packet, { maxLength: 60 }), (initialTsn, packets) => {
        const tracker = new DataTracker(initialTsn, { sackDelayMs: 200, sackFrequency: 2 });
        const model = new Model(initialTsn);
        let duplicates: Tsn[] = [];
        for (const { offsets, takesSack, skipsTo } of packets) {
          for (const offset of offsets) {
            const tsn = plus(initialTsn, offset);
            const isDuplicate = model.received.has(tsn);
            expect(tracker.classify(tsn)).toBe(isDuplicate ? 'duplicate' : 'new');
            if (isDuplicate) {
              tracker.handleDuplicate(tsn);
              duplicates.push(tsn);
            } else {
              tracker.handleNew(tsn, false);
              model.receive(tsn);
            }
          }
          if (skipsTo !== undefined && tracker.handleForwardTsn(plus(initialTsn, skipsTo))) {
            model.skipTo(plus(initialTsn, skipsTo));
          }
          tracker.handleEndOfPacket(0);
          expect(tracker.cumulativeTsn).toBe(model.cumulativeTsn);
          if (!takesSack) continue;
          expect(tracker.takeSack(1_500, 10_000)).toEqual({
            kind: 'SACK',
            cumulativeTsnAck: model.cumulativeTsn,
            aRwnd: 1_500,
            gapAckBlocks: model.gapAckBlocks(reach + 1),
            duplicateTsns: duplicates.slice(0, 20),
          });
          duplicates = [];
        }
      }),
      { numRuns: 300 },
    );
  });

  it('never lets data wait for its SACK longer than SACK.Delay', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ offset: fc.nat(reach), wait: fc.nat(300) }), { maxLength: 60 }),
        fc.integer({ min: 1, max: 5 }),
        (arrivals, sackFrequency) => {
          const tracker = new DataTracker(tsn(0), { sackDelayMs: 200, sackFrequency });
          let now = 0;
          let waitsSince = Infinity;
          for (const { offset, wait } of arrivals) {
            const tsn = plus(0 as Tsn, offset);
            if (tracker.classify(tsn) === 'new') tracker.handleNew(tsn, false);
            else tracker.handleDuplicate(tsn);
            tracker.handleEndOfPacket(now);
            waitsSince = Math.min(waitsSince, now);
            if (!tracker.isSackDue) {
              expect(tracker.nextTimeout).toBeLessThanOrEqual(waitsSince + 200);
              now = Math.min(now + wait, tracker.nextTimeout);
              tracker.handleTimeout(now);
            }
            if (!tracker.isSackDue) continue;
            tracker.takeSack(0, 1_000);
            waitsSince = Infinity;
          }
        },
      ),
    );
  });
});
