import { concatBytes } from '../base/bytes.ts';
import { LazyMap } from '../base/lazy-map.ts';
import { distance, type Fsn, fsn, isAfter, isBefore, type Mid, mid, next, previous, type Tsn } from '../base/serial.ts';
import type { Fragment } from '../chunks/index.ts';
import { Cuts } from './cuts.ts';
import { Doubts } from './doubts.ts';
import {
  type Assembly,
  earliest,
  forgetBeginning,
  isBehind,
  isComplete,
  renumber,
  type Sequence,
  tsnsOf,
  type WaitingMessage,
} from './i-data-sequence.ts';
import { type Message, toMessage } from './message.ts';
import type { PartialMessage } from './partial-message.ts';
import type { Reassembly, Skipped } from './reassembly.ts';
import { type ReceiveQueue, withOwnMemory } from './receive-queue.ts';

/**
 * Reassembly and ordering of I-DATA chunks (RFC 8260 §2.2.3): "use the SID to identify the stream, consider the U bit
 * […], find the user message identified by the MID, and use the FSN for reassembly of the message and not the TSN". "The
 * receiver MUST NOT make any assumption about the TSN assignments of the sender."
 */
export class IDataReassembly implements Reassembly {
  readonly #queue: ReceiveQueue;
  /** By stream and U bit: see `keyOf`. */
  readonly #sequences = new LazyMap<number, Sequence>();
  /** Linux 6.1 numbers the second fragment of a message 0, not 1. Its first such fragment gives it away. */
  #countsFsnFromSecond: boolean;
  /** Whether its numbers have shown how it counts; and the messages that cannot be delivered in part before. */
  #knowsNumbering: boolean;
  readonly #undecided = new LazyMap<
    Assembly,
    { readonly sequence: Sequence; readonly number: Mid; readonly tsn: Tsn }
  >();
  /** The lowest TSN of these: once all before it has been received, it is known. */
  #decisiveTsn: Tsn | undefined;
  readonly #isReceivedUpTo: (tsn: Tsn) => boolean;
  /** The point of the latest I-FORWARD-TSN chunk that was news. */
  #skippedUpTo: Tsn | undefined;
  readonly #doubts = new Doubts<Sequence>();
  /** Second fragments, numbered as Linux does, that came before the first ones: those go right before them there. */
  readonly #headless = new LazyMap<Tsn, { readonly sequence: Sequence; readonly number: Mid }>();
  readonly #headlessTsns = new Cuts();
  mayBeginAnew = false;

  /**
   * `isReceivedUpTo` tells whether a TSN and all before it have been received. `numbering` is how the peer numbers fragments; where that
   * is not known, its fragments will tell.
   */
  constructor(
    queue: ReceiveQueue,
    isReceivedUpTo: (tsn: Tsn) => boolean = () => true,
    numbering?: 'RFC 8260' | 'Linux',
  ) {
    this.#queue = queue;
    this.#isReceivedUpTo = isReceivedUpTo;
    this.#countsFsnFromSecond = numbering === 'Linux';
    this.#knowsNumbering = numbering !== undefined;
  }

  get countsFsnFromSecond(): boolean {
    return this.#countsFsnFromSecond;
  }

  handleFragment(tsn: Tsn, fragment: Fragment, isShared = false): string | undefined {
    this.#queue.charge(fragment.payload.length);
    const violation = this.#handle(tsn, fragment, isShared) ?? this.#seekFirst();
    this.#decide();
    if (!this.#doubts.isEmpty) this.#settle();
    return violation;
  }

  #handle(tsn: Tsn, fragment: Fragment, isShared: boolean): string | undefined {
    const sequence = this.#sequence(fragment.streamId, fragment.unordered);
    const number = mid(fragment.messageId);
    const isWhole = fragment.beginning && fragment.ending;
    if (isBehind(sequence, number, isWhole)) {
      this.#queue.release(fragment.payload.length);
      const wasSkipped = sequence.skippedMid !== undefined && !isAfter(number, sequence.skippedMid);
      return wasSkipped || this.mayBeginAnew ? undefined : 'a fragment of a message that is complete';
    }
    if (sequence.waiting.has(number)) return 'a fragment of a message that is complete';
    if (!isWhole) return this.#handlePiece(sequence, number, tsn, fragment);
    if (sequence.partial.has(number)) return 'two messages with one MID';
    this.#handleComplete(sequence, number, toMessage(fragment, fragment.payload), [tsn], isShared);
    return undefined;
  }

