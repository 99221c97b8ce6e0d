import type { NetAddress } from '../base/address.ts';
import { SctpError } from '../base/errors.ts';
import type { Instant } from '../base/time.ts';
import type { ErrorCause, InitChunk, Packet } from '../chunks/index.ts';
import { type Message, OutgoingMessage } from '../streams/message.ts';
import { createScheduler } from '../streams/schedulers.ts';
import type { SchedulerName, StreamScheduler } from '../streams/stream-scheduler.ts';
import type { Capabilities } from './capabilities.ts';
import { ChunkHandler } from './chunk-handler.ts';
import { type AssociationEnvironment, Context, type Transmit } from './context.ts';
import type { AssociationEvent, PathStatus } from './events.ts';
import { Handshake } from './handshake.ts';
import { Heartbeats } from './heartbeats.ts';
import type { AssociationMetrics } from './metrics.ts';
import type { AssociationOptions } from './options.ts';
import { PathMtuDiscovery } from './path-mtu-discovery.ts';
import { Paths } from './paths.ts';
import type { ReconfigurationPolicy } from './reconfiguration-policy.ts';
import type { ReconfigurationRequest } from './reconfiguration-requester.ts';

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
  readonly #pathMtuDiscovery: PathMtuDiscovery;
  readonly #shutdown: Shutdown;
  readonly #transmitter: Transmitter;
  readonly #chunkHandler: ChunkHandler;
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
    this.#pathMtuDiscovery = new PathMtuDiscovery(this.#context);
    this.#handshake = new Handshake(this.#context, this.#heartbeats);
    this.#shutdown = new Shutdown(this.#context);
    this.#transmitter = new Transmitter(this.#context);
    this.#chunkHandler = new ChunkHandler(this.#context, {
      handshake: this.#handshake,
      heartbeats: this.#heartbeats,
      pathMtuDiscovery: this.#pathMtuDiscovery,
      shutdown: this.#shutdown,
      transmitter: this.#transmitter,
    });
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
    this.#chunkHandler.handlePacket(packet, 1, from, to, now);
    this.#onActivity();
  }

  /**
   * SEND: takes a message into the send buffer; it goes out when the association is up and the windows allow.
   * @throws SctpError SCTP_ERR_CLOSED, SCTP_ERR_SHUTTING_DOWN, SCTP_ERR_EMPTY_MESSAGE, SCTP_ERR_MESSAGE_TOO_LARGE,
   * SCTP_ERR_INVALID_STREAM, SCTP_ERR_SEND_BUFFER_FULL, SCTP_ERR_INVALID_ARGUMENT
   */
  send(request: SendRequest, now: Instant): void {
    const context = this.#context;
    const {
      data,
      streamId = 0,
      ppid = 0,
      unordered = false,
      sackImmediately = false,
      reportDelivery = false,
    } = request;
    const { lifetimeMs, maxRetransmits, priority } = request;
    this.#requireOpen();
    // §3.3.1: a length "where L MUST be greater than 0." §6.2: "An endpoint SHOULD NOT send a DATA chunk with no user
    // data part."
    if (data.length === 0) throw new SctpError('SCTP_ERR_EMPTY_MESSAGE');
    if (data.length > context.options.maxMessageSize) throw new SctpError('SCTP_ERR_MESSAGE_TOO_LARGE');
    requireUint('streamId', streamId, 0xffff);
    requireUint('ppid', ppid, 0xffff_ffff);
    // §6.5: "Every DATA chunk MUST carry a valid stream identifier."
    if (streamId >= context.outboundStreams) {
      throw new SctpError(
        'SCTP_ERR_INVALID_STREAM',
        `there is no outbound stream ${streamId}, only ${context.outboundStreams}`,
      );
    }
    if (lifetimeMs !== undefined && !(lifetimeMs >= 0)) {
      throw new SctpError('SCTP_ERR_INVALID_ARGUMENT', `lifetimeMs must not be negative, not ${lifetimeMs}`);
    }
    if (maxRetransmits !== undefined) requireUint('maxRetransmits', maxRetransmits, 0xffff_ffff);
    if (priority !== undefined) requireUint('priority', priority, 0xffff_ffff);
    // What is late takes no room that something else could have.
    if (!this.isWritable) context.sendQueue.dropExpired(now);
    if (!this.isWritable && priority !== undefined && 'sender' in context.state) {
      const overflow = context.bufferedAmount - context.options.sendBufferSize + 1;
      context.state.sender.partialReliability.makeRoom(Math.max(data.length, overflow), priority);
    }
    if (!this.isWritable) throw new SctpError('SCTP_ERR_SEND_BUFFER_FULL');
    const expiresAt = lifetimeMs === undefined ? Number.POSITIVE_INFINITY : now + lifetimeMs;
    context.addBuffered(data.length);
    const policy = { expiresAt, maxRetransmits: maxRetransmits ?? Number.POSITIVE_INFINITY, priority };
    const message = { data, streamId, ppid, unordered };
    context.sendQueue.enqueue(new OutgoingMessage(message, sackImmediately, policy, reportDelivery));
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

  /** What both sides speak beyond RFC 9260; nothing until the handshake has told. */
  get capabilities(): Capabilities {
    // RFC 3758 §3.3.2: "SHOULD inform the upper layer if the upper layer has requested such notification."
    return this.#context.capabilities;
  }

  /** Whether our INIT or INIT ACK said that packets may come without a checksum (RFC 9653). */
  get offersZeroChecksum(): boolean {
    return this.#context.options.zeroChecksum && this.#context.environment.errorDetectionMethod !== undefined;
  }

  /** STREAM SCHEDULER (RFC 8260 §4.3.2): from the next decision on. */
  setScheduler(scheduler: SchedulerName | StreamScheduler): void {
    const { sendQueue } = this.#context;
    sendQueue.scheduler = typeof scheduler === 'string' ? createScheduler(scheduler) : scheduler;
  }

  /**
   * RFC 8260 §4.3.3: the priority of an outbound stream (the lowest number sends first; default 0) and its weight (default
   * 1), for the schedulers that ask for them.
   * @throws SctpError SCTP_ERR_INVALID_ARGUMENT
   */
  setStreamShare(streamId: number, share: { readonly priority?: number; readonly weight?: number }): void {
    requireUint('streamId', streamId, 0xffff);
    const { priority, weight } = share;
    if (priority !== undefined) requireUint('priority', priority, 0xffff);
    if (weight !== undefined && !(weight > 0 && weight <= 0xffff)) {
      throw new SctpError(
        'SCTP_ERR_INVALID_ARGUMENT',
        `weight must be above 0 and at most 65535, not ${String(weight)}`,
      );
    }
    const { sendQueue } = this.#context;
    const stream = sendQueue.stream(streamId);
    stream.priority = priority ?? stream.priority;
    stream.weight = weight ?? stream.weight;
    sendQueue.reschedule(stream);
  }

  /** Messages of an outbound stream that were given up (RFC 7496 §4.4). */
  abandonedMessages(streamId: number): { readonly unsent: number; readonly sent: number } {
    for (const stream of this.#context.sendQueue.streams) {
      if (stream.streamId === streamId) return { unsent: stream.abandonedUnsent, sent: stream.abandonedSent };
    }
    return { unsent: 0, sent: 0 };
  }

  /**
   * Stream re-configuration (RFC 6525). What is accepted by then goes out before; the outcome is an event.
   * @throws SctpError SCTP_ERR_CLOSED, SCTP_ERR_SHUTTING_DOWN, SCTP_ERR_NOT_SUPPORTED, SCTP_ERR_INVALID_ARGUMENT,
   * SCTP_ERR_INVALID_STREAM
   */
  reconfigure(request: ReconfigurationRequest): void {
    this.#requireOpen();
    const { state } = this.#context;
    if (!('reconfiguration' in state))
      throw new SctpError('SCTP_ERR_NOT_SUPPORTED', 'the association is not established');
    state.reconfiguration.request(request);
    this.#onActivity();
  }

  /** What the peer's re-configuration requests may do; everything by default. */
  set reconfigurationPolicy(policy: ReconfigurationPolicy) {
    this.#context.reconfigurationPolicy = policy;
  }

  /** ABORT: ends at once, and tells the peer with a "User-Initiated Abort" cause (§9.1). */
  abort(reason: Uint8Array | undefined, _now: Instant): void {
    // §9.1: "a 'User-Initiated Abort' error cause (see Section 3.3.10.12) SHOULD be present in the ABORT chunk."
    const causes: ErrorCause[] = [{ kind: 'User-Initiated Abort', reason: reason ?? new Uint8Array(0) }];
    this.#context.abort('SCTP_ERR_ABORTED', causes);
    this.#onActivity();
  }

  // Inputs

  /** Takes a packet whose checksum is good and whose ports are ours. Returns false when the tag was not. */
  handlePacket(packet: Packet, from: NetAddress, to: NetAddress | undefined, now: Instant): boolean {
    const context = this.#context;
    if (!hasAcceptableTag(packet, context.myVerificationTag, context.peerVerificationTag)) return false;
    this.#chunkHandler.handlePacket(packet, 0, from, to, now);
    this.#onActivity();
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
    if (cookie.localTag === this.#context.myVerificationTag) this.#chunkHandler.handlePacket(packet, 1, from, to, now);
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
      if (this.#mayReconfigure) state.reconfiguration.handleTimeout(now);
    }
    // Behind T3-rtx, which may tell of a black hole.
    this.#pathMtuDiscovery.handleTimeout(now);
    this.#onActivity();
  }

  // Outputs

  get nextTimeout(): Instant {
    const { state, paths } = this.#context;
    if (state.name === 'CLOSED') return Number.POSITIVE_INFINITY;
    const next = Math.min(this.#handshake.nextTimeout, this.#shutdown.nextTimeout, paths.nextTimeout);
    if (!('sender' in state)) return next;
    const { sender, receiver, reconfiguration } = state;
    const forReconfiguration = this.#mayReconfigure ? reconfiguration.nextTimeout : Number.POSITIVE_INFINITY;
    return Math.min(next, sender.nextTimeout, receiver.tracker.nextTimeout, forReconfiguration);
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

  /** Once all is delivered, the streams need not change any more: a request that is not answered by then is void. */
  get #mayReconfigure(): boolean {
    const { name } = this.#context.state;
    return name === 'ESTABLISHED' || name === 'SHUTDOWN-PENDING' || name === 'SHUTDOWN-RECEIVED';
  }

  #requireOpen(): void {
    const { name } = this.#context.state;
    if (name === 'CLOSED') throw new SctpError('SCTP_ERR_CLOSED');
    // §9.2: "An endpoint SHOULD reject any new data request from its upper layer" once a shutdown has begun
    if (name.startsWith('SHUTDOWN')) throw new SctpError('SCTP_ERR_SHUTTING_DOWN');
  }
}

function requireUint(name: string, value: number, greatest: number): void {
  if (Number.isInteger(value) && value >= 0 && value <= greatest) return;
  throw new SctpError(
    'SCTP_ERR_INVALID_ARGUMENT',
    `${name} must be an integer from 0 to ${greatest}, not ${String(value)}`,
  );
}
