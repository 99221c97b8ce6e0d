import { emptyBytes } from '../base/bytes.ts';
import { Ring } from '../base/ring.ts';
import { isAfter, mid, nextSsn, type Ssn, ssn, ssnDistance, type Tsn } from '../base/serial.ts';
import type { Instant } from '../base/time.ts';
import type { ForwardTsnChunk, IForwardTsnChunk } from '../chunks/index.ts';
import type { OutstandingChunk } from '../reliability/outstanding-chunk.ts';
import type { OutstandingData } from '../reliability/outstanding-data.ts';
import { type OutgoingFragment, type OutgoingMessage, OutgoingPiece } from '../streams/message.ts';
import type { Context } from './context.ts';
import type { Path } from './path.ts';

/** Type, length and New Cumulative TSN; an entry of FORWARD TSN, and of I-FORWARD-TSN. */
const forwardTsnHeaderLength = 8;
const forwardTsnEntryLength = 4;
const iForwardTsnEntryLength = 8;

/**
 * The sender's half of partial reliability: what is given up, and how the peer learns of it (RFC 3758 §3.5, RFC 8260 §2.3.1).
 * RFC 7496 §3: "it is REQUIRED to implement [RFC3758], if you want to implement these additional policies."
 */
export class PartialReliability {
  readonly #context: Context;
  readonly #outstanding: OutstandingData<OutgoingFragment, Path>;
  /** The point that the peer was told last, and when. */
  #lastPoint: Tsn | undefined;
  #lastSentAt: Instant = Number.NEGATIVE_INFINITY;
  #isDue = false;
  /** Whether that point may be told again: the peer has had its time to answer. */
  #mayRepeat = false;
  /** Resets of our streams, as far as what was sent before them is not acknowledged. */
  readonly #resetPoints = new Ring<ResetPoint>();

  constructor(context: Context, outstanding: OutstandingData<OutgoingFragment, Path>) {
    this.#context = context;
    this.#outstanding = outstanding;
  }

  /** Whether a FORWARD TSN chunk is to be sent now. */
  get isDue(): boolean {
    return this.#isDue;
  }

  /** Whether the peer was told of a point that it has not acknowledged. */
  get awaitsAnswer(): boolean {
    return this.#lastPoint !== undefined && isAfter(this.#lastPoint, this.#outstanding.cumulativeTsnAckPoint);
  }

  /** Gives up the message of a chunk that is to be retransmitted, if its policy says so. Returns whether it did. */
  abandonIfDue(chunk: OutstandingChunk<OutgoingFragment, Path>, now: Instant): boolean {
    const { message } = chunk.cargo;
    const { expiresAt, maxRetransmits } = message.policy;
    // RFC 3758 §4.1 TR2: "MUST treat the message just as if it were a normal reliable SCTP message, as long as the lifetime
    // has not yet expired." TR4: "Before transmitting or retransmitting a message for which a TSN is already assigned, the
    // SCTP sender MUST evaluate the lifetime"; "If the lifetime of the message is expired, the SCTP sender MUST 'abandon' the
    // message". RFC 7496 §3.1: "The sender MUST abandon a user message if the number of retransmissions of any of the DATA
    // chunks of the user message would exceed the provided limit"; the first transmission is none.
    if (now < expiresAt && chunk.transmissions <= maxRetransmits) return false;
    return this.abandon(message);
  }

  /**
   * Gives up a message of which something was sent. Returns false where the peer does not speak FORWARD TSN: then it stays
   * reliable, since nothing else can make the peer go on without it. RFC 3758 §4.1: "if SCTP has sent the first transmission
   * before the lifetime expires, then the message MUST be sent as a normal reliable message". §3.3.3: "MUST NOT transmit a
   * FORWARD TSN chunk at any time during the life of the association".
   */
  abandon(message: OutgoingMessage): boolean {
    const context = this.#context;
    if (!context.capabilities.partialReliability || message.isAbandoned) return false;
    message.isAbandoned = true;
    if (!message.isFragmented) {
      context.sendQueue.discardRest(message);
      // Its fragments so far may all be acknowledged: a TSN of its own carries the news that there will be no more.
      // The fragment that would have ended it, without its bytes.
      this.#outstanding.skip(new OutgoingPiece(message, emptyBytes, false, true), context.paths.current);
      message.lastTsn = this.#outstanding.lastTsn;
    }
    message.collect(this.payloadsOf(message));
    // Of a message in pieces more TSNs may be acknowledged than serial arithmetic can look back.
    const { cumulativeTsnAckPoint } = this.#outstanding;
    const firstTsn = message.pieces === undefined ? message.firstTsn! : cumulativeTsnAckPoint;
    this.#outstanding.abandon(firstTsn, message.lastTsn!, (fragment) => fragment.message === message);
    context.handleAbandoned(message);
    // RFC 3758 §4.3 G1: "the sender side MUST mark that TSN as eligible for forward TSN". §3.5 F3: "Any delay applied to the
    // sending of FORWARD TSN chunk SHOULD NOT exceed 200ms and MUST NOT exceed 500ms": there is none.
    this.#isDue = true;
    return true;
  }

