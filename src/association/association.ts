import type { NetAddress } from '../base/address.ts';
import { SctpError, type SctpErrorCode } from '../base/errors.ts';
import type { Instant } from '../base/time.ts';
import {
  type AbortChunk,
  type Chunk,
  chunkTypes,
  type ErrorCause,
  encodeChunk,
  findCause,
  type InitChunk,
  type Packet,
  unrecognizedChunkAction,
} from '../chunks/index.ts';
import { type Message, OutgoingMessage } from '../streams/message.ts';
import { type AssociationEnvironment, Context, type Transmit } from './context.ts';
import type { AssociationEvent, PathStatus } from './events.ts';
import { Handshake } from './handshake.ts';
import { Heartbeats } from './heartbeats.ts';
import type { AssociationMetrics } from './metrics.ts';
import type { AssociationOptions } from './options.ts';
import type { Path } from './path.ts';
import { Paths } from './paths.ts';
import { Shutdown } from './shutdown.ts';
import type { StateName } from './state.ts';
import type { StateCookie } from './state-cookie.ts';
import { Transmitter } from './transmitter.ts';
import { hasAcceptableTag } from './verification-tag.ts';

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
  /** Milliseconds after which it is not sent any more, if none of it was (RFC 9260 §11.1.5 "life time"). Default: never. */
  readonly lifetimeMs?: number | undefined;
  /** Asks the peer to acknowledge at once (the I bit, RFC 7053). Default false. */
  readonly sackImmediately?: boolean | undefined;
}

/** Who is told that an association may have something to poll. */
export type ActivityListener = () => void;

/** The endpoints of an association, as its owner knows them. */
export interface AssociationIdentity {
  readonly localPort: number;
  readonly remotePort: number;
  readonly myVerificationTag: number;
  /** The peer's addresses, the primary path first. */
  readonly addresses: readonly NetAddress[];
  /** How many of them, from the first on, are CONFIRMED (RFC 9260 §5.4 1, 2). */
  readonly confirmed: number;
}

/**
 * One association, sans-IO: packets, commands and the time go in, packets and events are polled out. It holds no
 * protocol logic of its own: it hands each chunk to the room that knows it.
 *
 * After each input the owner polls `pollTransmit` and `pollEvent` until both are undefined, then reads `nextTimeout`.
 * An `Endpoint` does this for many associations.
 */
export class Association {
  readonly #context: Context;
  readonly #handshake: Handshake;
  readonly #heartbeats: Heartbeats;
  readonly #shutdown: Shutdown;
  readonly #transmitter: Transmitter;
  readonly #onActivity: ActivityListener;

  constructor(
    identity: AssociationIdentity,
    options: AssociationOptions,
    environment: AssociationEnvironment,
    onActivity: ActivityListener,
  ) {
    const { localPort, remotePort, myVerificationTag, addresses, confirmed } = identity;
    const createPaths = (context: Context): Paths => new Paths(context, addresses, confirmed);
    this.#context = new Context(options, environment, localPort, remotePort, myVerificationTag, createPaths);
    this.#heartbeats = new Heartbeats(this.#context);
    this.#handshake = new Handshake(this.#context, this.#heartbeats);
    this.#shutdown = new Shutdown(this.#context);
    this.#transmitter = new Transmitter(this.#context);
    this.#onActivity = onActivity;
  }

  get state(): StateName {
    return this.#context.state.name;
  }

  get localPort(): number {
    return this.#context.localPort;
  }

  get remotePort(): number {
    return this.#context.remotePort;
  }

  get myVerificationTag(): number {
    return this.#context.myVerificationTag;
  }

  get peerVerificationTag(): number {
    return this.#context.peerVerificationTag;
  }

  /** Streams that the peer may send on; 0 before the handshake has told. */
  get inboundStreams(): number {
    return this.#context.inboundStreams;
  }

  /** Streams that `send` may use; before the handshake has told, those that we ask for. */
  get outboundStreams(): number {
    return this.#context.outboundStreams;
  }

  /** Bytes that `send` accepted and the peer has not acknowledged. */
  get bufferedAmount(): number {
    return this.#context.bufferedAmount;
  }

  /** Whether `send` would accept a message. When false, a `writable` event follows. */
  get isWritable(): boolean {
    return this.#context.isWritable;
  }

  get paths(): readonly PathStatus[] {
    return this.#context.paths.status();
  }

  /** Changes whenever `paths` gains or loses an address. */
  get pathsVersion(): number {
    return this.#context.paths.version;
  }

  /** Whether packets from `ip` belong here; before the peer has told its addresses, its tag is all that is asked. */
  knowsAddress(ip: string): boolean {
    return this.#context.state.name === 'COOKIE-WAIT' || this.#context.paths.find(ip) !== undefined;
  }

