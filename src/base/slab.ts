import { emptyBytes } from './bytes.ts';

/**
 * The size of the first slab, and where doubling it for each further one ends: an endpoint may have three packets to send. Larger
 * pieces come from the system anew each time, page by page, which costs more than what is lost at their ends.
 */
const firstSlabSize = 8 * 1024;
const largestSlabSize = 64 * 1024;

/** Where large packets are asked for and small ones kept, a slab serves so many bytes of them. */
const roomForSmall = 32 * 1024;

function aligned(size: number): number {
  return (size + 7) & ~7;
}

/**
 * Memory for packets, cut from larger pieces: each packet keeps its own bytes, since the transport may hold them until
 * the system has taken them, and small packets do not cost an allocation each.
 */
export class Slab {
  #slab: Uint8Array = emptyBytes;
  #used = 0;
  #nextSize = firstSlabSize;

  /** Memory with at least `size` unused bytes from `offset` on; `keep` says how many of them were used. */
  take(size: number): Uint8Array {
    if (this.#slab.length - this.#used < size) {
      this.#slab = new Uint8Array(Math.max(this.#nextSize, size + roomForSmall));
      this.#nextSize = Math.min(2 * this.#nextSize, largestSlabSize);
      this.#used = 0;
    }
    return this.#slab;
  }

  /** Where the unused bytes begin. */
  get offset(): number {
    return this.#used;
  }

  keep(size: number): void {
    this.#used += aligned(size);
  }

  /** Nobody looks at `packet` any more: if nothing was kept since, its bytes are given away again, while they are at hand. */
  giveBack(packet: Uint8Array): void {
    if (packet.buffer !== this.#slab.buffer) return;
    const start = packet.byteOffset - this.#slab.byteOffset;
    if (start + aligned(packet.length) === this.#used) this.#used = start;
  }
}
