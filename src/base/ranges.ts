import { distance, isAfter, isBefore, next, plus, previous, type Tsn } from './serial.ts';

/**
 * A set of TSNs as sorted, disjoint, non-adjacent ranges. In-order growth at the end and removal at the front are
 * O(1) amortised; anything else is a binary search and at most one move of the array's tail.
 *
 * All members must lie within 2^31 of each other, which the TSN windows of their owners guarantee.
 */
export class TsnRanges {
  readonly #starts: Tsn[] = [];
  readonly #ends: Tsn[] = [];
  #size = 0;

  /** How many ranges there are. */
  get length(): number {
    return this.#starts.length;
  }

  /** How many TSNs are in the set. */
  get size(): number {
    return this.#size;
  }

  get isEmpty(): boolean {
    return this.#starts.length === 0;
  }

  start(index: number): Tsn {
    return this.#starts[index]!;
  }

  end(index: number): Tsn {
    return this.#ends[index]!;
  }

  /** The lowest TSN, undefined when the set is empty. */
  get first(): Tsn | undefined {
    return this.#starts[0];
  }

  /** The highest TSN, undefined when the set is empty. */
  get last(): Tsn | undefined {
    return this.#ends[this.#ends.length - 1];
  }

  has(tsn: Tsn): boolean {
    const index = this.#search(tsn);
    return index < this.length && !isAfter(this.#starts[index]!, tsn);
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
    const last = this.length - 1;
    if (last >= 0 && start === next(this.#ends[last]!)) {
      this.#ends[last] = end;
      this.#size += distance(end, start) + 1;
      return;
    }
    if (last < 0 || isAfter(start, next(this.#ends[last]!))) {
      this.#starts.push(start);
      this.#ends.push(end);
      this.#size += distance(end, start) + 1;
      return;
    }
    // The ranges from `from` up to `to` touch or overlap the new one and melt into it.
    const from = this.#search(previous(start));
    let to = from;
    let mergedStart = start;
    let mergedEnd = end;
    while (to < this.length && !isAfter(this.#starts[to]!, next(end))) {
      if (isBefore(this.#starts[to]!, mergedStart)) mergedStart = this.#starts[to]!;
      if (isAfter(this.#ends[to]!, mergedEnd)) mergedEnd = this.#ends[to]!;
      this.#size -= this.#count(to);
      to++;
    }
    this.#size += distance(mergedEnd, mergedStart) + 1;
    if (to === from + 1) {
      this.#starts[from] = mergedStart;
      this.#ends[from] = mergedEnd;
    } else {
      this.#starts.splice(from, to - from, mergedStart);
      this.#ends.splice(from, to - from, mergedEnd);
    }
  }

  /** Removes every TSN from `start` to `end`, both included. */
  removeRange(start: Tsn, end: Tsn): void {
    const from = this.#search(start);
    if (from === this.length || isAfter(this.#starts[from]!, end)) return;
    const first = this.#starts[from]!;
    if (isBefore(first, start) && isAfter(this.#ends[from]!, end)) {
      this.#starts.splice(from + 1, 0, next(end));
      this.#ends.splice(from, 0, previous(start));
      this.#size -= distance(end, start) + 1;
      return;
    }
    let index = from;
    if (isBefore(first, start)) {
      this.#size -= distance(this.#ends[index]!, start) + 1;
      this.#ends[index] = previous(start);
      index++;
    }
    let to = index;
    while (to < this.length && !isAfter(this.#ends[to]!, end)) {
      this.#size -= this.#count(to);
      to++;
    }
    if (to < this.length && !isAfter(this.#starts[to]!, end)) {
      this.#size -= distance(end, this.#starts[to]!) + 1;
      this.#starts[to] = next(end);
    }
    if (to > index) {
      this.#starts.splice(index, to - index);
      this.#ends.splice(index, to - index);
    }
  }

  /** Removes every TSN up to and including `tsn`. */
  removeUpTo(tsn: Tsn): void {
    const first = this.first;
    if (first === undefined || isAfter(first, tsn)) return;
    if (isAfter(this.#ends[0]!, tsn)) {
      this.#starts[0] = next(tsn);
      this.#size -= distance(tsn, first) + 1;
    } else if (this.length === 1) this.clear();
    else this.removeRange(first, tsn);
  }

  clear(): void {
    this.#starts.length = 0;
    this.#ends.length = 0;
    this.#size = 0;
  }

  /** Every TSN in order: for tests and reports, not for the hot path. */
  *[Symbol.iterator](): IterableIterator<Tsn> {
    for (let i = 0; i < this.length; i++) {
      for (let n = 0; n < this.#count(i); n++) yield plus(this.#starts[i]!, n);
    }
  }

  #count(index: number): number {
    return distance(this.#ends[index]!, this.#starts[index]!) + 1;
  }

  /** The first range that ends at or after `tsn`. */
  #search(tsn: Tsn): number {
    let low = 0;
    let high = this.length;
    if (high > 0 && isBefore(this.#ends[high - 1]!, tsn)) return high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isBefore(this.#ends[middle]!, tsn)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
