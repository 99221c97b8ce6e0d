import { concatBytes } from '../base/bytes.ts';
import { LazyMap } from '../base/lazy-map.ts';
import { LazySet } from '../base/lazy-set.ts';
import { isAfter, nextSsn, plus, type Ssn, ssn, ssnDistance, type Tsn } from '../base/serial.ts';
import type { Fragment } from '../chunks/index.ts';
import { FragmentRuns } from './fragment-runs.ts';
import type { Message } from './message.ts';
import type { PartialMessage } from './partial-message.ts';
import type { Reassembly, Skipped } from './reassembly.ts';
import { type ReceiveQueue, withOwnMemory } from './receive-queue.ts';

/** A message that is complete and waits for the ones before it. */
interface WaitingMessage {
  readonly message: Message;
  readonly firstTsn: Tsn;
  readonly fragmentCount: number;
}

/** A message that is delivered while it arrives; known by the TSN that goes on with it. */
interface Delivery {
  readonly message: PartialMessage;
  readonly stream: IncomingStream;
  /** Its Stream Sequence Number, if it is ordered: the stream's next one. */
  readonly number: Ssn;
}

/** One stream from the peer; what it does not need does not exist. */
interface IncomingStream {
  readonly streamId: number;
  nextSsn: Ssn;
  /** Ordered messages in pieces, by SSN. */
  partial: Map<Ssn, FragmentRuns> | undefined;
  waiting: Map<Ssn, WaitingMessage> | undefined;
  unordered: FragmentRuns | undefined;
  /** The ordered message in delivery. */
  delivery: Delivery | undefined;
}

/** Reassembly and ordering of DATA chunks (RFC 9260 §6.5, §6.6, §6.9). */
export class DataReassembly implements Reassembly {
  readonly #queue: ReceiveQueue;
  readonly #streams = new LazyMap<number, IncomingStream>();
  /** All streams that hold pieces, and perhaps some that did. */
  readonly #incomplete = new LazySet<IncomingStream>();
  /** Messages in delivery, by the TSN that each of them waits for: "strictly sequential" (§3.3.1). */
  readonly #deliveries = new LazyMap<Tsn, Delivery>();

  constructor(queue: ReceiveQueue) {
    this.#queue = queue;
  }

  handleFragment(tsn: Tsn, fragment: Fragment, isShared = false): string | undefined {
    this.#queue.charge(fragment.payload.length);
    const delivery = this.#deliveryAt(tsn, fragment);
    if (delivery !== undefined) return this.#continue(delivery, tsn, fragment);
    const stream = this.#stream(fragment.streamId);
    if (fragment.unordered) return this.#handleUnordered(stream, tsn, fragment);
    const number = fragment.messageId as Ssn;
    if (fragment.beginning && fragment.ending) {
      if (stream.partial?.has(number) || stream.delivery?.number === number) return 'two messages with one SSN';
      const message = toMessage(fragment, fragment.payload);
      return this.#handleOrdered(stream, number, { message, firstTsn: tsn, fragmentCount: 1 }, isShared);
    }
    return this.#handlePiece(stream, number, tsn, fragment);
  }

  isAwaited(tsn: Tsn, fragment: Fragment): boolean {
    return this.#deliveryAt(tsn, fragment)?.message.isAwaited === true;
  }

  bytesBefore(tsn: Tsn, { streamId, unordered, messageId, beginning }: Fragment): number {
    const stream = this.#streams.get(streamId);
    const runs = unordered ? stream?.unordered : stream?.partial?.get(ssn(messageId));
    return beginning ? 0 : (runs?.bytesBefore(tsn) ?? 0);
  }

  deliverPartly(isPressed: boolean): void {
    for (const stream of this.#incompleteStreams()) {
      const { partial, unordered, streamId } = stream;
      const point = this.#queue.pointOf(streamId);
      if (point === Number.POSITIVE_INFINITY) continue;
      const least = isPressed ? 1 : point;
      const next = stream.delivery === undefined ? partial?.get(stream.nextSsn) : undefined;
      if (next !== undefined) {
        for (const tsn of next.beginnings) this.#deliverBeginning(stream, stream.nextSsn, next, tsn, least);
      }
      for (const tsn of unordered?.beginnings ?? []) this.#deliverBeginning(stream, ssn(0), unordered!, tsn, least);
    }
  }

