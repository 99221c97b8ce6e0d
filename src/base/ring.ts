/** An emptied ring of more slots than this gives them back: a burst is not paid for until the association ends. */
const largestKeptCapacity = 256;

/** Shared by all rings that have none: nothing is ever written here. */
const noSlots: never[] = [];

/**
 * A first-in, first-out queue in a ring of a power of two: O(1) at both ends, by index, and never a shift. What is never
 * used takes no slots.
 */
export class Ring<T> {
  #slots: (T | undefined)[] = noSlots;
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(item: T): void {
    if (this.#length === this.#slots.length) this.#grow();
    this.#slots[(this.#head + this.#length) & (this.#slots.length - 1)] = item;
    this.#length++;
  }

  unshift(item: T): void {
    if (this.#length === this.#slots.length) this.#grow();
    this.#head = (this.#head - 1) & (this.#slots.length - 1);
    this.#slots[this.#head] = item;
    this.#length++;
  }

  shift(): T | undefined {
    if (this.#length === 0) return undefined;
    const item = this.#slots[this.#head];
    this.#slots[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#slots.length - 1);
    this.#length--;
    if (this.#length === 0 && this.#slots.length > largestKeptCapacity) this.clear();
    return item;
  }

  peek(): T | undefined {
    return this.#length === 0 ? undefined : this.#slots[this.#head];
  }

  /** The item `index` places behind the head, undefined when there is none. */
  at(index: number): T | undefined {
    if (index < 0 || index >= this.#length) return undefined;
    return this.#slots[(this.#head + index) & (this.#slots.length - 1)];
  }

  clear(): void {
    this.#slots = noSlots;
    this.#head = 0;
    this.#length = 0;
  }

  *[Symbol.iterator](): IterableIterator<T> {
    for (let i = 0; i < this.#length; i++) yield this.at(i) as T;
  }

  #grow(): void {
    // Most rings never hold more than four: a literal costs a tenth of an array that is made and filled.
    const slots: (T | undefined)[] = [undefined, undefined, undefined, undefined];
    const capacity = this.#slots.length * 2;
    for (let i = 0; i < this.#length; i++) slots[i] = this.at(i);
    while (slots.length < capacity) slots.push(undefined);
    this.#slots = slots;
    this.#head = 0;
  }
}
