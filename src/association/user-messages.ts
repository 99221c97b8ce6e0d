import { SctpError } from '../base/errors.ts';
import type { Instant } from '../base/time.ts';
import { OutgoingMessage, reliable } from '../streams/message.ts';
import { invalid, requireBoolean, requireBytes, requireObject, requireUint } from './arguments.ts';
import type { Context } from './context.ts';

const forEver = Number.POSITIVE_INFINITY;

/** A message to send, and how. */
export interface SendRequest {
  /** At least one byte. Kept as it is until it is acknowledged: it must not change. */
  readonly data: Uint8Array;
  /** Default 0. */
  readonly streamId?: number | undefined;
  /** Payload protocol identifier, 0 to 2^32 − 1. Default 0. */
  readonly ppid?: number | undefined;
  /** Default false. */
  readonly unordered?: boolean | undefined;
  /**
   * Milliseconds after which it is neither sent nor sent again (RFC 7496 "timed reliability"); where the peer does not speak
   * FORWARD TSN, not sent if nothing of it was (RFC 9260 §11.1.5 "life time"). Default: never.
   */
  readonly lifetimeMs?: number | undefined;
  /** How often it is sent again at most (RFC 7496 §3.1); 0 sends it once. Default: until it is there. */
  readonly maxRetransmits?: number | undefined;
  /** A full send buffer drops the highest number first to make room (RFC 7496 §3.2). Default: it is never dropped. */
  readonly priority?: number | undefined;
  /** Asks for a `delivered` event. Default false. */
  readonly reportDelivery?: boolean | undefined;
  /** Asks the peer to acknowledge at once (the I bit, RFC 7053). Default false. */
  readonly sackImmediately?: boolean | undefined;
}

export interface AppendOptions {
  /** Whether `data` is the last of it. Default false. */
  readonly endOfMessage?: boolean | undefined;
}

