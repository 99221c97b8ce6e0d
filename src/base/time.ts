/** Milliseconds on any monotonic origin: only differences mean anything. */
export type Instant = number;

/**
 * A timer as data: it holds a deadline and calls nobody. Its owner reports the deadline upwards and is asked again
 * when the time has come.
 */
export class Timer {
  #deadline: Instant = Number.POSITIVE_INFINITY;

  /** When the timer expires; `Infinity` while it is stopped. */
  get deadline(): Instant {
    return this.#deadline;
  }

  get isRunning(): boolean {
    return this.#deadline !== Number.POSITIVE_INFINITY;
  }

  /** Starts the timer, or restarts it when it runs. */
  start(now: Instant, durationMs: number): void {
    this.#deadline = now + durationMs;
  }

  startIfStopped(now: Instant, durationMs: number): void {
    if (!this.isRunning) this.start(now, durationMs);
  }

  stop(): void {
    this.#deadline = Number.POSITIVE_INFINITY;
  }

  /** Whether the time has come; an expired timer stops, so that it is seen once. */
  expire(now: Instant): boolean {
    if (now < this.#deadline) return false;
    this.stop();
    return true;
  }
}
