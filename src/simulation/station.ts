import type { NetAddress } from '../base/address.ts';
import type { Instant } from '../base/time.ts';

/** Something that is attached to a network at some addresses. */
export interface Station {
  readonly name: string;
  readonly addresses: readonly NetAddress[];
  /**
   * The MTU of its own link in bytes, headers included. What is larger its IP layer fragments, without DF, so that it passes
   * every link; what is not is sent with DF set. Undefined: nothing is fragmented.
   */
  readonly mtu?: number | undefined;
  /** When `handleTimeout` wants to be called; `Infinity` for never. */
  readonly nextTimeout: Instant;
  handlePacket(packet: Uint8Array, from: NetAddress, to: NetAddress, now: Instant): void;
  handleTimeout(now: Instant): void;
}
