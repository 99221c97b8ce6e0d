interface Waiting {
  readonly position: number;
  readonly resolve: () => void;
}

/**
 * Lets so many bytes through and no more until it is opened further: for tests in which something has to happen in the
 * middle of a transfer, however fast it is.
 */
export class Gate {
  #limit = 0;
  #passed = 0;
  #stopped: Waiting[] = [];
  #watching: Waiting[] = [];

  /** The bytes that have come through. */
  get passed(): number {
    return this.#passed;
  }

  /** Lets another `bytes` through; `Infinity` is the end of all waiting. */
  open(bytes: number): void {
    this.#limit += bytes;
    this.#stopped = wake(this.#stopped, this.#limit);
  }

  /** Waits until there is room for `bytes` more, and counts them. One caller at a time. */
  async pass(bytes: number): Promise<void> {
    const position = this.#passed + bytes;
    if (position > this.#limit) {
      await new Promise<void>((resolve) => {
        this.#stopped.push({ position, resolve });
      });
    }
    this.#passed = position;
    this.#watching = wake(this.#watching, position);
  }

  /** Resolves when another `bytes` have come through. */
  async after(bytes: number): Promise<void> {
    const position = this.#passed + bytes;
    await new Promise<void>((resolve) => {
      this.#watching.push({ position, resolve });
    });
  }
}

/** Lets those go on whose position has been reached; returns the others. */
function wake(waiting: readonly Waiting[], reached: number): Waiting[] {
  for (const { position, resolve } of waiting) if (position <= reached) resolve();
  return waiting.filter(({ position }) => position > reached);
}
