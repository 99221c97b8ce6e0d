import type { OutgoingStream } from './outgoing-stream.ts';

/**
 * Chooses the stream that sends next (RFC 8260 §3). With I-DATA it is asked for every fragment; with DATA once for each
 * message, since the fragments of one message have consecutive TSNs.
 */
export interface StreamScheduler {
  /** Whether a packet carries chunks of one stream only (RFC 8260 §3.3). */
  readonly keepsPacketsApart: boolean;
  /** `stream` has a message now that may go out, and had none. */
  handleActive(stream: OutgoingStream): void;
  /** `stream` has no message any more, or none that the peer could hold beside those that have begun. */
  handleIdle(stream: OutgoingStream): void;
  /** One of the active streams; undefined when there is none. Asking changes nothing. */
  select(): OutgoingStream | undefined;
  /** A fragment with `bytes` of payload was taken from `stream`, which is active still. */
  handleSent(stream: OutgoingStream, bytes: number, isEndOfMessage: boolean): void;
  /** A packet is complete. */
  handlePacketEnd(): void;
}

export type SchedulerName =
  | 'first-come-first-served'
  | 'round-robin'
  | 'round-robin-per-packet'
  | 'priority'
  | 'fair-capacity'
  | 'weighted-fair-queueing';
