import { Ring } from '../base/ring.ts';
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
  /** When each may be forgotten, in whole milliseconds. (Integers, and tags as signed numbers, take no memory of their own.) */
  readonly #forgetAt = new Map<number, Instant>();
  /** The earliest first. */
  readonly #order = new Ring<number>();

  constructor(lifetimeMs: number) {
    this.#lifetimeMs = lifetimeMs;
  }

  add(tag: number, now: Instant): void {
    for (let oldest = this.#order.peek(); oldest !== undefined; oldest = this.#order.peek()) {
      const forgetAt = this.#forgetAt.get(oldest) ?? 0;
      if (now < forgetAt && this.#order.length < capacity) break;
      this.#order.shift();
      this.#forgetAt.delete(oldest);
    }
    this.#forgetAt.set(tag | 0, Math.ceil(now + this.#lifetimeMs));
    this.#order.push(tag | 0);
  }

  /** Whether `tag` is still known, be it that its cookies are too old by now. */
  remembers(tag: number): boolean {
    return this.#forgetAt.has(tag | 0);
  }

  /** Whether a State Cookie that names `tag` could be valid. */
  has(tag: number, now: Instant): boolean {
    const forgetAt = this.#forgetAt.get(tag | 0);
    return forgetAt !== undefined && now < forgetAt;
  }
}
