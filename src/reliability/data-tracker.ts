import { TsnRanges } from '../base/ranges.ts';
import { distance, isAfter, next, plus, previous, type Tsn } from '../base/serial.ts';
import { type Instant, Timer } from '../base/time.ts';
import type { GapAckBlock, SackChunk } from '../chunks/index.ts';

/** A gap ack block's offsets have 16 bits (RFC 9260 §3.3.4): what is further ahead could never be reported. */
export const tsnWindow = 0xffff;

/** More duplicates than this say nothing new about the network. */
const maxDuplicatesReported = 20;

const none: readonly never[] = [];

/** A reset of the association moves TSNs by 2^31 (RFC 6525 §5.2.4 G1): an old FORWARD TSN chunk that comes late seems so far ahead. */
const mostSkippedAfterRestart = 0x3fff_ffff;

export interface DataTrackerOptions {
  readonly sackDelayMs: number;
  /** Packets with DATA after which a SACK is sent at once. RFC 9260 §6.2: "at least every second packet". */
  readonly sackFrequency: number;
}

export type TsnVerdict = 'new' | 'duplicate' | 'beyond the window';

/** The TSNs received from the peer, and when a SACK is due (RFC 9260 §6.2, §6.7). */
export class DataTracker {
  readonly #options: DataTrackerOptions;
  readonly #received = new TsnRanges();
  #duplicates: Tsn[] = [];
  readonly #sackDelay = new Timer();
  #cumulativeTsn: Tsn;
  /** How far ahead a FORWARD TSN chunk may point: by half of all TSNs, what is ahead could as well be behind. */
  #mostSkipped = 0x7fff_ffff;
  /** Whether the peer may have begun its TSNs anew without our knowing: what is far ahead could be of the new ones then. */
  mayBeginAnew = false;
  #packetsUnacknowledged = 0;
  #hasReceivedData = false;
  #isSackDue = false;
  /** What the packet in hand has brought so far. */
  #sawNew = false;
  #sawDuplicate = false;
  #sawDropped = false;
  #sawFilling = false;
  #wantsSackNow = false;

  constructor(initialTsn: Tsn, options: DataTrackerOptions) {
    this.#cumulativeTsn = previous(initialTsn);
    this.#options = options;
  }

  /** "the latest sequential TSN (of a valid DATA chunk) it has received". */
  get cumulativeTsn(): Tsn {
    return this.#cumulativeTsn;
  }

  get highestTsn(): Tsn {
    return this.#received.last ?? this.#cumulativeTsn;
  }

  get hasGaps(): boolean {
    return !this.#received.isEmpty;
  }

  /** Whether a packet with DATA was read to its end. */
  get hasReceivedData(): boolean {
    return this.#hasReceivedData;
  }

  get hasDuplicates(): boolean {
    return this.#duplicates.length > 0;
  }

  /** Whether a SACK is to be sent now. */
  get isSackDue(): boolean {
    return this.#isSackDue;
  }

  /** Whether there is anything that a SACK bundled with outgoing DATA would tell (§6.1). */
  get hasNews(): boolean {
    return this.#isSackDue || this.#packetsUnacknowledged > 0;
  }

  get nextTimeout(): Instant {
    return this.#sackDelay.deadline;
  }