  handleForwardTsn(newCumulativeTsn: Tsn, skipped: readonly Skipped[]): void {
    this.#skippedUpTo = newCumulativeTsn;
    for (const { streamId, unordered, messageId } of skipped) {
      const sequence = this.#sequence(streamId, unordered);
      const last = mid(messageId);
      this.#dropUpTo(sequence, last);
      if (!unordered) this.#skipTo(sequence, last);
    }
    this.#decide();
    if (!this.#doubts.isEmpty) this.#settle();
  }

  /** Here the MIDs tell what was given up. */
  noteGivenUp(): void {}

  resetStreams(streamIds: readonly number[], lastTsn?: Tsn): void {
    const isOld = (tsns: Iterable<Tsn>): boolean => {
      if (lastTsn === undefined) return true;
      for (const tsn of tsns) if (!isAfter(tsn, lastTsn)) return true;
      return false;
    };
    const isUnsure = lastTsn !== undefined && this.#skippedUpTo !== undefined && isAfter(this.#skippedUpTo, lastTsn);
    const wanted = new Set(streamIds);
    for (const [key, sequence] of this.#sequences) {
      if (wanted.size > 0 && !wanted.has(key >>> 1)) continue;
      for (const [number, assembly] of sequence.partial) {
        if (assembly.delivery !== undefined || isOld(tsnsOf(assembly))) this.#drop(sequence, number, assembly);
      }
      this.#deliverStranded(sequence, (_, { tsns }) => isOld(tsns));
      sequence.nextMid = mid(0);
      sequence.skippedMid = undefined;
      this.#deliverFollowing(sequence);
      if (!isUnsure || sequence.nextMid !== 0) continue;
      this.#doubts.add(sequence);
      this.#noteWaiting(sequence);
    }
  }

  isAwaited(_tsn: Tsn, { streamId, unordered, messageId, beginning, fsn: place }: Fragment): boolean {
    const sequence = this.#sequences.get(keyOf(streamId, unordered));
    const assembly = sequence?.partial.get(mid(messageId));
    if (beginning || assembly?.delivery?.isAwaited !== true) return false;
    return fsn(this.#countsFsnFromSecond ? place + 1 : place) === assembly.nextFsn;
  }

  bytesBefore(_tsn: Tsn, { streamId, unordered, messageId }: Fragment): number {
    let bytes = 0;
    const assembly = this.#sequences.get(keyOf(streamId, unordered))?.partial.get(mid(messageId));
    for (const { fragment } of assembly?.fragments.values() ?? []) bytes += fragment.payload.length;
    return bytes;
  }

  deliverPartly(isPressed: boolean): void {
    for (const sequence of this.#sequences.values()) {
      const point = this.#queue.pointOf(sequence.streamId);
      if (point === Number.POSITIVE_INFINITY) continue;
      for (const [number, assembly] of sequence.partial) {
        this.#deliverPartOf(sequence, number, assembly, isPressed ? 1 : point);
      }
    }
  }

  restart(): void {
    this.#sequences.clear();
    this.#undecided.clear();
    this.#decisiveTsn = undefined;
    this.#doubts.clear();
    this.#headless.clear();
    this.#headlessTsns.clear();
    this.#skippedUpTo = undefined;
    this.#queue.releaseIncomplete();
  }

  dropAfter(tsn: Tsn, onDropped: (tsn: Tsn) => void): void {
    this.#doubts.forgetWaiting();
    for (const sequence of this.#sequences.values()) {
      for (const [number, assembly] of sequence.partial) {
        for (const [place, { tsn: received, fragment }] of assembly.fragments) {
          if (!isAfter(received, tsn)) continue;
          assembly.fragments.delete(place);
          if (fragment.ending) assembly.lastFsn = undefined;
          this.#queue.release(fragment.payload.length);
          onDropped(received);
        }
        if (assembly.fragments.size === 0 && assembly.delivery === undefined) sequence.partial.delete(number);
        if (assembly.delivery === undefined) forgetBeginning(assembly);
      }
      for (const [number, { message, tsns }] of sequence.waiting) {
        // A message is sent again as a whole, or not at all.
        if (!tsns.every((received) => isAfter(received, tsn))) continue;
        sequence.waiting.delete(number);
        this.#queue.release(message.data.length);
        for (const received of tsns) onDropped(received);
      }
      if (this.#doubts.has(sequence)) this.#noteWaiting(sequence);
    }
  }

  #noteWaiting(sequence: Sequence): void {
    for (const [number, { tsns }] of sequence.waiting) this.#doubts.noteWaiting(sequence, number, earliest(tsns));
    for (const [number, assembly] of sequence.partial) {
      for (const tsn of tsnsOf(assembly)) this.#doubts.noteWaiting(sequence, number, tsn);
    }
  }

  #handlePiece(sequence: Sequence, number: Mid, tsn: Tsn, fragment: Fragment): string | undefined {
    let assembly = sequence.partial.get(number);
    if (assembly === undefined) {
      assembly = {
        fragments: new Map(),
        lastFsn: undefined,
        nextFsn: fsn(0),
        beginningBytes: 0,
        delivery: undefined,
      };
      sequence.partial.set(number, assembly);
    }
    const { fragments } = assembly;
    if (!fragment.beginning && fragment.fsn === 0 && !this.#countsFsnFromSecond) {
      if (this.#knowsNumbering) return 'a second fragment with FSN 0';
      this.#countFsnFromSecond();
    }
    if (!fragment.beginning && fragment.fsn === 0 && !fragments.has(fsn(0)) && assembly.delivery === undefined) {
      this.#headless.set(tsn, { sequence, number });
      this.#headlessTsns.add(tsn);
    }
    const place = this.#fsnOf(fragment);
    // Further than any message reaches; serial arithmetic would take it for one before the first.
    if (assembly.delivery === undefined && isBefore(place, fsn(0))) return 'an FSN out of reach';
    const wasDelivered = assembly.delivery !== undefined && isBefore(place, assembly.nextFsn);
    if (wasDelivered || fragments.has(place)) return 'two fragments with one FSN';
    const { lastFsn } = assembly;
    if (lastFsn !== undefined && (fragment.ending || isAfter(place, lastFsn))) return 'a fragment behind the last';
    if (fragment.ending) {
      for (const known of fragments.keys()) if (isAfter(known, place)) return 'a fragment behind the last';
      assembly.lastFsn = place;
    }
    fragments.set(place, { tsn, fragment });
    if (this.#doubts.has(sequence)) this.#doubts.noteWaiting(sequence, number, tsn);
    if (assembly.delivery !== undefined) {
      this.#continue(sequence, number, assembly, assembly.delivery);
      return undefined;
    }
    if (isComplete(assembly)) this.#completeIfSure(sequence, number, assembly);
    else if (this.#queue.deliversPartly) {
      this.#deliverPartOf(sequence, number, assembly, this.#queue.pointOf(sequence.streamId));
    }
    return undefined;
  }

  /** FSN 0 belongs to the first fragment, or as Linux numbers them to the second, right behind the first: what is neither is nothing. */
  #seekFirst(): string | undefined {
    if (this.#headlessTsns.isEmpty) return undefined;
    for (const tsn of this.#headlessTsns.settle(this.#isReceivedUpTo)) {
      const { sequence, number } = this.#headless.get(tsn)!;
      this.#headless.delete(tsn);
      const assembly = sequence.partial.get(number);
      const wasSkipped = this.#skippedUpTo !== undefined && !isAfter(tsn, next(this.#skippedUpTo));
      if (assembly === undefined || assembly.delivery !== undefined || wasSkipped || this.#doubts.has(sequence))
        continue;
      if (!assembly.fragments.has(fsn(0))) return 'FSN 0 without a first fragment before it';
    }
    return undefined;
  }

  /** With all FSNs it is whole, unless the second of its fragments is still to come, from a peer that numbers that one 0. */
  #completeIfSure(sequence: Sequence, number: Mid, assembly: Assembly): void {
    if (!this.#isSureOf(sequence, number, assembly, assembly.fragments.get(fsn(1))!.tsn)) return;
    sequence.partial.delete(number);
    this.#handleAssembled(sequence, number, assembly);
  }

  /** RFC 9260 §6.9: "dispatch part of its inbound message through a partial delivery API", if `least` bytes of it are there. */
  #deliverPartOf(sequence: Sequence, number: Mid, assembly: Assembly, least: number): void {
    if (assembly.delivery !== undefined || least === Number.POSITIVE_INFINITY) return;
    if (!sequence.unordered && number !== sequence.nextMid) return;
    const { fragments } = assembly;
    for (let piece = fragments.get(assembly.nextFsn); piece !== undefined; piece = fragments.get(assembly.nextFsn)) {
      if (!this.#isInItsPlace(sequence, number, assembly, piece.tsn)) break;
      assembly.beginningBytes += piece.fragment.payload.length;
      assembly.nextFsn = next(assembly.nextFsn);
    }
    if (assembly.beginningBytes < least) return;
    const beginning: Fragment[] = [];
    for (let n = 0; n < assembly.nextFsn; n++) {
      beginning.push(fragments.get(fsn(n))!.fragment);
      fragments.delete(fsn(n));
    }
    assembly.delivery = this.#queue.begin(beginning);
  }

  /** Delivers what has become the unbroken rest. */
  #continue(sequence: Sequence, number: Mid, assembly: Assembly, delivery: PartialMessage): void {
    const { fragments } = assembly;
    for (let piece = fragments.get(assembly.nextFsn); piece !== undefined; piece = fragments.get(assembly.nextFsn)) {
      if (!this.#isInItsPlace(sequence, number, assembly, piece.tsn)) return;
      fragments.delete(assembly.nextFsn);
      this.#queue.append(delivery, piece.fragment.payload);
      assembly.nextFsn = next(assembly.nextFsn);
      if (!piece.fragment.ending) continue;
      sequence.partial.delete(number);
      this.#queue.complete(delivery);
      if (sequence.unordered) return;
      sequence.nextMid = next(number);
      this.#deliverFollowing(sequence);
      return;
    }
  }

  /** As long as it is not known how the peer counts, the fragment after the first might be one that is still to come. */
  #isInItsPlace(sequence: Sequence, number: Mid, assembly: Assembly, tsn: Tsn): boolean {
    return assembly.nextFsn !== 1 || this.#isSureOf(sequence, number, assembly, tsn);
  }

  /** Whether what has FSN 1, or is taken for that, and came with `tsn` is the second fragment. */
  #isSureOf(sequence: Sequence, number: Mid, assembly: Assembly, tsn: Tsn): boolean {
    if (this.#knowsNumbering) return true;
    if (!this.#countsFsnFromSecond && !this.#isReceivedUpTo(tsn)) {
      this.#undecided.set(assembly, { sequence, number, tsn });
      if (this.#decisiveTsn === undefined || isBefore(tsn, this.#decisiveTsn)) this.#decisiveTsn = tsn;
      return false;
    }
    this.#knowsNumbering = true;
    return true;
  }

  /** Goes on with what had to wait, once nothing is missing before the first of it. */
  #decide(): void {
    if (this.#decisiveTsn === undefined) return;
    if (!this.#countsFsnFromSecond && !this.#isReceivedUpTo(this.#decisiveTsn)) return;
    this.#decisiveTsn = undefined;
    this.#knowsNumbering = true;
    for (const [assembly, { sequence, number }] of this.#undecided) {
      if (sequence.partial.get(number) !== assembly) continue;
      if (assembly.delivery !== undefined) this.#continue(sequence, number, assembly, assembly.delivery);
      else if (isComplete(assembly)) this.#completeIfSure(sequence, number, assembly);
      else this.#deliverPartOf(sequence, number, assembly, this.#queue.pointOf(sequence.streamId));
    }
    this.#undecided.clear();
  }

  /** Drops what there is of the messages up to a MID, and what will come of them. */
  #dropUpTo(sequence: Sequence, last: Mid): void {
    for (const [number, assembly] of sequence.partial) {
      if (!isAfter(number, last)) this.#drop(sequence, number, assembly);
    }
    if (sequence.skippedMid === undefined || isAfter(last, sequence.skippedMid)) sequence.skippedMid = last;
  }

  #drop(sequence: Sequence, number: Mid, assembly: Assembly): void {
    const { fragments, delivery } = assembly;
    sequence.partial.delete(number);
    this.#undecided.delete(assembly);
    for (const { fragment } of fragments.values()) this.#queue.release(fragment.payload.length);
    // RFC 3758 §3.6: "the message being partially delivered will NOT be completed."
    if (delivery !== undefined) this.#queue.abandon(delivery);
  }

  #handleAssembled(sequence: Sequence, number: Mid, { fragments }: Assembly): void {
    const pieces = Array.from({ length: fragments.size }, (_, n) => fragments.get(fsn(n))!);
    const data = concatBytes(pieces.map(({ fragment }) => fragment.payload));
    for (const { fragment } of pieces) this.#queue.release(fragment.payload.length);
    this.#queue.charge(data.length);
    const tsns = pieces.map(({ tsn }) => tsn);
    this.#handleComplete(sequence, number, toMessage(pieces[0]!.fragment, data), tsns);
  }

  #handleComplete(sequence: Sequence, number: Mid, message: Message, tsns: readonly Tsn[], isShared = false): void {
    if (sequence.unordered) {
      if (this.#doubts.has(sequence)) this.#doubts.noteWaiting(sequence, number, earliest(tsns));
      this.#queue.push(message);
    } else if (number === sequence.nextMid) {
      this.#doubts.delete(sequence);
      this.#queue.push(message);
      sequence.nextMid = next(number);
      this.#deliverFollowing(sequence);
    } else {
      sequence.waiting.set(number, { message: isShared ? withOwnMemory(message) : message, tsns });
      if (this.#doubts.has(sequence)) this.#doubts.noteWaiting(sequence, number, earliest(tsns));
    }
  }

  #deliverFollowing(sequence: Sequence): void {
    for (;;) {
      const following = sequence.waiting.get(sequence.nextMid);
      if (following === undefined) break;
      sequence.waiting.delete(sequence.nextMid);
      this.#queue.push(following.message);
      sequence.nextMid = next(sequence.nextMid);
    }
    const assembly = this.#queue.deliversPartly ? sequence.partial.get(sequence.nextMid) : undefined;
    if (assembly === undefined) return;
    this.#deliverPartOf(sequence, sequence.nextMid, assembly, this.#queue.pointOf(sequence.streamId));
  }

  #skipTo(sequence: Sequence, last: Mid): void {
    if (isAfter(sequence.nextMid, last)) return;
    this.#deliverStranded(sequence, (number) => !isAfter(number, last));
    sequence.nextMid = next(last);
    this.#doubts.delete(sequence);
    this.#deliverFollowing(sequence);
  }

  /** Delivers messages that waited for others that will not come. */
  #deliverStranded(sequence: Sequence, isStranded: (number: Mid, waiting: WaitingMessage) => boolean): void {
    if (sequence.waiting.size === 0) return;
    const stranded = [...sequence.waiting].filter(([number, waiting]) => isStranded(number, waiting));
    stranded.sort(([a], [b]) => distance(a, b));
    for (const [number, { message }] of stranded) {
      sequence.waiting.delete(number);
      this.#queue.push(message);
    }
  }

