import { emptyBytes } from '../base/bytes.ts';
import { LazyMap } from '../base/lazy-map.ts';
import { LazySet } from '../base/lazy-set.ts';
import type { Ledger } from '../base/ledger.ts';
import { Ring } from '../base/ring.ts';
import type { Fragment } from '../chunks/index.ts';
import type { Message } from './message.ts';
import { PartialMessage } from './partial-message.ts';

/**
 * What a held fragment or message is charged beyond its bytes: the objects around it. So tiny chunks fill the buffer,
 * too, and memory has a bound that does not depend on how the peer cuts its data.
 */
export const entryOverhead = 128;

/** A message that waits for others must not keep a packet that is much larger than itself. */
export function withOwnMemory(message: Message): Message {
  const { data } = message;
  return data.buffer.byteLength <= 2 * (data.length + entryOverhead) ? message : { ...message, data: data.slice() };
}

/** What a reader gets: a message, the beginning of one that still arrives, or the news that the peer has reset the stream. */
export type Received = Message | PartialMessage | 'reset';

/**
 * The receive buffer's accounts, and the messages that wait for their reader. All sizes in bytes.
 *
 * Large messages may be delivered in part: to the reader of all streams while `partialDelivery` is on, and to those who
 * read one stream (its lane). A message in delivery that nobody has taken yet is one like others that is not complete.
 */
export class ReceiveQueue {
  /** A message is delivered in part once so much of it is there. */
  readonly #partialDeliveryPoint: number;
  readonly #ledger: Ledger;
  readonly #messages = new Ring<Received>();
  /** Streams whose messages have a reader of their own. */
  readonly #lanes = new LazyMap<number, Ring<Received>>();
  #heldBytes = 0;
  /** Messages in delivery that still arrive, and those that were taken and are not read to their end. */
  readonly #arriving = new LazySet<PartialMessage>();
  readonly #taken = new LazySet<PartialMessage>();
  /** Pieces that wait for the readers of what was taken. */
  #unreadPieces = 0;
  /** Messages in delivery among those that wait for the reader of all streams. */
  #partialCount = 0;
  #arrivals = 0;
  #hasNews = false;
  #partialDelivery = false;
  readonly #woken: PartialMessage[] = [];

  /** `ledger` is told of every byte that comes and goes. */
  constructor(ledger: Ledger, partialDeliveryPoint: number = Number.POSITIVE_INFINITY) {
    this.#ledger = ledger;
    this.#partialDeliveryPoint = partialDeliveryPoint;
  }

  /** Everything that is charged: fragments in reassembly, messages out of order, messages not yet read. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Messages that wait for the reader of all streams. */
  get length(): number {
    return this.#messages.length;
  }

  /** Messages that have become readable, so far. */
  get arrivals(): number {
    return this.#arrivals;
  }

  /** Whether the reader of all streams takes messages in part. */
  get partialDelivery(): boolean {
    return this.#partialDelivery;
  }

