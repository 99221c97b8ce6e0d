import type { Instant } from '../base/time.ts';

/** What lies beyond goes unremembered, the oldest first: memory has a bound, however many associations come and go. */
const capacity = 16_384;

/**
 * The Verification Tags of associations that have ended, for as long as a State Cookie that names them can be valid. A
 * COOKIE ECHO chunk that the network has copied or held up would otherwise set up again what has ended, and leave it
 * alone until heartbeats find nobody there: RFC 9260 §5.1.5 asks for the cookie's age only.
 */
export class EndedTags {
  readonly #lifetimeMs: number;
  /** When each may be forgotten, the earliest first. */
  readonly #forgetAt = new Map<number, Instant>();

  constructor(lifetimeMs: number) {
    this.#lifetimeMs = lifetimeMs;
  }

  add(tag: number, now: Instant): void {
    for (const [oldest, forgetAt] of this.#forgetAt) {
      if (now < forgetAt && this.#forgetAt.size < capacity) break;
      this.#forgetAt.delete(oldest);
    }
    this.#forgetAt.delete(tag);
    this.#forgetAt.set(tag, now + this.#lifetimeMs);
  }

  has(tag: number, now: Instant): boolean {
    const forgetAt = this.#forgetAt.get(tag);
    return forgetAt !== undefined && now < forgetAt;
  }
}
