import { LazyMap } from '../base/lazy-map.ts';
import { LazySet } from '../base/lazy-set.ts';
import type { Instant } from '../base/time.ts';
import { type OutgoingFragment, type OutgoingMessage, OutgoingPiece } from './message.ts';
import { OutgoingStream } from './outgoing-stream.ts';
import { Pause } from './pause.ts';
import type { StreamScheduler } from './stream-scheduler.ts';

/** Filling the rest of a packet with a smaller piece than this costs more in headers than it brings. */
const smallestUsefulFragment = 256;

/**
 * The messages that wait to be sent, per stream, unfragmented: a fragment is cut at the moment at which it goes out,
 * to the size that the packet has left. Streams exist once they are used.
 */
export class SendQueue {
  readonly #streams = new LazyMap<number, OutgoingStream>();
  readonly #onAbandoned: (message: OutgoingMessage) => void;
  #scheduler: StreamScheduler;
  /**
   * Whether fragments of several streams may take turns (I-DATA). Without that, the stream whose message has begun goes
   * on: its fragments need consecutive TSNs (RFC 9260 §6.9).
   */
  isInterleaving = false;
  /** Whether the second fragment of an I-DATA message has FSN 0, as Linux wants it, not 1. */
  countsFsnFromSecond = false;
  /**
   * With interleaving, messages in pieces are under way at once up to so many bytes together, or one of any size: the peer
   * reads none of them before it is whole, and pieces of more than its buffer takes would stay pieces.
   */
  mostInterleavedBytes: number = Number.POSITIVE_INFINITY;
  /** Streams whose first message is in pieces, and the bytes of these messages. */
  readonly #begun = new LazySet<OutgoingStream>();
  #begunBytes = 0;
  /** Streams whose first message is too much beside them: the scheduler does not know of them. */
  readonly #parked = new LazySet<OutgoingStream>();
  /** Streams whose first message waits for its user to write more of it: the scheduler does not know of them either. */
  readonly #starved = new LazySet<OutgoingStream>();
  #largestFragment = Number.POSITIVE_INFINITY;
  #current: OutgoingStream | undefined;
  /** The stream that the packet in the making belongs to, where the scheduler keeps packets apart. */
  #packetStream: OutgoingStream | undefined;
  #messageCount = 0;
  #queuedBytes = 0;
  #arrivals = 0;
  /** No message that waits ends before. */
  #earliestExpiry: Instant = Number.POSITIVE_INFINITY;
  /** Whether there was ever a message that ends. */
  #hasLifetimes = false;
  /** In the order in which they began. */
  readonly #pauses: Pause[] = [];

  /** `onAbandoned` is told of each message that is given up before any of it was sent. */
  constructor(scheduler: StreamScheduler, onAbandoned: (message: OutgoingMessage) => void) {
    this.#scheduler = scheduler;
    this.#onAbandoned = onAbandoned;
  }

