import { Ring } from '../base/ring.ts';
import type { Chunk } from '../chunks/index.ts';
import type { Path } from './path.ts';

/** More chunks than this wait only when the peer asks faster than it takes answers; the rest goes unanswered. */
const capacity = 64;

export interface QueuedChunk {
  readonly chunk: Chunk;
  readonly path: Path;
}

/** Control chunks that wait for the next packet to their destination. */
export class ControlQueue {
  readonly #chunks = new Ring<QueuedChunk>(4);

  get isEmpty(): boolean {
    return this.#chunks.length === 0;
  }

  push(chunk: Chunk, path: Path): void {
    if (this.#chunks.length < capacity) this.#chunks.push({ chunk, path });
  }

  /** COOKIE ECHO and COOKIE ACK: "it MUST be the first chunk in the packet" (RFC 9260 §5.1 C, D). */
  pushFirst(chunk: Chunk, path: Path): void {
    this.#chunks.unshift({ chunk, path });
  }

  peek(): QueuedChunk | undefined {
    return this.#chunks.peek();
  }

  shift(): QueuedChunk | undefined {
    return this.#chunks.shift();
  }

  clear(): void {
    this.#chunks.clear();
  }
}
