import { asciiBytes } from '../base/bytes.ts';
import { distance, isAfter, mid, plus, ssn, ssnDistance, type Tsn } from '../base/serial.ts';
import type { Instant } from '../base/time.ts';
import type {
  DataChunk,
  ForwardTsnChunk,
  Fragment,
  IDataChunk,
  IForwardTsnChunk,
  Packet,
  SackChunk,
} from '../chunks/index.ts';
import { DataTracker, tsnWindow } from '../reliability/data-tracker.ts';
import { DataReassembly } from '../streams/data-reassembly.ts';
import { IDataReassembly } from '../streams/i-data-reassembly.ts';
import type { Reassembly, Skipped } from '../streams/reassembly.ts';
import { entryOverhead } from '../streams/receive-queue.ts';
import type { Capabilities } from './capabilities.ts';
import type { Context } from './context.ts';
import type { Path } from './path.ts';

/**
 * Beyond the receive buffer's size by this part of it is taken what fills a hole, since the hole is what fills the buffer, and
 * the rest of a message that nobody can read before.
 */
const reserveFraction = 1 / 8;

/** Data behind a stream reset, and how far a FORWARD TSN chunk has reached behind it. */
interface Hold {
  readonly tsn: Tsn;
  readonly streamIds: ReadonlySet<number>;
  readonly chunks: Map<Tsn, DataChunk | IDataChunk>;
  skippedUpTo: Tsn | undefined;
}

/** The receiving half of data transfer: DATA in, messages up, SACK out (RFC 9260 §6.2). */
export class DataReceiver {
  readonly tracker: DataTracker;
  readonly #context: Context;
  readonly #reassembly: Reassembly;
  /** The a_rwnd of the newest SACK chunk, and what was charged since. */
  #lastAdvertised: number;
  #chargedSince = 0;
  /** The packet in hand, and whether it is dense. */
  #packet: Packet | undefined;
  #isPacketDense = false;
  #dataPath: Path | undefined;
  /** What waits for the data before a stream reset. */
  #hold: Hold | undefined;

  constructor(context: Context, initialTsn: Tsn) {
    this.#context = context;
    this.tracker = new DataTracker(initialTsn, context.options);
    const { receiveQueue, capabilities } = context;
    // RFC 8260 §2: "REQUIRED to support the coexistence of associations using DATA chunks and associations using I-DATA chunks."
    const isReceivedUpTo = (tsn: Tsn): boolean => !isAfter(tsn, this.tracker.cumulativeTsn);
    const isThere = (tsn: Tsn): boolean => this.tracker.has(tsn) && this.#hold?.chunks.has(tsn) !== true;
    this.#reassembly = capabilities.interleaving
      ? new IDataReassembly(receiveQueue, isReceivedUpTo, numberingOf(capabilities))
      : new DataReassembly(receiveQueue, isThere, isReceivedUpTo, capabilities.partialReliability);
    this.#lastAdvertised = context.options.receiveBufferSize;
  }

  /** Whether no DATA chunk has arrived. */
  get isUntouched(): boolean {
    return this.#dataPath === undefined;
  }

  /**
   * §6.7: "SHOULD always try to send the SACK chunk to the same destination address from which the last DATA chunk was
   * received", while that one works: a peer that sends on all paths from one address would not hear of us any more. Otherwise
   * it "SHOULD NOT vary the destination transport address of a SACK chunk".
   */
  get sackPath(): Path {
    const { paths } = this.#context;
    return this.#dataPath?.state === 'active' ? this.#dataPath : paths.current;
  }

