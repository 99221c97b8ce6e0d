import type { NetAddress } from '../base/address.ts';
import { emptyBytes } from '../base/bytes.ts';
import { SctpError } from '../base/errors.ts';
import type { Instant } from '../base/time.ts';
import { commonHeaderLength, type ErrorCause, type InitChunk, type Packet, tlvHeaderLength } from '../chunks/index.ts';
import type { Message, OutgoingMessage } from '../streams/message.ts';
import { PartialMessage } from '../streams/partial-message.ts';
import type { Received } from '../streams/receive-queue.ts';
import type { SchedulerName, StreamScheduler } from '../streams/stream-scheduler.ts';
import { invalid, requireBoolean, requireBytes, requireObject, requireUint } from './arguments.ts';
import type { Capabilities } from './capabilities.ts';
import { ChunkHandler } from './chunk-handler.ts';
import { type AssociationEnvironment, Context, type Transmit } from './context.ts';
import { type Demand, demandOf } from './demand.ts';
import type { AssociationEvent, PathStatus } from './events.ts';
import { Handshake } from './handshake.ts';
import { Heartbeats } from './heartbeats.ts';
import type { AssociationIdentity } from './identity.ts';
import type { AssociationMetrics } from './metrics.ts';
import type { AssociationOptions } from './options.ts';
import {
  type AbandonedMessages,
  abandonedMessages,
  type StreamShare,
  setScheduler,
  setStreamShare,
} from './outbound-streams.ts';
import { PathMtuDiscovery } from './path-mtu-discovery.ts';
import { Paths } from './paths.ts';
import { type ReconfigurationPolicy, requirePolicy } from './reconfiguration-policy.ts';
import type { ReconfigurationRequest } from './reconfiguration-requester.ts';
import { Shutdown } from './shutdown.ts';
import { Standstill } from './standstill.ts';
import type { StateName } from './state.ts';
import type { StateCookie } from './state-cookie.ts';
import { Transmitter } from './transmitter.ts';
import { answerUnexpectedInit } from './unexpected-init.ts';
import { type AppendOptions, type SendRequest, UserMessages } from './user-messages.ts';
import { hasAcceptableTag } from './verification-tag.ts';

export type { Demand } from './demand.ts';
export type { AssociationIdentity } from './identity.ts';
export type { AppendOptions, SendRequest } from './user-messages.ts';

/** Who is told that an association may have something to poll. */
export interface ActivityListener {
  handleActivity(): void;
}

/** Takes the events of one association. */
export type EventHandler = (event: AssociationEvent) => void;

/**
 * One association, sans-IO: packets, commands and the time go in, packets and events are polled out. It holds no
 * protocol logic of its own: it hands each chunk to the room that knows it.
 *
 * After each input the owner polls `pollTransmit` and `pollEvent` until both are undefined, then reads `nextTimeout`.
 * An `Endpoint` does this for many associations.
 */
export class Association {
  /** Kept for those who poll the events of many associations and hand them on; never called from in here. */
  eventHandler: EventHandler | undefined = undefined;
  readonly #context: Context;
  readonly #handshake: Handshake;
  readonly #heartbeats: Heartbeats;
  readonly #pathMtuDiscovery: PathMtuDiscovery;
  readonly #shutdown: Shutdown;
  readonly #standstill: Standstill;
  readonly #transmitter: Transmitter;
  readonly #messages: UserMessages;
  readonly #chunkHandler: ChunkHandler;
  readonly #listener: ActivityListener;

