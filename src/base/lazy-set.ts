const nothing: readonly never[] = [];

/** The part of a `Set` that is needed, without its table before the first item: most associations never have one. */
export class LazySet<Item> {
  #set: Set<Item> | undefined;

  get size(): number {
    return this.#set === undefined ? 0 : this.#set.size;
  }

  has(item: Item): boolean {
    return this.#set?.has(item) === true;
  }

  add(item: Item): void {
    this.#set ??= new Set();
    this.#set.add(item);
  }

  delete(item: Item): boolean {
    return this.#set?.delete(item) === true;
  }

  /** Gives the table back. Not for a loop over the set. */
  clear(): void {
    this.#set = undefined;
  }

  [Symbol.iterator](): Iterator<Item> {
    return (this.#set ?? nothing)[Symbol.iterator]();
  }
}