  /** Streams whose first messages since a reset were skipped go on with the first that is there, or behind it if its beginning is not. */
  #settle(): void {
    for (const [sequence, number] of this.#doubts.settle(this.#isReceivedUpTo)) {
      const first = mid(number);
      const { unordered, partial } = sequence;
      const assembly = partial.get(first);
      const isHeadless = assembly !== undefined && assembly.delivery === undefined && !assembly.fragments.has(fsn(0));
      if (isHeadless) this.#dropUpTo(sequence, first);
      if (unordered) continue;
      if (isHeadless) this.#skipTo(sequence, first);
      else if (isAfter(first, sequence.nextMid)) {
        this.#dropUpTo(sequence, previous(first));
        sequence.nextMid = first;
        this.#deliverFollowing(sequence);
      }
    }
  }

  /** §2.1: the first fragment has no FSN field, and stands for FSN 0. */
  #fsnOf(fragment: Fragment): Fsn {
    if (fragment.beginning) return fsn(0);
    return fsn(this.#countsFsnFromSecond ? fragment.fsn + 1 : fragment.fsn);
  }

  #countFsnFromSecond(): void {
    this.#countsFsnFromSecond = true;
    for (const { partial } of this.#sequences.values()) for (const assembly of partial.values()) renumber(assembly);
  }

  #sequence(streamId: number, unordered: boolean): Sequence {
    const key = keyOf(streamId, unordered);
    let sequence = this.#sequences.get(key);
    if (sequence === undefined) {
      sequence = {
        streamId,
        unordered,
        nextMid: mid(0),
        partial: new Map(),
        waiting: new Map(),
        skippedMid: undefined,
      };
      this.#sequences.set(key, sequence);
    }
    return sequence;
  }
}

function keyOf(streamId: number, unordered: boolean): number {
  return streamId * 2 + (unordered ? 1 : 0);
}
