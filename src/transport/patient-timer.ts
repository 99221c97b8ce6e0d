// Timers that let the sockets speak first.

/**
 * Datagrams that one poll phase of the event loop reads from one socket before it turns to the next: 32 in libuv on Unix. On Windows
 * it may be one. A phase that brought fewer, from all sockets together, has left all of them empty.
 */
const mostInPhase = process.platform === 'win32' ? 1 : 32;

/** No timer waits for more poll phases: 128 of 32 packets of 1 KiB are the 4 MiB that a socket's buffer holds. */
const mostPhases = 128;

/** A timer or a phase that is later than this, in milliseconds, tells of a loop that was busy; all are a little late. */
const tolerableDelayMs = 10;

/**
 * A phase behind which the loop was busy says nothing of what has come since. It counts as so many, as it takes longer: where every
 * turn of the loop is slow, a timer waits for eight of them.
 */
const phasesInSlowOne = 16;

/** What the sockets of this process bring while timers wait. */
class PollPhases {
  readonly #waiting = new Set<PatientTimer>();
  #arrivals = 0;
  #begunAt = 0;
  #isScheduled = false;
  #isBehind = false;

  /** Whether what arrives now may have waited for a busy loop. */
  get isBehind(): boolean {
    return this.#isBehind;
  }

  noteArrival(): void {
    this.#arrivals++;
  }

  /** Ends the timer behind the poll phase that leaves the sockets empty, or behind as many as it may wait for. */
  add(timer: PatientTimer, delayMs: number): void {
    this.#waiting.add(timer);
    if (delayMs > tolerableDelayMs) this.#isBehind = true;
    if (!this.#isScheduled) this.#schedule();
  }

  remove(timer: PatientTimer): void {
    this.#waiting.delete(timer);
  }

  #schedule(): void {
    this.#isScheduled = true;
    this.#arrivals = 0;
    this.#begunAt = performance.now();
    setImmediate(this.#handlePhase);
  }

  /** In the check phase, which follows the poll phase. */
  readonly #handlePhase = (): void => {
    const isFull = this.#arrivals >= mostInPhase;
    const isSlow = performance.now() - this.#begunAt > tolerableDelayMs;
    this.#isScheduled = false;
    this.#isBehind = isSlow || (isFull && this.#isBehind);
    try {
      for (const timer of [...this.#waiting]) {
        timer.phases += isFull || !isSlow ? 1 : phasesInSlowOne;
        const isOver = !(isFull || isSlow) || timer.phases >= mostPhases;
        // One of those before it may have stopped it.
        if (isOver && this.#waiting.delete(timer)) timer.end();
      }
    } finally {
      if (this.#waiting.size === 0) this.#isBehind = false;
      else if (!this.#isScheduled) this.#schedule();
    }
  };
}

const pollPhases = new PollPhases();

/** To be called for each packet that comes in from outside. */
export function noteArrival(): void {
  pollPhases.noteArrival();
}

/**
 * Whether timers wait because the event loop was busy: packets that come by now may have been here for as long, and tell nothing
 * of the network's delay.
 */
export function isBehind(): boolean {
  return pollPhases.isBehind;
}

/**
 * As `setTimeout`, but what the sockets of this process hold by then comes first. Node.js runs timers before it polls sockets: after
 * a long computation, the timer that waits for an answer would expire although the answer has been here for a second.
 *
 * So the call is made behind the next poll phase, and while the phases are full (the sockets may hold more) behind a later one, but
 * for a bound: whoever floods us stops no timer.
 */
export class PatientTimer {
  /** Poll phases that it has waited for. */
  phases = 0;
  readonly #call: () => void;
  readonly #keepsAlive: boolean;
  #timeout: ReturnType<typeof setTimeout> | undefined;
  #dueAt = 0;

  /** With `keepsAlive` false, the process does not go on for its sake. */
  constructor(call: () => void, keepsAlive = true) {
    this.#call = call;
    this.#keepsAlive = keepsAlive;
  }

  get isRunning(): boolean {
    return this.#timeout !== undefined;
  }

  /** Starts it, anew when it runs; `waitMs` is what `setTimeout` takes. */
  start(waitMs: number): void {
    this.stop();
    this.#dueAt = performance.now() + waitMs;
    this.#timeout = setTimeout(this.#expire, waitMs);
    if (!this.#keepsAlive) this.#timeout.unref();
  }

  stop(): void {
    if (this.#timeout === undefined) return;
    clearTimeout(this.#timeout);
    this.#timeout = undefined;
    pollPhases.remove(this);
  }

  readonly #expire = (): void => {
    this.phases = 0;
    pollPhases.add(this, performance.now() - this.#dueAt);
  };

  /** @internal Its time has come, and the sockets are empty. */
  end(): void {
    this.#timeout = undefined;
    this.#call();
  }
}
