import { distance, isAfter, isBefore, next, plus, previous, type Tsn, tsn } from './serial.ts';

/** Shared by all sets that have none yet: nothing is ever written here. */
const noBounds: number[] = [];

/**
 * A set of TSNs as sorted, disjoint, non-adjacent ranges. In-order growth at the end and removal at the front are
 * O(1) amortised; anything else is a binary search and at most one move of the array's tail.
 *
 * All members must lie within 2^31 of each other, which the TSN windows of their owners guarantee.
 */
export class TsnRanges {
  /** The first and the last TSN of each range, in turns; as signed numbers, which engines keep without a box. */
  #bounds: number[] = noBounds;
  #size = 0;

  /** How many ranges there are. */
  get length(): number {
    return this.#bounds.length >>> 1;
  }

  /** How many TSNs are in the set. */
  get size(): number {
    return this.#size;
  }

  get isEmpty(): boolean {
    return this.#bounds.length === 0;
  }

  start(index: number): Tsn {
    return tsn(this.#bounds[2 * index]!);
  }

  end(index: number): Tsn {
    return tsn(this.#bounds[2 * index + 1]!);
  }

  /** The lowest TSN, undefined when the set is empty. */
  get first(): Tsn | undefined {
    return this.isEmpty ? undefined : tsn(this.#bounds[0]!);
  }

  /** The highest TSN, undefined when the set is empty. */
  get last(): Tsn | undefined {
    return this.isEmpty ? undefined : tsn(this.#bounds[this.#bounds.length - 1]!);
  }

  has(tsn: Tsn): boolean {
    const index = this.#search(tsn);
    return index < this.length && !isAfter(this.start(index), tsn);
  }

  /** The index of the first range that ends at or after `tsn`, -1 when there is none. */
  rangeAtOrAfter(tsn: Tsn): number {
    const index = this.#search(tsn);
    return index === this.length ? -1 : index;
  }

  add(tsn: Tsn): void {
    this.addRange(tsn, tsn);
  }

  remove(tsn: Tsn): void {
    this.removeRange(tsn, tsn);
  }

  /** Adds every TSN from `start` to `end`, both included. */
  addRange(start: Tsn, end: Tsn): void {
    const bounds = this.#bounds;
    const { last } = this;
    if (last === undefined) {
      if (bounds === noBounds) this.#bounds = [start | 0, end | 0];
      else bounds.push(start | 0, end | 0);
      this.#size = distance(end, start) + 1;
      return;
    }
    if (start === next(last)) {
      bounds[bounds.length - 1] = end | 0;
      this.#size += distance(end, start) + 1;
      return;
    }
    if (isAfter(start, last)) {
      bounds.push(start | 0, end | 0);
      this.#size += distance(end, start) + 1;
      return;
    }
    // The ranges from `from` up to `to` touch or overlap the new one and melt into it.
    const from = this.#search(previous(start));
    let to = from;
    let mergedStart = start;
    let mergedEnd = end;
    while (to < this.length && !isAfter(this.start(to), next(end))) {
      if (isBefore(this.start(to), mergedStart)) mergedStart = this.start(to);
      if (isAfter(this.end(to), mergedEnd)) mergedEnd = this.end(to);
      this.#size -= this.#count(to);
      to++;
    }
    this.#size += distance(mergedEnd, mergedStart) + 1;
    if (to === from + 1) {
      bounds[2 * from] = mergedStart | 0;
      bounds[2 * from + 1] = mergedEnd | 0;
    } else bounds.splice(2 * from, 2 * (to - from), mergedStart | 0, mergedEnd | 0);
  }

  /** Removes every TSN from `start` to `end`, both included. */
  removeRange(start: Tsn, end: Tsn): void {
    const bounds = this.#bounds;
    const from = this.#search(start);
    if (from === this.length || isAfter(this.start(from), end)) return;
    const beginsBefore = isBefore(this.start(from), start);
    if (beginsBefore && isAfter(this.end(from), end)) {
      bounds.splice(2 * from + 1, 0, previous(start) | 0, next(end) | 0);
      this.#size -= distance(end, start) + 1;
      return;
    }
    let index = from;
    if (beginsBefore) {
      this.#size -= distance(this.end(index), start) + 1;
      bounds[2 * index + 1] = previous(start) | 0;
      index++;
    }
    let to = index;
    while (to < this.length && !isAfter(this.end(to), end)) {
      this.#size -= this.#count(to);
      to++;
    }
    if (to < this.length && !isAfter(this.start(to), end)) {
      this.#size -= distance(end, this.start(to)) + 1;
      bounds[2 * to] = next(end) | 0;
    }
    // What is newest goes most often, and `pop` allocates nothing.
    if (to === this.length) while (bounds.length > 2 * index) bounds.pop();
    else if (to > index) bounds.splice(2 * index, 2 * (to - index));
  }

  /** Removes every TSN up to and including `tsn`. */
  removeUpTo(tsn: Tsn): void {
    const { first } = this;
    if (first === undefined || isAfter(first, tsn)) return;
    if (isAfter(this.end(0), tsn)) {
      this.#bounds[0] = next(tsn) | 0;
      this.#size -= distance(tsn, first) + 1;
    } else if (this.length === 1) this.clear();
    else this.removeRange(first, tsn);
  }

  clear(): void {
    // One range is what comes and goes: popping it keeps its memory for the next, setting the length would not.
    if (this.length > 1) this.#bounds = noBounds;
    else while (this.#bounds.length > 0) this.#bounds.pop();
    this.#size = 0;
  }

  /** Every TSN in order: for tests and reports, not for the hot path. */
  *[Symbol.iterator](): IterableIterator<Tsn> {
    for (let i = 0; i < this.length; i++) {
      for (let n = 0; n < this.#count(i); n++) yield plus(this.start(i), n);
    }
  }

  #count(index: number): number {
    return distance(this.end(index), this.start(index)) + 1;
  }

  /** The first range that ends at or after `tsn`. */
  #search(tsn: Tsn): number {
    let low = 0;
    let high = this.length;
    if (high > 0 && isBefore(this.end(high - 1), tsn)) return high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isBefore(this.end(middle), tsn)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
