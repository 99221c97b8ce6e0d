import { createHmac, randomFillSync } from 'node:crypto';
import type { Environment } from '../base/environment.ts';
import type { RandomSource } from '../base/random.ts';
import { Slab } from '../base/slab.ts';
import type { Instant } from '../base/time.ts';

/** The machine's monotonic clock in milliseconds. */
export function systemNow(): Instant {
  return performance.now();
}

/** One call to the system's generator costs as much as filling a page, so a page is drawn at a time. */
class SystemRandom implements RandomSource {
  readonly #words = new Uint32Array(256);
  #used = this.#words.length;

  uint32(): number {
    if (this.#used === this.#words.length) {
      randomFillSync(this.#words);
      this.#used = 0;
    }
    const word = this.#words[this.#used]!;
    // Tags and keys are made of these words: what was given out is not kept.
    this.#words[this.#used++] = 0;
    return word;
  }
}

/** Unpredictable numbers and HMAC-SHA-256 from `node:crypto`. */
export const systemEnvironment: Environment = {
  random: new SystemRandom(),
  hmac: (key, data) => createHmac('sha256', key).update(data).digest(),
  slab: new Slab(),
};

/** Milliseconds since 1970, for records that are read elsewhere; the protocol never asks. */
export function systemWallClockMs(): number {
  return performance.timeOrigin + performance.now();
}
