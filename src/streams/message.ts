import { emptyBytes } from '../base/bytes.ts';
import type { Mid, Ssn, Tsn } from '../base/serial.ts';
import type { Instant } from '../base/time.ts';
import type { Fragment } from '../chunks/index.ts';
import { OutgoingPieces } from './outgoing-pieces.ts';

/** A user message as it is handed over in either direction. */
export interface Message {
  /**
   * At least one byte: RFC 9260 §6.1 has no empty DATA chunk. Of a received message it may be a view of the packet that brought
   * it, and other messages: what is kept for long or transferred to a worker is to be copied (`slice()`).
   */
  readonly data: Uint8Array;
  readonly streamId: number;
  /** Payload protocol identifier (RFC 9260 §3.3.1), passed through untouched. */
  readonly ppid: number;
  /** Whether it is delivered regardless of the order in its stream (the U bit, §6.6). */
  readonly unordered: boolean;
}

/** The message that `fragment` is a part of, with all of its data. */
export function toMessage({ streamId, ppid, unordered }: Fragment, data: Uint8Array): Message {
  return { data, streamId, ppid, unordered };
}

/** When a message is given up (RFC 3758, RFC 7496). What is not set never ends it. */
export interface ReliabilityPolicy {
  /** RFC 7496 "timed reliability", RFC 9260 §11.1.5 "life time": not sent, or sent again, from then on. */
  readonly expiresAt: Instant;
  /** RFC 7496 §3.1 "limited retransmissions": 0 sends it once. `Infinity` for no limit. */
  readonly maxRetransmits: number;
  /** RFC 7496 §3.2 "priority": a full send buffer drops the highest number first. Undefined is never dropped. */
  readonly priority: number | undefined;
}

export const reliable: ReliabilityPolicy = {
  expiresAt: Number.POSITIVE_INFINITY,
  maxRetransmits: Number.POSITIVE_INFINITY,
  priority: undefined,
};

/** A message on its way to the peer: whole, or in pieces while its user still writes it. What fits one chunk is its own fragment. */
export class OutgoingMessage implements Message, OutgoingFragment {
  /** Of a message in pieces nothing, until it is given up: then the bytes that the peer has not acknowledged. */
  data: Uint8Array;
  readonly streamId: number;
  readonly ppid: number;
  readonly unordered: boolean;
  /** RFC 9260 §6.1: "The application requests that the I bit of the last DATA chunk of a user message be set". */
  readonly sackImmediately: boolean;
  readonly policy: ReliabilityPolicy;
  /** Whether its sender wants to know when it was delivered. */
  readonly reportsDelivery: boolean;
  /** SSN (DATA) or MID (I-DATA), once `isNumbered`: assigned when the first fragment goes out. */
  messageId: Ssn | Mid = 0 as Ssn;
  isNumbered = false;
  /** Undefined for a message that came whole. */
  readonly pieces: OutgoingPieces | undefined;
  /** Bytes that were written so far, and whether these are all. */
  length: number;
  isEnded: boolean;
  /** Whether more of it found the send buffer full. */
  isRefused = false;
  /** Bytes that have become fragments, and how many these are. */
  fragmented = 0;
  fragmentCount = 0;
  /** Bytes that the peer has acknowledged. */
  acknowledged = 0;
  /** The TSNs of its first and its latest fragment. */
  firstTsn: Tsn | undefined;
  lastTsn: Tsn | undefined;
  isAbandoned = false;
  /** Its place among all messages of the association. */
  arrival = 0;

  /** Without data the message comes in pieces. */
  constructor(
    message: Omit<Message, 'data'> & { readonly data: Uint8Array | undefined },
    sackImmediately: boolean,
    policy: ReliabilityPolicy = reliable,
    reportsDelivery = false,
  ) {
    const { data } = message;
    this.data = data ?? emptyBytes;
    this.pieces = data === undefined ? new OutgoingPieces() : undefined;
    this.length = this.data.length;
    this.isEnded = data !== undefined;
    this.streamId = message.streamId;
    this.ppid = message.ppid;
    this.unordered = message.unordered;
    this.sackImmediately = sackImmediately;
    this.policy = policy;
    this.reportsDelivery = reportsDelivery;
  }

  get message(): this {
    return this;
  }

  get payload(): Uint8Array {
    return this.data;
  }

  /** RFC 9260 §3.3.1: "An unfragmented user message MUST have both the B and E bits set to 1." */
  get beginning(): boolean {
    return true;
  }

  get ending(): boolean {
    return true;
  }

  get fsn(): number {
    return 0;
  }

  /**
   * Bytes that may become fragments now. While more is to come the last byte waits for it: the E bit needs a fragment, and
   * RFC 9260 §3.3.1 has none without data.
   */
  get sendable(): number {
    return this.isEnded ? this.length - this.fragmented : Math.max(0, this.length - this.fragmented - 1);
  }

  /** Whether every byte of it has become a fragment. */
  get isFragmented(): boolean {
    return this.isEnded && this.fragmented === this.length;
  }

  /** Takes the next `length` bytes, that `sendable` allows, for a fragment. */
  takePayload(length: number): Uint8Array {
    const start = this.fragmented;
    this.fragmented += length;
    if (this.pieces !== undefined) return this.pieces.take(length);
    return length === this.data.length ? this.data : this.data.subarray(start, this.fragmented);
  }

  /** There will be no more of it: what is left of its bytes, `fragments` that may be lost first, becomes its `data`. */
  collect(fragments: readonly Uint8Array[]): void {
    if (this.pieces === undefined) return;
    this.data = this.pieces.takeAll(fragments);
    this.isAbandoned = true;
  }
}

/** What one DATA chunk carries. Once made "it cannot be re-fragmented" (RFC 9260 §6.9). */
export interface OutgoingFragment extends Fragment {
  readonly message: OutgoingMessage;
}

/** A piece of a message, as large as a DATA chunk may be. */
export class OutgoingPiece implements OutgoingFragment {
  readonly message: OutgoingMessage;
  readonly payload: Uint8Array;
  readonly beginning: boolean;
  readonly ending: boolean;
  readonly fsn: number;

  constructor(
    message: OutgoingMessage,
    payload: Uint8Array,
    beginning: boolean,
    ending: boolean,
    fsn: number = message.fragmentCount,
  ) {
    this.message = message;
    this.payload = payload;
    this.beginning = beginning;
    this.ending = ending;
    this.fsn = fsn;
  }

  get streamId(): number {
    return this.message.streamId;
  }

  /** RFC 9260 §3.3.1: "each fragment of the message MUST have its U bit set to 1." */
  get unordered(): boolean {
    return this.message.unordered;
  }

  get messageId(): number {
    return this.message.messageId;
  }

  /** RFC 9260 §3.3.1: "This field MUST be sent even in fragmented DATA chunks". */
  get ppid(): number {
    return this.message.ppid;
  }
}
