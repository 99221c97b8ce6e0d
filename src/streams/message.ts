import type { Ssn } from '../base/serial.ts';
import type { Instant } from '../base/time.ts';
import type { Fragment } from '../chunks/index.ts';

/** A user message as it is handed over in either direction. */
export interface Message {
  /** At least one byte: RFC 9260 §6.1 has no empty DATA chunk. */
  readonly data: Uint8Array;
  readonly streamId: number;
  /** Payload protocol identifier (RFC 9260 §3.3.1), passed through untouched. */
  readonly ppid: number;
  /** Whether it is delivered regardless of the order in its stream (the U bit, §6.6). */
  readonly unordered: boolean;
}

/** A message on its way to the peer. */
export class OutgoingMessage implements Message {
  readonly data: Uint8Array;
  readonly streamId: number;
  readonly ppid: number;
  readonly unordered: boolean;
  /** RFC 9260 §6.1: "The application requests that the I bit of the last DATA chunk of a user message be set". */
  readonly sackImmediately: boolean;
  /** RFC 9260 §11.1.5 "life time": not sent at all when its first fragment has not gone out by then. */
  readonly expiresAt: Instant;
  /** Assigned when the first fragment goes out. */
  ssn: Ssn | undefined;
  /** Bytes that have become fragments. */
  fragmented = 0;

  constructor(message: Message, sackImmediately: boolean, expiresAt: Instant) {
    this.data = message.data;
    this.streamId = message.streamId;
    this.ppid = message.ppid;
    this.unordered = message.unordered;
    this.sackImmediately = sackImmediately;
    this.expiresAt = expiresAt;
  }
}

/** A piece of a message, as large as a DATA chunk may be. Once made "it cannot be re-fragmented" (RFC 9260 §6.9). */
export interface OutgoingFragment extends Fragment {
  readonly message: OutgoingMessage;
}