  /** Bytes that are not yet fragmented. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  get isEmpty(): boolean {
    return this.#messageCount === 0;
  }

  /** Whether more of a message that has begun is here. */
  get canGoOn(): boolean {
    if (this.#mustGoOn) return true;
    for (const { messages } of this.#begun) if (messages.peek()!.sendable > 0) return true;
    return false;
  }

  /** Another scheduler takes over, from the next decision on. */
  set scheduler(scheduler: StreamScheduler) {
    for (const stream of this.#streams.values()) {
      stream.virtualTime = 0;
      this.#parked.delete(stream);
      if (stream.messages.length === 0 || this.#starved.has(stream)) continue;
      this.#scheduler.handleIdle(stream);
      scheduler.handleActive(stream);
    }
    this.#scheduler = scheduler;
  }

  enqueue(message: OutgoingMessage): void {
    message.arrival = ++this.#arrivals;
    this.#messageCount++;
    this.#queuedBytes += message.length;
    this.#admit(message, this.#pauses.length);
  }

  /** Takes more of a message in pieces, and whether that was all: at least one byte by then. */
  append(message: OutgoingMessage, data: Uint8Array, isEnd: boolean): void {
    if (data.length > 0) message.pieces!.push(data);
    message.length += data.length;
    message.isEnded = isEnd;
    this.#queuedBytes += data.length;
    const stream = this.stream(message.streamId);
    if (message.sendable === 0 || stream.messages.peek() !== message || !this.#starved.delete(stream)) return;
    this.#scheduler.handleActive(stream);
  }

  /** The stream of this number; it exists from now on. */
  stream(streamId: number): OutgoingStream {
    let stream = this.#streams.get(streamId);
    if (stream === undefined) {
      stream = new OutgoingStream(streamId);
      this.#streams.set(streamId, stream);
    }
    return stream;
  }

  /** The stream was given another priority or weight: it takes its place anew. */
  reschedule(stream: OutgoingStream): void {
    if (stream.messages.length === 0) return;
    this.#deactivate(stream);
    this.#activate(stream);
  }

  /** New messages for these streams (none means all) wait from now on; those that are here go on. RFC 6525 §5.1.2 A1. */
  pause(streamIds: readonly number[]): Pause {
    const pause = new Pause(streamIds);
    this.#pauses.push(pause);
    return pause;
  }

  /** Whether all messages that were accepted before the pause have become fragments. */
  isDrained(pause: Pause): boolean {
    for (const earlier of this.#pauses) {
      if (earlier === pause) break;
      if (earlier.held.some(({ streamId }) => pause.covers(streamId))) return false;
    }
    if (pause.streamIds.size === 0) return !this.hasSendable;
    for (const streamId of pause.streamIds) {
      const stream = this.#streams.get(streamId);
      if (stream !== undefined && stream.messages.length > 0) return false;
    }
    return true;
  }

  /** Whether anything waits for nothing but its turn. */
  get hasSendable(): boolean {
    let held = 0;
    for (const pause of this.#pauses) held += pause.held.length;
    return this.#messageCount > held;
  }

  /** Ends the pause; with `reset`, the numbers of its streams begin at 0. */
  resume(pause: Pause, reset: boolean): void {
    const index = this.#pauses.indexOf(pause);
    if (index < 0) return;
    this.#pauses.splice(index, 1);
    if (reset) {
      for (const stream of this.#streams.values()) if (pause.covers(stream.streamId)) stream.reset();
    }
    // What came before the next pause does not wait for its end.
    for (const message of pause.held) this.#admit(message, index);
  }

  /** The streams that were used so far. */
  get streams(): Iterable<OutgoingStream> {
    return this.#streams.values();
  }

  /**
   * The message whose turn it is, undefined when there is none; where a packet takes `maxPayload` bytes of payload. What is
   * late and not begun is given up on the way.
   */
  next(maxPayload: number, now: Instant): OutgoingMessage | undefined {
    this.#largestFragment = maxPayload;
    for (;;) {
      // Until something of a message has gone out, who comes first may change.
      if (!this.#mustGoOn) this.#current = this.#choose();
      const message = this.#current?.messages.peek();
      if (this.#current === undefined || message === undefined) return undefined;
      // RFC 3758 §4.1 TR3: "Before assigning a TSN to any message, the SCTP sender MUST evaluate the lifetime of that
      // message."; "If it is expired, the SCTP sender MUST NOT assign a TSN to that message".
      if (message.fragmented > 0 || now < message.policy.expiresAt) return message;
      this.#current.messages.shift();
      this.#handleHeadGone(this.#current);
      this.#forget(message);
    }
  }

  /**
   * The payload length of the next fragment, which belongs to the message that `next` has returned, when the packet has room
   * for `room` bytes of payload and an empty packet for `maxPayload`; 0 when the room is better left unused.
   */
  nextLength(message: OutgoingMessage, room: number, maxPayload: number): number {
    if (this.#isForAnotherPacket) return 0;
    const { sendable } = message;
    if (sendable <= room && message.isEnded) return sendable;
    if (!this.#mayBeInPieces(message)) return 0;
    // What is there of a message that goes on is all that there is.
    if (sendable <= room) return sendable;
    return room >= Math.min(smallestUsefulFragment, maxPayload) ? room : 0;
  }

  /** Cuts the fragment that `nextLength` has announced. */
  takeFragment(length: number): OutgoingFragment {
    const stream = this.#current!;
    // RFC 8260 §2.2.2: "MUST NOT process […] more than one user message in any given stream at any time."
    const message = stream.messages.peek()!;
    const beginning = message.fragmented === 0;
    if (!message.isNumbered) this.#number(stream, message);
    const payload = message.takePayload(length);
    const ending = message.isFragmented;
    // §6.9: "The data sender MUST break the user message into a series of DATA chunks."
    this.#queuedBytes -= length;
    this.#packetStream = stream;
    this.#noteBegun(stream, message, !ending);
    if (ending) {
      stream.messages.shift();
      this.#messageCount--;
    }
    if (ending || this.isInterleaving) this.#current = undefined;
    this.#scheduler.handleSent(stream, length, ending);
    if (stream.messages.length === 0) this.#scheduler.handleIdle(stream);
    else if (stream.messages.peek()!.sendable === 0) this.#starve(stream);
    // §6.9: "MUST also set the B/E bits of the first DATA chunk in the series to 10, the B/E bits of the last DATA chunk in
    // the series to 01". RFC 8260 §2.2.2: "The first fragment MUST have the B bit set. The last fragment MUST have the E bit
    // set. All other fragments MUST NOT have the B or E bit set."
    const isWhole = beginning && ending && message.pieces === undefined;
    const fsn = message.fragmentCount - (this.countsFsnFromSecond && !beginning ? 1 : 0);
    const fragment = isWhole ? message : new OutgoingPiece(message, payload, beginning, ending, fsn);
    message.fragmentCount++;
    return fragment;
  }

  /** The packet in the making is complete. */
  handlePacketEnd(): void {
    this.#packetStream = undefined;
    this.#scheduler.handlePacketEnd();
  }

  /** Gives up what is left of a message that has begun: it will not be sent. */
  discardRest(message: OutgoingMessage): void {
    const stream = this.#streams.get(message.streamId);
    if (stream?.messages.peek() !== message) return;
    this.#queuedBytes -= message.length - message.fragmented;
    this.#messageCount--;
    this.#noteBegun(stream, message, false);
    stream.messages.shift();
    this.#handleHeadGone(stream);
  }

  /**
   * When the first of the messages that wait for their user is late; nobody else looks at them meanwhile. Those of which
   * something was sent count where they can be given up.
   */
  nextExpiry(canGiveUpBegun: boolean): Instant {
    let next = Number.POSITIVE_INFINITY;
    if (!this.#hasLifetimes) return next;
    for (const { messages } of this.#starved) {
      const { fragmented, policy } = messages.peek()!;
      if (fragmented === 0 || canGiveUpBegun) next = Math.min(next, policy.expiresAt);
    }
    return next;
  }

  /** Gives up those that are late by now, and returns those of which something was sent: they are to be given up, too. */
  dropLate(now: Instant): OutgoingMessage[] {
    const begun: OutgoingMessage[] = [];
    for (const stream of [...this.#starved]) {
      const late = stream.messages.peek()!;
      if (now < late.policy.expiresAt) continue;
      if (late.fragmented > 0) begun.push(late);
      else this.#dropUnsentOf(stream, (message) => message === late);
    }
    return begun;
  }

  /** Gives up a message of which nothing was sent, wherever it waits. */
  withdraw(message: OutgoingMessage): void {
    for (const { held } of this.#pauses) {
      const index = held.indexOf(message);
      if (index < 0) continue;
      held.splice(index, 1);
      this.#forget(message);
      return;
    }
    this.#dropUnsentOf(this.stream(message.streamId), (each) => each === message);
  }

  /** Gives up messages that have not begun, the last first, as long as `isToGo` says so. */
  dropUnsent(isToGo: (message: OutgoingMessage) => boolean): void {
    for (const stream of this.#streams.values()) this.#dropUnsentOf(stream, isToGo);
  }

  #dropUnsentOf(stream: OutgoingStream, isToGo: (message: OutgoingMessage) => boolean): void {
    const kept: OutgoingMessage[] = [];
    const dropped: OutgoingMessage[] = [];
    for (const message of stream.messages) {
      (message.fragmented === 0 && isToGo(message) ? dropped : kept).push(message);
    }
    if (dropped.length === 0) return;
    const head = stream.messages.peek();
    stream.messages.clear();
    for (const message of kept) stream.messages.push(message);
    for (const message of dropped) this.#forget(message);
    // A head that stays keeps its turn: it may have begun, and its fragments belong together.
    if (stream.messages.peek() !== head) this.#handleHeadGone(stream);
  }

  /** Gives up what would be given up when its turn comes. Looks at the messages only if there may be one to give up. */
  dropExpired(now: Instant): void {
    if (now < this.#earliestExpiry) return;
    this.#earliestExpiry = Number.POSITIVE_INFINITY;
    this.dropUnsent(({ policy }) => {
      if (now >= policy.expiresAt) return true;
      this.#earliestExpiry = Math.min(this.#earliestExpiry, policy.expiresAt);
      return false;
    });
  }

  /** Gives up what waits for streams that the peer does not accept (RFC 9260 §5.1.1). Nothing was sent before. */
  dropStreamsFrom(streamId: number): void {
    for (const stream of this.#streams.values()) {
      if (stream.streamId < streamId) continue;
      this.#deactivate(stream);
      this.#streams.delete(stream.streamId);
      for (const message of stream.messages) this.#forget(message);
    }
    this.#current = undefined;
  }

  /** Everything that has not become fragments wholly, in the order of the streams; the queue is empty then. */
  drain(): OutgoingMessage[] {
    const messages: OutgoingMessage[] = [];
    for (const stream of this.#streams.values()) {
      for (const message of stream.messages) messages.push(message);
      this.#scheduler.handleIdle(stream);
    }
    for (const { held } of this.#pauses) for (const message of held) messages.push(message);
    this.#pauses.length = 0;
    this.#begun.clear();
    this.#begunBytes = 0;
    this.#parked.clear();
    this.#starved.clear();
    this.#streams.clear();
    this.#current = undefined;
    this.#messageCount = 0;
    this.#queuedBytes = 0;
    return messages;
  }

  get #isForAnotherPacket(): boolean {
    return (
      this.#scheduler.keepsPacketsApart && this.#packetStream !== undefined && this.#packetStream !== this.#current
    );
  }

  /**
   * "the same Stream Sequence Number MUST be carried in each of the fragments of the message" (§3.3.1). "For unordered
   * user messages, the Stream Sequence Number MUST NOT be changed" (§6.5), and it has no significance.
   */
  #number(stream: OutgoingStream, message: OutgoingMessage): void {
    message.isNumbered = true;
    if (this.isInterleaving) message.messageId = stream.takeMid(message.unordered);
    else if (!message.unordered) message.messageId = stream.takeSsn();
  }

  /** Puts the message behind those of its stream, unless one of the first `pauseCount` pauses covers it. */
  #admit(message: OutgoingMessage, pauseCount: number): void {
    for (let i = pauseCount - 1; i >= 0; i--) {
      const pause = this.#pauses[i]!;
      if (!pause.covers(message.streamId)) continue;
      pause.held.push(message);
      return;
    }
    const stream = this.stream(message.streamId);
    this.#earliestExpiry = Math.min(this.#earliestExpiry, message.policy.expiresAt);
    if (message.policy.expiresAt < Number.POSITIVE_INFINITY) this.#hasLifetimes = true;
    stream.messages.push(message);
    if (stream.messages.length === 1) this.#activate(stream);
  }

  /** The scheduler's choice among those whose message is not too much for the peer. */
  #choose(): OutgoingStream | undefined {
    for (;;) {
      const chosen = this.#scheduler.select();
      const message = chosen?.messages.peek();
      // Those before it may have gone in one packet each, or been given up.
      if (chosen === undefined && this.#unpark()) continue;
      if (chosen === undefined || message === undefined || this.#parked.has(chosen)) return undefined;
      const fitsOnePacket = message.isEnded && message.length <= this.#largestFragment;
      if (this.#mayBeInPieces(message) || fitsOnePacket) return chosen;
      this.#parked.add(chosen);
      this.#scheduler.handleIdle(chosen);
    }
  }

  #mayBeInPieces(message: OutgoingMessage): boolean {
    if (!this.isInterleaving || message.fragmented > 0 || this.#begunBytes === 0) return true;
    return this.#begunBytes + bytesForPeer(message) <= this.mostInterleavedBytes;
  }

  /** The first message of the stream is in pieces, or is not any more. */
  #noteBegun(stream: OutgoingStream, message: OutgoingMessage, isInPieces: boolean): void {
    if (!this.isInterleaving) return;
    if (this.#begun.has(stream) !== isInPieces) {
      this.#begunBytes += isInPieces ? bytesForPeer(message) : -bytesForPeer(message);
      if (isInPieces) this.#begun.add(stream);
      else this.#begun.delete(stream);
    }
    this.#unpark();
  }

  /**
   * Lets the scheduler know of a stream that is not too much any more, if there is one: the one that has waited longest, so that
   * the others cannot keep it from ever fitting in.
   */
  #unpark(): boolean {
    if (this.#parked.size === 0) return false;
    const [next] = this.#parked;
    const waiting = next?.messages.peek();
    if (next === undefined || waiting === undefined || !this.#mayBeInPieces(waiting)) return false;
    this.#parked.delete(next);
    this.#scheduler.handleActive(next);
    return true;
  }

  /** Whether the message that goes out must not be interrupted. */
  get #mustGoOn(): boolean {
    return !this.isInterleaving && (this.#current?.messages.peek()?.fragmented ?? 0) > 0;
  }

  #handleHeadGone(stream: OutgoingStream): void {
    if (this.#current === stream) this.#current = undefined;
    if (stream.messages.length === 0) this.#deactivate(stream);
    else this.reschedule(stream);
  }

  /** The stream has a message again: the scheduler hears of it once there is something to send. */
  #activate(stream: OutgoingStream): void {
    if (stream.messages.peek()!.sendable === 0) this.#starved.add(stream);
    else this.#scheduler.handleActive(stream);
  }

  #deactivate(stream: OutgoingStream): void {
    if (!this.#starved.delete(stream) && !this.#parked.delete(stream)) this.#scheduler.handleIdle(stream);
  }

  #starve(stream: OutgoingStream): void {
    this.#starved.add(stream);
    this.#scheduler.handleIdle(stream);
  }

  #forget(message: OutgoingMessage): void {
    this.#messageCount--;
    this.#queuedBytes -= message.length;
    message.collect([]);
    this.#onAbandoned(message);
  }
}

/** What the peer holds of a message before it is whole. One that is written in pieces relies on partial delivery there. */
function bytesForPeer(message: OutgoingMessage): number {
  return message.pieces === undefined ? message.length : 0;
}
