import { distance, isAfter, isBefore, plus, type Tsn } from '../base/serial.ts';
import type { Fragment } from '../chunks/index.ts';

/** Fragments with consecutive TSNs. */
export interface Run {
  firstTsn: Tsn;
  fragments: Fragment[];
  /** Payload bytes of all of them. */
  bytes: number;
}

export type RunVerdict =
  | { readonly kind: 'held' | 'impossible' }
  | { readonly kind: 'complete'; readonly firstTsn: Tsn; readonly fragments: readonly Fragment[] };

const held: RunVerdict = { kind: 'held' };
const impossible: RunVerdict = { kind: 'impossible' };

/**
 * Pieces of DATA messages, put together by their TSNs: "TSNs for each fragment of a fragmented user message MUST be
 * strictly sequential" (RFC 9260 §3.3.1). Runs are sorted; pieces that arrive in order are appended in O(1).
 */
export class FragmentRuns {
  readonly #runs: Run[] = [];

  get isEmpty(): boolean {
    return this.#runs.length === 0;
  }

  /** Adds a fragment, and gives the message back when it was the last piece; its fragments are then no longer held. */
  add(tsn: Tsn, fragment: Fragment): RunVerdict {
    const index = this.#search(tsn);
    const before = this.#runs[index - 1];
    const after = this.#runs[index];
    const followsBefore = before !== undefined && plus(before.firstTsn, before.fragments.length) === tsn;
    const leadsAfter = after !== undefined && plus(tsn, 1) === after.firstTsn;
    // Neighbours must agree on where a message ends: an E piece is followed by a B piece, and nothing else is.
    if (followsBefore && before.fragments[before.fragments.length - 1]!.ending !== fragment.beginning)
      return impossible;
    if (leadsAfter && fragment.ending !== after.fragments[0]!.beginning) return impossible;

    const joinsBefore = followsBefore && !fragment.beginning;
    const joinsAfter = leadsAfter && !fragment.ending;
    if (joinsBefore) {
      before.fragments.push(fragment);
      before.bytes += fragment.payload.length;
      if (joinsAfter) this.#join(index);
      return this.#takeIfComplete(index - 1);
    }
    if (joinsAfter) {
      after.fragments.unshift(fragment);
      after.bytes += fragment.payload.length;
      after.firstTsn = tsn;
    } else {
      this.#runs.splice(index, 0, { firstTsn: tsn, fragments: [fragment], bytes: fragment.payload.length });
    }
    return this.#takeIfComplete(index);
  }

  /** Gives back the run that begins with `tsn`; it is no longer held. */
  takeFrom(tsn: Tsn): Run | undefined {
    const index = this.#search(tsn) - 1;
    return this.#runs[index]?.firstTsn === tsn ? this.#runs.splice(index, 1)[0] : undefined;
  }

  /** The TSNs with which messages begin that are incomplete. */
  get beginnings(): Tsn[] {
    return this.#runs.filter(({ fragments }) => fragments[0]!.beginning).map(({ firstTsn }) => firstTsn);
  }

  /** The first TSN of the run that `tsn` belongs to, if a message begins there and the run holds at least `bytes`. */
  beginningOf(tsn: Tsn, bytes: number): Tsn | undefined {
    const run = this.#runs[this.#search(tsn) - 1];
    return run?.fragments[0]?.beginning === true && run.bytes >= bytes ? run.firstTsn : undefined;
  }

  /** Payload bytes of the unbroken run that ends before `tsn`. */
  bytesBefore(tsn: Tsn): number {
    const run = this.#runs[this.#search(tsn) - 1];
    return run !== undefined && plus(run.firstTsn, run.fragments.length) === tsn ? run.bytes : 0;
  }

  /** Drops every fragment after `tsn`, and tells of each. */
  dropAfter(tsn: Tsn, onDropped: (tsn: Tsn, fragment: Fragment) => void): void {
    for (let i = this.#runs.length - 1; i >= 0; i--) {
      const run = this.#runs[i]!;
      const keep = Math.max(0, distance(tsn, run.firstTsn) + 1);
      if (keep >= run.fragments.length) continue;
      for (let n = keep; n < run.fragments.length; n++) {
        onDropped(plus(run.firstTsn, n), run.fragments[n]!);
        run.bytes -= run.fragments[n]!.payload.length;
      }
      run.fragments.length = keep;
      if (keep === 0) this.#runs.splice(i, 1);
    }
  }

  /** Drops every run that begins at or before `tsn`: what it lacks will not come. */
  dropUpTo(tsn: Tsn, onDropped: (fragment: Fragment) => void): void {
    let count = 0;
    while (count < this.#runs.length && !isAfter(this.#runs[count]!.firstTsn, tsn)) count++;
    for (const { fragments } of this.#runs.splice(0, count)) for (const fragment of fragments) onDropped(fragment);
  }

  /**
   * Joins the run at `index` to the one before it: the hole between them is closed. The shorter one moves, so that
   * thousands of holes cost no more in one order than in another.
   */
  #join(index: number): void {
    const before = this.#runs[index - 1]!;
    const after = this.#runs[index]!;
    before.bytes += after.bytes;
    if (before.fragments.length >= after.fragments.length) {
      for (const fragment of after.fragments) before.fragments.push(fragment);
    } else {
      after.fragments.unshift(...before.fragments);
      before.fragments = after.fragments;
    }
    this.#runs.splice(index, 1);
  }

  #takeIfComplete(index: number): RunVerdict {
    const { firstTsn, fragments } = this.#runs[index]!;
    if (!fragments[0]!.beginning || !fragments[fragments.length - 1]!.ending) return held;
    this.#runs.splice(index, 1);
    return { kind: 'complete', firstTsn, fragments };
  }

  /** The index of the first run that starts after `tsn`. */
  #search(tsn: Tsn): number {
    let low = 0;
    let high = this.#runs.length;
    const last = this.#runs[high - 1];
    if (last !== undefined && isBefore(last.firstTsn, tsn)) return high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isAfter(this.#runs[middle]!.firstTsn, tsn)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