  set partialDelivery(isOn: boolean) {
    this.#partialDelivery = isOn;
    if (this.#messages.length > 0) this.#hasNews = true;
  }

  /** Whether any message may be delivered in part. */
  get deliversPartly(): boolean {
    return this.#partialDelivery || this.#lanes.size > 0;
  }

  /** Whether streams have readers of their own: messages are not read in the order in which they come then. */
  get hasLanes(): boolean {
    return this.#lanes.size > 0;
  }

  /** How much of a message of this stream has to be there before it is delivered in part; `Infinity` if it is not. */
  pointOf(streamId: number): number {
    const isWanted = this.#lanes.has(streamId) || this.#partialDelivery;
    return isWanted ? this.#partialDeliveryPoint : Number.POSITIVE_INFINITY;
  }

  /** Whether some reader could make room. */
  get isReadable(): boolean {
    if (this.#unreadPieces > 0) return true;
    for (const lane of this.#lanes.values()) if (lane.length > 0) return true;
    for (const message of this.#messages) if (this.#partialDelivery || !isArriving(message)) return true;
    return false;
  }

  charge(payloadBytes: number): void {
    this.#heldBytes += payloadBytes + entryOverhead;
    this.#ledger.add(payloadBytes + entryOverhead);
  }

  release(payloadBytes: number): void {
    this.#heldBytes -= payloadBytes + entryOverhead;
    this.#ledger.subtract(payloadBytes + entryOverhead);
  }

  /** Makes a message readable; the caller has charged it. */
  push(message: Message): void {
    this.#push(message, message.streamId);
  }

  /** The next message that is whole. Those that still arrive let others pass: of their stream there are none behind them. */
  shift(): Message | undefined {
    const first = this.#messages.peek();
    if (first === undefined) return undefined;
    if (this.#partialCount === 0) {
      this.#messages.shift();
      const message = first as Message;
      this.release(message.data.length);
      return message;
    }
    const passed: Received[] = [];
    let whole = this.#messages.shift();
    for (; whole !== undefined && isArriving(whole); whole = this.#messages.shift()) passed.push(whole);
    for (const message of passed.reverse()) this.#messages.unshift(message);
    if (whole === undefined || whole === 'reset') return undefined;
    if (whole instanceof PartialMessage) {
      this.#partialCount--;
      return this.#join(whole);
    }
    this.release(whole.data.length);
    return whole;
  }

  /** The next of all messages, or of those of a stream that has its own reader, whole or in part. */
  take(streamId?: number): Received | undefined {
    const lane = streamId === undefined ? this.#messages : this.#lanes.get(streamId);
    const taken = lane?.shift();
    if (taken instanceof PartialMessage) {
      if (streamId === undefined) this.#partialCount--;
      taken.isTaken = true;
      this.#taken.add(taken);
      this.#unreadPieces += taken.length;
    } else if (taken !== undefined && taken !== 'reset') this.release(taken.data.length);
    return taken;
  }

  // Partial delivery

  /** Begins to deliver a message with its first fragments, which the caller has charged. */
  begin(fragments: readonly Fragment[]): PartialMessage {
    const message = new PartialMessage(fragments[0]!);
    // The message is charged beside its pieces until all of it is there: reading them does not end it.
    this.charge(0);
    this.#arriving.add(message);
    for (const { payload } of fragments) message.push(payload);
    this.#push(message, message.streamId);
    return message;
  }

  /** The next piece of a message in delivery; the caller has charged it. */
  append(message: PartialMessage, piece: Uint8Array): void {
    if (message.isUnwanted) {
      this.release(piece.length);
      return;
    }
    message.push(piece);
    if (!message.isTaken) return;
    this.#unreadPieces++;
    this.#wake(message);
  }

  /** All of a message in delivery is there. */
  complete(message: PartialMessage): void {
    this.#finish(message, 'complete');
    if (!message.isTaken) this.#hasNews = true;
  }

  /**
   * No more of a message in delivery will come. Who has begun to read it is told; for others there was no such message. RFC 3758
   * §3.6: "a notification SHOULD also be generated to inform the upper layer API that the message being partially delivered
   * will NOT be completed."
   */
  abandon(message: PartialMessage): void {
    this.#finish(message, 'abandoned');
    if (message.isTaken) return;
    this.#remove(message);
    this.#releasePieces(message);
  }

  /** The next bytes of a message that was taken; undefined when there are none now, or will not be any more. */
  read(message: PartialMessage): Uint8Array | undefined {
    const bytes = message.read((piece) => {
      this.#unreadPieces--;
      this.release(piece.length);
    });
    if (message.state !== 'arriving' && message.length === 0) this.#taken.delete(message);
    message.isAwaited = bytes === undefined && message.state === 'arriving';
    return bytes;
  }

  /** The reader of a message that was taken does not want the rest. */
  discard(message: PartialMessage): void {
    message.isUnwanted = true;
    while (this.read(message) !== undefined);
    message.isAwaited = false;
    this.#taken.delete(message);
  }

  /** Messages whose waiting reader has something to look for; undefined when there is none any more. */
  takeWoken(): PartialMessage | undefined {
    return this.#woken.pop();
  }

  /** Whether there was nothing to read, and now there is. */
  takeNews(): boolean {
    const hasNews = this.#hasNews;
    this.#hasNews = false;
    return hasNews;
  }

  // Streams with a reader of their own

  /** From now on the messages of this stream wait for its own reader, those too that wait already. */
  openLane(streamId: number): void {
    const lane = new Ring<Received>();
    this.#lanes.set(streamId, lane);
    for (const message of extract(this.#messages, (each) => each !== 'reset' && each.streamId === streamId)) {
      if (message instanceof PartialMessage) this.#partialCount--;
      lane.push(message);
      this.#hasNews = true;
    }
  }

  /** The messages of this stream, those too that wait, go to the reader of all streams again. */
  closeLane(streamId: number): void {
    const lane = this.#lanes.get(streamId);
    this.#lanes.delete(streamId);
    for (const message of lane ?? []) {
      if (message === 'reset') continue;
      this.#push(message, streamId);
      this.#arrivals--;
    }
  }

  hasLane(streamId: number): boolean {
    return this.#lanes.has(streamId);
  }

  /** The peer has reset these streams (none means all): their readers are told between the messages before and after. */
  noteReset(streamIds: readonly number[]): void {
    const affected = streamIds.length === 0 ? this.#lanes.keys() : streamIds;
    for (const streamId of affected) {
      this.#lanes.get(streamId)?.push('reset');
      if (this.#lanes.has(streamId)) this.#hasNews = true;
    }
  }

  // Endings

  /** Forgets what is charged for anything but what is readable: there is nobody left to complete it. */
  releaseIncomplete(): void {
    this.abandonArriving();
    this.#ledger.subtract(this.#heldBytes);
    this.#heldBytes = 0;
    for (const ring of [this.#messages, ...this.#lanes.values()]) for (const message of ring) this.#recharge(message);
    for (const message of this.#taken) this.#recharge(message);
  }

  /** Nothing more will come. */
  abandonArriving(): void {
    for (const message of this.#arriving) this.abandon(message);
  }

  #push(message: Message | PartialMessage, streamId: number): void {
    const ring = this.#lanes.size === 0 ? this.#messages : (this.#lanes.get(streamId) ?? this.#messages);
    if (ring.length === 0 || this.#partialCount > 0) this.#hasNews = true;
    if (message instanceof PartialMessage && ring === this.#messages) this.#partialCount++;
    ring.push(message);
    this.#arrivals++;
  }

  #finish(message: PartialMessage, state: 'complete' | 'abandoned'): void {
    message.state = state;
    this.#arriving.delete(message);
    this.release(0);
    if (message.isTaken) this.#wake(message);
    if (message.length === 0) this.#taken.delete(message);
  }

  #wake(message: PartialMessage): void {
    if (!message.isAwaited) return;
    message.isAwaited = false;
    this.#woken.push(message);
  }

  /** A message that arrived in pieces for a reader who takes it whole. */
  #join(message: PartialMessage): Message {
    const { streamId, ppid, unordered } = message;
    const data = message.read((piece) => this.release(piece.length), Number.POSITIVE_INFINITY) ?? emptyBytes;
    return { data, streamId, ppid, unordered };
  }

  #releasePieces(message: PartialMessage): void {
    message.read((piece) => this.release(piece.length), Number.POSITIVE_INFINITY);
  }

  #recharge(message: Received): void {
    if (message instanceof PartialMessage) for (const { length } of message.pieces) this.charge(length);
    else if (message !== 'reset') this.charge(message.data.length);
  }

  #remove(message: PartialMessage): void {
    const lane = this.#lanes.get(message.streamId);
    if (lane === undefined) this.#partialCount--;
    extract(lane ?? this.#messages, (each) => each === message);
  }
}

function isArriving(message: Received): boolean {
  return message instanceof PartialMessage && message.state === 'arriving';
}

/** Takes out what `isWanted` says; the order of the others stays. */
function extract(ring: Ring<Received>, isWanted: (message: Received) => boolean): Received[] {
  const taken: Received[] = [];
  const all = [...ring];
  ring.clear();
  for (const message of all) (isWanted(message) ? taken : ring).push(message);
  return taken;
}
