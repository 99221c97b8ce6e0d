import { DeadlineHeap, type HeapEntry } from '../base/deadline-heap.ts';
import type { OutgoingStream } from './outgoing-stream.ts';
import type { StreamScheduler } from './stream-scheduler.ts';

interface Turn extends HeapEntry {
  readonly stream: OutgoingStream;
}

/**
 * What the schedulers of RFC 8260 have in common: each active stream has a key, and the lowest key sends. A policy is
 * nothing but the arithmetic of keys, and every decision costs O(log n) in the number of active streams.
 */
export abstract class KeyedScheduler implements StreamScheduler {
  abstract readonly keepsPacketsApart: boolean;
  readonly #heap = new DeadlineHeap<Turn>();
  readonly #turns = new Map<OutgoingStream, Turn>();

  handleActive(stream: OutgoingStream): void {
    const turn: Turn = { stream, deadline: 0, heapIndex: -1 };
    this.#turns.set(stream, turn);
    this.#heap.schedule(turn, this.keyOfActive(stream));
  }

  handleIdle(stream: OutgoingStream): void {
    const turn = this.#turns.get(stream);
    if (turn === undefined) return;
    this.#turns.delete(stream);
    this.#heap.schedule(turn, Number.POSITIVE_INFINITY);
  }

  select(): OutgoingStream | undefined {
    return this.#heap.first?.stream;
  }

  handleSent(stream: OutgoingStream, bytes: number, isEndOfMessage: boolean): void {
    this.setKey(stream, this.keyAfterSent(stream, bytes, isEndOfMessage));
  }

  handlePacketEnd(): void {}

  /** The key of the stream that would send next. */
  protected get lowestKey(): number | undefined {
    return this.#heap.first?.deadline;
  }

  protected setKey(stream: OutgoingStream, key: number | undefined): void {
    const turn = this.#turns.get(stream);
    if (turn !== undefined && key !== undefined) this.#heap.schedule(turn, key);
  }

  /** The key of a stream that has become active. */
  protected abstract keyOfActive(stream: OutgoingStream): number;
  /** The key of a stream that has sent and goes on; undefined leaves it where it is. */
  protected abstract keyAfterSent(stream: OutgoingStream, bytes: number, isEndOfMessage: boolean): number | undefined;
}
