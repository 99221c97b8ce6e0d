import { distance, isAfter, plus, type Tsn } from '../base/serial.ts';
import type { Fragment } from '../chunks/index.ts';

/** Fragments of one message with consecutive TSNs: its beginning, its end, or neither. All of it is a run only for a moment. */
export interface Run {
  firstTsn: Tsn;
  fragments: Fragment[];
  /** Payload bytes of all of them. */
  bytes: number;
}

/**
 * Pieces of DATA messages of all streams, put together by their TSNs: "TSNs for each fragment of a fragmented user message MUST
 * be strictly sequential" (RFC 9260 §3.3.1). Runs are sorted; pieces that arrive in order are appended in O(1).
 */
export class FragmentRuns {
  readonly #runs: Run[] = [];
  readonly #isThere: (tsn: Tsn) => boolean;

  /** `isThere` tells whether what a TSN carried is known: the fragment was received, and taken by whoever asks here. */
  constructor(isThere: (tsn: Tsn) => boolean) {
    this.#isThere = isThere;
  }

  get length(): number {
    return this.#runs.length;
  }

  [Symbol.iterator](): IterableIterator<Run> {
    return this.#runs[Symbol.iterator]();
  }

  /**
   * Adds a fragment that goes on with the highest run, as most do, where nothing that is here stands behind it. Returns that run;
   * undefined, and adds nothing, where it does not.
   */
  goOn(tsn: Tsn, fragment: Fragment): Run | undefined {
    const run = this.#runs[this.#runs.length - 1];
    if (run === undefined || fragment.beginning || endOf(run) !== tsn) return undefined;
    const last = lastOf(run);
    if (last.ending || !isOfOneMessage(last, fragment)) return undefined;
    if (!fragment.ending && this.#isThere(plus(tsn, 1))) return undefined;
    run.fragments.push(fragment);
    run.bytes += fragment.payload.length;
    return run;
  }

  /** Adds a fragment that fits its neighbours. Returns the run that it belongs to now; a complete one is to be removed. */
  add(tsn: Tsn, fragment: Fragment): Run {
    const index = this.#search(tsn);
    const before = this.#runs[index - 1];
    const after = this.#runs[index];
    const joinsBefore = before !== undefined && !fragment.beginning && endOf(before) === tsn;
    const isFollowed = after !== undefined && plus(tsn, 1) === after.firstTsn;
    const joinsAfter = isFollowed && !fragment.ending && !after.fragments[0]!.beginning;
    if (joinsBefore) {
      before.fragments.push(fragment);
      before.bytes += fragment.payload.length;
      if (joinsAfter) this.#join(index);
      return before;
    }
    if (joinsAfter) {
      after.fragments.unshift(fragment);
      after.bytes += fragment.payload.length;
      after.firstTsn = tsn;
      return after;
    }
    const run = { firstTsn: tsn, fragments: [fragment], bytes: fragment.payload.length };
    this.#runs.splice(index, 0, run);
    return run;
  }

  /** The run that the fragment before `tsn` left open, undefined where there is none. */
  openBefore(tsn: Tsn): Run | undefined {
    const run = this.#runs[this.#search(plus(tsn, -1)) - 1];
    return run !== undefined && endOf(run) === tsn && !lastOf(run).ending ? run : undefined;
  }

  /** Whether a fragment that begins no message goes on with the one before it, which may still be to come. */
  fitsBefore(tsn: Tsn, fragment: Fragment): boolean {
    const run = this.#runs[this.#search(tsn) - 1];
    if (run === undefined || endOf(run) !== tsn) return !this.#isThere(plus(tsn, -1));
    const last = lastOf(run);
    return !last.ending && isOfOneMessage(last, fragment);
  }

  /** Whether a fragment leads to the one behind it, which may still be to come: an end to a beginning, anything else to its like. */
  fitsAfter(tsn: Tsn, fragment: Fragment): boolean {
    const run = this.#runs[this.#search(tsn)];
    const first = run !== undefined && plus(tsn, 1) === run.firstTsn ? run.fragments[0]! : undefined;
    if (fragment.ending) return first === undefined || first.beginning;
    if (first === undefined) return !this.#isThere(plus(tsn, 1));
    return !first.beginning && isOfOneMessage(first, fragment);
  }

  /** The run that begins with `tsn`. */
  from(tsn: Tsn): Run | undefined {
    const run = this.#runs[this.#search(tsn) - 1];
    return run?.firstTsn === tsn ? run : undefined;
  }

  remove({ firstTsn }: Run): void {
    this.#runs.splice(this.#search(firstTsn) - 1, 1);
  }

  /** Takes out every run that begins at or before `tsn`. */
  takeUpTo(tsn: Tsn): Run[] {
    return this.#runs.splice(0, this.#search(tsn));
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
      if (keep >= run.fragments.length) break;
      for (let n = keep; n < run.fragments.length; n++) {
        onDropped(plus(run.firstTsn, n), run.fragments[n]!);
        run.bytes -= run.fragments[n]!.payload.length;
      }
      run.fragments.length = keep;
      if (keep === 0) this.#runs.pop();
    }
  }

  clear(): void {
    this.#runs.length = 0;
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

  /** The index of the first run that starts after `tsn`. */
  #search(tsn: Tsn): number {
    let low = 0;
    let high = this.#runs.length;
    const last = this.#runs[high - 1];
    if (last === undefined || !isAfter(last.firstTsn, tsn)) return high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isAfter(this.#runs[middle]!.firstTsn, tsn)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

/** The TSN behind a run. */
export function endOf({ firstTsn, fragments }: Run): Tsn {
  return plus(firstTsn, fragments.length);
}

export function isComplete(run: Run): boolean {
  return run.fragments[0]!.beginning && lastOf(run).ending;
}

function lastOf({ fragments }: Run): Fragment {
  return fragments[fragments.length - 1]!;
}

/** §3.3.1: "the same Stream Sequence Number MUST be carried in each of the fragments of the message"; unordered ones have none. */
export function isOfOneMessage(
  a: Pick<Fragment, 'streamId' | 'unordered' | 'messageId'>,
  b: Pick<Fragment, 'streamId' | 'unordered' | 'messageId'>,
): boolean {
  return a.streamId === b.streamId && a.unordered === b.unordered && (a.unordered || a.messageId === b.messageId);
}
