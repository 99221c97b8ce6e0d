import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TsnRanges } from '../../src/base/ranges.ts';
import { distance, plus, type Tsn, tsn } from '../../src/base/serial.ts';

const span = 60;
const at = fc.nat(span - 1);
interface Change {
  readonly how: 'add' | 'remove' | 'removeUpTo' | 'addRange' | 'removeRange';
  readonly at: number;
  readonly length: number;
}

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ how: fc.constantFrom('add', 'remove', 'removeUpTo'), at, length: fc.constant(1) }),
  fc.record({ how: fc.constantFrom('addRange', 'removeRange'), at, length: fc.integer({ min: 1, max: 12 }) }),
);

function apply(ranges: TsnRanges, model: Set<Tsn>, origin: Tsn, { how, at, length }: Change): void {
  const start = plus(origin, at);
  const end = plus(start, length - 1);
  if (how === 'addRange' || how === 'removeRange') ranges[how](start, end);
  else ranges[how](start);
  for (let n = how === 'removeUpTo' ? -at : 0; n < length; n++) {
    if (how.startsWith('add')) model.add(plus(start, n));
    else model.delete(plus(start, n));
  }
}

/** The wrap, the change of sign, and the plain middle. */
const origin = fc.constantFrom(tsn(-span / 2), tsn(0x8000_0000 - span / 2), tsn(1000));

describe('TsnRanges, beside a Set', () => {
  it('has the same members after any additions and removals', () => {
    fc.assert(
      fc.property(origin, fc.array(change, { maxLength: 80 }), (origin, changes) => {
        const ranges = new TsnRanges();
        const model = new Set<Tsn>();
        for (const each of changes) {
          apply(ranges, model, origin, each);
          expect([...ranges]).toEqual([...model].sort(distance));
          expect(ranges.size).toBe(model.size);
        }
        for (let n = -2; n < span + 14; n++) expect(ranges.has(plus(origin, n))).toBe(model.has(plus(origin, n)));
      }),
      { numRuns: 300 },
    );
  });

  it('keeps its ranges sorted, apart from each other, and searchable', () => {
    fc.assert(
      fc.property(origin, fc.array(change, { maxLength: 80 }), (origin, changes) => {
        const ranges = new TsnRanges();
        for (const each of changes) apply(ranges, new Set(), origin, each);
        for (let i = 0; i < ranges.length; i++) {
          expect(distance(ranges.end(i), ranges.start(i))).toBeGreaterThanOrEqual(0);
          if (i > 0) expect(distance(ranges.start(i), ranges.end(i - 1))).toBeGreaterThanOrEqual(2);
          expect(ranges.rangeAtOrAfter(ranges.start(i))).toBe(i);
          expect(ranges.rangeAtOrAfter(plus(ranges.end(i), 1))).toBe(i + 1 < ranges.length ? i + 1 : -1);
        }
      }),
      { numRuns: 300 },
    );
  });
});