  /** The room that is left, in bytes, as the next SACK chunk tells it. */
  get aRwnd(): number {
    const { receiveBufferSize } = this.#context.options;
    // §3.3.2: "this buffer space SHOULD NOT be reduced". §6.2: "SHOULD NOT increment a_rwnd unless it has released
    // bytes from its receive buffer"; "holding fragmented DATA chunks in a reassembly queue, it SHOULD NOT increment
    // a_rwnd."
    const room = receiveBufferSize - this.#context.receiveQueue.heldBytes;
    const least = this.#leastWindow;
    if (room >= least) return room;
    // Nothing but the rest of a message opens this window: a packet of it is always welcome, while the reserve takes it.
    if (this.#waitsForRest) return Math.max(0, Math.min(least, Math.floor(room + receiveBufferSize * reserveFraction)));
    // Receiver's side of silly window avoidance (RFC 1122 §4.2.3.3): a window that does not take a full packet is not opened; one
    // that was open shrinks by what comes. RFC 9260 §6.2: "The receiver MUST also have an algorithm for advertising its receive
    // window to avoid receiver silly window syndrome".
    return Math.max(0, Math.min(room, this.#lastAdvertised - this.#chargedSince));
  }

  get #hasRoomForPacket(): boolean {
    return this.#context.options.receiveBufferSize - this.#context.receiveQueue.heldBytes >= this.#leastWindow;
  }

  /** What a window is at least, to be worth telling of. */
  get #leastWindow(): number {
    return Math.min(this.#context.paths.primary.pmdcs, this.#context.options.receiveBufferSize / 2);
  }

  /** Whether nothing but the TSNs that come next can make room: no reader can, and no hole hinders them. */
  get #waitsForRest(): boolean {
    return !this.tracker.hasGaps && !this.#context.receiveQueue.isReadable;
  }

  /** Whether the peer numbers fragments as Linux does. */
  get countsFsnFromSecond(): boolean {
    return this.#reassembly.countsFsnFromSecond;
  }

  /** Takes a DATA chunk of `packet`. Returns whether the association still stands. */
  handleData(chunk: DataChunk | IDataChunk, packet: Packet, path: Path): boolean {
    // RFC 8260 §2.2.3: "If I-DATA support has been negotiated for an association, the reception of a DATA chunk is a
    // violation of the above rules and therefore the receiver of the DATA chunk MUST abort the association".
    if ((chunk.kind === 'I-DATA') !== this.#context.capabilities.interleaving)
      return this.#abortFor(`${chunk.kind} was not negotiated`);
    const { metrics, control, inboundStreams, paths } = this.#context;
    const { tsn, fragment } = chunk;
    metrics.dataChunksReceived++;
    this.#dataPath = path;
    if (fragment.payload.length === 0) {
      // §6.2: "it SHOULD send an ABORT chunk with a 'No User Data' error cause"
      this.#context.abort(
        'SCTP_ERR_PROTOCOL_VIOLATION',
        [{ kind: 'No User Data', tsn }],
        'the peer sent a DATA chunk without data',
      );
      return false;
    }
    // RFC 3758 §3.6: "the receiver MUST perform the same TSN handling, including duplicate detection".
    const verdict = this.tracker.classify(tsn);
    if (verdict === 'duplicate') {
      metrics.duplicateTsns++;
      this.tracker.handleDuplicate(tsn);
      return true;
    }
    if (verdict === 'beyond the window' || !this.#hasRoomFor(tsn, fragment)) {
      metrics.dataChunksDropped++;
      this.tracker.handleDropped();
      return this.#context.state.name !== 'CLOSED';
    }
    this.tracker.handleNew(tsn, chunk.immediateAck);
    this.#chargedSince += fragment.payload.length + entryOverhead;
    if (fragment.streamId >= inboundStreams) {
      // §6.5: "it SHOULD acknowledge the reception of the DATA chunk following the normal procedure, immediately send
      // an ERROR chunk with cause set to 'Invalid Stream Identifier' […], and discard the DATA chunk"
      control.respond(
        { kind: 'ERROR', causes: [{ kind: 'Invalid Stream Identifier', streamId: fragment.streamId }] },
        paths.forReplyTo(path),
      );
      return true;
    }
    if (this.#goesToReader(chunk) && this.#isDense(packet)) return this.#reassemble(chunk, true);
    const kept = compacted(chunk, packet.byteLength);
    return this.#isHeld(kept) || this.#reassemble(kept);
  }

  /** Whether it is a message that is readable now, in turn with the others of its packet. */
  #goesToReader({ tsn, fragment: { beginning, ending } }: DataChunk | IDataChunk): boolean {
    const isWhole = beginning && ending && tsn === this.tracker.cumulativeTsn;
    return isWhole && this.#hold === undefined && !this.#context.receiveQueue.hasLanes;
  }

  /** Whether the messages of a packet together are worth its memory. */
  #isDense(packet: Packet): boolean {
    if (packet !== this.#packet) {
      this.#packet = packet;
      this.#isPacketDense = packet.byteLength <= 2 * chargeOf(packet);
    }
    return this.#isPacketDense;
  }

