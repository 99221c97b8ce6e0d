/** Where a value is, until its entry is deleted. */
interface Cell<Value> {
  value: Value | undefined;
}

/**
 * The part of a `Map` that is needed, for large values that come and go in numbers.
 *
 * An engine rebuilds the table of a Map again and again while entries come and go, and a table that it has put among the old
 * objects outlives its use: until the next full collection it keeps the tables after it, and all that was in any of them. So
 * the tables here hold cells, and a deleted entry leaves its cell empty.
 */
export class TurnoverMap<Key extends number | string, Value extends object> {
  readonly #cells = new Map<Key, Cell<Value>>();

  get size(): number {
    return this.#cells.size;
  }

  get(key: Key): Value | undefined {
    return this.#cells.get(key)?.value;
  }

  has(key: Key): boolean {
    return this.#cells.has(key);
  }

  set(key: Key, value: Value): void {
    const cell = this.#cells.get(key);
    if (cell === undefined) this.#cells.set(key, { value });
    else cell.value = value;
  }

  delete(key: Key): void {
    const cell = this.#cells.get(key);
    if (cell === undefined) return;
    cell.value = undefined;
    this.#cells.delete(key);
  }

  /** In the order in which they came. */
  *values(): IterableIterator<Value> {
    for (const { value } of this.#cells.values()) if (value !== undefined) yield value;
  }
}