  /** A copy of the counters. */
  metrics(): AssociationMetrics {
    return { ...this.#context.metrics };
  }

  // Commands (RFC 9260 §11.1)

  /** ASSOCIATE: sends INIT. Called once, by the endpoint. */
  connect(now: Instant): void {
    this.#handshake.start(now);
    this.#onActivity();
  }

  /**
   * Sets up the association that a valid State Cookie stands for; `packet` begins with the COOKIE ECHO chunk that brought
   * it. Called once, by the endpoint.
   */
  accept(cookie: StateCookie, packet: Packet, from: NetAddress, to: NetAddress | undefined, now: Instant): void {
    this.#handshake.accept(cookie, now);
    this.#handleChunks(packet, 1, from, to, now);
  }

  /**
   * SEND: takes a message into the send buffer; it goes out when the association is up and the windows allow.
   * @throws SctpError SCTP_ERR_CLOSED, SCTP_ERR_SHUTTING_DOWN, SCTP_ERR_EMPTY_MESSAGE, SCTP_ERR_MESSAGE_TOO_LARGE,
   * SCTP_ERR_INVALID_STREAM, SCTP_ERR_SEND_BUFFER_FULL, SCTP_ERR_INVALID_ARGUMENT
   */
  send(request: SendRequest, now: Instant): void {
    const context = this.#context;
    const { data, streamId = 0, ppid = 0, unordered = false, lifetimeMs, sackImmediately = false } = request;
    this.#requireOpen();
    if (data.length === 0) throw new SctpError('SCTP_ERR_EMPTY_MESSAGE');
    if (data.length > context.options.maxMessageSize) throw new SctpError('SCTP_ERR_MESSAGE_TOO_LARGE');
    requireUint('streamId', streamId, 0xffff);
    requireUint('ppid', ppid, 0xffff_ffff);
    if (streamId >= context.outboundStreams) {
      throw new SctpError(
        'SCTP_ERR_INVALID_STREAM',
        `there is no outbound stream ${streamId}, only ${context.outboundStreams}`,
      );
    }
    if (lifetimeMs !== undefined && !(lifetimeMs >= 0)) {
      throw new SctpError('SCTP_ERR_INVALID_ARGUMENT', `lifetimeMs must not be negative, not ${lifetimeMs}`);
    }
    if (!this.isWritable) throw new SctpError('SCTP_ERR_SEND_BUFFER_FULL');
    const expiresAt = lifetimeMs === undefined ? Number.POSITIVE_INFINITY : now + lifetimeMs;
    context.addBuffered(data.length);
    context.sendQueue.enqueue(new OutgoingMessage({ data, streamId, ppid, unordered }, sackImmediately, expiresAt));
    this.#onActivity();
  }

  /** RECEIVE: the next message, undefined when there is none. Taking it opens the receive window. Works after the end, too. */
  receive(_now: Instant): Message | undefined {
    const { state, receiveQueue } = this.#context;
    if (!('receiver' in state)) return receiveQueue.shift();
    const message = state.receiver.receive();
    if (state.receiver.tracker.isSackDue) this.#onActivity();
    return message;
  }

  /** SHUTDOWN: delivers what was accepted, then ends (§9.2). */
  shutdown(now: Instant): void {
    this.#shutdown.request(now);
    this.#onActivity();
  }

  /** SET PRIMARY (§11.1.6): data goes to `ip` from now on, while it works. Returns whether the peer has that address. */
  setPrimaryPath(ip: string): boolean {
    const isPath = this.#context.paths.setPrimary(ip);
    this.#onActivity();
    return isPath;
  }

  /** REQUEST HEARTBEAT (§11.1.10). Returns whether the peer has that address and the state allows it. */
  requestHeartbeat(ip: string, now: Instant): boolean {
    const path = this.#context.paths.find(ip);
    const isSent = path !== undefined && this.#heartbeats.request(path, now);
    this.#onActivity();
    return isSent;
  }

  /** ABORT: ends at once, and tells the peer with a "User-Initiated Abort" cause (§9.1). */
  abort(reason: Uint8Array | undefined, _now: Instant): void {
    const causes: ErrorCause[] = [{ kind: 'User-Initiated Abort', reason: reason ?? new Uint8Array(0) }];
    this.#context.abort('SCTP_ERR_ABORTED', causes);
    this.#onActivity();
  }

  // Inputs

  /** Takes a packet whose checksum is good and whose ports are ours. Returns false when the tag was not. */
  handlePacket(packet: Packet, from: NetAddress, to: NetAddress | undefined, now: Instant): boolean {
    const context = this.#context;
    if (!hasAcceptableTag(packet, context.myVerificationTag, context.peerVerificationTag)) return false;
    this.#handleChunks(packet, 0, from, to, now);
    return true;
  }

  /** An INIT chunk from an address of the peer, in a packet of its own with tag 0. */
  handleInit(init: InitChunk, from: NetAddress, to: NetAddress | undefined, now: Instant): void {
    this.#handshake.handleInit(init, from, to, now);
    this.#onActivity();
  }

  /** A packet that begins with a COOKIE ECHO chunk whose cookie is ours and speaks of this peer. */
  handleCookieEcho(
    cookie: StateCookie,
    packet: Packet,
    from: NetAddress,
    to: NetAddress | undefined,
    now: Instant,
  ): void {
    this.#handshake.handleCookieEcho(cookie, from, to, now);
    // Chunks behind it belong to the association that the cookie has confirmed, or to none.
    if (cookie.localTag === this.#context.myVerificationTag) this.#handleChunks(packet, 1, from, to, now);
    this.#onActivity();
  }

  handleTimeout(now: Instant): void {
    this.#handshake.handleTimeout(now);
    this.#shutdown.handleTimeout(now);
    this.#heartbeats.handleTimeout(now);
    const { state } = this.#context;
    if ('sender' in state) {
      state.receiver.tracker.handleTimeout(now);
      state.sender.handleTimeout(now);
    }
    this.#onActivity();
  }

  // Outputs

  get nextTimeout(): Instant {
    const { state, paths } = this.#context;
    if (state.name === 'CLOSED') return Number.POSITIVE_INFINITY;
    const next = Math.min(this.#handshake.nextTimeout, this.#shutdown.nextTimeout, paths.nextTimeout);
    if (!('sender' in state)) return next;
    return Math.min(next, state.sender.nextTimeout, state.receiver.tracker.nextTimeout);
  }

  pollTransmit(now: Instant): Transmit | undefined {
    const transmit = this.#transmitter.poll(now);
    if (transmit !== undefined) return transmit;
    // A message whose life time is over is given up when its turn comes: the last that a shutdown was waiting for, perhaps.
    const { state } = this.#context;
    this.#shutdown.handleProgress(now);
    return this.#context.state === state ? undefined : this.#transmitter.poll(now);
  }

  pollEvent(): AssociationEvent | undefined {
    return this.#context.events.shift();
  }

  #requireOpen(): void {
    const { name } = this.#context.state;
    if (name === 'CLOSED') throw new SctpError('SCTP_ERR_CLOSED');
    // §9.2: "An endpoint SHOULD reject any new data request from its upper layer" once a shutdown has begun
    if (name.startsWith('SHUTDOWN')) throw new SctpError('SCTP_ERR_SHUTTING_DOWN');
  }

  /** §6.10: "An endpoint MUST process received chunks in their order in the packet." */
  #handleChunks(packet: Packet, firstIndex: number, from: NetAddress, to: NetAddress | undefined, now: Instant): void {
    const context = this.#context;
    context.metrics.packetsReceived++;
    context.metrics.bytesReceived += packet.byteLength;
    // RFC 6951 §5.4, once "the verification tag" has been checked; a reflected tag is the peer's, and proves nothing.
    const isVerified = packet.verificationTag === context.myVerificationTag;
    const known = isVerified ? context.paths.handleArrival(from, to) : undefined;
    const path = known ?? context.paths.current;
    let hasData = false;
    for (let i = firstIndex; i < packet.chunks.length; i++) {
      const chunk = packet.chunks[i]!;
      if (chunk.kind === 'DATA') hasData = true;
      if (!this.#handleChunk(chunk, packet, path, from, to, now)) break;
    }
    const { state } = context;
    if (hasData && 'receiver' in state) {
      state.receiver.handleEndOfPacket(now);
      this.#shutdown.handleData(now);
    }
    this.#shutdown.handleProgress(now);
    this.#onActivity();
  }

  /** Returns whether the chunks behind this one are to be processed. */
  #handleChunk(
    chunk: Chunk,
    packet: Packet,
    path: Path,
    from: NetAddress,
    to: NetAddress | undefined,
    now: Instant,
  ): boolean {
    const context = this.#context;
    switch (chunk.kind) {
      case 'DATA':
        return this.#handleData(chunk, path);
      case 'SACK':
        return this.#handleSack(chunk, now);
      case 'INIT ACK':
        this.#handshake.handleInitAck(chunk, from, to, now);
        return false; // §5.1: it is "the only" chunk of its packet
      case 'COOKIE ACK':
        this.#handshake.handleCookieAck(now);
        return true;
      case 'HEARTBEAT':
        this.#heartbeats.handleHeartbeat(chunk, path);
        return true;
      case 'HEARTBEAT ACK':
        this.#heartbeats.handleHeartbeatAck(chunk, now);
        return true;
      case 'ABORT':
        this.#handleAbort(chunk);
        return false;
      case 'ERROR':
        this.#handleError(chunk.causes, now);
        return true;
      case 'SHUTDOWN':
        this.#shutdown.handleShutdown(chunk, now);
        return true;
      case 'SHUTDOWN ACK':
        this.#shutdown.handleShutdownAck(from, to, packet.verificationTag);
        return false;
      case 'SHUTDOWN COMPLETE':
        this.#shutdown.handleShutdownComplete();
        return false;
      case 'malformed':
        context.metrics.malformedChunks++;
        return true;
      case 'INIT': // never bundled, and never under a tag (§8.5.1 A)
      case 'COOKIE ECHO': // first in its packet, or not at all (§5.1 C)
        context.metrics.unexpectedChunks++;
        return false;
      case 'I-DATA':
      case 'AUTH':
      case 'ASCONF':
      case 'ASCONF-ACK':
      case 'RE-CONFIG':
      case 'PAD':
      case 'FORWARD-TSN':
      case 'I-FORWARD-TSN':
      case 'unknown':
        return this.#handleUnrecognized(chunk, path);
      default:
        return chunk satisfies never;
    }
  }

  #handleData(chunk: Extract<Chunk, { kind: 'DATA' }>, path: Path): boolean {
    const { state, metrics } = this.#context;
    switch (state.name) {
      case 'ESTABLISHED':
      case 'SHUTDOWN-PENDING':
      case 'SHUTDOWN-SENT':
        return state.receiver.handleData(chunk, path);
      // §6: "A DATA chunk received in any other state SHOULD be discarded."
      case 'CLOSED':
      case 'COOKIE-WAIT':
      case 'COOKIE-ECHOED':
      case 'SHUTDOWN-RECEIVED':
      case 'SHUTDOWN-ACK-SENT':
        metrics.unexpectedChunks++;
        return true;
      default:
        return state satisfies never;
    }
  }

