import type { Association } from '../association/association.ts';
import type { Instant } from '../base/time.ts';

/** Who has stood still for less may wait for a retransmission, and is left alone. */
const leastStandstillMs = 3_000;
/** All associations are gone through at most that often. */
const scanIntervalMs = 1_000;
/** As many are remembered of them. */
const mostCandidates = 256;

interface Candidate {
  readonly association: Association;
  readonly since: Instant;
}

/**
 * What happens at `maxBufferedBytes`: the association whose peer has stood still longest goes first. Those who fill the memory
 * and leave it so are the ones to pay, not the next who come.
 */
export class Pressure {
  /** The longest last. */
  #candidates: Candidate[] = [];
  #scannedAt: Instant = Number.NEGATIVE_INFINITY;

  /** Ends associations until `isPressed` is over, or nobody is left who stands still. */
  relieve(associations: () => Iterable<Association>, isPressed: () => boolean, now: Instant): void {
    while (isPressed()) {
      if (this.#candidates.length === 0 && !this.#scan(associations, now)) return;
      const { association, since } = this.#candidates.pop()!;
      // Whoever has moved meanwhile stays.
      if (association.standstillSince(now) === since) association.endStandstill('while memory was short', now);
    }
  }

  /** Returns whether there are candidates. */
  #scan(associations: () => Iterable<Association>, now: Instant): boolean {
    if (now - this.#scannedAt < scanIntervalMs) return false;
    this.#scannedAt = now;
    const all: Candidate[] = [];
    for (const association of associations()) {
      const since = association.standstillSince(now);
      if (now - since >= leastStandstillMs) all.push({ association, since });
    }
    // Of those who stopped together, the one that was there first.
    all.reverse().sort((a, b) => b.since - a.since);
    this.#candidates = all.slice(-mostCandidates);
    return this.#candidates.length > 0;
  }
}
