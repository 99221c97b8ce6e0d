import { describe, expect, it } from 'vitest';
import { DeadlineHeap, type HeapEntry } from '../../../src/base/deadline-heap.ts';
import { seededRandom } from '../../../src/base/random.ts';

const never = Number.POSITIVE_INFINITY;

function entry(name: string): HeapEntry & { readonly name: string } {
  return { name, deadline: never, heapIndex: -1 };
}

describe('DeadlineHeap', () => {
  it('has the earliest deadline at hand', () => {
    const heap = new DeadlineHeap<ReturnType<typeof entry>>();
    const [a, b, c] = [entry('a'), entry('b'), entry('c')];
    expect(heap.first).toBeUndefined();
    heap.schedule(a, 30);
    heap.schedule(b, 10);
    heap.schedule(c, 20);
    expect(heap.first?.name).toBe('b');
    heap.schedule(b, 40);
    expect(heap.first?.name).toBe('c');
    heap.schedule(a, 5);
    expect(heap.first?.name).toBe('a');
  });

  it('takes out an entry that waits for nothing any more', () => {
    const heap = new DeadlineHeap<ReturnType<typeof entry>>();
    const [a, b] = [entry('a'), entry('b')];
    heap.schedule(a, 1);
    heap.schedule(b, 2);
    heap.schedule(a, never);
    expect([heap.length, heap.first?.name, a.heapIndex]).toEqual([1, 'b', -1]);
    heap.schedule(a, never);
    expect(heap.length).toBe(1);
  });

  it('lets what takes the place of one that was removed rise above its new parent', () => {
    const heap = new DeadlineHeap<ReturnType<typeof entry>>();
    const entries = [1, 10, 2, 11, 12, 3, 4].map((deadline) => ({ ...entry(`${deadline}`), deadline }));
    for (const each of entries) heap.schedule(each, each.deadline);
    // 4, the last, comes below 10.
    heap.schedule(entries[3]!, never);
    requireOrder(entries);
    expect(entries[6]!.heapIndex).toBe(1);
  });

  it('is in order after every change', () => {
    const random = seededRandom(1);
    const below = (limit: number): number => random.uint32() % limit;
    for (let round = 0; round < 50; round++) {
      const heap = new DeadlineHeap<ReturnType<typeof entry>>();
      const entries = Array.from({ length: 1 + below(40) }, (_, n) => entry(`${n}`));
      for (let change = 0; change < 200; change++) {
        // A third of the changes takes one out.
        const deadline = below(3) === 0 ? never : below(100);
        const changed = entries[below(entries.length)]!;
        heap.schedule(changed, deadline);
        expect(changed.deadline).toBe(deadline);
        requireOrder(entries);
        const waiting = entries.filter((each) => each.deadline !== never);
        expect(heap.length).toBe(waiting.length);
        expect(heap.first?.deadline ?? never).toBe(Math.min(never, ...waiting.map((each) => each.deadline)));
      }
    }
  });
});

/** Each entry that waits has a place of its own, from 0 on without gaps, and none is earlier than its parent. */
function requireOrder(entries: readonly HeapEntry[]): void {
  const places: HeapEntry[] = [];
  for (const each of entries) {
    expect(each.heapIndex < 0).toBe(each.deadline === never);
    if (each.heapIndex >= 0) places[each.heapIndex] = each;
  }
  expect(places.filter((each) => each !== undefined)).toHaveLength(
    entries.filter(({ deadline }) => deadline !== never).length,
  );
  for (const [index, each] of places.entries()) {
    if (index > 0) expect(places[(index - 1) >> 1]!.deadline).toBeLessThanOrEqual(each.deadline);
  }
}
