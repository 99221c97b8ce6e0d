import type { NetAddress } from '../base/address.ts';
import type { SctpErrorCode } from '../base/errors.ts';
import type { ErrorCause } from '../chunks/index.ts';
import type { Message } from '../streams/message.ts';
import type { PartialMessage } from '../streams/partial-message.ts';

/** How an association ended (RFC 9260 §11.2.5, §11.2.8). */
export interface Ending {
  /** Whether the shutdown of §9.2 was completed: everything sent was acknowledged. */
  readonly graceful: boolean;
  /** Who ended it. */
  readonly by: 'local' | 'peer';
  /** Why, unless it was graceful. */
  readonly error: { readonly code: SctpErrorCode; readonly message: string } | undefined;
  /** The error causes of the ABORT chunk that was received or sent. */
  readonly causes: readonly ErrorCause[];
  /**
   * Messages that `send` accepted and the peer has not acknowledged with all that was sent before them, in the order in
   * which they were accepted. The peer may have got some of them all the same: what is lost last is its acknowledgement. Of
   * a message that was written in pieces they have the bytes from the first one on that is not acknowledged.
   */
  readonly undelivered: readonly Message[];
}

/**
 * RFC 9260 §8.2 (active, inactive), §5.4 (unconfirmed), RFC 7829 (potentially-failed: there was no answer of late). Inactive is also
 * a path to which packets would leave from an address of ours that the peer was not told.
 */
export type PathState = 'active' | 'potentially-failed' | 'inactive' | 'unconfirmed';

/** One destination address of the peer as it stands (RFC 9260 §11.1.8). */
export interface PathStatus {
  readonly address: NetAddress;
  /** The local address that packets to it are sent from; undefined where the system chooses it and has not told. */
  readonly localAddress: NetAddress | undefined;
  readonly state: PathState;
  readonly isPrimary: boolean;
  /** Undefined until the first measurement. */
  readonly srttMs: number | undefined;
  readonly rtoMs: number;
  /** Bytes. */
  readonly cwnd: number;
  /** Bytes; `Number.MAX_SAFE_INTEGER` until the first loss. */
  readonly ssthresh: number;
  /** Bytes. */
  readonly flightSize: number;
  /** Bytes, IP header included. */
  readonly pathMtu: number;
  readonly errorCount: number;
}

/** What became of a re-configuration request (RFC 6525 §4.4, Table 3). */
export type ReconfigurationResult = 'performed' | 'nothing to do' | 'denied' | 'error';

/** STREAM RESET (RFC 6525): the streams' numbers begin at 0 again, if `result` says so; no stream ids mean all streams. */
export interface StreamsReset {
  readonly kind: 'streamsReset';
  readonly direction: 'incoming' | 'outgoing';
  readonly streamIds: readonly number[];
  readonly result: ReconfigurationResult;
  /** Where the peer does what we have asked for: what that was. It may do so in several steps. */
  readonly askedFor?: readonly number[];
}

/** ASSOCIATION RESET (RFC 6525): TSNs and the numbers of all streams begin anew, if `result` says so. */
export interface AssociationReset {
  readonly kind: 'associationReset';
  /** Who asked for it. */
  readonly by: 'local' | 'peer';
  readonly result: ReconfigurationResult;
}

/** STREAM CHANGE (RFC 6525): there are more streams, if `result` says so. */
export interface StreamsAdded {
  readonly kind: 'streamsAdded';
  readonly direction: 'incoming' | 'outgoing';
  readonly count: number;
  readonly result: ReconfigurationResult;
}

export type ReconfigurationEvent = StreamsReset | AssociationReset | StreamsAdded;

/** What an association tells its user (RFC 9260 §11.2). */
export type AssociationEvent =
  /** COMMUNICATION UP */
  | { readonly kind: 'established' }
  /** DATA ARRIVE: there was nothing to `receive()`, and now there is. */
  | { readonly kind: 'readable' }
  /** `read` of a message in delivery has found nothing: now there is more of it, or its end, or there will be none. */
  | { readonly kind: 'partialDelivery'; readonly message: PartialMessage }
  /** The send buffer has room again, after `send()` was refused or `isWritable` was false. */
  | { readonly kind: 'writable' }
  /**
   * SEND FAILURE of one message: its policy gave it up, or the peer accepts fewer streams. `wasSent` tells whether something
   * of it went out: then the peer may have got all of it, and only the acknowledgement was late. It never gets a part, unless
   * it asks for partial delivery, and is told then. Of a message in pieces `data` is what was not acknowledged.
   */
  | { readonly kind: 'abandoned'; readonly message: Message; readonly wasSent: boolean }
  /** A message that was sent with `reportDelivery` is cumulatively acknowledged. */
  | { readonly kind: 'delivered'; readonly message: Message }
  | ReconfigurationEvent
  /** RESTART: the peer began anew; `undelivered` went down with its old incarnation. */
  | { readonly kind: 'restart'; readonly undelivered: readonly Message[] }
  /** NETWORK STATUS CHANGE */
  | { readonly kind: 'pathChange'; readonly path: PathStatus; readonly reason: string }
  /** COMMUNICATION ERROR: the peer sent an ERROR chunk. */
  | { readonly kind: 'error'; readonly causes: readonly ErrorCause[] }
  /** COMMUNICATION LOST or SHUTDOWN COMPLETE. Always the last event. */
  | { readonly kind: 'closed'; readonly ending: Ending };
