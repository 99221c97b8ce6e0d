import type { SendRequest } from '../association/association.ts';
import { SctpError } from '../base/errors.ts';
import type { Message } from '../streams/message.ts';
import { MessageMemory } from './message-memory.ts';

/** A user message: whole, and in the order of its stream unless `unordered`. */
export type SctpMessage = Message;

/** How one message is sent. */
export interface SendOptions {
  /** Outbound stream, below `outboundStreams`. Default 0. */
  readonly streamId?: number | undefined;
  /** Payload Protocol Identifier, 0 … 2^32 − 1. Default 0. */
  readonly ppid?: number | undefined;
  /** Delivered as soon as it has arrived, whatever went before it (RFC 9260 §6.6). Default false. */
  readonly unordered?: boolean | undefined;
  /**
   * Milliseconds after which the message is given up: not sent, nor sent again (RFC 7496 "timed reliability"). Where the
   * peer does not support FORWARD TSN, only if nothing of it was sent (RFC 9260 §11.1.5). Default: never.
   */
  readonly lifetimeMs?: number | undefined;
  /** How often the message is sent again before it is given up (RFC 7496 §3.1); 0 sends it once. Default: no limit. */
  readonly maxRetransmits?: number | undefined;
  /**
   * Makes room in a full send buffer by giving up messages with a higher number, and may be given up itself for those with
   * a lower one (RFC 7496 §3.2). 0 … 2^32 − 1. Default: waits for room, and is not given up.
   */
  readonly priority?: number | undefined;
  /**
   * When the promise of `send` resolves: with the message in the send buffer (`'accepted'`, the default), or when the peer
   * has acknowledged it and all that was sent before (`'delivered'`). The latter rejects with `SCTP_ERR_ABANDONED` when the
   * message is given up, or with why the association ended.
   */
  readonly until?: 'accepted' | 'delivered' | undefined;
  /** Asks the peer to acknowledge this message without delay (RFC 7053). Default false. */
  readonly sackImmediately?: boolean | undefined;
  /** Takes the message back while it still waits for room in the send buffer. */
  readonly signal?: AbortSignal | undefined;
}

/** What `send` takes: a message, or a source of its pieces. */
export type SendData = Uint8Array | string | AsyncIterable<Uint8Array | string>;

/** Whether a message comes in pieces. */
export function isSource(data: unknown): data is AsyncIterable<Uint8Array | string> {
  return typeof data === 'object' && data !== null && !ArrayBuffer.isView(data) && Symbol.asyncIterator in data;
}

/**
 * The message for the core. A string becomes UTF-8, anything else is copied, so that the caller may write to its
 * memory again as soon as `send` has returned. (A copy costs a tenth of what the checksum of the same bytes does.)
 * Throws SctpError `SCTP_ERR_INVALID_ARGUMENT` for what no association could send.
 */
export function outgoingMessage(data: Uint8Array | string, options: SendOptions): SendRequest {
  if (!(data instanceof Uint8Array) || data.length <= largestPooled) return sendRequest(ownedBytes(data), options);
  // Whose delivery is told, so that `releaseMessage` hears of it.
  return sendRequest(memory.copy(data), options, true);
}

const memory = new MessageMemory();

/** The peer has the message for good: its memory serves for others. */
export function releaseMessage({ data }: Message): void {
  memory.giveBack(data);
}

/** How a message is sent, `data` or what will be written of it, and whether its delivery is told. Throws SctpError `SCTP_ERR_INVALID_ARGUMENT`. */
export function sendRequest(
  data: Uint8Array,
  options: SendOptions,
  reportDelivery: boolean = options.until === 'delivered',
): SendRequest {
  const { streamId = 0, ppid = 0, unordered = false, sackImmediately = false, until = 'accepted' } = options;
  const { lifetimeMs, maxRetransmits, priority } = options;
  requireInteger('streamId', streamId, 0xffff);
  requireInteger('ppid', ppid, 0xffff_ffff);
  if (lifetimeMs !== undefined && !(lifetimeMs >= 0)) {
    throw new SctpError('SCTP_ERR_INVALID_ARGUMENT', `lifetimeMs must not be negative, and is ${lifetimeMs}`);
  }
  if (maxRetransmits !== undefined) requireInteger('maxRetransmits', maxRetransmits, 0xffff_ffff);
  if (priority !== undefined) requireInteger('priority', priority, 0xffff_ffff);
  if (until !== 'accepted' && until !== 'delivered') {
    throw new SctpError('SCTP_ERR_INVALID_ARGUMENT', `until must be 'accepted' or 'delivered', not '${String(until)}'`);
  }
  return { data, streamId, ppid, unordered, sackImmediately, lifetimeMs, maxRetransmits, priority, reportDelivery };
}

/** A copy of `data` that nobody else writes to. Throws SctpError `SCTP_ERR_INVALID_ARGUMENT` for other types. */
export function ownedBytes(data: Uint8Array | string): Uint8Array {
  if (typeof data !== 'string' && !(data instanceof Uint8Array)) {
    throw new SctpError('SCTP_ERR_INVALID_ARGUMENT', `data must be a string or a Uint8Array, not ${typeof data}`);
  }
  if (typeof data !== 'string' && data.length <= largestPooled) return pooledCopy(data);
  const copy = typeof data === 'string' ? Buffer.from(data) : Buffer.from(data);
  return new Uint8Array(copy.buffer, copy.byteOffset, copy.byteLength);
}

/** Small messages share memory: an allocation costs more than the copy. As `Buffer.poolSize`, with one view less each. */
const poolSize = 8 * 1024;
const largestPooled = poolSize / 8;
let pool = new Uint8Array(poolSize);
let used = 0;

function pooledCopy(data: Uint8Array): Uint8Array {
  if (used + data.length > poolSize) {
    pool = new Uint8Array(poolSize);
    used = 0;
  }
  const start = used;
  pool.set(data, start);
  used = start + data.length;
  return pool.subarray(start, used);
}

function requireInteger(name: string, value: number, highest: number): void {
  if (Number.isInteger(value) && value >= 0 && value <= highest) return;
  throw new SctpError('SCTP_ERR_INVALID_ARGUMENT', `${name} must be an integer 0 to ${highest}, not ${value}`);
}
