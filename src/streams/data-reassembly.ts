import { concatBytes } from '../base/bytes.ts';
import { LazyMap } from '../base/lazy-map.ts';
import { distance, isAfter, nextSsn, plus, type Ssn, ssn, ssnDistance, type Tsn } from '../base/serial.ts';
import type { Fragment } from '../chunks/index.ts';
import { Cuts } from './cuts.ts';
import { Doubts } from './doubts.ts';
import { endOf, FragmentRuns, isComplete, isOfOneMessage, type Run } from './fragment-runs.ts';
import { createStream, type Delivery, type IncomingStream, type WaitingMessage } from './incoming-stream.ts';
import { type Message, toMessage } from './message.ts';
import type { Reassembly, Skipped } from './reassembly.ts';
import { type ReceiveQueue, withOwnMemory } from './receive-queue.ts';

const misfit = 'B and E bits of neighbouring TSNs do not fit';

/** Reassembly and ordering of DATA chunks (RFC 9260 §6.5, §6.6, §6.9). */
export class DataReassembly implements Reassembly {
  mayBeginAnew = false;
  readonly countsFsnFromSecond = false;
  readonly #queue: ReceiveQueue;
  readonly #isReceivedUpTo: (tsn: Tsn) => boolean;
  readonly #streams = new LazyMap<number, IncomingStream>();
  readonly #runs: FragmentRuns;
  /** Messages in delivery, by the TSN that each of them waits for: "strictly sequential" (§3.3.1). */
  readonly #deliveries = new LazyMap<Tsn, Delivery>();
  /** What went before is known from here on: the point of the latest FORWARD TSN chunk that was news. */
  #skippedUpTo: Tsn | undefined;
  /** The TSN that may go on with a message whose beginning was skipped. */
  #tail: Tsn | undefined;
  /** The highest TSN that the peer has called given up, news or not. */
  #givenUpTo: Tsn | undefined;
  readonly #doubts = new Doubts<IncomingStream>();
  readonly #peerGivesUp: boolean;
  readonly #cuts = new Cuts();

  /**
   * `isThere` tells whether a TSN was received, and its fragment came here; `isReceivedUpTo` whether a TSN and all before it were
   * received or skipped; `peerGivesUp` whether the peer may give up messages (RFC 3758).
   */
  constructor(
    queue: ReceiveQueue,
    isThere: (tsn: Tsn) => boolean = () => false,
    isReceivedUpTo: (tsn: Tsn) => boolean = () => true,
    peerGivesUp = false,
  ) {
    this.#queue = queue;
    this.#peerGivesUp = peerGivesUp;
    this.#isReceivedUpTo = isReceivedUpTo;
    this.#runs = new FragmentRuns(
      (tsn) => (this.#skippedUpTo === undefined || isAfter(tsn, this.#skippedUpTo)) && isThere(tsn),
    );
  }