  /** What the peer has not cumulatively acknowledged of a message in pieces. */
  payloadsOf(message: OutgoingMessage): Uint8Array[] {
    const payloads: Uint8Array[] = [];
    if (message.pieces === undefined) return payloads;
    for (const { cargo } of this.#outstanding.chunks) if (cargo.message === message) payloads.push(cargo.payload);
    return payloads;
  }

  /**
   * RFC 7496 §3.2: a message of `priority` finds the send buffer full. Messages of lower priority (a higher number) are
   * given up, the lowest first and the latest of them first, until `bytes` are free; none if all of them are not enough.
   */
  makeRoom(bytes: number, priority: number): void {
    const { sendQueue, capabilities } = this.#context;
    const candidates = new Set<OutgoingMessage>();
    const consider = (message: OutgoingMessage): void => {
      const mayBeGivenUp = message.fragmented === 0 || (capabilities.partialReliability && !isThere(message));
      if (mayBeGivenUp && (message.policy.priority ?? -1) > priority) candidates.add(message);
    };
    for (const stream of sendQueue.streams) for (const message of stream.messages) consider(message);
    for (const { cargo, isAbandoned } of this.#outstanding.chunks) if (!isAbandoned) consider(cargo.message);
    const inOrder = [...candidates].sort((a, b) => b.policy.priority! - a.policy.priority! || b.arrival - a.arrival);
    const chosen = new Set<OutgoingMessage>();
    let freed = 0;
    for (const message of inOrder) {
      if (freed >= bytes) break;
      chosen.add(message);
      freed += message.length - message.acknowledged;
    }
    // What does not make enough room is given up for nothing.
    if (freed < bytes) return;
    sendQueue.dropUnsent((message) => chosen.has(message));
    for (const message of chosen) if (message.fragmented > 0) this.abandon(message);
  }

  /**
   * RFC 3758 §3.5 A4: "The data sender MUST then perform the following additional steps". C3: "If […] the
   * 'Advanced.Peer.Ack.Point' is greater than the Cumulative TSN ACK carried in the received SACK, the data sender MUST send
   * the data receiver a FORWARD TSN chunk".
   */
  handleSack(srttMs: number, now: Instant): void {
    if (!this.#outstanding.hasSkippable) return;
    // "may wish to limit the number of duplicate FORWARD TSN chunks it sends by […] waiting a full RTT before sending a
    // duplicate" (F2): two sides that answer each other at once would never stop.
    const { cumulativeTsnAckPoint } = this.#outstanding;
    const isNews = this.#lastPoint === undefined || !isAfter(this.#lastPoint, cumulativeTsnAckPoint);
    if (isNews || now - this.#lastSentAt >= srttMs) this.#repeat();
  }

  /**
   * RFC 3758 §3.5 A5: "Any time the T3-rtx timer expires, on any destination, the sender SHOULD try to advance the
   * 'Advanced.Peer.Ack.Point'".
   */
  handleTimeout(): void {
    if (this.#outstanding.hasSkippable) this.#repeat();
  }

  #repeat(): void {
    this.#isDue = true;
    this.#mayRepeat = true;
  }

  /**
   * Streams (none means all) are to be reset behind the TSN that was assigned last (RFC 6525 §5.1.2). A FORWARD TSN chunk that names
   * one of them does not reach from before that TSN to behind it: to a peer that has reset them already, the old number would be a
   * new one.
   */
  handleStreamReset(streamIds: readonly number[]): void {
    if (this.#outstanding.isEmpty) return;
    this.#resetPoints.push({ lastTsn: this.#outstanding.lastTsn, streamIds: new Set(streamIds) });
  }

  /** TSNs begin anew: the association was reset, and nothing is outstanding. */
  restart(): void {
    this.#lastPoint = undefined;
    this.#isDue = false;
    this.#resetPoints.clear();
  }

  /**
   * The chunk that is due, in at most `maxLength` bytes; undefined when the peer has caught up meanwhile. RFC 3758 §3.5 F1:
   * "An endpoint MUST NOT use the FORWARD TSN for any purposes other than circumstances described in this document."
   */
  take(maxLength: number, now: Instant): ForwardTsnChunk | IForwardTsnChunk | undefined {
    this.#isDue = false;
    // RFC 8260 §2: "it is REQUIRED to implement the corresponding changes specified in Section 2.3."
    // §2.3.1: "the new I-FORWARD-TSN chunk MUST be used instead of the FORWARD-TSN chunk."; "The FORWARD-TSN chunk MUST
    // be used in combination with the DATA chunk and MUST NOT be used in combination with the I-DATA chunk."; "The I-FORWARD-TSN
    // chunk MUST be used in combination with the I-DATA chunk and MUST NOT be used in combination with the DATA chunk."
    const { interleaving } = this.#context.capabilities;
    const chunk = interleaving ? this.#iForwardTsn(maxLength) : this.#forwardTsn(maxLength);
    const { newCumulativeTsn } = chunk;
    if (!isAfter(newCumulativeTsn, this.#outstanding.cumulativeTsnAckPoint)) return undefined;
    // What was given up meanwhile may lie behind what was not: then there is no news (F2). Nor is there twice in one instant.
    const isTold = newCumulativeTsn === this.#lastPoint && (!this.#mayRepeat || now === this.#lastSentAt);
    this.#mayRepeat = false;
    if (isTold) return undefined;
    this.#lastPoint = newCumulativeTsn;
    this.#lastSentAt = now;
    return chunk;
  }

  /** RFC 3758 §3.5 C4: "Each stream SHOULD only be reported once", with "the highest abandoned stream sequence number". */
  #forwardTsn(maxLength: number): ForwardTsnChunk {
    const streams = new Map<number, { readonly first: Ssn; last: Ssn }>();
    const capacity = Math.floor((maxLength - forwardTsnHeaderLength) / forwardTsnEntryLength);
    const newCumulativeTsn = this.#advance(streams, ({ streamId, unordered, messageId }) => {
      // RFC 3758 §3.5 C4: "MUST determine if the chunk has a valid stream and sequence number (i.e., it was ordered)." §3.2:
      // "This field MUST NOT report TSN's corresponding to DATA chunks that are marked as unordered."
      if (unordered) return true;
      // §3.5 C4: "the sender MUST include the stream and sequence number in the FORWARD TSN".
      const known = streams.get(streamId);
      const number = ssn(messageId);
      if (known === undefined && streams.size === capacity) return false;
      // Further ahead than half of the numbers, the receiver could not tell it from one that is behind.
      if (known !== undefined && ssnDistance(nextSsn(number), known.first) < 0) return false;
      if (known === undefined) streams.set(streamId, { first: number, last: number });
      else known.last = number;
      return true;
    });
    const entries = Array.from(streams, ([streamId, { last }]) => ({ streamId, ssn: last }));
    return { kind: 'FORWARD-TSN', newCumulativeTsn, streams: entries };
  }

  #iForwardTsn(maxLength: number): IForwardTsnChunk {
    // Ordered and unordered messages of a stream are two entries, the latter under a negative key.
    const streams = new Map<number, { streamId: number; unordered: boolean; mid: ReturnType<typeof mid> }>();
    const capacity = Math.floor((maxLength - forwardTsnHeaderLength) / iForwardTsnEntryLength);
    const newCumulativeTsn = this.#advance(streams, ({ streamId, unordered, messageId }) => {
      const key = unordered ? ~streamId : streamId;
      const known = streams.get(key);
      if (known === undefined && streams.size === capacity) return false;
      if (known === undefined || isAfter(mid(messageId), known.mid)) {
        streams.set(key, { streamId, unordered, mid: mid(messageId) });
      }
      return true;
    });
    return { kind: 'I-FORWARD-TSN', newCumulativeTsn, streams: [...streams.values()] };
  }

  /**
   * Moves the point up as long as `visit` takes what was given up, and stops between messages: of DATA none is cut in two, of
   * I-DATA none where it can be helped. `named` are the streams that `visit` has taken numbers of.
   */
  #advance(named: ReadonlyMap<number, unknown>, visit: (fragment: OutgoingFragment) => boolean): Tsn {
    const resets = this.#openResets();
    const crosses = ({ streamIds }: ResetPoint): boolean => {
      if (named.size === 0) return false;
      if (streamIds.size === 0) return true;
      for (const key of named.keys()) if (streamIds.has(key < 0 ? ~key : key)) return true;
      return false;
    };
    let passed = 0;
    let current: OutgoingMessage | undefined;
    return this.#outstanding.advancePeerAckPoint((fragment, tsn) => {
      for (; passed < resets.length && isAfter(tsn, resets[passed]!.lastTsn); passed++) {
        if (crosses(resets[passed]!)) return false;
      }
      const { message } = fragment;
      if (message !== current) {
        for (let i = passed; i < resets.length && isAfter(message.lastTsn!, resets[i]!.lastTsn); i++) {
          if (crosses(resets[i]!)) return false;
        }
        current = message;
      }
      return visit(fragment);
    });
  }

  /** The resets in the way of the point, in the order of their TSNs. */
  #openResets(): ResetPoint[] {
    const points = this.#resetPoints;
    const { cumulativeTsnAckPoint } = this.#outstanding;
    for (
      let next = points.peek();
      next !== undefined && !isAfter(next.lastTsn, cumulativeTsnAckPoint);
      next = points.peek()
    ) {
      points.shift();
    }
    return [...points];
  }
}

/** A reset of our streams, and the last TSN before it. */
interface ResetPoint {
  readonly lastTsn: Tsn;
  /** None means all. */
  readonly streamIds: ReadonlySet<number>;
}

/** Whether the peer has all of the message, perhaps behind a hole. */
function isThere(message: OutgoingMessage): boolean {
  return message.isEnded && message.acknowledged === message.length;
}
