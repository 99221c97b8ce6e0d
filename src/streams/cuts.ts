import { LazySet } from '../base/lazy-set.ts';
import { distance, isAfter, previous, type Tsn } from '../base/serial.ts';

/**
 * TSNs that begin something else where a message was not at its end: the peer has cut that one short. It is dropped once all
 * before is here, as then nothing before it in its stream can still come.
 */
export class Cuts {
  readonly #tsns = new LazySet<Tsn>();
  /** None is earlier. */
  #earliest: Tsn | undefined;

  get isEmpty(): boolean {
    return this.#earliest === undefined;
  }

  add(tsn: Tsn): void {
    this.#tsns.add(tsn);
    if (this.#earliest === undefined || isAfter(this.#earliest, tsn)) this.#earliest = tsn;
  }

  clear(): void {
    this.#tsns.clear();
    this.#earliest = undefined;
  }

  /** Gives back those before which all was received or skipped, the first one first. */
  settle(isReceivedUpTo: (tsn: Tsn) => boolean): readonly Tsn[] {
    if (this.#earliest === undefined || !isReceivedUpTo(previous(this.#earliest))) return [];
    this.#earliest = undefined;
    const settled: Tsn[] = [];
    for (const tsn of this.#tsns) {
      if (isReceivedUpTo(previous(tsn))) settled.push(tsn);
      else if (this.#earliest === undefined || isAfter(this.#earliest, tsn)) this.#earliest = tsn;
    }
    for (const tsn of settled) this.#tsns.delete(tsn);
    return settled.sort(distance);
  }
}
