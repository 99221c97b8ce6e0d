import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DeadlineHeap, type HeapEntry } from '../../src/base/deadline-heap.ts';

const change = fc.record({
  who: fc.nat(15),
  deadline: fc.oneof({ weight: 3, arbitrary: fc.nat(50) }, { weight: 1, arbitrary: fc.constant(Infinity) }),
});

describe('DeadlineHeap, beside a sorted list', () => {
  it('agrees on the earliest deadline and on who waits, after any changes', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 150 }), (changes) => {
        const heap = new DeadlineHeap<HeapEntry>();
        const entries = Array.from({ length: 16 }, (): HeapEntry => ({ deadline: Infinity, heapIndex: -1 }));
        for (const { who, deadline } of changes) {
          heap.schedule(entries[who]!, deadline);
          const waiting = entries.filter((entry) => entry.deadline !== Infinity);
          expect(heap.length).toBe(waiting.length);
          expect(heap.first?.deadline).toBe(waiting.map((entry) => entry.deadline).sort((a, b) => a - b)[0]);
          for (const entry of entries) expect(entry.heapIndex >= 0).toBe(entry.deadline !== Infinity);
        }
      }),
    );
  });

  it('gives all entries back in the order of their deadlines', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1000), { maxLength: 200 }), (deadlines) => {
        const heap = new DeadlineHeap<HeapEntry>();
        for (const deadline of deadlines) heap.schedule({ deadline, heapIndex: -1 }, deadline);
        const order: number[] = [];
        for (let first = heap.first; first !== undefined; first = heap.first) {
          order.push(first.deadline);
          heap.schedule(first, Infinity);
        }
        expect(order).toEqual(deadlines.toSorted((a, b) => a - b));
      }),
    );
  });
});
