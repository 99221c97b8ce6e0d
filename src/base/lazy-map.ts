const nothing: readonly never[] = [];

/** The part of a `Map` that is needed, without its table before the first entry: most associations never have one. */
export class LazyMap<Key, Value> {
  #map: Map<Key, Value> | undefined;

  get size(): number {
    return this.#map === undefined ? 0 : this.#map.size;
  }

  get(key: Key): Value | undefined {
    return this.#map?.get(key);
  }

  has(key: Key): boolean {
    return this.#map?.has(key) === true;
  }

  set(key: Key, value: Value): void {
    this.#map ??= new Map();
    this.#map.set(key, value);
  }

  delete(key: Key): boolean {
    return this.#map?.delete(key) === true;
  }

  /** Gives the table back. Not for a loop over the map. */
  clear(): void {
    this.#map = undefined;
  }

  keys(): Iterable<Key> {
    return this.#map?.keys() ?? nothing;
  }

  values(): Iterable<Value> {
    return this.#map?.values() ?? nothing;
  }

  [Symbol.iterator](): Iterator<readonly [Key, Value]> {
    return (this.#map ?? nothing)[Symbol.iterator]();
  }
}