  handleFragment(tsn: Tsn, fragment: Fragment, isShared = false): string | undefined {
    this.#queue.charge(fragment.payload.length);
    const violation = this.#handle(tsn, fragment, isShared);
    if (!this.#cuts.isEmpty) this.#settleCuts();
    if (!this.#doubts.isEmpty) this.#settle();
    return violation;
  }

  isAwaited(tsn: Tsn, fragment: Fragment): boolean {
    return this.#deliveryAt(tsn, fragment)?.message.isAwaited === true;
  }

  bytesBefore(tsn: Tsn, { beginning }: Fragment): number {
    return beginning ? 0 : this.#runs.bytesBefore(tsn);
  }

  deliverPartly(isPressed: boolean): void {
    for (const run of [...this.#runs]) {
      const { streamId, unordered, messageId, beginning } = run.fragments[0]!;
      const point = beginning ? this.#queue.pointOf(streamId) : Number.POSITIVE_INFINITY;
      if (point === Number.POSITIVE_INFINITY) continue;
      const stream = this.#stream(streamId);
      const isNext = unordered || (messageId === stream.nextSsn && stream.delivery === undefined);
      if (isNext) this.#deliverBeginning(stream, run, isPressed ? 1 : point);
    }
  }

  dropAfter(tsn: Tsn, onDropped: (tsn: Tsn) => void): void {
    this.#runs.dropAfter(tsn, (droppedTsn, fragment) => {
      this.#queue.release(fragment.payload.length);
      onDropped(droppedTsn);
    });
    this.#doubts.forgetWaiting();
    for (const stream of this.#streams.values()) {
      stream.partial = undefined;
      for (const [number, { message, firstTsn, fragmentCount }] of stream.waiting ?? []) {
        if (!isAfter(firstTsn, tsn)) {
          if (this.#doubts.has(stream)) this.#doubts.noteWaiting(stream, number, firstTsn);
          continue;
        }
        stream.waiting!.delete(number);
        this.#queue.release(message.data.length);
        for (let n = 0; n < fragmentCount; n++) onDropped(plus(firstTsn, n));
      }
    }
    for (const run of this.#runs) {
      const { streamId, unordered, messageId } = run.fragments[0]!;
      if (!unordered) this.#noteRun(this.#stream(streamId), messageId as Ssn, run, 1);
    }
  }

  handleForwardTsn(newCumulativeTsn: Tsn, skipped: readonly Skipped[]): void {
    this.noteGivenUp(newCumulativeTsn);
    const isKnown = newCumulativeTsn === this.#skippedUpTo;
    this.#skippedUpTo = newCumulativeTsn;
    // RFC 3758 §3.6: "MUST remove any partially reassembled message, which is still missing one or more TSNs earlier than or equal
    // to the new cumulative TSN point". The TSN at the point was given up, and §3.5 A3: "all other TSN's within that fragmented
    // message MUST be abandoned at the same time". So what began before and is not complete goes, with what there is of it behind.
    let tail = (isKnown ? this.#tail : undefined) ?? plus(newCumulativeTsn, 1);
    for (const [tsn, delivery] of this.#deliveries) {
      if (isAfter(delivery.firstTsn, newCumulativeTsn)) continue;
      this.#abandon(tsn, delivery);
      if (isAfter(tsn, tail)) tail = tsn;
    }
    for (const run of this.#runs.takeUpTo(newCumulativeTsn)) {
      this.#dropTaken(run);
      if (isAfter(endOf(run), tail)) tail = endOf(run);
    }
    this.#dropTailFrom(tail);
    for (const { streamId, messageId } of skipped) this.#skipTo(this.#stream(streamId), ssn(messageId));
    if (!this.#cuts.isEmpty) this.#settleCuts();
    if (!this.#doubts.isEmpty) this.#settle();
  }

  noteGivenUp(tsn: Tsn): void {
    if (this.#givenUpTo === undefined || isAfter(tsn, this.#givenUpTo)) this.#givenUpTo = tsn;
  }

  /**
   * RFC 6525 §5.2.2 E3: "If no stream numbers are listed in the parameter, then all incoming streams MUST be reset to 0 as the
   * next expected SSN."; "If specific stream numbers are listed, then only these specific streams MUST be reset to 0".
   */
  resetStreams(streamIds: readonly number[], lastTsn?: Tsn): void {
    const isOld = (firstTsn: Tsn): boolean => lastTsn === undefined || !isAfter(firstTsn, lastTsn);
    const isAffected = (streamId: number): boolean => streamIds.length === 0 || streamIds.includes(streamId);
    for (const [tsn, delivery] of this.#deliveries) {
      if (!isAffected(delivery.stream.streamId) || !isOld(delivery.firstTsn)) continue;
      this.#abandon(tsn, delivery);
      this.#tail ??= tsn;
    }
    const isUnsure = lastTsn !== undefined && this.#skippedUpTo !== undefined && isAfter(this.#skippedUpTo, lastTsn);
    const affected = streamIds.length === 0 ? this.#streams.values() : streamIds.map((id) => this.#streams.get(id));
    for (const stream of affected) {
      if (stream === undefined) continue;
      this.#deliverStranded(stream, ({ firstTsn }) => isOld(firstTsn));
      stream.nextSsn = ssn(0);
      this.#deliverFollowing(stream);
      if (!isUnsure || stream.nextSsn !== 0) continue;
      this.#doubts.add(stream);
      for (const { number, firstTsn } of stream.waiting?.values() ?? [])
        this.#doubts.noteWaiting(stream, number, firstTsn);
    }
  }

  restart(): void {
    this.#streams.clear();
    this.#runs.clear();
    this.#deliveries.clear();
    this.#doubts.clear();
    this.#cuts.clear();
    this.#skippedUpTo = undefined;
    this.#tail = undefined;
    this.#givenUpTo = undefined;
    this.#queue.releaseIncomplete();
  }

  #handle(tsn: Tsn, fragment: Fragment, isShared: boolean): string | undefined {
    const { beginning, ending } = fragment;
    if (this.#deliveries.size === 0) {
      const run = this.#runs.goOn(tsn, fragment);
      if (run !== undefined) return this.#handleRun(run, fragment);
    } else {
      const delivery = this.#deliveries.get(tsn);
      if (delivery !== undefined && this.#isOf(delivery, fragment) && !beginning)
        return this.#continue(delivery, tsn, fragment);
      if (delivery !== undefined && !this.#cutShort(tsn, delivery)) return misfit;
    }
    // Neighbours must agree on where a message ends: a piece with the E bit is followed by one with the B bit, and nothing else is.
    if (!beginning && tsn === this.#tail) return this.#handleTail(tsn, fragment);
    if (beginning) {
      const open = this.#runs.length === 0 ? undefined : this.#runs.openBefore(tsn);
      if (open !== undefined) {
        if (this.#isGivenUp(open.firstTsn)) this.#giveUp(open);
        else if (this.#peerGivesUp) this.#cuts.add(tsn);
        else return misfit;
      }
    } else if (!this.#runs.fitsBefore(tsn, fragment)) return misfit;
    if ((!ending || this.#runs.length > 0) && !this.#runs.fitsAfter(tsn, fragment)) {
      if (!this.#isCutBehind(tsn, fragment)) return misfit;
      this.#cuts.add(plus(tsn, 1));
    }
    if (!beginning || !ending) return this.#handlePiece(tsn, fragment);
    const message = toMessage(fragment, fragment.payload);
    if (fragment.unordered) {
      // §6.6: "bypasses the ordering mechanism and immediately deliver the data to the upper layer". §3.3.1: "MUST be dispatched to
      // the upper layer by the receiver without any attempt to reorder."
      this.#queue.push(message);
      return undefined;
    }
    const stream = this.#stream(fragment.streamId);
    const number = fragment.messageId as Ssn;
    if (stream.partial?.has(number) || stream.delivery?.number === number) return 'two messages with one SSN';
    return this.#handleOrdered(stream, { message, number, firstTsn: tsn, fragmentCount: 1 }, isShared);
  }

  #deliveryAt(tsn: Tsn, fragment: Fragment): Delivery | undefined {
    if (this.#deliveries.size === 0) return undefined;
    const delivery = this.#deliveries.get(tsn);
    return delivery !== undefined && this.#isOf(delivery, fragment) ? delivery : undefined;
  }

  #isOf({ message: { streamId, unordered }, number }: Delivery, fragment: Fragment): boolean {
    return isOfOneMessage({ streamId, unordered, messageId: number }, fragment);
  }

  /** §6.9: "dispatch part of its inbound message through a partial delivery API", if its beginning is large enough. */
  #deliverBeginning(stream: IncomingStream, run: Run, least: number): void {
    if (run.bytes < least) return;
    this.#remove(run);
    const { firstTsn, fragments } = run;
    const message = this.#queue.begin(fragments);
    const delivery = { message, stream, number: ssn(fragments[0]!.messageId), firstTsn };
    if (!message.unordered) {
      stream.delivery = delivery;
      this.#doubts.delete(stream);
    }
    this.#deliveries.set(endOf(run), delivery);
  }

  /** The fragment that a message in delivery waits for, and what was held behind it. */
  #continue(delivery: Delivery, tsn: Tsn, fragment: Fragment): string | undefined {
    if (!this.#runs.fitsAfter(tsn, fragment)) {
      if (!this.#isCutBehind(tsn, fragment)) return misfit;
      this.#queue.release(fragment.payload.length);
      this.#cutShort(tsn, delivery);
      return undefined;
    }
    const { message, stream, number } = delivery;
    this.#deliveries.delete(tsn);
    this.#queue.append(message, fragment.payload);
    let last = fragment;
    let nextTsn = plus(tsn, 1);
    const following = fragment.ending ? undefined : this.#runs.from(nextTsn);
    if (following !== undefined) {
      this.#remove(following);
      for (last of following.fragments) this.#queue.append(message, last.payload);
      nextTsn = endOf(following);
    }
    if (!last.ending) {
      this.#deliveries.set(nextTsn, delivery);
      return undefined;
    }
    this.#queue.complete(message);
    if (!message.unordered) {
      if (stream.partial?.has(number)) return 'two messages with one SSN';
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

  /** Something else follows a message in delivery: its rest got no TSN before it was given up, if it was. */
  #cutShort(tsn: Tsn, delivery: Delivery): boolean {
    if (!this.#peerGivesUp && !this.#isGivenUp(delivery.firstTsn)) return false;
    this.#abandon(tsn, delivery);
    if (!delivery.message.unordered) this.#skipTo(delivery.stream, delivery.number);
    return true;
  }

  /** As `#cutShort`, of a message that is only held. */
  #giveUp(run: Run): void {
    const { streamId, unordered, messageId } = run.fragments[0]!;
    this.#drop(run);
    if (!unordered) this.#skipTo(this.#stream(streamId), ssn(messageId));
  }

  /**
   * A peer that gives up a message after some of its fragments were sent gives the others no TSN; and where all those are
   * acknowledged, no FORWARD TSN chunk tells of it. Linux does so. Then another message begins where this one should go on.
   */
  #isCutBehind(tsn: Tsn, { ending }: Fragment): boolean {
    if (!this.#peerGivesUp || ending) return false;
    const behind = this.#runs.from(plus(tsn, 1));
    return behind === undefined || behind.fragments[0]!.beginning;
  }

  #settleCuts(): void {
    for (const tsn of this.#cuts.settle(this.#isReceivedUpTo)) {
      const delivery = this.#deliveries.get(tsn);
      if (delivery !== undefined) this.#cutShort(tsn, delivery);
      const open = this.#runs.openBefore(tsn);
      if (open !== undefined) this.#giveUp(open);
    }
  }

  #isGivenUp(firstTsn: Tsn): boolean {
    return this.#givenUpTo !== undefined && !isAfter(firstTsn, this.#givenUpTo);
  }

  /** A fragment that goes on with a message whose beginning was skipped, and what was held behind it. */
  #handleTail(tsn: Tsn, fragment: Fragment): string | undefined {
    if (!this.#runs.fitsAfter(tsn, fragment)) return misfit;
    this.#queue.release(fragment.payload.length);
    this.#tail = undefined;
    if (!fragment.ending) this.#dropTailFrom(plus(tsn, 1));
    return undefined;
  }

  /** Drops what is held from `tsn` on of a message whose beginning was skipped; the rest of it will be dropped as it comes. */
  #dropTailFrom(tsn: Tsn): void {
    this.#tail = tsn;
    const run = this.#runs.from(tsn);
    if (run === undefined || run.fragments[0]!.beginning) return;
    this.#drop(run);
    this.#tail = run.fragments[run.fragments.length - 1]!.ending ? undefined : endOf(run);
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
    this.#deliverStranded(stream, ({ number }) => ssnDistance(number, last) <= 0);
    stream.nextSsn = nextSsn(last);
    this.#doubts.delete(stream);
    this.#deliverFollowing(stream);
  }

  /** Delivers messages that waited for others that will not come, in the order in which they were sent. */
  #deliverStranded(stream: IncomingStream, isStranded: (waiting: WaitingMessage) => boolean): void {
    if (stream.waiting === undefined || stream.waiting.size === 0) return;
    const stranded = [...stream.waiting.values()].filter(isStranded);
    stranded.sort((a, b) => distance(a.firstTsn, b.firstTsn));
    for (const { number, message } of stranded) {
      stream.waiting.delete(number);
      this.#queue.push(message);
    }
  }

  /** Streams whose first messages since a reset were skipped go on with the first that is there. */
  #settle(): void {
    for (const [stream, number] of this.#doubts.settle(this.#isReceivedUpTo)) {
      stream.nextSsn = ssn(number);
      this.#deliverFollowing(stream);
    }
  }

  #handlePiece(tsn: Tsn, fragment: Fragment): string | undefined {
    const { streamId, unordered } = fragment;
    const stream = this.#stream(streamId);
    // §3.3.1: "the receiver MUST ignore the Stream Sequence Number field" of an unordered one.
    const number = fragment.messageId as Ssn;
    if (!unordered && stream.waiting?.has(number)) return 'a fragment of a message that is complete';
    // §6.9: "MUST recognize fragmented DATA chunks by examining the B/E bits […] and queue the fragmented DATA chunks
    // for reassembly."
    const { length } = this.#runs;
    // §6: "an endpoint MUST properly receive and process bundled or fragmented data." §6.9: "it MUST support reassembly
    // when receiving DATA chunks."
    const run = this.#runs.add(tsn, fragment);
    const change = this.#runs.length - length;
    if (!unordered && (change !== 0 || fragment.beginning)) this.#noteRun(stream, number, run, change);
    return this.#handleRun(run, fragment);
  }

  /** A run has got one more fragment, and may be all of its message now. */
  #handleRun(run: Run, { streamId, unordered, messageId }: Fragment): string | undefined {
    const isWhole = isComplete(run);
    if (!isWhole && !this.#queue.deliversPartly) return undefined;
    const stream = this.#stream(streamId);
    const number = messageId as Ssn;
    if (!isWhole) {
      const isNext = unordered || (number === stream.nextSsn && stream.delivery === undefined);
      if (isNext) this.#deliverPartOf(stream, run);
      return undefined;
    }
    this.#remove(run);
    const { firstTsn, fragments } = run;
    if (!unordered && stream.partial?.has(number)) return 'two messages with one SSN';
    const message = this.#join(fragments);
    if (!unordered) return this.#handleOrdered(stream, { message, number, firstTsn, fragmentCount: fragments.length });
    this.#queue.push(message);
    return undefined;
  }

  /** The beginning of a message may be delivered: it may be enough now. */
  #deliverPartOf(stream: IncomingStream, run: Run): void {
    if (!this.#queue.deliversPartly || !run.fragments[0]!.beginning) return;
    const point = this.#queue.pointOf(stream.streamId);
    if (point < Number.POSITIVE_INFINITY) this.#deliverBeginning(stream, run, point);
  }

  /** §6.6: "MUST deliver DATA chunks […] according to the order of their Stream Sequence Number". */
  #handleOrdered(stream: IncomingStream, arrived: WaitingMessage, isShared = false): string | undefined {
    const { number } = arrived;
    if (number !== stream.nextSsn) {
      // §6.6: "the endpoint MUST hold the received DATA chunks from delivery to the ULP until they are reordered."
      stream.waiting ??= new Map();
      const { size } = stream.waiting;
      const waiting = isShared ? { ...arrived, message: withOwnMemory(arrived.message) } : arrived;
      stream.waiting.set(number, waiting);
      if (this.#doubts.has(stream)) this.#doubts.noteWaiting(stream, number, waiting.firstTsn);
      return stream.waiting.size === size ? 'two messages with one SSN' : undefined;
    }
    this.#doubts.delete(stream);
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
    const next = stream.partial?.get(stream.nextSsn)?.beginning;
    if (next !== undefined) this.#deliverPartOf(stream, next);
  }

  /** There are `change` more runs of a message, and `run` is one of them. */
  #noteRun(stream: IncomingStream, number: Ssn, run: Run, change: number): void {
    stream.partial ??= new Map();
    const beginning = run.fragments[0]!.beginning ? run : undefined;
    const known = stream.partial.get(number);
    if (known === undefined) {
      stream.partial.set(number, { runCount: change, beginning });
      return;
    }
    known.runCount += change;
    known.beginning = beginning ?? known.beginning;
  }

  #remove(run: Run): void {
    this.#runs.remove(run);
    this.#forget(run);
  }

  /** A run was taken out. */
  #forget(run: Run): void {
    const { streamId, unordered, messageId } = run.fragments[0]!;
    if (unordered) return;
    const { partial } = this.#stream(streamId);
    const known = partial!.get(messageId as Ssn)!;
    known.runCount--;
    if (known.beginning === run) known.beginning = undefined;
    if (known.runCount === 0) partial!.delete(messageId as Ssn);
  }

  #drop(run: Run): void {
    this.#remove(run);
    this.#release(run.fragments);
  }

  /** As `#drop`, of one that was taken out already. */
  #dropTaken(run: Run): void {
    this.#forget(run);
    this.#release(run.fragments);
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
      stream = createStream(streamId);
      this.#streams.set(streamId, stream);
    }
    return stream;
  }
}
