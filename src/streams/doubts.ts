import { LazyMap } from '../base/lazy-map.ts';
import { LazySet } from '../base/lazy-set.ts';
import { isAfter, previous, type Tsn } from '../base/serial.ts';

/** The first message that waits in a stream, and the first of its TSNs. */
interface Candidate {
  readonly number: number;
  readonly firstTsn: Tsn;
}

/**
 * Streams that are unsure which number comes next. A FORWARD TSN chunk may reach from before a reset to behind it: the number that
 * it names may be of either time, and the first messages since the reset may have been skipped. Once all that was sent before
 * the first message that waits was received or skipped, that one is next.
 */
export class Doubts<Stream> {
  readonly #streams = new LazySet<Stream>();
  readonly #candidates = new LazyMap<Stream, Candidate>();
  /** No candidate is earlier. */
  #earliest: Tsn | undefined;

  add(stream: Stream): void {
    this.#streams.add(stream);
  }

  has(stream: Stream): boolean {
    return this.#streams.size > 0 && this.#streams.has(stream);
  }

  /** The stream knows its next number after all. */
  delete(stream: Stream): void {
    if (this.#streams.size > 0 && this.#streams.delete(stream)) this.#candidates.delete(stream);
  }

  clear(): void {
    this.#streams.clear();
    this.#candidates.clear();
    this.#earliest = undefined;
  }

  /** A message waits in one of the streams. */
  noteWaiting(stream: Stream, number: number, firstTsn: Tsn): void {
    const known = this.#candidates.get(stream);
    if (known !== undefined && !isAfter(known.firstTsn, firstTsn)) return;
    this.#candidates.set(stream, { number, firstTsn });
    this.#hasten(firstTsn);
  }

  /** Nothing waits any more in any stream: what does is noted anew. */
  forgetWaiting(): void {
    this.#candidates.clear();
    this.#earliest = undefined;
  }

  /** Gives back the streams that know now, and their next numbers. */
  settle(isReceivedUpTo: (tsn: Tsn) => boolean): (readonly [Stream, number])[] {
    const settled: (readonly [Stream, number])[] = [];
    if (this.#earliest === undefined || !isReceivedUpTo(previous(this.#earliest))) return settled;
    this.#earliest = undefined;
    for (const [stream, { number, firstTsn }] of this.#candidates) {
      if (isReceivedUpTo(previous(firstTsn))) settled.push([stream, number]);
      else this.#hasten(firstTsn);
    }
    for (const [stream] of settled) this.delete(stream);
    return settled;
  }

  get isEmpty(): boolean {
    return this.#earliest === undefined;
  }

  #hasten(firstTsn: Tsn): void {
    if (this.#earliest === undefined || isAfter(this.#earliest, firstTsn)) this.#earliest = firstTsn;
  }
}
