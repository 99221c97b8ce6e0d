import { DeadlineHeap } from '../base/deadline-heap.ts';
import type { OutgoingStream } from './outgoing-stream.ts';
import type { StreamScheduler } from './stream-scheduler.ts';

/**
 * What the schedulers of RFC 8260 have in common: each active stream has a key, and the lowest key sends. A policy is
 * nothing but the arithmetic of keys, and every decision costs O(log n) in the number of active streams.
 */
export abstract class KeyedScheduler implements StreamScheduler {
  abstract readonly keepsPacketsApart: boolean;
  readonly #heap = new DeadlineHeap<OutgoingStream>();

  handleActive(stream: OutgoingStream): void {
    this.#heap.schedule(stream, this.keyOfActive(stream));
  }

  handleIdle(stream: OutgoingStream): void {
    this.#heap.schedule(stream, Number.POSITIVE_INFINITY);
  }

  select(): OutgoingStream | undefined {
    return this.#heap.first;
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
    if (stream.heapIndex >= 0 && key !== undefined) this.#heap.schedule(stream, key);
  }

  /** The key of a stream that has become active. */
  protected abstract keyOfActive(stream: OutgoingStream): number;
  /** The key of a stream that has sent and goes on; undefined leaves it where it is. */
  protected abstract keyAfterSent(stream: OutgoingStream, bytes: number, isEndOfMessage: boolean): number | undefined;
}
