import { describe, expect, it } from 'vitest';
import { DeadlineHeap, type HeapEntry } from '../../../src/base/deadline-heap.ts';

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
});
