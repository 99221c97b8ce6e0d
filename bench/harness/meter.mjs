// What arrives in a fixed window of time. The same rule for all stacks, also in peers/usrsctp.c: the first message begins the
// warm-up, the window follows it; at both of its ends a timer notes what has arrived and the time at which it looked.
export class Meter {
  /** Resolves with messages and bytes a second. */
  result;
  #messages = 0;
  #bytes = 0;
  #resolve;
  #options;

  constructor(options) {
    this.#options = options;
    this.result = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  add(bytes) {
    if (this.#messages === 0) setTimeout(() => this.#begin(), this.#options.warmUp * 1_000);
    this.#messages++;
    this.#bytes += bytes;
  }

  #begin() {
    const begin = performance.now();
    const messages = this.#messages;
    const bytes = this.#bytes;
    setTimeout(() => {
      const seconds = (performance.now() - begin) / 1_000;
      this.#resolve({
        messagesPerSecond: (this.#messages - messages) / seconds,
        bytesPerSecond: (this.#bytes - bytes) / seconds,
      });
    }, this.#options.seconds * 1_000);
  }
}

/** The value below which that share of `values` lies. */
export function quantile(values, share) {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}