  /** Whether `tsn` was received, or skipped. */
  has(tsn: Tsn): boolean {
    return distance(tsn, this.#cumulativeTsn) <= 0 || this.#received.has(tsn);
  }

  /** What `tsn` is, before anything is recorded. */
  classify(tsn: Tsn): TsnVerdict {
    const ahead = distance(tsn, this.#cumulativeTsn);
    if (ahead <= 0) return 'duplicate';
    if (ahead > tsnWindow) return 'beyond the window';
    return this.#received.isEmpty || !this.#received.has(tsn) ? 'new' : 'duplicate';
  }

  /** Records a DATA chunk that was accepted. */
  handleNew(tsn: Tsn, immediateAck: boolean): void {
    this.#sawNew = true;
    if (immediateAck) this.#wantsSackNow = true;
    if (tsn !== next(this.#cumulativeTsn)) {
      this.#received.add(tsn);
      return;
    }
    this.#cumulativeTsn = tsn;
    if (this.#received.isEmpty || this.#received.start(0) !== next(tsn)) return;
    this.#sawFilling = true;
    this.#cumulativeTsn = this.#received.end(0);
    this.#received.removeUpTo(this.#cumulativeTsn);
  }

  /**
   * FORWARD TSN. RFC 3758 §3.6: "MUST first update its cumulative TSN point to the value carried in the FORWARD TSN chunk, and
   * then MUST further advance its cumulative TSN point locally". Returns whether it was news; for one that is not, "The
   * receiver SHOULD send a SACK to its peer".
   */
  handleForwardTsn(newCumulativeTsn: Tsn): boolean {
    const ahead = distance(newCumulativeTsn, this.#cumulativeTsn);
    // RFC 3758 §3.6: "the data receiver MUST treat this FORWARD TSN as out-of-date and MUST NOT update its Cumulative TSN."
    if (ahead <= 0 || ahead > (this.mayBeginAnew ? tsnWindow : this.#mostSkipped)) {
      this.handleDropped();
      return false;
    }
    // RFC 3758 §3.6: "the receiver MUST follow the same rules as if a DATA chunk had been received".
    this.#sawNew = true;
    this.#cumulativeTsn = newCumulativeTsn;
    // RFC 3758 §3.6: "MUST stop reporting any missing TSNs earlier than or equal to the new cumulative TSN point."
    this.#received.removeUpTo(newCumulativeTsn);
    if (!this.#received.isEmpty && this.#received.start(0) === next(newCumulativeTsn)) {
      this.#sawFilling = true;
      this.#cumulativeTsn = this.#received.end(0);
      this.#received.removeUpTo(this.#cumulativeTsn);
    }
    return true;
  }

  handleDuplicate(tsn: Tsn): void {
    this.#sawDuplicate = true;
    if (this.#duplicates.length < maxDuplicatesReported) this.#duplicates.push(tsn);
  }

  /** A DATA chunk found no room. §6.2: "the receiver MUST immediately send back a SACK chunk". */
  handleDropped(): void {
    // §6.2: "The dropped DATA chunk(s) MUST NOT be included in the SACK chunk, as they were not accepted."
    this.#sawDropped = true;
  }

  /** A DATA chunk beyond the cumulative TSN was dropped after all (§6.2): it is no longer reported, and may come again. */
  handleReneged(tsn: Tsn): void {
    // §6.2: "MUST NOT include them in Gap Ack Blocks in subsequent SACK chunks until they are received again".
    // "dropping data that has been acked in Gap Ack Blocks can result in suboptimal retransmission": no other way is
    // left then.
    this.#received.remove(tsn);
  }

  /** As `handleReneged`, of all that is beyond the cumulative TSN. */
  renegeOnAll(): void {
    this.#received.clear();
  }

  /** All chunks of one packet have been recorded: decides whether their SACK may wait. */
  handleEndOfPacket(now: Instant): void {
    if (!this.#sawNew && !this.#sawDuplicate && !this.#sawDropped) return;
    // §6.2: "MUST always acknowledge the reception of each valid DATA chunk"; "an acknowledgement SHOULD be generated
    // for at least every second packet"; "guidelines on the delayed acknowledgement algorithm […] SHOULD be followed."
    // §5.1: "Subsequent acknowledgements SHOULD be done as described in Section 6.2."
    this.#packetsUnacknowledged++;
    if (
      // §5.1: "After the reception of the first DATA chunk in an association, the endpoint MUST immediately respond"
      // §5.1.5 6: "Immediately acknowledge any DATA chunk bundled with the COOKIE ECHO chunk with a SACK chunk".
      !this.#hasReceivedData ||
      // §6.2: "the receiver SHOULD NOT delay the sending of the corresponding SACK chunk" (I bit). RFC 7053 §5.2: "the
      // receiver SHOULD immediately respond". RFC 8260 §2.1: "the receiver SHOULD NOT delay the sending of the corresponding
      // SACK chunk."
      this.#wantsSackNow ||
      this.#sawDropped ||
      // §6.2: "When a packet arrives with duplicate DATA chunk(s) and with no new DATA chunk(s), the endpoint MUST
      // immediately send a SACK chunk with no delay", and MAY with new ones.
      this.#sawDuplicate ||
      // §6.7: "If the endpoint detects a gap […] it SHOULD send a SACK chunk with Gap Ack Blocks immediately."
      // §7.2.4: "it SHOULD start sending a SACK chunk back every time a packet arrives carrying data until the hole is
      // filled."
      this.hasGaps ||
      // RFC 5681 §4.2, to which §6.2 refers: "SHOULD send an immediate ACK when the incoming segment fills in all or
      // part of a gap"
      this.#sawFilling ||
      this.#packetsUnacknowledged >= this.#options.sackFrequency
    ) {
      this.requestSack();
    } else {
      this.#sackDelay.startIfStopped(now, this.#options.sackDelayMs);
    }
    this.#hasReceivedData = true;
    this.#sawNew = false;
    this.#sawDuplicate = false;
    this.#sawDropped = false;
    this.#sawFilling = false;
    this.#wantsSackNow = false;
  }

  /** TSNs begin anew at `nextTsn` (RFC 6525 §5.2.4). */
  restartAt(nextTsn: Tsn): void {
    this.#mostSkipped = mostSkippedAfterRestart;
    this.#cumulativeTsn = previous(nextTsn);
    this.#received.clear();
    this.handleAcknowledged();
  }

  requestSack(): void {
    // §6.2: "MUST NOT generate more than one SACK chunk for every incoming packet"; "MUST NOT be more aggressive in
    // sending SACK chunks".
    this.#isSackDue = true;
    this.#sackDelay.stop();
  }

  handleTimeout(now: Instant): void {
    if (this.#sackDelay.expire(now)) this.#isSackDue = true;
  }

  /** The SACK of this moment in at most `maxLength` bytes; taking it settles what was due. */
  takeSack(aRwnd: number, maxLength: number): SackChunk {
    // §6.2: "The duplicate TSN number(s) SHOULD be reported in the SACK chunk as duplicate."
    const duplicateTsns = this.#duplicates;
    const room = Math.floor((maxLength - 16) / 4);
    // §6.7: "This single SACK chunk MUST report the Gap Ack Blocks from the lowest to highest TSNs": they go first,
    // duplicates get what is left.
    // §6.2: "MUST report as many Gap Ack Blocks as can fit in a single SACK chunk". §6.7: "the endpoint MUST send only
    // one SACK chunk."
    const gapAckBlocks = this.#gapAckBlocks(room);
    const roomForDuplicates = Math.max(0, room - gapAckBlocks.length);
    if (duplicateTsns.length > roomForDuplicates) duplicateTsns.length = roomForDuplicates;
    this.handleAcknowledged();
    return { kind: 'SACK', cumulativeTsnAck: this.#cumulativeTsn, aRwnd, gapAckBlocks, duplicateTsns };
  }

  /** Everything has been acknowledged by other means: a SHUTDOWN chunk's Cumulative TSN Ack. */
  handleAcknowledged(): void {
    if (this.#duplicates.length > 0) this.#duplicates = [];
    this.#packetsUnacknowledged = 0;
    this.#isSackDue = false;
    this.#sackDelay.stop();
  }

  #gapAckBlocks(room: number): readonly GapAckBlock[] {
    const count = Math.min(this.#received.length, room);
    if (count <= 0) return none;
    // §3.3.4: "The Gap Ack Blocks SHOULD be isolated."
    const blocks = [this.#gapAckBlock(0)];
    for (let i = 1; i < count; i++) blocks.push(this.#gapAckBlock(i));
    return blocks;
  }

  #gapAckBlock(index: number): GapAckBlock {
    return {
      start: distance(this.#received.start(index), this.#cumulativeTsn),
      end: distance(this.#received.end(index), this.#cumulativeTsn),
    };
  }

  /** Whether `tsn` lies beyond all that was received so far. */
  isBeyondHighest(tsn: Tsn): boolean {
    return isAfter(tsn, this.highestTsn);
  }

  isNextInSequence(tsn: Tsn): boolean {
    return tsn === plus(this.#cumulativeTsn, 1);
  }
}