  dropAfter(tsn: Tsn, onDropped: (tsn: Tsn) => void): void {
    const drop = (droppedTsn: Tsn, fragment: Fragment): void => {
      this.#queue.release(fragment.payload.length);
      onDropped(droppedTsn);
    };
    for (const stream of this.#streams.values()) {
      for (const [number, runs] of stream.partial ?? []) {
        runs.dropAfter(tsn, drop);
        if (runs.isEmpty) stream.partial!.delete(number);
      }
      for (const [number, { message, firstTsn, fragmentCount }] of stream.waiting ?? []) {
        if (!isAfter(firstTsn, tsn)) continue;
        stream.waiting!.delete(number);
        this.#queue.release(message.data.length);
        for (let n = 0; n < fragmentCount; n++) onDropped(plus(firstTsn, n));
      }
      stream.unordered?.dropAfter(tsn, drop);
    }
  }

  handleForwardTsn(newCumulativeTsn: Tsn, skipped: readonly Skipped[]): void {
    // RFC 3758 §3.6: "MUST remove any partially reassembled message, which is still missing one or more TSNs earlier than or equal
    // to the new cumulative TSN point". Its TSNs are consecutive, so that is what begins before and is not complete.
    for (const [tsn, delivery] of this.#deliveries) if (!isAfter(tsn, newCumulativeTsn)) this.#abandon(tsn, delivery);
    for (const stream of this.#incompleteStreams()) {
      const release = (fragment: Fragment): void => this.#queue.release(fragment.payload.length);
      for (const [number, runs] of stream.partial ?? []) {
        runs.dropUpTo(newCumulativeTsn, release);
        if (runs.isEmpty) stream.partial!.delete(number);
      }
      stream.unordered?.dropUpTo(newCumulativeTsn, release);
    }
    for (const { streamId, messageId } of skipped) this.#skipTo(this.#stream(streamId), ssn(messageId));
  }

  /**
   * RFC 6525 §5.2.2 E3: "If no stream numbers are listed in the parameter, then all incoming streams MUST be reset to 0 as the
   * next expected SSN."; "If specific stream numbers are listed, then only these specific streams MUST be reset to 0".
   */
  resetStreams(streamIds: readonly number[]): void {
    for (const [tsn, delivery] of this.#deliveries) {
      if (streamIds.length === 0 || streamIds.includes(delivery.stream.streamId)) this.#abandon(tsn, delivery);
    }
    if (streamIds.length === 0) for (const stream of this.#streams.values()) stream.nextSsn = ssn(0);
    for (const streamId of streamIds) {
      const stream = this.#streams.get(streamId);
      if (stream !== undefined) stream.nextSsn = ssn(0);
    }
  }

  restart(): void {
    this.#streams.clear();
    this.#incomplete.clear();
    this.#deliveries.clear();
    this.#queue.releaseIncomplete();
  }

  #deliveryAt(tsn: Tsn, fragment: Fragment): Delivery | undefined {
    if (this.#deliveries.size === 0) return undefined;
    const delivery = this.#deliveries.get(tsn);
    if (delivery === undefined) return undefined;
    const { message, number } = delivery;
    const isOfStream = message.streamId === fragment.streamId && message.unordered === fragment.unordered;
    return isOfStream && (message.unordered || fragment.messageId === number) ? delivery : undefined;
  }

  /** §6.9: "dispatch part of its inbound message through a partial delivery API", if it begins with `tsn` and is large enough. */
  #deliverBeginning(stream: IncomingStream, number: Ssn, runs: FragmentRuns, tsn: Tsn, least: number): void {
    const firstTsn = runs.beginningOf(tsn, least);
    if (firstTsn === undefined) return;
    const { fragments } = runs.takeFrom(firstTsn)!;
    const delivery = { message: this.#queue.begin(fragments), stream, number };
    if (!delivery.message.unordered) stream.delivery = delivery;
    this.#deliveries.set(plus(firstTsn, fragments.length), delivery);
  }

  /** The fragment that a message in delivery waits for, and what was held behind it. */
  #continue(delivery: Delivery, tsn: Tsn, fragment: Fragment): string | undefined {
    const { message, stream, number } = delivery;
    if (fragment.beginning) return 'B and E bits of neighbouring TSNs do not fit';
    this.#deliveries.delete(tsn);
    this.#queue.append(message, fragment.payload);
    const runs = message.unordered ? stream.unordered : stream.partial?.get(number);
    let last = fragment;
    let nextTsn = plus(tsn, 1);
    const following = fragment.ending ? undefined : runs?.takeFrom(nextTsn);
    if (following !== undefined) {
      if (following.fragments[0]!.beginning) return 'B and E bits of neighbouring TSNs do not fit';
      for (last of following.fragments) this.#queue.append(message, last.payload);
      nextTsn = plus(nextTsn, following.fragments.length);
    }
    if (!last.ending) {
      this.#deliveries.set(nextTsn, delivery);
      return undefined;
    }
    this.#queue.complete(message);
    if (!message.unordered) {
      if (runs?.isEmpty === false) return 'two messages with one SSN';
      stream.partial?.delete(number);
      stream.delivery = undefined;
      stream.nextSsn = nextSsn(number);
      this.#deliverFollowing(stream);
    }
    return undefined;
  }

  /** RFC 3758 §3.6: "the message being partially delivered will NOT be completed." */
  #abandon(tsn: Tsn, { message, stream }: Delivery): void {
    this.#deliveries.delete(tsn);
    if (!message.unordered) stream.delivery = undefined;
    this.#queue.abandon(message);
  }

