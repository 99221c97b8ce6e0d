import { Ring } from '../base/ring.ts';
import { type Chunk, chunkLength, commonHeaderLength } from '../chunks/index.ts';
import type { Path } from './path.ts';

/** More chunks than this wait only when the peer asks faster than it takes answers; the rest goes unanswered. */
const capacity = 64;

/** What answers leave free in their packet, in bytes: for the chunks of a change of state, and a SACK chunk. */
const reservedLength = 64;

export interface QueuedChunk {
  readonly chunk: Chunk;
  readonly path: Path;
}

/** Control chunks that wait for the next packet to their destination. */
export class ControlQueue {
  readonly #chunks = new Ring<QueuedChunk>();
  #bytes = 0;

  get isEmpty(): boolean {
    return this.#chunks.length === 0;
  }

  push(chunk: Chunk, path: Path): void {
    if (this.#chunks.length === capacity) return;
    this.#chunks.push({ chunk, path });
    this.#bytes += chunkLength(chunk);
  }

  /** As `push`, unless one of its kind waits already. */
  pushOnce(chunk: Chunk, path: Path): void {
    for (const queued of this.#chunks) if (queued.chunk.kind === chunk.kind) return;
    this.push(chunk, path);
  }

  /**
   * An answer to a chunk of the peer's, left out when it does not fit beside what waits. RFC 9260 §12.4: "the sender of
   * the response chunk(s) MUST NOT send more than one packet containing chunks other than DATA chunks."
   */
  respond(chunk: Chunk, path: Path): void {
    // §6.4: "SHOULD transmit reply chunks […] to the same destination transport address".
    if (this.mayRespond(chunkLength(chunk), path)) this.push(chunk, path);
  }

  /** Whether there is room for an answer of `length` bytes: it need not be made where there is none. */
  mayRespond(length: number, path: Path): boolean {
    const room = path.assuredPacketSize - commonHeaderLength - reservedLength - this.#bytes;
    return this.isEmpty || (length <= room && this.#chunks.length < capacity);
  }

  /** COOKIE ECHO and COOKIE ACK: "it MUST be the first chunk in the packet" (RFC 9260 §5.1 C, D). */
  pushFirst(chunk: Chunk, path: Path): void {
    this.#chunks.unshift({ chunk, path });
    this.#bytes += chunkLength(chunk);
  }

  peek(): QueuedChunk | undefined {
    return this.#chunks.peek();
  }

  shift(): QueuedChunk | undefined {
    const queued = this.#chunks.shift();
    if (queued !== undefined) this.#bytes -= chunkLength(queued.chunk);
    return queued;
  }

  clear(): void {
    this.#chunks.clear();
    this.#bytes = 0;
  }
}
