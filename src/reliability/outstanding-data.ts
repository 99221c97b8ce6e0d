import { TsnRanges } from '../base/ranges.ts';
import { Ring } from '../base/ring.ts';
import { distance, isAfter, isBefore, next, plus, previous, type Tsn } from '../base/serial.ts';
import type { Instant } from '../base/time.ts';
import type { GapAckBlock, SackChunk } from '../chunks/index.ts';
import type { Destination } from './destination.ts';
import type { AcknowledgementListener, OutstandingChunk, SackOutcome } from './outstanding-chunk.ts';
import { theLost, theOutcome, theRevoked } from './sack-scratch.ts';

/** A Gap Ack Block reaches so far (RFC 9260 §3.3.4): receivers take nothing for news that is further ahead. */
const mostTsnsAhead = 0xffff;

/** RFC 9260 §7.2.4: "for a total of three missing reports". */
const missIndicationLimit = 3;

/**
 * The DATA chunks between the Cumulative TSN Ack Point and the next TSN, in a ring, with their fate: RFC 9260 §6.2.1
 * and §7.2.4. Sets of TSNs are ranges, so that a SACK costs as much as it changes, however large the window is.
 */
export class OutstandingData<Cargo, D extends Destination> {
  readonly #chunks = new Ring<OutstandingChunk<Cargo, D>>();
  readonly #listener: AcknowledgementListener<Cargo>;
  /** Acknowledged by Gap Ack Blocks. */
  readonly #gapAcked = new TsnRanges();
  /** Marked for retransmission. */
  readonly #lost = new TsnRanges();
  /** In flight and still eligible for Fast Retransmit. */
  readonly #countable = new TsnRanges();
  #nextTsn: Tsn;
  #cumulativeTsnAckPoint: Tsn;
  /** RFC 3758 §3.5 A1: "a theoretical cumulative TSN point of the peer". */
  #advancedPeerAckPoint: Tsn;
  #hasRestarted = false;
  #sendOrder = 0;
  #flightSize = 0;
  #fastRecoveryExitPoint: Tsn | undefined;
  /** The highest send order among the chunks that the current SACK acknowledged, and among all. */
  #newestAckedNow = 0;
  #newestAcked = 0;
  #highestNewlyAcked: Tsn;
  readonly #revoked = theRevoked as OutstandingChunk<Cargo, D>[];
  readonly #lostNow = theLost as OutstandingChunk<Cargo, D>[];
  readonly #outcome: SackOutcome<D> = theOutcome as SackOutcome<D>;

  constructor(initialTsn: Tsn, listener: AcknowledgementListener<Cargo>) {
    this.#nextTsn = initialTsn;
    // §5.1: "each endpoint MUST set its internal Cumulative TSN Ack Point to the value of its transmitted Initial TSN
    // minus one."
    this.#cumulativeTsnAckPoint = previous(initialTsn);
    this.#advancedPeerAckPoint = this.#cumulativeTsnAckPoint;
    this.#highestNewlyAcked = this.#cumulativeTsnAckPoint;
    this.#listener = listener;
  }

  get cumulativeTsnAckPoint(): Tsn {
    return this.#cumulativeTsnAckPoint;
  }

  get nextTsn(): Tsn {
    return this.#nextTsn;
  }