  constructor(
    identity: AssociationIdentity,
    options: AssociationOptions,
    environment: AssociationEnvironment,
    listener: ActivityListener,
  ) {
    const { localPort, remotePort, myVerificationTag, addresses, confirmed } = identity;
    const createPaths = (context: Context): Paths => new Paths(context, addresses, confirmed);
    this.#context = new Context(options, environment, localPort, remotePort, myVerificationTag, createPaths);
    this.#heartbeats = new Heartbeats(this.#context);
    this.#pathMtuDiscovery = new PathMtuDiscovery(this.#context);
    this.#handshake = new Handshake(this.#context, this.#heartbeats);
    this.#shutdown = new Shutdown(this.#context);
    this.#standstill = new Standstill(this.#context);
    this.#transmitter = new Transmitter(this.#context);
    this.#messages = new UserMessages(this.#context);
    this.#chunkHandler = new ChunkHandler(this.#context, {
      handshake: this.#handshake,
      heartbeats: this.#heartbeats,
      pathMtuDiscovery: this.#pathMtuDiscovery,
      shutdown: this.#shutdown,
      transmitter: this.#transmitter,
    });
    this.#listener = listener;
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
    return this.#context.sendBuffer.amount;
  }

  /** Whether `send` would accept a message. When false, a `writable` event follows. */
  get isWritable(): boolean {
    return this.#context.sendBuffer.isWritable;
  }

  get paths(): readonly PathStatus[] {
    return this.#context.paths.status();
  }

  /** Changes whenever `paths` gains or loses an address, and with every new `myVerificationTag`: where packets find it. */
  get placeVersion(): number {
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
    this.#listener.handleActivity();
  }

  /**
   * Sets up the association that a valid State Cookie stands for; `packet` begins with the COOKIE ECHO chunk that brought
   * it. Called once, by the endpoint.
   */
  accept(cookie: StateCookie, packet: Packet, from: NetAddress, to: NetAddress | undefined, now: Instant): void {
    this.#handshake.accept(cookie, now);
    this.#chunkHandler.handlePacket(packet, 1, from, to, now);
    this.#listener.handleActivity();
  }

  /**
   * SEND: takes a message into the send buffer; it goes out when the association is up and the windows allow.
   * @throws SctpError SCTP_ERR_CLOSED, SCTP_ERR_SHUTTING_DOWN, SCTP_ERR_EMPTY_MESSAGE, SCTP_ERR_MESSAGE_TOO_LARGE,
   * SCTP_ERR_INVALID_STREAM, SCTP_ERR_SEND_BUFFER_FULL, SCTP_ERR_INVALID_ARGUMENT
   */
  send(request: SendRequest, now: Instant): void {
    this.#messages.send(request, now);
    this.#listener.handleActivity();
  }

  /**
   * Begins a message that is written in pieces (RFC 6458 §8.1.26 "explicit EOR"): of any length, `maxMessageSize` does not
   * bound it. It takes its place among the others now; its policy holds for all of it, its life time from now on. Without
   * interleaving, from its first fragment on all others wait for its end: the TSNs of its fragments are consecutive (RFC
   * 9260 §6.9). A shutdown waits for it, too.
   * @throws SctpError as `send`
   */
  beginMessage(request: Omit<SendRequest, 'data'>, now: Instant): OutgoingMessage {
    return this.#messages.begin(request, now);
  }

  /**
   * More of a message in pieces; `data` is kept as it is until it is acknowledged. A message that is empty at its end is
   * refused and given up. While the send buffer is full, only a message that has nothing left to send gets one more piece.
   * @throws SctpError SCTP_ERR_CLOSED, SCTP_ERR_ABANDONED, SCTP_ERR_EMPTY_MESSAGE, SCTP_ERR_SEND_BUFFER_FULL (`writable`
   * follows), SCTP_ERR_INVALID_ARGUMENT when it has ended
   */
  append(message: OutgoingMessage, data: Uint8Array, options: AppendOptions = {}): void {
    requireObject('options', options);
    const { endOfMessage = false } = options;
    this.#messages.append(message, data, endOfMessage);
    this.#listener.handleActivity();
  }

  /**
   * Gives up a message in pieces, ended or not; nothing happens when the peer has all of it.
   * @throws SctpError SCTP_ERR_NOT_SUPPORTED when something was sent and the peer does not speak FORWARD TSN
   */
  abandon(message: OutgoingMessage): void {
    this.#messages.abandon(message);
    this.#listener.handleActivity();
  }

  /** RECEIVE: the next message, undefined when there is none. Taking it opens the receive window. Works after the end, too. */
  receive(_now: Instant): Message | undefined {
    return this.#afterReading(this.#context.receiveQueue.shift());
  }

  /**
   * Whether large messages are handed over while they arrive, by `receivePartly` (RFC 9260 §6.9). Without it, a message that
   * is larger than `receiveBufferSize` ends the association. `receive` takes whole messages all the same.
   */
  get partialDelivery(): boolean {
    return this.#context.receiveQueue.partialDelivery;
  }

  set partialDelivery(isOn: boolean) {
    requireBoolean('partialDelivery', isOn);
    this.#context.receiveQueue.partialDelivery = isOn;
    this.#deliverPartly();
  }

  /**
   * RECEIVE with the "partial flag" (RFC 9260 §11.1.7): the next message, or the beginning of one, to be read with `read`.
   * With a `streamId`, of the stream that `separateStream` was called for; `'reset'` then stands between the messages before
   * and after a reset by the peer.
   */
  receivePartly(_now: Instant, streamId?: number): Received | undefined {
    if (streamId !== undefined) requireUint('streamId', streamId, 0xffff);
    return this.#afterReading(this.#context.receiveQueue.take(streamId));
  }

  /**
   * The next bytes of a message in delivery, undefined when there are none now: a `partialDelivery` event follows, unless its
   * `state` tells that it is complete, or will never be.
   */
  read(message: PartialMessage, _now: Instant): Uint8Array | undefined {
    requirePartial(message);
    return this.#afterReading(this.#context.receiveQueue.read(message));
  }

  /** Drops what is left of a message in delivery, and what still comes of it. */
  discard(message: PartialMessage): void {
    requirePartial(message);
    this.#context.receiveQueue.discard(message);
    this.#afterReading(message);
  }

  /** Gives the messages of an incoming stream a reader of their own, in part where they are large: `receivePartly`. */
  separateStream(streamId: number): void {
    requireUint('streamId', streamId, 0xffff);
    this.#context.receiveQueue.openLane(streamId);
    this.#deliverPartly();
  }

  /** Ends that: what waits in the stream, and what comes, is for the reader of all streams. */
  rejoinStream(streamId: number): void {
    requireUint('streamId', streamId, 0xffff);
    this.#context.receiveQueue.closeLane(streamId);
    this.#deliverPartly();
  }

  /** SHUTDOWN: delivers what was accepted, then ends (§9.2). */
  shutdown(now: Instant): void {
    this.#shutdown.request(now);
    this.#listener.handleActivity();
  }

  /** SET PRIMARY (§11.1.6): data goes to `ip` from now on, while it works. Returns whether the peer has that address. */
  setPrimaryPath(ip: string): boolean {
    const isPath = this.#context.paths.setPrimary(ip);
    this.#listener.handleActivity();
    return isPath;
  }

  /** REQUEST HEARTBEAT (§11.1.10). Returns whether the peer has that address and the state allows it. */
  requestHeartbeat(ip: string, now: Instant): boolean {
    const path = this.#context.paths.find(ip);
    const isSent = path !== undefined && this.#heartbeats.request(path, now);
    this.#listener.handleActivity();
    return isSent;
  }

  /** What both sides speak beyond RFC 9260; nothing until the handshake has told. */
  get capabilities(): Capabilities {
    // RFC 3758 §3.3.2: "SHOULD inform the upper layer if the upper layer has requested such notification."
    return this.#context.capabilities;
  }

  /** What is not to wait for the packets that come with the one that was just handled. */
  get demand(): Demand {
    return demandOf(this.#context);
  }

  /** Whether our INIT or INIT ACK said that packets may come without a checksum (RFC 9653). */
  get offersZeroChecksum(): boolean {
    return this.#context.options.zeroChecksum && this.#context.environment.errorDetectionMethod !== undefined;
  }

  /** STREAM SCHEDULER (RFC 8260 §4.3.2): from the next decision on. */
  setScheduler(scheduler: SchedulerName | StreamScheduler): void {
    setScheduler(this.#context.sendQueue, scheduler);
  }

  /**
   * RFC 8260 §4.3.3: the priority of an outbound stream (the lowest number sends first; default 0) and its weight (default
   * 1), for the schedulers that ask for them.
   * @throws SctpError SCTP_ERR_INVALID_ARGUMENT
   */
  setStreamShare(streamId: number, share: StreamShare): void {
    setStreamShare(this.#context.sendQueue, streamId, share);
  }

  /** Messages of an outbound stream that were given up (RFC 7496 §4.4). */
  abandonedMessages(streamId: number): AbandonedMessages {
    return abandonedMessages(this.#context.sendQueue, streamId);
  }

  /**
   * Stream re-configuration (RFC 6525). What is accepted by then goes out before; the outcome is an event.
   * @throws SctpError SCTP_ERR_CLOSED, SCTP_ERR_SHUTTING_DOWN, SCTP_ERR_NOT_SUPPORTED, SCTP_ERR_INVALID_ARGUMENT,
   * SCTP_ERR_INVALID_STREAM
   */
  reconfigure(request: ReconfigurationRequest): void {
    this.#messages.requireOpen();
    const { state } = this.#context;
    if (!('reconfiguration' in state))
      throw new SctpError('SCTP_ERR_NOT_SUPPORTED', 'the association is not established');
    state.reconfiguration.request(request);
    this.#listener.handleActivity();
  }

  /** What the peer's re-configuration requests may do; everything by default. */
  set reconfigurationPolicy(policy: ReconfigurationPolicy) {
    requirePolicy(policy);
    this.#context.reconfigurationPolicy = policy;
  }

  /**
   * ABORT: ends at once, and tells the peer with a "User-Initiated Abort" cause (§9.1), as much of `reason` as a packet holds.
   * @throws SctpError SCTP_ERR_INVALID_ARGUMENT
   */
  abort(reason: Uint8Array | undefined, _now: Instant): void {
    if (reason !== undefined) requireBytes('reason', reason);
    // §9.1: "a 'User-Initiated Abort' error cause (see Section 3.3.10.12) SHOULD be present in the ABORT chunk."
    // A longer reason would not fit into one packet.
    const most = this.#context.paths.current.assuredPacketSize - commonHeaderLength - 2 * tlvHeaderLength;
    const causes: ErrorCause[] = [{ kind: 'User-Initiated Abort', reason: reason?.subarray(0, most) ?? emptyBytes }];
    this.#context.abort('SCTP_ERR_ABORTED', causes);
    this.#listener.handleActivity();
  }

  /**
   * How long the peer may let data wait, in milliseconds: the option `standstillMs`, unless it was changed here. 0 for as long
   * as it likes.
   */
  get standstillMs(): number {
    return this.#context.standstillMs;
  }

  set standstillMs(value: number) {
    requireUint('standstillMs', value, 0x7fff_ffff);
    this.#context.standstillMs = value;
    this.#listener.handleActivity();
  }

  /** Since when the peer has let data wait, ours or its own; `Infinity` while nothing waits. */
  standstillSince(now: Instant): Instant {
    return this.#standstill.since(now);
  }

  /** Ends the association because of that: ABORT with the cause "Out of Resource". `detail` is for people. */
  endStandstill(detail: string, _now: Instant): void {
    this.#standstill.end(detail);
    this.#listener.handleActivity();
  }

  // Inputs

  /**
   * Takes a packet whose checksum is good and whose ports are ours. With `isLate`, it may have been here for a while: no round trip
   * is measured by it. Returns false when the tag was not good.
   */
  handlePacket(packet: Packet, from: NetAddress, to: NetAddress | undefined, now: Instant, isLate = false): boolean {
    const context = this.#context;
    if (!hasAcceptableTag(packet, context.myVerificationTag, context.peerVerificationTag)) return false;
    if (isLate) context.paths.isMeasuring = false;
    this.#chunkHandler.handlePacket(packet, 0, from, to, now);
    if (isLate) context.paths.isMeasuring = true;
    this.#listener.handleActivity();
    return true;
  }

  /** An INIT chunk from an address of the peer, in a packet of its own with tag 0. */
  handleInit(init: InitChunk, from: NetAddress, to: NetAddress | undefined, now: Instant): void {
    answerUnexpectedInit(this.#context, init, from, to, now);
    this.#listener.handleActivity();
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
    this.#listener.handleActivity();
  }

  handleTimeout(now: Instant): void {
    this.#context.paths.reviewSources(now);
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
    this.#standstill.handleTimeout(now);
    this.#listener.handleActivity();
  }

  // Outputs

  get nextTimeout(): Instant {
    const { state, paths } = this.#context;
    if (state.name === 'CLOSED') return Number.POSITIVE_INFINITY;
    const next = Math.min(this.#handshake.nextTimeout, this.#shutdown.nextTimeout, paths.nextTimeout);
    if (!('sender' in state)) return next;
    const { sender, receiver, reconfiguration } = state;
    const forReconfiguration = this.#mayReconfigure ? reconfiguration.nextTimeout : Number.POSITIVE_INFINITY;
    const { deadline } = this.#standstill;
    return Math.min(next, sender.nextTimeout, receiver.tracker.nextTimeout, forReconfiguration, deadline);
  }

  pollTransmit(now: Instant): Transmit | undefined {
    const transmit = this.#transmitter.poll(now);
    if (transmit !== undefined) return transmit;
    // A message whose life time is over is given up when its turn comes: the last that a shutdown was waiting for, perhaps.
    const { state } = this.#context;
    this.#shutdown.handleProgress(now);
    const last = this.#context.state === state ? undefined : this.#transmitter.poll(now);
    if (last === undefined) this.#standstill.observe(now);
    return last;
  }

  pollEvent(): AssociationEvent | undefined {
    return this.#context.events.shift();
  }

  #deliverPartly(): void {
    const { state } = this.#context;
    if ('receiver' in state) state.receiver.deliverPartly(false);
    this.#listener.handleActivity();
  }

  /** Reading has made room: the peer may have to be told. */
  #afterReading<T>(taken: T): T {
    const { state } = this.#context;
    if (taken === undefined || !('receiver' in state)) return taken;
    state.receiver.handleRead();
    this.#standstill.handleRead();
    if (state.receiver.tracker.isSackDue) this.#listener.handleActivity();
    return taken;
  }

  /** Once all is delivered, the streams need not change any more: a request that is not answered by then is void. */
  get #mayReconfigure(): boolean {
    const { name } = this.#context.state;
    return name === 'ESTABLISHED' || name === 'SHUTDOWN-PENDING' || name === 'SHUTDOWN-RECEIVED';
  }
}

function requirePartial(message: unknown): void {
  if (!(message instanceof PartialMessage)) throw invalid('message must be one that receivePartly has returned');
}