  #handleSack(chunk: Extract<Chunk, { kind: 'SACK' }>, now: Instant): boolean {
    const { state, metrics } = this.#context;
    switch (state.name) {
      case 'ESTABLISHED':
      case 'SHUTDOWN-PENDING':
      case 'SHUTDOWN-RECEIVED':
        metrics.sacksReceived++;
        state.sender.handleSack(chunk, now);
        this.#transmitter.handleSack();
        return true;
      // §6: "A SACK chunk received in any other state SHOULD be discarded." In COOKIE-ECHOED nothing was sent yet.
      case 'CLOSED':
      case 'COOKIE-WAIT':
      case 'COOKIE-ECHOED':
      case 'SHUTDOWN-SENT':
      case 'SHUTDOWN-ACK-SENT':
        metrics.unexpectedChunks++;
        return true;
      default:
        return state satisfies never;
    }
  }

  /** §9.1: "the receiving endpoint MUST remove the association from its record and SHOULD report the termination". */
  #handleAbort({ causes, tagReflected }: AbortChunk): void {
    const { name } = this.#context.state;
    // Both sides have delivered everything, and the peer has forgotten the association (T bit): its SHUTDOWN COMPLETE was
    // lost, and something that came late has met nobody (§8.4 8). What is left to say is said.
    if (name === 'SHUTDOWN-ACK-SENT' && tagReflected) {
      this.#context.close('peer', undefined);
      return;
    }
    const isOpening = name === 'COOKIE-WAIT' || name === 'COOKIE-ECHOED';
    const code: SctpErrorCode = isOpening ? 'SCTP_ERR_REFUSED' : 'SCTP_ERR_ABORTED_BY_PEER';
    this.#context.close('peer', code, causes);
  }

  #handleError(causes: readonly ErrorCause[], now: Instant): void {
    if (findCause(causes, 'Stale Cookie') !== undefined) this.#handshake.handleStaleCookie(now);
    else this.#context.events.push({ kind: 'error', causes });
  }

  /** §3.2: what this association does not speak, by the action bits of its type. */
  #handleUnrecognized(chunk: Exclude<Chunk, { kind: 'malformed' }>, path: Path): boolean {
    const type = chunk.kind === 'unknown' ? chunk.type : chunkTypes[chunk.kind];
    const { stop, report } = unrecognizedChunkAction(type);
    this.#context.metrics.unexpectedChunks++;
    // A report that quotes a chunk of any size has to fit into one packet: the chunk's beginning says what it was.
    if (report) {
      const quoted = encodeChunk(chunk).subarray(0, path.pmdcs - 8);
      this.#context.control.respond(
        { kind: 'ERROR', causes: [{ kind: 'Unrecognized Chunk Type', chunk: quoted }] },
        this.#context.paths.forReplyTo(path),
      );
    }
    return !stop;
  }
}

function requireUint(name: string, value: number, greatest: number): void {
  if (Number.isInteger(value) && value >= 0 && value <= greatest) return;
  throw new SctpError(
    'SCTP_ERR_INVALID_ARGUMENT',
    `${name} must be an integer from 0 to ${greatest}, not ${String(value)}`,
  );
}
