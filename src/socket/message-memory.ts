/** Smaller messages share memory otherwise, larger ones are too rare to be worth keeping memory for; in bytes. */
const smallestBlock = 1024;
const largestBlock = 1024 * 1024;

/** What is kept for messages to come, of all associations together, in bytes. */
const mostSpare = 4 * 1024 * 1024;

/**
 * Memory for copies of large messages, which serves again once the peer has them: fresh memory comes from the system page by page,
 * which costs more than the copy.
 */
export class MessageMemory {
  /** Blocks by their size. */
  readonly #spare = new Map<number, Uint8Array[]>();
  #spareBytes = 0;

  /** A copy of `data` that nobody else writes to until it is given back. */
  copy(data: Uint8Array): Uint8Array {
    const size = blockSize(data.length);
    const block = this.#take(size);
    block.set(data);
    return data.length === size ? block : block.subarray(0, data.length);
  }

  /** Nobody looks at `copy` any more. Memory that cannot have come from here, or is too much, is left to the garbage collector. */
  giveBack(copy: Uint8Array): void {
    const size = blockSize(copy.length);
    const isBlock = copy.buffer.byteLength === size && size > smallestBlock && size <= largestBlock;
    if (!isBlock || this.#spareBytes + size > mostSpare) return;
    const block = copy.length === size ? copy : new Uint8Array(copy.buffer);
    this.#spareBytes += size;
    const others = this.#spare.get(size);
    if (others === undefined) this.#spare.set(size, [block]);
    else others.push(block);
  }

  #take(size: number): Uint8Array {
    const block = this.#spare.get(size)?.pop();
    // Not zeroed: a copy shows no more of it than was written.
    if (block === undefined) return new Uint8Array(Buffer.allocUnsafeSlow(size).buffer);
    this.#spareBytes -= size;
    return block;
  }
}

/** Four sizes between one power of two and the next: at most a fifth of a block is unused. */
function blockSize(length: number): number {
  const step = 1 << Math.max(0, 29 - Math.clz32(length - 1));
  return Math.ceil(length / step) * step;
}
