import type { Tsn } from '../base/serial.ts';
import type { Destination } from './destination.ts';
import type { DestinationTally } from './destination-tally.ts';

/** One DATA chunk that was sent and is not yet cumulatively acknowledged. */
export interface OutstandingChunk<Cargo, D extends Destination> {
  readonly tsn: Tsn;
  /** Bytes on the wire: chunk header and padding included. */
  readonly size: number;
  readonly cargo: Cargo;
  destination: D;
  /** The number of this transmission among all of the association: later means sent later. */
  sendOrder: number;
  transmissions: number;
  missIndications: number;
  isFastRetransmitted: boolean;
  /** Whether it ever was: a Gap Ack Block may be revoked. */
  wasAcknowledged: boolean;
  /** Whether it was sent to several destinations: its acknowledgement cannot tell which of them works (RFC 7829 §3.2 9). */
  wentToSeveral: boolean;
  /** Why it was last marked for retransmission. */
  lostBy: 'miss indications' | 'timeout' | undefined;
  /** Given up with all of its message (RFC 3758 §3.4), whatever the peer has got of it. */
  isAbandoned: boolean;
  fate: 'in flight' | 'to be retransmitted' | 'acknowledged' | 'abandoned';
}

/** Is told what becomes of the cargo. */
export interface AcknowledgementListener<Cargo> {
  /** Acknowledged for the first time; the receiver may still renege on it. */
  handleAcknowledged(cargo: Cargo): void;
  /** Cumulatively acknowledged: it is the receiver's now. In the order of TSNs, not for what was abandoned. */
  handleDelivered(cargo: Cargo): void;
}

/**
 * What a SACK chunk (or the Cumulative TSN Ack of a SHUTDOWN chunk) changed. One object is reused for all of them: it holds
 * until the next one comes.
 */
export interface SackOutcome<D extends Destination> {
  /** Why the chunk was dropped, undefined when it was taken. */
  rejected: 'old' | 'unsent TSN' | 'invalid gap ack blocks' | undefined;
  cumulativeTsnAckAdvanced: boolean;
  /** Bytes of chunks that were acknowledged for the first time. */
  bytesAcked: number;
  /** TSNs that were reported received before and are not any more. */
  revoked: number;
  /** The destinations with acknowledged chunks, and how many bytes of them for the first time. */
  readonly acknowledged: DestinationTally<D>;
  /** The destinations that have shown that they work. */
  readonly reached: DestinationTally<D>;
  /** The destinations whose earliest outstanding TSN was acknowledged (§6.3.2 R3). */
  readonly earliestAcknowledged: DestinationTally<D>;
  /** The destinations to which chunks were sent that have now three miss indications. */
  readonly lost: DestinationTally<D>;
}
