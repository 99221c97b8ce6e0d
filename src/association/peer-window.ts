import { type Instant, Timer } from '../base/time.ts';

/** The peer's receive window: what is left of it, and the probes of one that does not take the next chunk (RFC 9260 §6.1 A). */
export class PeerWindow {
  /** "the buffer space […] the data receiver […] has left", as its newest SACK tells, and the most that it ever had. */
  #aRwnd: number;
  #mostARwnd: number;
  /** Runs while the window is closed and nothing is in flight. */
  readonly #timer = new Timer();
  #isProbeDue = false;
  /** Whether what is in flight was more than the window took, how large that was, and whether the peer has answered since. */
  #isProbing = false;
  #probedRwnd = 0;
  #hasHeardSinceProbe = false;

  constructor(aRwnd: number) {
    this.#aRwnd = aRwnd;
    this.#mostARwnd = aRwnd;
  }

  /** The most that it ever was, in bytes. */
  get most(): number {
    return this.#mostARwnd;
  }

  get isOpen(): boolean {
    return this.#aRwnd > 0;
  }

  /** Whether a chunk may go whatever the window is. */
  get isProbeDue(): boolean {
    return this.#isProbeDue;
  }

  get isProbing(): boolean {
    return this.#isProbing;
  }

  /** Whether the peer keeps its window closed, and says so: that it does not take what is sent is no failure then. */
  get isProbedInVain(): boolean {
    return this.#isProbing && this.#hasHeardSinceProbe;
  }

  /** Whether a probe is to follow: the window is closed, nothing is in flight, and something waits. */
  get isProbeWaiting(): boolean {
    return this.#timer.isRunning;
  }

  get deadline(): Instant {
    return this.#timer.deadline;
  }

  handleTimeout(now: Instant): void {
    if (this.#timer.expire(now)) this.#isProbeDue = true;
  }

  /** A SACK chunk tells it. */
  update(aRwnd: number): void {
    this.#aRwnd = aRwnd;
    if (aRwnd > this.#mostARwnd) this.#mostARwnd = aRwnd;
    this.#hasHeardSinceProbe = true;
  }

  /** §6.2.1 D ii: "the newly received a_rwnd minus the number of bytes still outstanding". */
  left(flightSize: number): number {
    return Math.max(0, this.#aRwnd - flightSize);
  }

  /**
   * §6.1 A: "The sender SHOULD send the first zero window probe after 1 RTO when it detects that the receiver has closed its
   * window".
   */
  probeLater(now: Instant, rtoMs: number): void {
    this.#timer.startIfStopped(now, rtoMs);
  }

  /** A chunk of `size` bytes goes out, a probe if the window does not take it. */
  handleSent(size: number): void {
    const isProbe = this.#isProbeDue || this.#aRwnd < size;
    this.#isProbeDue = false;
    if (!isProbe) return;
    this.#isProbing = true;
    this.#probedRwnd = this.#aRwnd;
    this.#hasHeardSinceProbe = false;
  }

  /** Whether it takes a chunk of `size` bytes that is outstanding, or was closed when that was sent and is open now, however little. */
  hasOpenedFor(size: number): boolean {
    if (this.#aRwnd === 0) return false;
    return this.#aRwnd >= size || (this.#isProbing && this.#probedRwnd === 0);
  }

  /** There is nothing to probe any more. Returns whether there was. */
  endProbing(): boolean {
    const wasProbing = this.#isProbing;
    this.#timer.stop();
    this.#isProbeDue = false;
    this.#isProbing = false;
    return wasProbing;
  }
}
