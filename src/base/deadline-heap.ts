import type { Instant } from './time.ts';

/** An entry of a `DeadlineHeap`; the heap keeps `heapIndex`, −1 while the entry is not in it. */
export interface HeapEntry {
  deadline: Instant;
  heapIndex: number;
}

/** Deadlines of many owners in a binary heap: the earliest is at hand, changing one costs O(log n). */
export class DeadlineHeap<E extends HeapEntry> {
  readonly #entries: E[] = [];

  /** The entry with the earliest deadline. */
  get first(): E | undefined {
    return this.#entries[0];
  }

  get length(): number {
    return this.#entries.length;
  }

  /** Sets the deadline of `entry`; `Infinity` takes it out. */
  schedule(entry: E, deadline: Instant): void {
    if (deadline === Number.POSITIVE_INFINITY) {
      this.#remove(entry);
      entry.deadline = deadline;
      return;
    }
    const isEarlier = entry.heapIndex < 0 || deadline < entry.deadline;
    entry.deadline = deadline;
    if (entry.heapIndex < 0) {
      entry.heapIndex = this.#entries.length;
      this.#entries.push(entry);
    }
    if (isEarlier) this.#rise(entry);
    else this.#sink(entry);
  }

  #remove(entry: E): void {
    const index = entry.heapIndex;
    if (index < 0) return;
    entry.heapIndex = -1;
    const last = this.#entries.pop()!;
    if (last === entry) return;
    this.#place(last, index);
    this.#rise(last);
    this.#sink(last);
  }

  #rise(entry: E): void {
    let index = entry.heapIndex;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = this.#entries[parentIndex]!;
      if (parent.deadline <= entry.deadline) break;
      this.#place(parent, index);
      index = parentIndex;
    }
    this.#place(entry, index);
  }

  #sink(entry: E): void {
    let index = entry.heapIndex;
    for (;;) {
      let childIndex = 2 * index + 1;
      const left = this.#entries[childIndex];
      if (left === undefined) break;
      const right = this.#entries[childIndex + 1];
      let child = left;
      if (right !== undefined && right.deadline < left.deadline) {
        child = right;
        childIndex++;
      }
      if (entry.deadline <= child.deadline) break;
      this.#place(child, index);
      index = childIndex;
    }
    this.#place(entry, index);
  }

  #place(entry: E, index: number): void {
    this.#entries[index] = entry;
    entry.heapIndex = index;
  }
}
