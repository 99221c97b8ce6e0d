import type { Instant } from '../base/time.ts';
import type { ErrorChunk } from '../chunks/index.ts';
import type { StateCookie } from './state-cookie.ts';

/** What a State Cookie of ours means to the association that it meets (RFC 9260 §5.2.4, Table 12). */
export type Collision = 'restart' | 'simultaneous opening' | 'late' | 'duplicate' | 'stale' | 'unknown';

/** By what an association is compared with a cookie. */
export interface AssociationTags {
  readonly myVerificationTag: number;
  readonly peerVerificationTag: number;
  readonly tieTags: { readonly local: number; readonly peer: number };
}

/** Table 12, and before it the age of the cookie. */
export function collisionOf(cookie: StateCookie, association: AssociationTags, now: Instant): Collision {
  const isLocalTag = cookie.localTag === association.myVerificationTag;
  const isPeerTag = cookie.peerTag === association.peerVerificationTag;
  if (isLocalTag && isPeerTag) return 'duplicate'; // D
  // §5.2.4: "is older than the lifespan […] and the Verification Tags […] do not match […], the packet […] SHOULD be
  // discarded."
  if (now - cookie.createdAt > cookie.lifespanMs) return 'stale';
  if (isLocalTag) return 'simultaneous opening'; // B
  if (isPeerTag) return 'late'; // C: "The cookie SHOULD be silently discarded."
  const { tieTags } = association;
  if (cookie.localTieTag === tieTags.local && cookie.peerTieTag === tieTags.peer) return 'restart'; // A
  // "For any case not shown in Table 12, the cookie SHOULD be silently discarded."
  return 'unknown';
}

/** RFC 9260 §3.3.10.3: "the difference, rounded up in microseconds". */
export function staleCookieError(cookie: StateCookie, now: Instant): ErrorChunk {
  const staleMs = Math.max(0, now - cookie.createdAt - cookie.lifespanMs);
  // §3.3.10.3: always told; who "does not wish to provide the Measure of Staleness, it SHOULD set this field to the
  // value of zero."
  const measureOfStalenessUs = Math.min(Math.ceil(staleMs * 1_000), 0xffff_ffff);
  return { kind: 'ERROR', causes: [{ kind: 'Stale Cookie', measureOfStalenessUs }] };
}
