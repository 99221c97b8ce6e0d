import { emptyBytes } from './bytes.ts';

const slabSize = 64 * 1024;

/**
 * Memory for packets, cut from larger pieces: each packet keeps its own bytes, since the transport may hold them until
 * the system has taken them, and small packets do not cost an allocation each.
 */
export class Slab {
  #slab: Uint8Array = emptyBytes;
  #used = 0;

  /** At least `size` bytes; `keep` says how many of them were used. */
  take(size: number): Uint8Array {
    if (this.#slab.length - this.#used < size) {
      this.#slab = new Uint8Array(Math.max(slabSize, size));
      this.#used = 0;
    }
    return this.#slab.subarray(this.#used, this.#used + size);
  }

  keep(size: number): void {
    this.#used += (size + 7) & ~7;
  }
}
