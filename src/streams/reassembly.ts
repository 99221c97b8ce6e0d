import type { Tsn } from '../base/serial.ts';
import type { Fragment } from '../chunks/index.ts';

/** Turns fragments into messages in the order that their streams promise, and puts them into a ReceiveQueue. */
export interface Reassembly {
  /** Takes a fragment that was not received before. Returns what the peer did wrong, undefined when nothing. */
  handleFragment(tsn: Tsn, fragment: Fragment): string | undefined;
  /**
   * Drops what was received after `tsn` and is not yet readable: the receiver reneges on it (RFC 9260 §6.2). `onDropped`
   * is told of each TSN; what is readable already stays, since the peer must not send it again.
   */
  dropAfter(tsn: Tsn, onDropped: (tsn: Tsn) => void): void;
}
