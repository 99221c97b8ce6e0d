import { asciiBytes, padded } from '../base/bytes.ts';
import { isAfter, previous, type Tsn } from '../base/serial.ts';
import type { Instant } from '../base/time.ts';
import {
  commonHeaderLength,
  dataHeaderLength,
  iDataHeaderLength,
  type PacketBuilder,
  type SackChunk,
} from '../chunks/index.ts';
import type { AcknowledgementListener, OutstandingChunk, SackOutcome } from '../reliability/outstanding-chunk.ts';
import { OutstandingData } from '../reliability/outstanding-data.ts';
import type { OutgoingFragment, OutgoingMessage } from '../streams/message.ts';
import type { Context } from './context.ts';
import { appendData } from './data-chunk.ts';
import { PartialReliability } from './partial-reliability.ts';
import type { Path } from './path.ts';
import { PeerWindow } from './peer-window.ts';
import { retransmissionPath, updateRetransmissionTimers } from './retransmissions.ts';

/** Receivers charge more for a piece than its bytes: so much of the window that the peer begins with takes pieces. */
const interleavedShare = 0.75;

/** No chunk is larger than this part of the peer's window, down to a size that is usual without path MTU discovery. */
const largestWindowShare = 1 / 4;
const leastPmdcs = 1_460;

type Outstanding = OutstandingChunk<OutgoingFragment, Path>;

/**
 * A gap ack block's offsets have 16 bits, so more than this many TSNs could not all be reported (RFC 9260 §3.3.4). And
 * §1.6: "SHOULD NOT transmit a DATA chunk with a TSN that is more than 2^31 - 1 above the beginning TSN of its current
 * send window"; §6.1: "MUST NOT have more than 2^16 - 1 ordered user messages in the current send window." RFC 8260 §2.1:
 * "MUST NOT have more than 2**31 - 1 ordered messages for each outgoing stream in flight and MUST NOT have more than 2**31 -
 * 1 unordered messages"; "a sender MUST NOT have more than 2**31 - 1 fragments of a single user message in flight."
 */
const maxOutstandingTsns = 0xffff;

/** The sending half of data transfer: messages down, DATA out, SACK in (RFC 9260 §6.1, §6.2.1, §6.3, §7). */
export class DataSender implements AcknowledgementListener<OutgoingFragment> {
  readonly #context: Context;
  readonly #outstanding: OutstandingData<OutgoingFragment, Path>;
  readonly #initialTsn: Tsn;
  readonly partialReliability: PartialReliability;
  /**
   * RFC 8260 §2.2.1: "I-DATA chunks MUST be used for all user messages and DATA chunks MUST NOT be used."; "DATA chunks MUST be
   * used for all user messages and I-DATA chunks MUST NOT be used."
   */
  readonly #kind: 'DATA' | 'I-DATA';
  readonly #headerLength: number;
  #hasRfcFsns = false;
  readonly #window: PeerWindow;
  /** §7.2.4 3: the one packet that may ignore cwnd goes here. */
  #fastRetransmitPath: Path | undefined;
  /** The DATA chunk that asked for an immediate SACK chunk because it filled the peer's window. */
  #askedTsn: Tsn;