  /**
   * RFC 3758 §3.6: "the receiver MUST […] examine all of the listed stream reordering queues, and immediately make available
   * for delivery stream sequence numbers earlier than or equal to the stream sequence number listed". "Any such stranded data
   * SHOULD be made immediately available to the upper layer application."
   */
  #skipTo(stream: IncomingStream, last: Ssn): void {
    if (ssnDistance(last, stream.nextSsn) < 0) return;
    if (stream.delivery !== undefined) {
      for (const [tsn, delivery] of this.#deliveries) if (delivery === stream.delivery) this.#abandon(tsn, delivery);
    }
    const stranded = Array.from(stream.waiting ?? []).filter(([number]) => ssnDistance(number, last) <= 0);
    stranded.sort(([a], [b]) => ssnDistance(a, b));
    for (const [number, { message }] of stranded) {
      stream.waiting!.delete(number);
      this.#queue.push(message);
    }
    stream.nextSsn = nextSsn(last);
    this.#deliverFollowing(stream);
  }

  /**
   * The streams that hold pieces, so that a FORWARD TSN chunk need not look at all. Here one that holds none any more is
   * forgotten, and not before: most messages are complete before anybody asks.
   */
  *#incompleteStreams(): IterableIterator<IncomingStream> {
    for (const stream of this.#incomplete) {
      if ((stream.partial?.size ?? 0) > 0 || stream.unordered?.isEmpty === false) yield stream;
      else this.#incomplete.delete(stream);
    }
  }

  #handlePiece(stream: IncomingStream, number: Ssn, tsn: Tsn, fragment: Fragment): string | undefined {
    if (stream.waiting?.has(number)) return 'a fragment of a message that is complete';
    stream.partial ??= new Map();
    // §6.9: "MUST recognize fragmented DATA chunks by examining the B/E bits […] and queue the fragmented DATA chunks
    // for reassembly."
    let runs = stream.partial.get(number);
    if (runs === undefined) {
      runs = new FragmentRuns();
      stream.partial.set(number, runs);
    }
    // §6: "an endpoint MUST properly receive and process bundled or fragmented data." §6.9: "it MUST support reassembly
    // when receiving DATA chunks."
    const verdict = runs.add(tsn, fragment);
    this.#incomplete.add(stream);
    if (verdict.kind === 'impossible') return 'B and E bits of neighbouring TSNs do not fit';
    if (verdict.kind === 'held' && number === stream.nextSsn && stream.delivery === undefined) {
      this.#deliverPartOf(stream, number, runs, tsn);
    }
    if (verdict.kind === 'complete') {
      if (!runs.isEmpty) return 'two messages with one SSN';
      stream.partial.delete(number);
      const { firstTsn, fragments } = verdict;
      const arrived = { message: this.#join(fragments), firstTsn, fragmentCount: fragments.length };
      return this.#handleOrdered(stream, number, arrived);
    }
    return undefined;
  }

  /** §6.6: "bypasses the ordering mechanism and immediately deliver the data to the upper layer" once it is whole. */
  #handleUnordered(stream: IncomingStream, tsn: Tsn, fragment: Fragment): string | undefined {
    if (fragment.beginning && fragment.ending) {
      // §3.3.1: "MUST be dispatched to the upper layer by the receiver without any attempt to reorder."
      this.#queue.push(toMessage(fragment, fragment.payload));
      return undefined;
    }
    // §3.3.1: "the receiver MUST ignore the Stream Sequence Number field."
    stream.unordered ??= new FragmentRuns();
    const verdict = stream.unordered.add(tsn, fragment);
    this.#incomplete.add(stream);
    if (verdict.kind === 'impossible') return 'B and E bits of neighbouring TSNs do not fit';
    if (verdict.kind === 'complete') this.#queue.push(this.#join(verdict.fragments));
    else this.#deliverPartOf(stream, ssn(0), stream.unordered, tsn);
    return undefined;
  }

  /** A fragment was added to a message that may be delivered: it may be enough now. */
  #deliverPartOf(stream: IncomingStream, number: Ssn, runs: FragmentRuns, tsn: Tsn): void {
    if (!this.#queue.deliversPartly) return;
    const point = this.#queue.pointOf(stream.streamId);
    if (point < Number.POSITIVE_INFINITY) this.#deliverBeginning(stream, number, runs, tsn, point);
  }

  /** §6.6: "MUST deliver DATA chunks […] according to the order of their Stream Sequence Number". */
  #handleOrdered(stream: IncomingStream, number: Ssn, arrived: WaitingMessage, isShared = false): string | undefined {
    if (number !== stream.nextSsn) {
      // §6.6: "the endpoint MUST hold the received DATA chunks from delivery to the ULP until they are reordered."
      stream.waiting ??= new Map();
      const { size } = stream.waiting;
      stream.waiting.set(number, isShared ? { ...arrived, message: withOwnMemory(arrived.message) } : arrived);
      return stream.waiting.size === size ? 'two messages with one SSN' : undefined;
    }
    this.#queue.push(arrived.message);
    stream.nextSsn = nextSsn(stream.nextSsn);
    this.#deliverFollowing(stream);
    return undefined;
  }

  #deliverFollowing(stream: IncomingStream): void {
    for (;;) {
      const following = stream.waiting?.get(stream.nextSsn);
      if (following === undefined) break;
      stream.waiting!.delete(stream.nextSsn);
      this.#queue.push(following.message);
      stream.nextSsn = nextSsn(stream.nextSsn);
    }
    const next = stream.partial?.get(stream.nextSsn);
    if (next === undefined) return;
    for (const tsn of next.beginnings) this.#deliverPartOf(stream, stream.nextSsn, next, tsn);
  }

  /** Joins the pieces in one copy; from here on the message is charged as one entry. */
  #join(fragments: readonly Fragment[]): Message {
    const data = concatBytes(fragments.map((fragment) => fragment.payload));
    this.#release(fragments);
    this.#queue.charge(data.length);
    return toMessage(fragments[0]!, data);
  }

  #release(fragments: readonly Fragment[]): void {
    for (const fragment of fragments) this.#queue.release(fragment.payload.length);
  }

  #stream(streamId: number): IncomingStream {
    let stream = this.#streams.get(streamId);
    if (stream === undefined) {
      stream = {
        streamId,
        nextSsn: ssn(0),
        partial: undefined,
        waiting: undefined,
        unordered: undefined,
        delivery: undefined,
      };
      this.#streams.set(streamId, stream);
    }
    return stream;
  }
}

function toMessage(fragment: Fragment, data: Uint8Array): Message {
  return { data, streamId: fragment.streamId, ppid: fragment.ppid, unordered: fragment.unordered };
}
