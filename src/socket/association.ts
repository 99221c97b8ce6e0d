import type { Association } from '../association/association.ts';
import type { Capabilities } from '../association/capabilities.ts';
import type {
  AssociationEvent,
  AssociationReset,
  Ending,
  PathStatus,
  StreamsAdded,
  StreamsReset,
} from '../association/events.ts';
import type { AssociationMetrics } from '../association/metrics.ts';
import type { ReconfigurationPolicy } from '../association/reconfiguration-policy.ts';
import { SctpError } from '../base/errors.ts';
import type { ErrorCause } from '../chunks/index.ts';
import type { Driver } from '../driver/driver.ts';
import type { SchedulerName, StreamScheduler } from '../streams/stream-scheduler.ts';
import { type CloseOptions, disposeLimit, isLimited, limitClosing, requireCloseOptions } from './close-limit.ts';
import { endingError, type SctpClosed } from './closed.ts';
import { describePeer } from './describe-peer.ts';
import { Inbox } from './inbox.ts';
import type { IncomingMessage } from './incoming-message.ts';
import type { MessageWriter } from './message-writer.ts';
import { ownedBytes, type SctpMessage, type SendData, type SendOptions } from './messages.ts';
import { Outbox } from './outbox.ts';
import { quiet, rejection } from './quiet.ts';
import { Reconfigurations, type StreamCounts, type StreamSelection } from './reconfigurations.ts';
import { SctpStream, type StreamOptions } from './sctp-stream.ts';
import { TypedEmitter } from './typed-emitter.ts';
import { type WebStreamPair, webStreamPair } from './web-stream.ts';

/** What `SctpAssociation.on` can be asked for. */
export type AssociationEvents = {
  /** A message; while somebody listens, every message comes here and none to the iterators. */
  message: readonly [message: SctpMessage];
  /** The association has ended; the promise `closed` says the same. */
  close: readonly [closed: SctpClosed];
  /** The association has ended otherwise than gracefully; comes before `close`. */
  error: readonly [error: SctpError];
  /** A message that was given up, and whether something of it was sent before. The peer reads it whole or not at all. */
  abandoned: readonly [message: SctpMessage, wasSent: boolean];
  /** Streams begin at 0 again, at our request or the peer's (RFC 6525), or our request has failed. */
  streamsReset: readonly [reset: StreamsReset];
  /** The association was reset, at our request or the peer's, or our request has failed. */
  associationReset: readonly [reset: AssociationReset];
  /** There are more streams, at our request or the peer's, or our request has failed. */
  streamsAdded: readonly [added: StreamsAdded];
  /** The peer has restarted (RFC 9260 §5.2): the streams begin again, and these messages are lost. */
  restart: readonly [undelivered: readonly SctpMessage[]];
  /** A path came up, failed, was added or removed, or became the primary one. */
  pathChange: readonly [path: PathStatus, reason: string];
  /** The peer reported an error and carries on (RFC 9260 §3.3.10). */
  peerError: readonly [causes: readonly ErrorCause[]];
};

/** What an association needs from the endpoint that made it. */
export interface AssociationOwner {
  readonly driver: Driver;
  /** Why the endpoint broke all of its associations, undefined while it has not. */
  failure(): SctpError | undefined;
  /** Called once, when the peer has answered. */
  handleEstablished(association: SctpAssociation): void;
  handleClosed(association: SctpAssociation, closed: SctpClosed): void;
}

let nextId = 1;

/**
 * An association, established when `listen` or `connect` hands it over.
 *
 * Reading: `for await (const message of association)` or `on('message')`. Messages that nobody reads stay in the
 * receive buffer and close its window: the peer waits. Each message goes to one reader: to the listeners while there
 * are any, else to the iterator that has waited longest. An iterator ends when the association has closed gracefully
 * and all is read; otherwise it throws the SctpError that ended the association, after the messages before it.
 */
