import { equalBytes } from '../base/bytes.ts';

/** RFC 8899 §5.1.2: "The default value of MAX_PROBES is 3." */
export const maxProbes = 3;

/** The probe of a path MTU that is due or under way, up to three times. */
export class PathMtuProbe {
  #size = 0;
  #count = 0;
  #nonce: Uint8Array | undefined;
  #isAwaited = false;

  /** PROBED_SIZE, in bytes of the SCTP packet. */
  get size(): number {
    return this.#size;
  }

  /** What the probes of this size carry, so that late answers count; undefined before the first. */
  get nonce(): Uint8Array | undefined {
    return this.#nonce;
  }

  /** Whether it was sent, and is neither answered nor lost. */
  get isAwaited(): boolean {
    return this.#isAwaited;
  }

  begin(size: number): void {
    this.#size = size;
    // §5.3.1: "The PROBE_COUNT is initialized to zero when the first probe with a size greater than or equal to PLPMTU is
    // sent."
    this.#count = 0;
    this.#nonce = undefined;
    this.#isAwaited = false;
  }

  handleSent(nonce: Uint8Array): void {
    this.#nonce = nonce;
    this.#isAwaited = true;
  }

  /** Returns whether it is this one that is answered; only once. */
  handleAck(nonce: Uint8Array): boolean {
    if (!this.#isAwaited || this.#nonce === undefined || !equalBytes(nonce, this.#nonce)) return false;
    this.#isAwaited = false;
    this.#nonce = undefined;
    return true;
  }

  /** §5.3.1: "Each time the PROBE_TIMER expires, the PROBE_COUNT is incremented". Returns whether it was the last. */
  handleLost(): boolean {
    this.#isAwaited = false;
    return ++this.#count >= maxProbes;
  }

  /** Nobody waits for it any more. */
  forget(): void {
    this.#isAwaited = false;
  }
}