  /** The TSN that was given last. */
  get lastTsn(): Tsn {
    return previous(this.#nextTsn);
  }

  /** Bytes in flight to all destinations together. */
  get flightSize(): number {
    return this.#flightSize;
  }

  /** Chunks that are not cumulatively acknowledged. */
  get length(): number {
    return this.#chunks.length;
  }

  get isEmpty(): boolean {
    return this.#chunks.length === 0;
  }

  get isInFastRecovery(): boolean {
    return this.#fastRecoveryExitPoint !== undefined;
  }

  /** The chunk with the lowest TSN. */
  get first(): OutstandingChunk<Cargo, D> | undefined {
    return this.#chunks.peek();
  }

  /** Chunks in order of TSN, acknowledged by Gap Ack Blocks or not. */
  get chunks(): Iterable<OutstandingChunk<Cargo, D>> {
    return this.#chunks;
  }

  /** TSNs go on from `nextTsn`. To be called while nothing is outstanding. */
  restartAt(nextTsn: Tsn): void {
    this.#hasRestarted = true;
    this.#nextTsn = nextTsn;
    this.#cumulativeTsnAckPoint = previous(nextTsn);
    this.#advancedPeerAckPoint = this.#cumulativeTsnAckPoint;
    this.#highestNewlyAcked = this.#cumulativeTsnAckPoint;
    this.#fastRecoveryExitPoint = undefined;
  }

  /** Takes a new chunk with the next TSN. */
  send(cargo: Cargo, size: number, destination: D, now: Instant): OutstandingChunk<Cargo, D> {
    const chunk = this.#append(cargo, size, destination, 'in flight');
    this.#countable.add(chunk.tsn);
    this.#flightSize += size;
    // §3.3.1: "The TSNs of DATA chunks sent SHOULD be strictly sequential." §7.2: "the length of the DATA chunk,
    // including the padding, SHOULD be used."
    destination.handleSent(chunk.tsn, size, false, now);
    return chunk;
  }

  /**
   * Gives up every chunk from `first` to `last` that `belongs` to a message. RFC 3758 §3.5 A3: "all other TSN's within that
   * fragmented message MUST be abandoned at the same time". A2: "as being finally acked and no longer outstanding". F5: "the
   * appropriate congestion adjustment MUST be made": what was in flight is still counted as missing.
   */
  abandon(first: Tsn, last: Tsn, belongs: (cargo: Cargo) => boolean): void {
    const start = isAfter(first, this.#cumulativeTsnAckPoint) ? first : next(this.#cumulativeTsnAckPoint);
    for (let tsn = start; !isAfter(tsn, last); tsn = next(tsn)) {
      const chunk = this.#at(tsn);
      if (chunk.isAbandoned || !belongs(chunk.cargo)) continue;
      chunk.isAbandoned = true;
      if (chunk.fate === 'acknowledged') continue;
      if (chunk.fate === 'in flight') this.#leaveFlight(chunk);
      chunk.destination.handleAbandoned(tsn);
      chunk.fate = 'abandoned';
      this.#lost.remove(tsn);
    }
  }

  /** Takes the next TSN for what was abandoned before it was sent: the end of a message whose beginning went out. */
  skip(cargo: Cargo, destination: D): void {
    this.#append(cargo, 0, destination, 'abandoned');
  }

  /**
   * RFC 3758 §3.5 C1, C2: moves "up as long as the chunk next in the out-queue space is marked as 'abandoned'". `visit` is
   * told of each abandoned chunk between the Cumulative TSN Ack Point and there, and ends it by returning false: "SHOULD
   * lower the Advanced.Peer.Ack.Point to the last TSN that will fit" (C4). Returns the point; it equals
   * `cumulativeTsnAckPoint` when there is nothing to skip.
   */
  advancePeerAckPoint(visit: (cargo: Cargo, tsn: Tsn) => boolean): Tsn {
    let point = this.#cumulativeTsnAckPoint;
    for (let i = 0; i < this.#chunks.length; i++) {
      const chunk = this.#chunks.at(i)!;
      if (!chunk.isAbandoned || !visit(chunk.cargo, chunk.tsn)) break;
      point = chunk.tsn;
    }
    this.#advancedPeerAckPoint = point;
    return point;
  }

  /** Whether there are abandoned chunks that the peer still waits for. */
  get hasSkippable(): boolean {
    return this.#chunks.peek()?.isAbandoned === true;
  }

  get advancedPeerAckPoint(): Tsn {
    return this.#advancedPeerAckPoint;
  }

  /** Whether anything is to be retransmitted. */
  get hasLost(): boolean {
    return !this.#lost.isEmpty;
  }

  /** The chunk that is to be retransmitted first, undefined when there is none. */
  get nextRetransmission(): OutstandingChunk<Cargo, D> | undefined {
    const tsn = this.#lost.first;
    return tsn === undefined ? undefined : this.#at(tsn);
  }

  retransmit(chunk: OutstandingChunk<Cargo, D>, destination: D, now: Instant): void {
    this.#lost.remove(chunk.tsn);
    chunk.fate = 'in flight';
    if (chunk.destination !== destination) {
      chunk.destination.handleRetransmission(chunk.tsn);
      chunk.wentToSeveral = true;
    }
    chunk.destination = destination;
    chunk.sendOrder = ++this.#sendOrder;
    chunk.transmissions++;
    chunk.missIndications = 0;
    // §7.2.4 5: "ineligible for a subsequent Fast Retransmit"
    if (!chunk.isFastRetransmitted) this.#countable.add(chunk.tsn);
    this.#flightSize += chunk.size;
    destination.handleSent(chunk.tsn, chunk.size, true, now);
  }

  /** Whether nothing with a lower TSN than `chunk` is outstanding to its destination. */
  isEarliest({ tsn, destination }: OutstandingChunk<Cargo, D>): boolean {
    let range = 0;
    for (let each = next(this.#cumulativeTsnAckPoint); isBefore(each, tsn); each = next(each)) {
      if (range < this.#gapAcked.length && each === this.#gapAcked.start(range)) {
        each = this.#gapAcked.end(range++);
        continue;
      }
      const { destination: other, fate } = this.#at(each);
      if (other === destination && (fate === 'in flight' || fate === 'to be retransmitted')) return false;
    }
    return true;
  }

  /** Marks all that is in flight to `destination` for retransmission (§6.3.3 E3). Returns how many chunks that are. */
  markInFlightLost(destination: D): number {
    let marked = 0;
    for (const chunk of this.#chunks) {
      if (chunk.fate !== 'in flight' || chunk.destination !== destination) continue;
      this.#markLost(chunk, 'timeout');
      marked++;
    }
    return marked;
  }

  /** RFC 9260 §6.2.1. The whole chunk is checked against what was sent before anything changes. */
  handleSack(sack: Pick<SackChunk, 'cumulativeTsnAck' | 'gapAckBlocks'>, now: Instant): SackOutcome<D> {
    const outcome = this.#begin(sack.cumulativeTsnAck, sack.gapAckBlocks);
    if (outcome.rejected !== undefined) return outcome;
    this.#advance(sack.cumulativeTsnAck, now);
    this.#applyGapAckBlocks(sack, now);
    if (this.#newestAckedNow > this.#newestAcked) this.#newestAcked = this.#newestAckedNow;
    this.#countMissIndications(sack);
    this.#countRevoked();
    this.#markMissing();
    this.#checkFastRecoveryExit();
    return outcome;
  }

  /** The Cumulative TSN Ack of a SHUTDOWN chunk. It has no Gap Ack Blocks, which says nothing about gaps. */
  handleCumulativeTsnAck(cumulativeTsnAck: Tsn, now: Instant): SackOutcome<D> {
    const outcome = this.#begin(cumulativeTsnAck, []);
    if (outcome.rejected !== undefined) return outcome;
    this.#advance(cumulativeTsnAck, now);
    this.#checkFastRecoveryExit();
    return outcome;
  }

  #append(cargo: Cargo, size: number, destination: D, fate: 'in flight' | 'abandoned'): OutstandingChunk<Cargo, D> {
    const tsn = this.#nextTsn;
    this.#nextTsn = next(tsn);
    const isAbandoned = fate === 'abandoned';
    const chunk: OutstandingChunk<Cargo, D> = {
      tsn,
      size,
      cargo,
      destination,
      sendOrder: ++this.#sendOrder,
      transmissions: isAbandoned ? 0 : 1,
      missIndications: 0,
      isFastRetransmitted: false,
      wasAcknowledged: isAbandoned,
      wentToSeveral: false,
      lostBy: undefined,
      isAbandoned,
      fate,
    };
    this.#chunks.push(chunk);
    return chunk;
  }

  #begin(cumulativeTsnAck: Tsn, gapAckBlocks: readonly GapAckBlock[]): SackOutcome<D> {
    const outcome = this.#outcome;
    outcome.cumulativeTsnAckAdvanced = false;
    outcome.bytesAcked = 0;
    outcome.revoked = 0;
    outcome.acknowledged.clear();
    outcome.reached.clear();
    outcome.earliestAcknowledged.clear();
    outcome.lost.clear();
    outcome.rejected = this.#objectionTo(cumulativeTsnAck, gapAckBlocks);
    this.#newestAckedNow = 0;
    this.#highestNewlyAcked = this.#cumulativeTsnAckPoint;
    return outcome;
  }

  /** §6.2.1 D iv: "If the Cumulative TSN Ack matches or exceeds the Fast Recovery exit point […] Fast Recovery is exited." */
  #checkFastRecoveryExit(): void {
    if (this.#fastRecoveryExitPoint === undefined) return;
    if (!isBefore(this.#cumulativeTsnAckPoint, this.#fastRecoveryExitPoint)) this.#fastRecoveryExitPoint = undefined;
  }

  /** §7.2.4 6: "mark the highest outstanding TSN as the Fast Recovery exit point". */
  enterFastRecovery(): void {
    this.#fastRecoveryExitPoint = previous(this.#nextTsn);
  }

  /** A timeout starts slow start anew, which ends Fast Recovery. */
  leaveFastRecovery(): void {
    this.#fastRecoveryExitPoint = undefined;
  }

  #objectionTo(cumulativeTsnAck: Tsn, gapAckBlocks: readonly GapAckBlock[]): SackOutcome<D>['rejected'] {
    // §6.2.1 D i: "If Cumulative TSN Ack is less than the Cumulative TSN Ack Point, then drop the SACK chunk." RFC 3758 §3.5
    // F4: "the comparison MUST NOT be made against 'Advanced.Peer.Ack.Point'".
    if (isBefore(cumulativeTsnAck, this.#cumulativeTsnAckPoint)) return 'old';
    const unacknowledged = distance(this.#nextTsn, cumulativeTsnAck) - 1;
    // A reset of the association moves TSNs by 2^31, from where serial arithmetic takes what is old for new.
    if (this.#hasRestarted && unacknowledged < -mostTsnsAhead) return 'old';
    if (unacknowledged < 0) return 'unsent TSN';
    let previousEnd = 1; // offset 1 is the TSN whose absence the Cumulative TSN Ack declares
    for (const { start, end } of gapAckBlocks) {
      if (start <= previousEnd || end < start) return 'invalid gap ack blocks';
      if (end > unacknowledged) return 'unsent TSN';
      previousEnd = end;
    }
    return undefined;
  }

  #advance(cumulativeTsnAck: Tsn, now: Instant): void {
    if (cumulativeTsnAck === this.#cumulativeTsnAckPoint) return;
    this.#outcome.cumulativeTsnAckAdvanced = true;
    for (let tsn = next(this.#cumulativeTsnAckPoint); !isAfter(tsn, cumulativeTsnAck); tsn = next(tsn)) {
      // §6.7: "MUST remove all DATA chunks that have been acknowledged by the SACK chunk's Cumulative TSN Ack from its
      // transmit queue."
      const chunk = this.#chunks.shift()!;
      if (!chunk.isAbandoned) this.#listener.handleDelivered(chunk.cargo);
      if (chunk.fate === 'acknowledged') continue;
      this.#acknowledge(chunk, now);
      // Every chunk before it is gone, so it was the earliest of its destination, unless it was "no longer outstanding".
      if (!chunk.isAbandoned) this.#outcome.earliestAcknowledged.add(chunk.destination);
    }
    this.#cumulativeTsnAckPoint = cumulativeTsnAck;
    this.#gapAcked.removeUpTo(cumulativeTsnAck);
    this.#lost.removeUpTo(cumulativeTsnAck);
    this.#countable.removeUpTo(cumulativeTsnAck);
  }

  /** Compares the blocks with those known so far: what is new is acknowledged, what is gone is revoked. */
  #applyGapAckBlocks(sack: Pick<SackChunk, 'cumulativeTsnAck' | 'gapAckBlocks'>, now: Instant): void {
    let unreported = next(sack.cumulativeTsnAck);
    for (const block of sack.gapAckBlocks) {
      const start = plus(sack.cumulativeTsnAck, block.start);
      const end = plus(sack.cumulativeTsnAck, block.end);
      this.#revoke(unreported, previous(start));
      this.#acknowledgeBlock(start, end, now);
      unreported = next(end);
    }
    const last = this.#gapAcked.last;
    if (last !== undefined) this.#revoke(unreported, last);
  }

  #acknowledgeBlock(start: Tsn, end: Tsn, now: Instant): void {
    let tsn = start;
    while (!isAfter(tsn, end)) {
      // Skip what was acknowledged before in one step, acknowledge up to the next such range.
      const known = this.#gapAcked.rangeAtOrAfter(tsn);
      if (known >= 0 && !isAfter(this.#gapAcked.start(known), tsn)) {
        tsn = next(this.#gapAcked.end(known));
        continue;
      }
      const until =
        known >= 0 && !isAfter(this.#gapAcked.start(known), end) ? previous(this.#gapAcked.start(known)) : end;
      for (let t = tsn; !isAfter(t, until); t = next(t)) {
        const chunk = this.#at(t);
        // With several destinations, a Gap Ack Block may acknowledge the earliest of one; only its first chunk can be.
        if (!this.#outcome.acknowledged.has(chunk.destination) && this.isEarliest(chunk)) {
          this.#outcome.earliestAcknowledged.add(chunk.destination);
        }
        // Given up or not, it has overtaken what is missing before it.
        if (chunk.isAbandoned) this.#noteArrival(chunk);
        this.#acknowledge(chunk, now);
      }
      this.#gapAcked.addRange(tsn, until);
      this.#lost.removeRange(tsn, until);
      this.#countable.removeRange(tsn, until);
      tsn = next(until);
    }
  }

  /** §6.2.1 D iii: "the SACK chunk is missing a TSN that was previously acknowledged via a Gap Ack Block". */
  #revoke(start: Tsn, end: Tsn): void {
    if (isAfter(start, end)) return;
    for (;;) {
      const index = this.#gapAcked.rangeAtOrAfter(start);
      if (index < 0 || isAfter(this.#gapAcked.start(index), end)) return;
      const from = isAfter(this.#gapAcked.start(index), start) ? this.#gapAcked.start(index) : start;
      const to = isBefore(this.#gapAcked.end(index), end) ? this.#gapAcked.end(index) : end;
      for (let tsn = from; !isAfter(tsn, to); tsn = next(tsn)) {
        const chunk = this.#at(tsn);
        if (chunk.isAbandoned) {
          chunk.fate = 'abandoned';
          continue;
        }
        chunk.fate = 'in flight';
        chunk.destination.flightSize += chunk.size;
        this.#flightSize += chunk.size;
        this.#revoked.push(chunk);
        this.#outcome.revoked++;
      }
      this.#gapAcked.removeRange(from, to);
    }
  }

  #acknowledge(chunk: OutstandingChunk<Cargo, D>, now: Instant): void {
    const { destination } = chunk;
    if (chunk.fate === 'in flight') this.#leaveFlight(chunk);
    chunk.fate = 'acknowledged';
    // RFC 3758 §3.5 A2: "MUST NOT credit an 'abandoned' data chunk […] and MUST NOT advance the cwnd based on" it.
    if (chunk.isAbandoned) return;
    chunk.missIndications = 0; // §7.2.4 counts "consecutive" ones
    const { acknowledged } = this.#outcome;
    acknowledged.add(destination, chunk.wasAcknowledged ? 0 : chunk.size);
    if (!this.#noteArrival(chunk)) return;
    // Karn's algorithm, §6.3.1 C5
    if (chunk.transmissions === 1) destination.handleAcknowledged(chunk.tsn, now);
    else if (!chunk.wentToSeveral) destination.handleRepeatedAcknowledged(chunk.size, now);
    this.#outcome.bytesAcked += chunk.size;
    if (!chunk.wentToSeveral) this.#outcome.reached.add(destination);
    this.#listener.handleAcknowledged(chunk.cargo);
  }

  /** §7.2.4: "A newly acknowledged DATA chunk is one not previously acknowledged in a SACK chunk." Returns whether it is. */
  #noteArrival(chunk: OutstandingChunk<Cargo, D>): boolean {
    if (chunk.wasAcknowledged) return false;
    chunk.wasAcknowledged = true;
    if (isAfter(chunk.tsn, this.#highestNewlyAcked)) this.#highestNewlyAcked = chunk.tsn;
    if (chunk.sendOrder > this.#newestAckedNow) this.#newestAckedNow = chunk.sendOrder;
    return true;
  }

  /**
   * §7.2.4: "miss indications are incremented only for missing TSNs prior to the HTNA in the SACK chunk"; "If an
   * endpoint is in Fast Recovery and a SACK chunks arrives that advances the Cumulative TSN Ack Point, the miss
   * indications are incremented for all TSNs reported missing in the SACK chunk."
   *
   * A chunk that was retransmitted counts only against chunks that were sent after it: what was sent before says
   * nothing of the retransmission. (More conservative than the RFC, as §7.2 allows.)
   */
  #countMissIndications(sack: Pick<SackChunk, 'cumulativeTsnAck' | 'gapAckBlocks'>): void {
    const lastBlock = sack.gapAckBlocks[sack.gapAckBlocks.length - 1];
    if (lastBlock === undefined) return;
    const lost = this.#lostNow;
    const countsAll = this.isInFastRecovery && this.#outcome.cumulativeTsnAckAdvanced;
    const limit = countsAll ? plus(sack.cumulativeTsnAck, lastBlock.end) : this.#highestNewlyAcked;
    const newest = countsAll ? this.#newestAcked : this.#newestAckedNow;
    for (let i = 0; i < this.#countable.length && isBefore(this.#countable.start(i), limit); i++) {
      const end = this.#countable.end(i);
      for (let tsn = this.#countable.start(i); !isAfter(tsn, end) && isBefore(tsn, limit); tsn = next(tsn)) {
        const chunk = this.#at(tsn);
        if (chunk.sendOrder > newest) continue;
        // §6.7: "The number of 'missing' reports for each outstanding DATA chunk MUST be recorded"; "MUST be treated as
        // 'missing' by the sending endpoint." §7.2.4: "Miss indications SHOULD follow the Highest TSN Newly
        // Acknowledged (HTNA) algorithm."
        if (++chunk.missIndications === missIndicationLimit) lost.push(chunk);
      }
    }
  }

  /** §6.2.1 D iii: "Count one miss indication towards Fast Retransmit". */
  #countRevoked(): void {
    for (const chunk of this.#revoked) {
      if (chunk.isFastRetransmitted) continue;
      this.#countable.add(chunk.tsn);
      if (++chunk.missIndications === missIndicationLimit) this.#lostNow.push(chunk);
    }
    if (this.#revoked.length > 0) this.#revoked.length = 0;
  }

  #markMissing(): void {
    for (const chunk of this.#lostNow) {
      chunk.isFastRetransmitted = true;
      this.#outcome.lost.add(chunk.destination);
      if (chunk.isAbandoned) this.#countable.remove(chunk.tsn);
      else this.#markLost(chunk, 'miss indications');
    }
    if (this.#lostNow.length > 0) this.#lostNow.length = 0;
  }

  #markLost(chunk: OutstandingChunk<Cargo, D>, by: 'miss indications' | 'timeout'): void {
    chunk.fate = 'to be retransmitted';
    chunk.lostBy = by;
    this.#leaveFlight(chunk);
    this.#lost.add(chunk.tsn);
    this.#countable.remove(chunk.tsn);
  }

  #leaveFlight(chunk: OutstandingChunk<Cargo, D>): void {
    chunk.destination.flightSize -= chunk.size;
    this.#flightSize -= chunk.size;
  }

  #at(tsn: Tsn): OutstandingChunk<Cargo, D> {
    return this.#chunks.at(distance(tsn, this.#cumulativeTsnAckPoint) - 1)!;
  }
}
