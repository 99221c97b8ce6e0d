import type { NetAddress } from '../base/address.ts';
import type { Instant } from '../base/time.ts';

/** Something that is attached to a network at some addresses. */
export interface Station {
  readonly name: string;
  readonly addresses: readonly NetAddress[];
  /** When `handleTimeout` wants to be called; `Infinity` for never. */
  readonly nextTimeout: Instant;
  handlePacket(packet: Uint8Array, from: NetAddress, to: NetAddress, now: Instant): void;
  handleTimeout(now: Instant): void;
}
