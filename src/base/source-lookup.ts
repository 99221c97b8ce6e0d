import type { NetAddress } from './address.ts';
import type { Instant } from './time.ts';

/** Tells what the system does where it chooses the source address of packets itself: a socket is bound to any address. */
export interface SourceLookup {
  /** The host's own addresses as they are now: one of them is the source of every packet. */
  readonly addresses: readonly NetAddress[];
  /** Changes when `addresses` do. */
  readonly addressesVersion: number;
  /**
   * The source of packets to `to`; undefined while it is not known, or where there is no way. Asking is what makes it known,
   * some milliseconds later; what was known long ago is looked up again.
   */
  sourceOf(to: NetAddress): NetAddress | undefined;
  /** The same, without asking: for destinations that strangers choose. */
  knownSourceOf(to: NetAddress): NetAddress | undefined;
  /** Packets to `to` are not answered: the way may be another by now. */
  doubt(to: NetAddress): void;
  /** Changes when something has become different from what `sourceOf` said. Asked before every packet. */
  versionAt(now: Instant): number;
}