  #isHeld(chunk: DataChunk | IDataChunk): boolean {
    const hold = this.#hold;
    if (hold === undefined || !isAfter(chunk.tsn, hold.tsn)) return false;
    if (hold.streamIds.size > 0 && !hold.streamIds.has(chunk.fragment.streamId)) return false;
    this.#context.receiveQueue.charge(chunk.fragment.payload.length);
    hold.chunks.set(chunk.tsn, chunk);
    return true;
  }

  /**
   * RFC 6525 §5.2.2 E2: "any data arriving with a TSN larger than the Sender's Last Assigned TSN for the affected stream(s)
   * MUST be queued locally and held". No stream numbers mean all.
   */
  holdAfter(tsn: Tsn, streamIds: readonly number[]): void {
    this.#hold ??= { tsn, streamIds: new Set(streamIds), chunks: new Map(), skippedUpTo: undefined };
  }

  /** E3, E4: the streams begin anew behind `lastTsn`, and what was held "MUST now be released and processed normally". */
  resetStreams(streamIds: readonly number[], lastTsn: Tsn): void {
    this.#reassembly.resetStreams(streamIds, lastTsn);
    this.#context.receiveQueue.noteReset(streamIds);
    this.#announce(0);
    const hold = this.#hold;
    if (hold === undefined) return;
    const inOrder = [...hold.chunks.values()].sort((a, b) => distance(a.tsn, b.tsn));
    for (const chunk of inOrder) {
      hold.chunks.delete(chunk.tsn);
      this.#context.receiveQueue.release(chunk.fragment.payload.length);
      if (!this.#reassemble(chunk)) return;
    }
    this.#hold = undefined;
    if (hold.skippedUpTo !== undefined) this.#skip(hold.skippedUpTo, []);
  }

  /** Whether the peer may have reset the association, as we have asked, and its answer is still to come. */
  set mayBeginAnew(value: boolean) {
    this.#reassembly.mayBeginAnew = value;
    this.tracker.mayBeginAnew = value;
  }

  /** RFC 6525 §5.2.4 G1: "the smallest TSN not acknowledged by the receiver of the request plus 2^31". */
  get farTsn(): Tsn {
    return plus(this.tracker.cumulativeTsn, 0x8000_0001);
  }

  /** The association was reset: TSNs and streams begin anew (RFC 6525 §5.2.4 G4, G5; §5.2.7 H5). */
  restartAt(nextTsn: Tsn): void {
    // The peer's first new data may have overtaken its answer, and was acknowledged: the point does not go back.
    const early = distance(this.tracker.cumulativeTsn, nextTsn);
    const isEarly = early >= 0 && early <= tsnWindow;
    if (isEarly) this.tracker.renegeOnAll();
    else this.tracker.restartAt(nextTsn);
    this.#hold = undefined;
    this.#reassembly.restart();
    // What goes on with what was dropped is not a message.
    if (isEarly) this.#reassembly.handleForwardTsn(this.tracker.cumulativeTsn, []);
    this.#context.receiveQueue.noteReset([]);
    this.#announce(0);
  }

  handleEndOfPacket(now: Instant): void {
    this.#packet = undefined;
    const { receiveQueue } = this.#context;
    // §6.9: "If the data receiver runs out of buffer space while still waiting for more fragments to complete the reassembly of
    // the message, it SHOULD dispatch part of its inbound message".
    if (receiveQueue.deliversPartly && !this.#hasRoomForPacket && !receiveQueue.isReadable) this.deliverPartly(true);
    this.tracker.handleEndOfPacket(now);
  }

  /** Hands over the beginnings of large messages; with `isPressed`, of all that are next in their streams. */
  deliverPartly(isPressed: boolean): void {
    const { arrivals } = this.#context.receiveQueue;
    this.#reassembly.deliverPartly(isPressed);
    this.#announce(arrivals);
  }

  /** A reader has taken something, which makes room. */
  handleRead(): void {
    // §6.2: "send a window update only if the window can be increased by at least a quarter of the receive buffer size"
    if (this.aRwnd - this.#lastAdvertised >= this.#context.options.receiveBufferSize / 4) {
      // §6.2: "SHOULD send additional SACK chunks to update the window"; "MUST avoid sending a large number of window
      // updates"; "SHOULD notify the data sender in a timely manner of changes in its ability to receive data."
      this.tracker.requestSack();
    }
  }

  takeSack(maxLength: number): SackChunk {
    // §6.2: "SHOULD place the current value of a_rwnd into the a_rwnd field."
    this.#lastAdvertised = this.aRwnd;
    this.#chargedSince = 0;
    this.#context.metrics.sacksSent++;
    return this.tracker.takeSack(this.#lastAdvertised, maxLength);
  }

  /** FORWARD TSN and I-FORWARD-TSN (RFC 3758 §3.6, RFC 8260 §2.3.1). Returns whether the association still stands. */
  handleForwardTsn(chunk: ForwardTsnChunk | IForwardTsnChunk, path: Path): boolean {
    const isInterleaved = chunk.kind === 'I-FORWARD-TSN';
    // RFC 8260 §2.3.1: "If I-FORWARD-TSN support has been negotiated for an association, the reception of a FORWARD-TSN chunk is
    // a violation of the above rules and therefore the receiver of the FORWARD-TSN chunk MUST abort the association". The other
    // way round, too, where the RFC's next but one sentence writes FORWARD-TSN and means I-FORWARD-TSN.
    if (isInterleaved !== this.#context.capabilities.interleaving)
      return this.#abortFor(`${chunk.kind} was not negotiated`);
    this.#dataPath = path;
    const { newCumulativeTsn } = chunk;
    if (!this.tracker.handleForwardTsn(newCumulativeTsn)) {
      if (!isAfter(newCumulativeTsn, this.tracker.cumulativeTsn)) this.#reassembly.noteGivenUp(newCumulativeTsn);
      return true;
    }
    const hold = this.#hold;
    // RFC 6525 §5.2.2 E2 holds what is behind a reset until all before it has come. What is skipped up to there is skipped at once, and
    // brings the reset about; what is skipped behind it, once that is done. The numbers of its streams may be old ones.
    if (hold !== undefined && isAfter(newCumulativeTsn, hold.tsn)) hold.skippedUpTo = newCumulativeTsn;
    const { inboundStreams } = this.#context;
    const skipped = isInterleaved
      ? chunk.streams.map(({ streamId, unordered, mid }) => ({ streamId, unordered, messageId: mid }))
      : chunk.streams.map(({ streamId, ssn }) => ({ streamId, unordered: false, messageId: ssn }));
    const valid = skipped.filter(({ streamId }) => streamId < inboundStreams);
    this.#skip(newCumulativeTsn, highestOfEach(valid, isInterleaved));
    return true;
  }

  #skip(newCumulativeTsn: Tsn, skipped: readonly Skipped[]): void {
    const { arrivals } = this.#context.receiveQueue;
    this.#reassembly.handleForwardTsn(newCumulativeTsn, skipped);
    this.#announce(arrivals);
  }

  #reassemble(chunk: DataChunk | IDataChunk, isShared = false): boolean {
    const { arrivals } = this.#context.receiveQueue;
    const violation = this.#reassembly.handleFragment(chunk.tsn, chunk.fragment, isShared);
    this.#announce(arrivals);
    if (violation === undefined) return true;
    // §5.1: "After the reception of the first DATA chunk in an association, the endpoint MUST immediately respond", whatever is wrong
    // with it.
    const { paths } = this.#context;
    if (!this.tracker.hasReceivedData) this.#context.sendTogether([this.takeSack(paths.current.pmdcs)], paths.current);
    return this.#abortFor(violation);
  }

  /** Tells of what has become readable, and counts what has since there were `arrivals`. */
  #announce(arrivals: number): void {
    const { receiveQueue, metrics, events } = this.#context;
    metrics.messagesReceived += receiveQueue.arrivals - arrivals;
    if (receiveQueue.takeNews()) events.push({ kind: 'readable' });
    this.#context.tellReaders();
  }

  #abortFor(violation: string): false {
    this.#context.abort(
      'SCTP_ERR_PROTOCOL_VIOLATION',
      [{ kind: 'Protocol Violation', information: asciiBytes(violation) }],
      `the peer violated the protocol: ${violation}`,
    );
    return false;
  }

  /**
   * §6.2: "When the receiver's advertised window is 0, the receiver MUST drop any new incoming DATA chunk with a TSN
   * larger than the largest TSN received so far."
   */
  #hasRoomFor(tsn: Tsn, fragment: Fragment): boolean {
    const { receiveQueue, options } = this.#context;
    const { receiveBufferSize } = options;
    const held = receiveQueue.heldBytes;
    const isClosed = this.#lastAdvertised === 0 && this.aRwnd === 0;
    if (held < receiveBufferSize && !isClosed) return true;
    const isNext = this.tracker.isNextInSequence(tsn);
    // Whoever waits for just this takes it at once; and reads nothing else before, perhaps.
    if (isNext && this.#reassembly.isAwaited(tsn, fragment)) return true;
    const mostHeld = receiveBufferSize * (1 + reserveFraction);
    if (this.tracker.isBeyondHighest(tsn)) {
      // With nothing to read nobody can make room but this chunk's own message: a message as large as the buffer.
      return isNext && !this.#canMakeRoom() && (held < mostHeld || this.#refuseOversizedMessage(tsn, fragment));
    }
    if (held < mostHeld) return true;
    if (!isNext) return false;
    // §6.2: "the receiver SHOULD drop the largest TSN held for reordering and accept the new incoming DATA chunk."
    // All of them at once: whoever fills the reserve does it again, and this way each chunk is dropped once.
    // §6.2: "An endpoint SHOULD NOT revoke a SACK chunk and discard data", and does so here only; "SHOULD take into
    // account the dropped data when calculating its a_rwnd", which releasing it does. "SHOULD
    // take into account that the data sender will not retransmit DATA chunks that are acked via the Cumulative TSN Ack".
    this.#reassembly.dropAfter(this.tracker.cumulativeTsn, (dropped) => this.tracker.handleReneged(dropped));
    if (receiveQueue.heldBytes < receiveBufferSize) return true;
    return !this.#canMakeRoom() && this.#refuseOversizedMessage(tsn, fragment);
  }

  /** Whether a reader can; where nothing else is readable, parts of messages become so. */
  #canMakeRoom(): boolean {
    const { receiveQueue } = this.#context;
    if (!receiveQueue.isReadable && receiveQueue.deliversPartly) this.deliverPartly(true);
    return receiveQueue.isReadable;
  }

  #refuseOversizedMessage(tsn: Tsn, fragment: Fragment): false {
    const { receiveBufferSize } = this.#context.options;
    const bytes = this.#reassembly.bytesBefore(tsn, fragment) + fragment.payload.length;
    this.#context.abort(
      'SCTP_ERR_PROTOCOL_VIOLATION',
      [{ kind: 'Out of Resource' }],
      `the peer sent a message of ${bytes} bytes${fragment.ending ? '' : ' and more'}, for which receiveBufferSize, ${receiveBufferSize} bytes, has no room: only \`incomingMessages()\` (in the core: \`partialDelivery\`) or a larger buffer can take it`,
    );
    return false;
  }
}

