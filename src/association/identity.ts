import type { NetAddress } from '../base/address.ts';

/** The endpoints of an association, as its owner knows them. */
export interface AssociationIdentity {
  readonly localPort: number;
  readonly remotePort: number;
  readonly myVerificationTag: number;
  /** The peer's addresses, the primary path first. */
  readonly addresses: readonly NetAddress[];
  /** How many of them, from the first on, are CONFIRMED (RFC 9260 §5.4 1, 2). */
  readonly confirmed: number;
}