/** Takes what the user wants to send into the send buffer (RFC 9260 §11.1.5). */
export class UserMessages {
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
  }

  send(request: SendRequest, now: Instant): void {
    const context = this.#context;
    requireObject('request', request);
    const { data, priority } = request;
    this.requireOpen();
    requireBytes('data', data);
    // §3.3.1: a length "where L MUST be greater than 0." §6.2: "An endpoint SHOULD NOT send a DATA chunk with no user
    // data part."
    if (data.length === 0) throw new SctpError('SCTP_ERR_EMPTY_MESSAGE');
    const { maxMessageSize } = context.options;
    if (data.length > maxMessageSize) {
      throw new SctpError(
        'SCTP_ERR_MESSAGE_TOO_LARGE',
        `a message of ${data.length} bytes is larger than maxMessageSize, ${maxMessageSize} bytes; one that is written in pieces has no bound`,
      );
    }
    const message = this.#create(request, data, now);
    // What is late takes no room that something else could have.
    const { sendBuffer, sendQueue } = context;
    if (!sendBuffer.isWritable) sendQueue.dropExpired(now);
    if (!sendBuffer.isWritable && priority !== undefined && 'sender' in context.state) {
      context.state.sender.partialReliability.makeRoom(Math.max(data.length, sendBuffer.overflow), priority);
    }
    if (!sendBuffer.isWritable) throw new SctpError('SCTP_ERR_SEND_BUFFER_FULL');
    sendBuffer.addMessage(message);
    sendQueue.enqueue(message);
  }

  begin(request: Omit<SendRequest, 'data'>, now: Instant): OutgoingMessage {
    requireObject('request', request);
    this.requireOpen();
    const message = this.#create(request, undefined, now);
    this.#context.sendBuffer.addMessage(message);
    this.#context.sendQueue.enqueue(message);
    return message;
  }

  append(message: OutgoingMessage, data: Uint8Array, endOfMessage: boolean): void {
    const context = this.#context;
    requireOutgoing(message);
    requireBytes('data', data);
    requireBoolean('endOfMessage', endOfMessage);
    if (context.state.name === 'CLOSED') throw new SctpError('SCTP_ERR_CLOSED');
    if (message.isAbandoned) throw new SctpError('SCTP_ERR_ABANDONED');
    if (message.isEnded) throw new SctpError('SCTP_ERR_INVALID_ARGUMENT', 'the message has ended');
    if (endOfMessage && message.length + data.length === 0) {
      context.sendQueue.withdraw(message);
      throw new SctpError('SCTP_ERR_EMPTY_MESSAGE');
    }
    if (data.length > 0 && !context.sendBuffer.isWritable && message.sendable > 0) {
      message.isRefused = true;
      throw new SctpError('SCTP_ERR_SEND_BUFFER_FULL');
    }
    context.sendBuffer.addPiece(data.length);
    context.sendQueue.append(message, data, endOfMessage);
  }

  abandon(message: OutgoingMessage): void {
    const context = this.#context;
    requireOutgoing(message);
    const isThere = message.isEnded && message.acknowledged === message.length;
    if (context.state.name === 'CLOSED' || message.isAbandoned || isThere) return;
    if (message.fragmented === 0) {
      context.sendQueue.withdraw(message);
      return;
    }
    if ('sender' in context.state && context.state.sender.partialReliability.abandon(message)) return;
    // RFC 3758 §3.5: nothing but a FORWARD TSN chunk lets the peer go on without what it has a part of.
    throw new SctpError(
      'SCTP_ERR_NOT_SUPPORTED',
      'a part of the message was sent, and the peer cannot be told to drop it',
    );
  }

  requireOpen(): void {
    const { name } = this.#context.state;
    if (name === 'CLOSED') throw new SctpError('SCTP_ERR_CLOSED');
    // §9.2: "An endpoint SHOULD reject any new data request from its upper layer" once a shutdown has begun
    if (name.startsWith('SHUTDOWN')) throw new SctpError('SCTP_ERR_SHUTTING_DOWN');
  }

  #create(request: Omit<SendRequest, 'data'>, data: Uint8Array | undefined, now: Instant): OutgoingMessage {
    const { streamId = 0, ppid = 0, unordered = false, sackImmediately = false, reportDelivery = false } = request;
    const { lifetimeMs, maxRetransmits, priority } = request;
    const { outboundStreams } = this.#context;
    requireUint('streamId', streamId, 0xffff);
    requireUint('ppid', ppid, 0xffff_ffff);
    // §6.5: "Every DATA chunk MUST carry a valid stream identifier."
    if (streamId >= outboundStreams) {
      throw new SctpError(
        'SCTP_ERR_INVALID_STREAM',
        `there is no outbound stream ${streamId}, only ${outboundStreams}`,
      );
    }
    if (lifetimeMs !== undefined && !(typeof lifetimeMs === 'number' && lifetimeMs >= 0)) {
      throw invalid(`lifetimeMs must be a number from 0, not ${String(lifetimeMs)}`);
    }
    requireBoolean('unordered', unordered);
    requireBoolean('sackImmediately', sackImmediately);
    requireBoolean('reportDelivery', reportDelivery);
    if (maxRetransmits !== undefined) requireUint('maxRetransmits', maxRetransmits, 0xffff_ffff);
    if (priority !== undefined) requireUint('priority', priority, 0xffff_ffff);
    const isReliable = lifetimeMs === undefined && maxRetransmits === undefined && priority === undefined;
    const policy = isReliable
      ? reliable
      : { expiresAt: now + (lifetimeMs ?? forEver), maxRetransmits: maxRetransmits ?? forEver, priority };
    return new OutgoingMessage({ data, streamId, ppid, unordered }, sackImmediately, policy, reportDelivery);
  }
}

function requireOutgoing(message: unknown): void {
  if (!(message instanceof OutgoingMessage)) throw invalid('message must be one that beginMessage has returned');
}