  constructor(context: Context, initialTsn: Tsn, peerARwnd: number) {
    this.#context = context;
    this.#initialTsn = initialTsn;
    this.#askedTsn = previous(initialTsn);
    this.#window = new PeerWindow(peerARwnd);
    this.#outstanding = new OutstandingData(initialTsn, this);
    this.partialReliability = new PartialReliability(context, this.#outstanding);
    const { interleaving } = context.capabilities;
    this.#kind = interleaving ? 'I-DATA' : 'DATA';
    this.#headerLength = interleaving ? iDataHeaderLength : dataHeaderLength;
    context.sendQueue.mostInterleavedBytes = peerARwnd * interleavedShare;
  }

  handleAcknowledged({ message, payload }: OutgoingFragment): void {
    message.acknowledged += payload.length;
    this.#context.sendBuffer.handleAcknowledged(message, payload.length);
  }

  handleDelivered({ message, ending }: OutgoingFragment): void {
    if (ending && message.reportsDelivery) this.#context.events.push({ kind: 'delivered', message });
  }

  /** Whether nothing was sent yet. */
  get isUntouched(): boolean {
    return this.#outstanding.nextTsn === this.#initialTsn;
  }

  /** Whether all data that was accepted has been acknowledged cumulatively. */
  get isDone(): boolean {
    return this.#outstanding.isEmpty && this.#context.sendQueue.isEmpty;
  }

  /** Whether something is to be retransmitted, or to be skipped by the peer. */
  get hasToRepeat(): boolean {
    return this.partialReliability.isDue || this.#outstanding.hasLost;
  }

  /** Whether no TSN is outstanding. */
  get hasNothingOutstanding(): boolean {
    return this.#outstanding.isEmpty;
  }

  /** Whether data waits for nothing but the peer: its acknowledgement, or its window. */
  get waitsForPeer(): boolean {
    return !this.#outstanding.isEmpty || this.#window.isProbeWaiting;
  }

  get cumulativeTsnAckPoint(): Tsn {
    return this.#outstanding.cumulativeTsnAckPoint;
  }

  /** Whether fragments were sent that Linux would not put together. */
  get hasRfcFsns(): boolean {
    return this.#hasRfcFsns;
  }

  get nextTsn(): Tsn {
    return this.#outstanding.nextTsn;
  }

  /** RFC 6525 §5.1.2 A3: "the next TSN the sender assigns minus 1". */
  get lastAssignedTsn(): Tsn {
    return this.#outstanding.lastTsn;
  }

  /** The association was reset (RFC 6525 §5.2.7 H5): TSNs go on from here. Nothing is outstanding. */
  restartAt(nextTsn: Tsn): void {
    this.#outstanding.restartAt(nextTsn);
    this.#askedTsn = previous(nextTsn);
    this.partialReliability.restart();
  }

  /** What is left of the peer's window, in bytes. */
  get peerRwnd(): number {
    return this.#window.left(this.#outstanding.flightSize);
  }

  get nextTimeout(): Instant {
    const { sendQueue, capabilities } = this.#context;
    return Math.min(this.#window.deadline, sendQueue.nextExpiry(capabilities.partialReliability));
  }

  /**
   * Messages that are not cumulatively acknowledged; those in pieces with the bytes that are not. What only Gap Ack Blocks report
   * may wait behind a hole, or be reneged on: it was not delivered yet (§6.2).
   */
  collectUndelivered(into: Set<OutgoingMessage>): void {
    for (const { cargo, isAbandoned } of this.#outstanding.chunks) {
      const { message } = cargo;
      if (isAbandoned || into.has(message)) continue;
      into.add(message);
      message.collect(this.partialReliability.payloadsOf(message));
    }
  }

  /** RFC 9260 §6.2.1. Returns the bytes that it acknowledged first. */
  handleSack(sack: SackChunk, now: Instant): number {
    const outcome = this.#outstanding.handleSack(sack, now);
    if (outcome.rejected !== undefined) {
      this.#context.metrics.sacksDropped++;
      if (outcome.rejected === 'unsent TSN') this.#refuseForesight();
      return 0;
    }
    // §6.2.1: "SHOULD use the following rules to calculate the rwnd, using the a_rwnd value, the Cumulative TSN Ack,
    // and Gap Ack Blocks".
    this.#window.update(sack.aRwnd);
    // RFC 3758 §3.5 A4: "it MUST first process the SACK using the normal procedures".
    this.#apply(outcome, now);
    const { current } = this.#context.paths;
    this.partialReliability.handleSack(current.rto.srttMs ?? current.rto.rtoMs, now);
    if (this.#window.hasOpenedFor(this.#outstanding.first?.size ?? 0)) this.#handleOpenWindow(outcome);
    return outcome.bytesAcked;
  }

  /** The Cumulative TSN Ack of a SHUTDOWN chunk (§9.2). */
  handleCumulativeTsnAck(cumulativeTsnAck: Tsn, now: Instant): void {
    const outcome = this.#outstanding.handleCumulativeTsnAck(cumulativeTsnAck, now);
    if (outcome.rejected === undefined) this.#apply(outcome, now);
  }

  /**
   * §12.4: "MUST abort the association if it receives a SACK chunk acknowledging a TSN that has not been sent": who
   * acknowledges what it has not seen could let us send without end, to where it is not.
   */
  #refuseForesight(): void {
    const violation = 'a SACK chunk for a TSN that was not sent';
    this.#context.abort(
      'SCTP_ERR_PROTOCOL_VIOLATION',
      [{ kind: 'Protocol Violation', information: asciiBytes(violation) }],
      `the peer violated the protocol: ${violation}`,
    );
  }

  #apply(outcome: SackOutcome<Path>, now: Instant): void {
    this.#applyAcknowledgements(outcome);
    this.#applyLosses(outcome);
    updateRetransmissionTimers(this.#context.paths.all, outcome, this.#outstanding.hasSkippable, now);
  }

  /** RFC 9260 §6.3.3. */
  handleTimeout(now: Instant): void {
    this.#window.handleTimeout(now);
    const { sendQueue, capabilities } = this.#context;
    if (now >= sendQueue.nextExpiry(capabilities.partialReliability)) {
      for (const message of sendQueue.dropLate(now)) this.partialReliability.abandon(message);
    }
    for (const path of this.#context.paths) {
      if (path.t3Rtx.expire(now) && !this.#handleT3Rtx(path, now)) return;
    }
  }

  /**
   * Where the next packet with DATA may go, undefined when none may go now. Asked at the start of each packet: rule B of
   * §6.1 lets the packet in which cwnd is reached be filled.
   */
  choosePath(now: Instant): Path | undefined {
    // §6.1 C: "the sender MUST first transmit any DATA chunks that are marked for retransmission (limited by the
    // current cwnd)."
    const retransmission = this.#outstanding.hasLost ? this.#nextRetransmission(now) : undefined;
    if (retransmission !== undefined) {
      const path = retransmissionPath(this.#context.paths, retransmission);
      return path.hasRoomInWindow || this.#fastRetransmitPath === path ? path : undefined;
    }
    if (this.#context.sendQueue.isEmpty) return undefined;
    // §7.2.1: "A limited overbooking as described in rule B in Section 6.1 SHOULD be supported."
    const path = this.#context.paths.current;
    // §6.1: "MUST transmit no more DATA chunks until some or all of the outstanding DATA chunks are acknowledged". §6.1
    // B: "The breach of cwnd MUST constitute one packet only."
    // RFC 8260 §2.2.2: "congestion control as well as receiver window conditions MUST be observed".
    if (!path.hasRoomInWindow || this.#outstanding.length >= maxOutstandingTsns) return undefined;
    const maxPayload = this.#maxPayload;
    const length = this.#nextPayloadLength(maxPayload, maxPayload, now);
    if (length === 0) return undefined;
    if (this.#allowedLength(length, maxPayload, now) > 0) return this.#waitsForMore(length) ? undefined : path;
    // §6.1 A: "when all outstanding DATA chunks have been cumulatively acknowledged"; "A zero window probe MUST only be sent
    // when the cwnd allows"; "Senders MUST support zero window probing."
    if (this.#outstanding.isEmpty) this.#window.probeLater(now, path.rto.rtoMs);
    return undefined;
  }

  /** The chunk to retransmit first; what is not worth it any more is given up on the way. */
  #nextRetransmission(now: Instant): Outstanding | undefined {
    for (;;) {
      const chunk = this.#outstanding.nextRetransmission;
      if (chunk === undefined || !this.partialReliability.abandonIfDue(chunk, now)) return chunk;
    }
  }

  /**
   * The size of the chunk that goes to `path` next, where it was cut for a larger path MTU. RFC 9260 §6.9: "Once a user message
   * is fragmented, it cannot be re-fragmented. Instead, if the PMTU has been reduced, then IP fragmentation MUST be used."
   */
  oversizedRetransmission(path: Path, now: Instant): number | undefined {
    if (!this.#outstanding.hasLost) return undefined;
    const size = this.#nextRetransmission(now)?.size ?? 0;
    return commonHeaderLength + size > path.maxPacketSize ? size : undefined;
  }

  /** What is in flight to `path` was too large, and is sent again. */
  handleBlackHole(path: Path): void {
    if (this.#outstanding.markInFlightLost(path) > 0) path.t3Rtx.stop();
  }

  /** Appends DATA chunks to the packet, retransmissions first (§6.1 C). `choosePath` has allowed the first of them. */
  fill(builder: PacketBuilder, path: Path, now: Instant, limit: number = path.maxPacketSize): void {
    const before = builder.length;
    const { lastTsn } = this.#outstanding;
    // A fast retransmission may ignore cwnd (§7.2.4 3); new data beside it may not (§6.1 B).
    const takesNew = path === this.#context.paths.current && path.hasRoomInWindow;
    // §6.1: "The following general rules MUST be applied by the data sender for transmission and/or retransmission".
    if (this.#outstanding.hasLost) this.#fillRetransmissions(builder, path, limit, now);
    const { hasLost } = this.#outstanding;
    // What found no room beside a SACK chunk goes next, and may still ignore cwnd.
    if (builder.length > before || !hasLost) this.#fastRetransmitPath = undefined;
    if (takesNew && !hasLost) this.#fillNew(builder, path, now);
    // What IP fragments says nothing of the path MTU, neither when it is lost nor when it arrives.
    if (limit === path.maxPacketSize && builder.length > before) {
      const latest = this.#outstanding.lastTsn;
      path.handleDataPacket(builder.length, latest === lastTsn ? undefined : latest);
    }
    this.#context.sendQueue.handlePacketEnd();
  }

  /** There is nothing more to send now: whether cwnd is used up decides whether it may grow (§7.2.1, §7.2.2). */
  handleEndOfTurn(): void {
    for (const path of this.#context.paths.all) path.isWindowFull = path.flightSize >= path.congestion.cwnd;
  }

  #fillRetransmissions(builder: PacketBuilder, path: Path, limit: number, now: Instant): void {
    for (;;) {
      const chunk = this.#nextRetransmission(now);
      if (chunk === undefined || retransmissionPath(this.#context.paths, chunk) !== path) return;
      // §6.3.3 E3: what "did not fit in an SCTP packet of size smaller than or equal to the PMTU (rule E3 above) SHOULD
      // be marked for retransmission and sent as soon as cwnd allows".
      if (builder.length + chunk.size > limit) return;
      this.#window.handleSent(chunk.size);
      // §6.1: "If the timer for that address is already running, the sender MUST restart the timer if the earliest
      // (i.e., lowest TSN) outstanding DATA chunk sent to that address is being retransmitted."
      this.#outstanding.retransmit(chunk, path, now);
      // §6.1: "Otherwise, the data sender MUST NOT restart the timer." §6.3.3: "SHOULD be the one for the destination
      // address to which the retransmission is sent".
      if (this.#outstanding.isEarliest(chunk)) path.t3Rtx.start(now, path.rto.rtoMs);
      this.#append(builder, chunk, path, now);
      this.#context.metrics.dataChunksRetransmitted++;
    }
  }

  #fillNew(builder: PacketBuilder, path: Path, now: Instant): void {
    const { sendQueue, metrics } = this.#context;
    const maxPayload = this.#maxPayload;
    while (!sendQueue.isEmpty) {
      if (this.#outstanding.length >= maxOutstandingTsns) return;
      // §6.9: "MUST fragment a user message if the size […] causes the outbound SCTP packet size to exceed the current
      // PMTU."; "MUST take into account the SCTP packet header as well as the DATA chunk header(s)."
      const room = path.maxPacketSize - builder.length - this.#headerLength;
      // §6: "an endpoint MUST fragment large user messages into multiple DATA chunks. The size of each DATA chunk
      // SHOULD be smaller than or equal to the Association Maximum DATA Chunk Size". §6.1 B: "SHOULD exceed cwnd by up
      // to (PMDCS - 1) bytes": the packet is filled.
      const wanted = this.#nextPayloadLength(Math.min(room, maxPayload), maxPayload, now);
      const length = wanted === 0 ? 0 : this.#allowedLength(wanted, maxPayload, now);
      if (length === 0) return;
      const size = padded(this.#headerLength + length);
      this.#window.handleSent(size);
      // §6.1: "cwnd SHOULD be adjusted according to Section 7.2.1."
      path.handleIdleTime(now);
      const fragment = sendQueue.takeFragment(length);
      // RFC 3758 §4.1 TR4: "An implementation SHOULD delay TSN assignment": until the packet is built. RFC 8260 §2.2.2: "The
      // sender MUST assign TSNs to I-DATA chunks in a way that the receiver can make progress."
      // RFC 9260 §6.10: "MUST transmit DATA chunks within an SCTP packet in increasing order of TSN."
      const chunk = this.#outstanding.send(fragment, size, path, now);
      fragment.message.firstTsn ??= chunk.tsn;
      fragment.message.lastTsn = chunk.tsn;
      if (!fragment.beginning && this.#kind === 'I-DATA') this.#hasRfcFsns = !sendQueue.countsFsnFromSecond;
      this.#append(builder, chunk, path, now);
      metrics.dataChunksSent++;
      if (fragment.ending) metrics.messagesSent++;
      else if (fragment.message.isRefused) this.#askForMore(fragment.message);
    }
  }

  /** Others may wait behind a message in pieces that has run dry: its next piece is taken even if the send buffer is full. */
  #askForMore(message: OutgoingMessage): void {
    if (message.sendable > 0) return;
    message.isRefused = false;
    this.#context.events.push({ kind: 'writable' });
  }

  #append(builder: PacketBuilder, chunk: Outstanding, path: Path, now: Instant): void {
    appendData(builder, this.#kind, chunk.tsn, this.#wantsImmediateAck(chunk), chunk.cargo);
    path.lastSentAt = now;
    // §6.1: "if the T3-rtx timer of that address is not currently running, the sender MUST start that timer."; "the
    // timer value SHOULD be adjusted according to the timer rules defined in Sections 6.3.2 and 6.3.3."
    // §6.3.2 R1
    path.t3Rtx.startIfStopped(now, path.rto.rtoMs);
  }

  /** §6.1: reasons for setting the I bit. */
  #wantsImmediateAck({ tsn, size, cargo }: Outstanding): boolean {
    const { state, sendQueue } = this.#context;
    if (cargo.ending && (cargo.message.sackImmediately || (state.name === 'SHUTDOWN-PENDING' && sendQueue.isEmpty))) {
      return true;
    }
    // "The sending of a DATA chunk fills the congestion or receiver window": who waits for it to open does not wait for a SACK
    // chunk that is delayed, too. Once a round trip, or a peer that is slower than we are would acknowledge every packet.
    const fillsWindow = this.#window.isProbing || (this.peerRwnd < size && !sendQueue.isEmpty);
    if (!fillsWindow || isAfter(this.#askedTsn, this.#outstanding.cumulativeTsnAckPoint)) return this.#window.isProbing;
    this.#askedTsn = tsn;
    return true;
  }

  /**
   * How much of `length` bytes of payload, which the queue has offered, the peer's window lets go now; 0 for nothing. §6.1 A:
   * "if its peer's rwnd indicates that the peer has no buffer space (i.e., rwnd is smaller than the size of the next DATA chunk
   * […])".
   */
  #allowedLength(length: number, maxPayload: number, now: Instant): number {
    const { peerRwnd } = this;
    if (this.#window.isProbeDue || padded(this.#headerLength + length) <= peerRwnd) return length;
    // RFC 1122 §4.2.3.4, against silly windows: a piece that only fills the window is worth it from half of the largest on.
    if (peerRwnd >= this.#window.most / 2) {
      const cut = this.#nextPayloadLength((peerRwnd & ~3) - this.#headerLength, maxPayload, now);
      if (cut > 0) return cut;
    }
    // A window that is open, but not wide enough: nothing that is on its way could widen it. Where the SHOULD of §6.1 A has the
    // sender wait for an RTO, as for a closed window, this probes at once, as kernels do: some peers make room only when a
    // chunk comes that does not fit.
    return this.#outstanding.isEmpty && this.#window.isOpen ? length : 0;
  }

  /**
   * Nagle's algorithm, as RFC 1122 §4.2.3.4 has it: less than a full packet waits while data is outstanding. What goes on with
   * a message that has begun does not: the peer can do nothing with what it has without the rest.
   */
  #waitsForMore(payloadLength: number): boolean {
    const { options, state, sendQueue } = this.#context;
    if (options.noDelay || state.name !== 'ESTABLISHED') return false;
    // §6.1: "The sender MUST also have an algorithm for sending new DATA chunks to avoid silly window syndrome (SWS)".
    const isFull = payloadLength >= this.#maxPayload || sendQueue.queuedBytes >= this.#maxPayload;
    return !isFull && this.#outstanding.flightSize > 0 && !sendQueue.canGoOn;
  }

  /** "AMDCS": the largest DATA chunk that every path takes, less its header. */
  get #maxPayload(): number {
    // §7.3: "The sender SHOULD track an AMDCS that will be the smallest PMDCS discovered".
    const { smallestPmdcs } = this.#context.paths;
    // A chunk that is as large as the peer's window would have to wait until the window is empty.
    return Math.min(smallestPmdcs, Math.max(this.#window.most * largestWindowShare, leastPmdcs)) - this.#headerLength;
  }

  #nextPayloadLength(room: number, maxPayload: number, now: Instant): number {
    if (room <= 0) return 0;
    const { sendQueue } = this.#context;
    for (;;) {
      const message = sendQueue.next(maxPayload, now);
      if (message === undefined) return 0;
      // A message that has begun and is late is given up with what was sent of it.
      if (now < message.policy.expiresAt || !this.partialReliability.abandon(message))
        return sendQueue.nextLength(message, room, maxPayload);
    }
  }

  #applyAcknowledgements(outcome: SackOutcome<Path>): void {
    const { paths } = this.#context;
    if (outcome.bytesAcked > 0) paths.handlePeerReachable();
    // §8.2: "the endpoint SHOULD clear the error counter of the destination transport address"; RFC 7829 §3.2 9, 10: by
    // what was "transmitted to one destination address only".
    for (const path of outcome.reached.destinations) paths.handleSuccess(path, 'data was acknowledged');
    for (const path of outcome.acknowledged.destinations) {
      path.mayHaveOnePacketOnly = false;
      // §7.2.1: "it SHOULD update its cwnd (or cwnds) apportioned to the destination addresses to which it transmitted
      // the acknowledged data." §7.2.4: "the cwnd adjustment rules defined in Sections 7.2.1 and 7.2.2 MUST be applied
      // first."
      path.congestion.handleAcknowledgement({
        bytesAcked: outcome.acknowledged.get(path)!,
        isWindowFull: path.isWindowFull,
        isAllAcknowledged: path.flightSize === 0,
        isInFastRecovery: this.#outstanding.isInFastRecovery,
        cumulativeTsnAckAdvanced: outcome.cumulativeTsnAckAdvanced,
      });
    }
  }

  /** §7.2.4, after the adjustments for what was acknowledged. */
  #applyLosses(outcome: SackOutcome<Path>): void {
    // §7.2.4: "While in Fast Recovery, the ssthresh and cwnd SHOULD NOT change for any destinations due to a subsequent
    // Fast Recovery event".
    if (outcome.lost.size === 0 || this.#outstanding.isInFastRecovery) return;
    for (const path of outcome.lost.destinations) {
      path.congestion.handleFastRetransmit();
      // §7.2.4 3: "SHOULD ignore the value of cwnd and SHOULD NOT delay retransmission for this single packet."
      this.#fastRetransmitPath = path;
    }
    this.#context.metrics.fastRetransmits++;
    this.#outstanding.enterFastRecovery();
  }

  #handleOpenWindow(outcome: SackOutcome<Path>): void {
    if (!this.#window.endProbing()) return;
    // §6.1 A: "Senders MUST support zero window probing."
    // The probe ran into the closed window and was dropped there. Waiting for T3-rtx, which probing has backed off up to
    // RTO.Max, would leave the open window unused.
    if (outcome.bytesAcked > 0) return;
    for (const path of this.#context.paths) {
      if (this.#outstanding.markInFlightLost(path) === 0) continue;
      path.mayHaveOnePacketOnly = false;
      path.t3Rtx.stop();
    }
  }

  #handleT3Rtx(path: Path, now: Instant): boolean {
    this.#context.metrics.retransmissionTimeouts++;
    // RFC 7496 §3.1: "MUST perform all other actions required for processing the retransmission event", whatever is given up
    // then.
    path.rto.backOff(); // E2
    this.#outstanding.markInFlightLost(path); // E3: the transmitter sends what fits into one packet
    // §6.1 A: "If the sender continues to receive SACK chunks from the peer while doing zero window probing, the
    // unacknowledged window probes SHOULD NOT increment the error counter", and "does not affect the calculation of cwnd".
    this.partialReliability.handleTimeout();
    if (this.#window.isProbedInVain) return true;
    path.congestion.handleRetransmissionTimeout(); // E1
    this.#context.paths.handleDataLoss(path, now);
    // §7.2.1: "only one packet is allowed to be in flight until successful acknowledgement"
    path.mayHaveOnePacketOnly = true;
    this.#outstanding.leaveFastRecovery();
    return this.#context.paths.handleFailure(path, true, now);
  }
}