/** How the peer numbers fragments of I-DATA: who speaks I-FORWARD-TSN and is not Linux does as RFC 8260 says. */
function numberingOf({ linuxInterleaving, partialReliability }: Capabilities): 'RFC 8260' | 'Linux' | undefined {
  if (linuxInterleaving) return 'Linux';
  return partialReliability ? 'RFC 8260' : undefined;
}

/** What a packet's user data is charged. */
function chargeOf({ chunks }: Packet): number {
  let charge = 0;
  for (const chunk of chunks) {
    if (chunk.kind === 'DATA' || chunk.kind === 'I-DATA') charge += chunk.fragment.payload.length + entryOverhead;
  }
  return charge;
}

/**
 * A view keeps the memory of its whole packet, so that a byte could hold 64 KiB. What is small beside it is copied: what is
 * held is at most twice what is charged. Messages that are read one after the other share what their packet costs.
 */
function compacted<C extends DataChunk | IDataChunk>(chunk: C, packetLength: number): C {
  const { payload } = chunk.fragment;
  if (packetLength <= 2 * (payload.length + entryOverhead)) return chunk;
  return { ...chunk, fragment: { ...chunk.fragment, payload: new Uint8Array(payload) } };
}

/** A stream that is named again and again costs as much as one that is named once. */
function highestOfEach(skipped: readonly Skipped[], isInterleaved: boolean): readonly Skipped[] {
  const isHigher = (a: number, b: number): boolean =>
    isInterleaved ? isAfter(mid(a), mid(b)) : ssnDistance(ssn(a), ssn(b)) > 0;
  const highest = new Map<number, Skipped>();
  for (const each of skipped) {
    const key = each.streamId * 2 + (each.unordered ? 1 : 0);
    const known = highest.get(key);
    if (known === undefined || isHigher(each.messageId, known.messageId)) highest.set(key, each);
  }
  return [...highest.values()];
}
