/**
 * A set of destinations with a number for each. There are few of them, and one tally is filled and cleared for every SACK
 * chunk: arrays cost less than a Map, whose `clear` allocates.
 */
export class DestinationTally<D> {
  readonly #destinations: D[] = [];
  readonly #amounts: number[] = [];

  get size(): number {
    return this.#destinations.length;
  }

  /** In the order in which they came in. */
  get destinations(): readonly D[] {
    return this.#destinations;
  }

  has(destination: D): boolean {
    return this.#destinations.includes(destination);
  }

  /** The sum of what was added for `destination`, undefined where nothing was. */
  get(destination: D): number | undefined {
    return this.#amounts[this.#destinations.indexOf(destination)];
  }

  add(destination: D, amount = 0): void {
    const index = this.#destinations.indexOf(destination);
    if (index >= 0) {
      this.#amounts[index]! += amount;
      return;
    }
    this.#destinations.push(destination);
    this.#amounts.push(amount);
  }

  clear(): void {
    // Popping one is several times as fast as setting the length.
    while (this.#destinations.pop() !== undefined) this.#amounts.pop();
  }
}
