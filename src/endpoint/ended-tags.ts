import type { Instant } from '../base/time.ts';

/** So many tags are remembered at most, in so many generations. */
const capacity = 32_768;
const generations = 8;

interface Generation {
  /** As signed numbers, which take no memory of their own. */
  readonly tags: Set<number>;
  /** When the latest of its associations was established, in whole milliseconds: no cookie for any of them is younger. */
  latest: Instant;
}

/**
 * The Verification Tags of associations that have ended, for as long as a State Cookie that names them can be valid. A
 * COOKIE ECHO chunk that the network has copied or held up would otherwise set up again what has ended, and leave it
 * alone until heartbeats find nobody there: RFC 9260 §5.1.5 asks for the cookie's age only.
 *
 * Memory has a bound, however many associations come and go. Whoever has them forgotten before their time gains nothing: from
 * then on no cookie is taken that is as old as what was forgotten, and its owner asks for another.
 */
export class EndedTags {
  readonly #lifetimeMs: number;
  readonly #perGeneration: number;
  /** The oldest first. */
  readonly #generations: Generation[] = [];
  #forgottenUntil: Instant = Number.NEGATIVE_INFINITY;

  /** @param lifetimeMs how long a cookie can be valid */
  constructor(lifetimeMs: number, most: number = capacity) {
    this.#lifetimeMs = lifetimeMs;
    this.#perGeneration = Math.max(1, Math.floor(most / generations));
  }

  /** How many are remembered. */
  get size(): number {
    return this.#generations.reduce((sum, { tags }) => sum + tags.size, 0);
  }

  /** All cookies that name `tag` were made before `establishedAt`: later an INIT is answered with another tag (§5.2.2). */
  add(tag: number, establishedAt: Instant, now: Instant): void {
    this.#forgetExpired(now);
    if (this.#isExpired(establishedAt, now)) return;
    let current = this.#generations.at(-1);
    if (current === undefined || current.tags.size >= this.#perGeneration) {
      if (this.#generations.length === generations) this.#forgetEarly(this.#generations.shift()!);
      current = { tags: new Set(), latest: Number.NEGATIVE_INFINITY };
      this.#generations.push(current);
    }
    current.tags.add(tag | 0);
    current.latest = Math.max(current.latest, Math.ceil(establishedAt));
  }

  /** Whether `tag` is still known, be it that its cookies are too old by now. */
  remembers(tag: number): boolean {
    return this.#generations.some(({ tags }) => tags.has(tag | 0));
  }

  /** Whether a cookie that was made at `createdAt` may be of an association that has ended and is not remembered any more. */
  hasForgotten(createdAt: Instant): boolean {
    return createdAt <= this.#forgottenUntil;
  }

  #forgetExpired(now: Instant): void {
    while (this.#generations.length > 0 && this.#isExpired(this.#generations[0]!.latest, now))
      this.#generations.shift();
  }

  #forgetEarly({ latest }: Generation): void {
    this.#forgottenUntil = Math.max(this.#forgottenUntil, latest);
  }

  #isExpired(establishedAt: Instant, now: Instant): boolean {
    return now - establishedAt > this.#lifetimeMs;
  }
}
