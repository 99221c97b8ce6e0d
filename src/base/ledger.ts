/** Bytes that somebody holds; a part of what a larger ledger counts, where there is one. */
export class Ledger {
  #whole: Ledger | undefined;
  #bytes = 0;

  constructor(whole?: Ledger) {
    this.#whole = whole;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(bytes: number): void {
    this.#bytes += bytes;
    this.#whole?.add(bytes);
  }

  subtract(bytes: number): void {
    this.#bytes -= bytes;
    this.#whole?.subtract(bytes);
  }

  /** From now on its bytes do not count in the larger ledger. */
  leave(): void {
    this.#whole?.subtract(this.#bytes);
    this.#whole = undefined;
  }
}