export class SctpAssociation extends TypedEmitter<AssociationEvents> {
  /** Another number for each association of this process. */
  readonly id: number = nextId++;
  readonly #core: Association;
  readonly #owner: AssociationOwner;
  /** The peer as its user named it. */
  readonly #host: string | readonly string[];
  /** Made when somebody reads, sends, or changes streams: what nobody uses takes no memory. */
  #inbox: Inbox | undefined;
  #outbox: Outbox | undefined;
  #reconfigurations: Reconfigurations | undefined;
  #closed: Promise<SctpClosed> | undefined;
  #resolveClosed: ((closed: SctpClosed) => void) | undefined;
  #end: SctpClosed | undefined;
  #closing: Promise<void> | undefined;
  #isAborted = false;
  #cutReason: SctpError | undefined;

  /** Made by `listen` and `connect`. */
  constructor(core: Association, owner: AssociationOwner, host: string | readonly string[]) {
    super();
    this.#core = core;
    this.#owner = owner;
    this.#host = host;
    owner.driver.attach(core, (event) => this.#handleEvent(event));
  }

  /** How the association ended; never rejects. */
  get closed(): Promise<SctpClosed> {
    this.#closed ??= new Promise((resolve) => {
      if (this.#end === undefined) this.#resolveClosed = resolve;
      else resolve(this.#end);
    });
    return this.#closed;
  }

  /** The RFC's name of the state, `'ESTABLISHED'` and so on (RFC 9260 §4). */
  get state(): Association['state'] {
    return this.#core.state;
  }

  /** Our SCTP port. */
  get localPort(): number {
    return this.#core.localPort;
  }

  /** The peer's SCTP port. */
  get remotePort(): number {
    return this.#core.remotePort;
  }

  /** How many streams the peer may send on. */
  get inboundStreams(): number {
    return this.#core.inboundStreams;
  }

  /** How many streams we may send on: `streamId` is below. */
  get outboundStreams(): number {
    return this.#core.outboundStreams;
  }

  /** The addresses of the peer and how each of them does. */
  get paths(): readonly PathStatus[] {
    return this.#core.paths;
  }

  /**
   * Makes `address`, one of `paths`, the primary path (RFC 9260 §11.1.6): data goes there from now on, while it works.
   * Throws SctpError `SCTP_ERR_INVALID_ARGUMENT` when the peer has no such address.
   */
  setPrimaryPath(address: string): void {
    const isPath = this.#core.setPrimaryPath(address);
    this.#owner.driver.schedule();
    if (!isPath) throw new SctpError('SCTP_ERR_INVALID_ARGUMENT', `the peer has no address '${address}'`);
  }

  /**
   * Sends a HEARTBEAT to `address`, one of `paths`, now (RFC 9260 §11.1.10). Its answer shows in `paths`. Throws SctpError
   * `SCTP_ERR_INVALID_ARGUMENT` when the peer has no such address or the association does not stand.
   */
  requestHeartbeat(address: string): void {
    const isSent = this.#core.requestHeartbeat(address, this.#owner.driver.now());
    this.#owner.driver.schedule();
    if (!isSent) throw new SctpError('SCTP_ERR_INVALID_ARGUMENT', `cannot send a heartbeat to '${address}' now`);
  }

  /** Bytes that were accepted and that the peer has not acknowledged yet. */
  get bufferedAmount(): number {
    return this.#core.bufferedAmount;
  }

  /** The extensions that both sides speak. */
  get capabilities(): Capabilities {
    return this.#core.capabilities;
  }

  /** How many messages of an outbound stream were given up, before anything of them was sent and after (RFC 7496 §4.4). */
  abandonedMessages(streamId: number): { readonly unsent: number; readonly sent: number } {
    return this.#core.abandonedMessages(streamId);
  }

  /** Who of the streams that have something to send comes next (RFC 8260 §3), from now on: a name, or one of your own. */
  setScheduler(scheduler: SchedulerName | StreamScheduler): void {
    this.#core.setScheduler(scheduler);
  }

  /**
   * What an outbound stream is to the scheduler: `priority`, the lowest number first, default 0; `weight`, its share beside
   * others, default 1. Throws SctpError `SCTP_ERR_INVALID_ARGUMENT`.
   */
  setStreamShare(streamId: number, share: { readonly priority?: number; readonly weight?: number }): void {
    this.#core.setStreamShare(streamId, share);
  }

  /** What the peer may change of the streams (RFC 6525); everything by default. */
  set reconfigurationPolicy(policy: ReconfigurationPolicy) {
    this.#core.reconfigurationPolicy = policy;
  }

  /**
   * Lets streams begin anew (RFC 6525): what was given to `send` before is delivered first, what comes after has stream
   * sequence numbers from 0 on. Incoming streams are reset by the peer, which is asked to; where it does so in several
   * steps, `streamsReset` events tell of each. Resolves when it is done, or the peer has taken its first step.
   *
   * Rejects with SctpError: `SCTP_ERR_REFUSED`, `SCTP_ERR_NOT_SUPPORTED` by the peer, `SCTP_ERR_INVALID_STREAM`,
   * `SCTP_ERR_INVALID_ARGUMENT`, `SCTP_ERR_SHUTTING_DOWN`, or the reason why the association ended.
   */
  resetStreams(streams: StreamSelection): Promise<void> {
    return quiet(this.#openReconfigurations.resetStreams(streams));
  }

  /**
   * Lets the TSNs and all streams of both directions begin anew, without loss: what was given to `send` on either side goes
   * first. One in 30 s at most (RFC 6525 §5.1.4): the next waits, and new messages with it. Rejects as `resetStreams`.
   */
  resetAssociation(): Promise<void> {
    return quiet(this.#openReconfigurations.resetAssociation());
  }

  /** Adds streams behind those that there are (RFC 6525). Rejects as `resetStreams`. */
  addStreams(counts: StreamCounts): Promise<void> {
    return quiet(this.#openReconfigurations.addStreams(counts));
  }

  /** A snapshot of the counters. */
  metrics(): AssociationMetrics {
    return this.#core.metrics();
  }

  /**
   * Sends one message. Resolves when it is in the send buffer: at once while there is room, else in the order of the
   * calls as the peer acknowledges what is before it; or later, see `until`. `data` is copied, or a string encoded as
   * UTF-8. An async iterable (a `ReadableStream`, too) is one message in pieces, as `openMessage` writes it: should the
   * source fail, or `signal` abort, the message is given up; and where that is not possible any more, the association.
   *
   * Rejects with SctpError: an argument is not valid, the message is empty or too large, `SCTP_ERR_SHUTTING_DOWN`,
   * `SCTP_ERR_CANCELLED` by the signal, or the reason why the association ended. A rejection that nobody awaits is
   * ignored.
   */
  send(data: SendData, options: SendOptions = {}): Promise<void> {
    try {
      return this.#openOutbox.send(data, options);
    } catch (error) {
      return rejection(error);
    }
  }

  /**
   * Begins a message that is written in pieces: of any length, with little memory. It takes its place behind the messages
   * that were given to `send` before. Its options hold for all of it; `signal` is for `send`. `close()` waits for its end.
   * Throws SctpError as `send` rejects.
   */
  openMessage(options: SendOptions = {}): MessageWriter {
    return this.#openOutbox.open(options);
  }

  /**
   * Closes gracefully (RFC 9260 §9.2): returns when all that was given to `send` is acknowledged and the association
   * is closed on both sides. Rejects with the SctpError that ended the association otherwise. What still arrives can
   * be read meanwhile and afterwards.
   *
   * Without a limit it takes as long as the peer does, which may keep its window closed for ever (§6.1 A). With one, the
   * association is aborted when that is reached, and the promise rejects with `SCTP_ERR_SHUTDOWN_TIMEOUT` or
   * `SCTP_ERR_CANCELLED`; `closed` tells what was not delivered. It may be called again to set a tighter limit. Rejects with
   * `SCTP_ERR_INVALID_ARGUMENT`, and does nothing, when the options are wrong.
   */
  close(options: CloseOptions = {}): Promise<void> {
    try {
      requireCloseOptions(options);
    } catch (error) {
      return rejection(error);
    }
    this.#closing ??= quiet(this.#close());
    if (this.#end === undefined && isLimited(options)) {
      limitClosing(options, this.closed, (reason) => this.#cut(reason));
    }
    return this.#closing;
  }

  /** The core's `standstillMs` from now on: how long the peer may let data wait. Set by an endpoint that closes. */
  set standstillMs(value: number) {
    this.#core.standstillMs = value;
    this.#owner.driver.schedule();
  }

  /** Ends the association at once: the peer gets an ABORT with `reason`, what is not delivered yet is lost. */
  abort(reason?: Uint8Array | string): void {
    if (this.#end !== undefined) return;
    this.#isAborted = true;
    this.#core.abort(reason === undefined ? undefined : ownedBytes(reason), this.#owner.driver.now());
    this.#owner.driver.schedule();
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<SctpMessage, undefined> {
    return this.#openInbox.messages();
  }

  /**
   * The messages as they begin to arrive: each can be read in pieces, in any size, with little memory. While somebody iterates
   * this way, a message of more than `partialDeliveryPoint` bytes is handed over before it is complete, when it is next in its
   * stream. Otherwise as the iterator of whole messages; whoever uses both cannot know who gets what.
   *
   * Whoever waits for the end of one message before taking the next keeps the window closed for others, which interleaved
   * messages (`interleaving`) may need to get through: read those side by side.
   */
  incomingMessages(): AsyncIterableIterator<IncomingMessage, undefined> {
    return this.#openInbox.incomingMessages();
  }

  /**
   * One stream as a `Duplex` of bytes: see `SctpStream`. Throws SctpError `SCTP_ERR_INVALID_ARGUMENT` when the stream is such an
   * object already; once it has ended or was destroyed there may be another.
   */
  stream(streamId: number, options: StreamOptions = {}): SctpStream {
    const { ppid } = options;
    const sender = {
      send: (data: Uint8Array) => this.send(data, { streamId, ppid }),
      reset: () => this.resetStreams({ outgoing: [streamId] }),
    };
    return this.#openInbox.open(streamId, (port) => new SctpStream(streamId, port, sender, options));
  }

  /** The same as a pair of WHATWG streams. */
  webStream(streamId: number, options: StreamOptions = {}): WebStreamPair {
    return webStreamPair(this.stream(streamId, options));
  }

  /** As `close` with a limit of ten seconds; nothing after an `abort`. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isAborted) await this.close(disposeLimit);
  }

  protected override listenersChanged(event: keyof AssociationEvents): void {
    // Later, so that the caller may add its other listeners first.
    if (event === 'message') queueMicrotask(() => this.#openInbox.pump());
  }

  async #close(): Promise<void> {
    if (this.#hasSentAll) this.#shutdown();
    const { graceful } = await this.closed;
    if (!graceful) throw this.#endError();
  }

  /** The limit of `close` is reached. */
  #cut(reason: SctpError): void {
    if (this.#end !== undefined) return;
    this.#cutReason ??= reason;
    this.#core.abort(ownedBytes(reason.message), this.#owner.driver.now());
    this.#owner.driver.schedule();
  }

  #shutdown(): void {
    if (this.#end !== undefined) return;
    this.#core.shutdown(this.#owner.driver.now());
    this.#owner.driver.schedule();
  }

  #handleEvent(event: AssociationEvent): void {
    switch (event.kind) {
      case 'established':
        this.#owner.handleEstablished(this);
        break;
      case 'readable':
        this.#inbox?.pump();
        break;
      case 'partialDelivery':
        this.#inbox?.handlePartialDelivery(event.message);
        break;
      case 'writable':
        this.#flush();
        break;
      case 'abandoned':
        this.#outbox?.handleAbandoned(event.message, new SctpError('SCTP_ERR_ABANDONED'));
        this.emit('abandoned', event.message, event.wasSent);
        break;
      case 'restart':
        this.#handleRestart(event.undelivered);
        break;
      case 'pathChange':
        this.emit('pathChange', event.path, event.reason);
        break;
      case 'error':
        this.emit('peerError', event.causes);
        break;
      case 'delivered':
        this.#outbox?.handleDelivered(event.message);
        break;
      case 'streamsReset':
        this.#reconfigurations?.handleEvent(event);
        this.emit('streamsReset', event);
        break;
      case 'associationReset':
        this.#reconfigurations?.handleEvent(event);
        this.emit('associationReset', event);
        break;
      case 'streamsAdded':
        this.#reconfigurations?.handleEvent(event);
        this.emit('streamsAdded', event);
        break;
      case 'closed':
        this.#handleClosed(event.ending);
        break;
      default:
        event satisfies never;
    }
  }

  #handleRestart(undelivered: readonly SctpMessage[]): void {
    const error = new SctpError('SCTP_ERR_ABORTED_BY_PEER', `${this.#peer} has restarted`);
    for (const message of undelivered) this.#outbox?.handleAbandoned(message, error);
    this.#reconfigurations?.rejectAll(error);
    this.emit('restart', undelivered);
    // What was lost has left the send buffer.
    this.#flush();
  }

  #flush(): void {
    this.#outbox?.flush();
    if (this.#closing !== undefined && this.#hasSentAll) this.#shutdown();
  }

  #handleClosed(ending: Ending): void {
    const isCut = ending.by === 'local' && ending.error?.code === 'SCTP_ERR_ABORTED';
    const cutReason = isCut ? this.#cutReason : undefined;
    const error = cutReason ?? endingError(ending, this.#peer, this.#owner.failure());
    this.#end = {
      graceful: ending.graceful,
      by: ending.by,
      error,
      causes: ending.causes,
      undelivered: ending.undelivered,
    };
    this.#outbox?.rejectAll(this.#endError());
    this.#reconfigurations?.rejectAll(this.#endError());
    this.#resolveClosed?.(this.#end);
    this.#owner.handleClosed(this, this.#end);
    this.#inbox?.handleEnd();
    if (error !== undefined) this.emit('error', error);
    this.emit('close', this.#end);
  }

  get #peer(): string {
    return describePeer(this.#host, this.#core);
  }

  /** Whether the core has all that was given to `send`. */
  get #hasSentAll(): boolean {
    return this.#outbox?.isEmpty ?? true;
  }

  get #openInbox(): Inbox {
    this.#inbox ??= new Inbox(this.#core, this.#owner.driver, {
      hasListeners: () => this.listenerCount('message') > 0,
      handOver: (message) => this.emit('message', message),
      end: () => this.#end,
    });
    return this.#inbox;
  }

  get #openOutbox(): Outbox {
    this.#outbox ??= new Outbox(this.#core, this.#owner.driver, () => {
      if (this.#end !== undefined) return this.#endError();
      return this.#closing === undefined ? undefined : new SctpError('SCTP_ERR_SHUTTING_DOWN');
    });
    return this.#outbox;
  }

  get #openReconfigurations(): Reconfigurations {
    this.#reconfigurations ??= new Reconfigurations((request) => {
      if (this.#end !== undefined) throw this.#endError();
      this.#core.reconfigure(request);
      this.#owner.driver.schedule();
    });
    return this.#reconfigurations;
  }

  /** Why nothing can be done any more. */
  #endError(): SctpError {
    return this.#end?.error ?? new SctpError('SCTP_ERR_CLOSED', `the association with ${this.#peer} is closed`);
  }
}
