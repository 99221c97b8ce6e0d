import { asciiBytes } from '../base/bytes.ts';
import { randomBytes } from '../base/random.ts';
import type { Instant } from '../base/time.ts';
import {
  type Chunk,
  chunkLength,
  commonHeaderLength,
  heartbeatValue,
  type PacketBuilder,
  padChunk,
} from '../chunks/index.ts';
import type { Context, Transmit } from './context.ts';
import type { Path } from './path.ts';
import type { Transfer } from './state.ts';

/** SACK chunk without blocks: the least that has to fit beside DATA. */
const smallestSackLength = 16;

/** HEARTBEAT chunk with a nonce. */
const leastFillerLength = 16;

/** FORWARD TSN or I-FORWARD-TSN chunk with one entry. */
const smallestForwardTsnLength = 16;

/** Stands for a packet that would have left from an address that the peer does not know. */
const withheld: Transmit = { packet: new Uint8Array(0), to: { ip: '', udpPort: 0 }, from: undefined };

/** Decides what goes into the next packet, and writes it (RFC 9260 §6.1, §6.10). */
export class Transmitter {
  readonly #context: Context;
  readonly #builder: PacketBuilder;
  /** Packets with DATA that may still go out before the next input: 'Max.Burst' (§6.1 D). */
  #burst: number;
  /** Whether a SACK chunk has come since the last packet went out: the burst that waits is its own. */
  #hasReadSack = false;

  constructor(context: Context) {
    this.#context = context;
    this.#builder = context.environment.builder;
    this.#burst = this.#maxBurst;
  }

  /**
   * Each SACK chunk may set free a burst; several that are read in one go set free as many. §6.1 D: "flightsize + Max.Burst *
   * PMDCS", with the flightsize from before the SACK chunk: what has left the network may be replaced, or one SACK chunk for
   * many packets, as slow readers and network cards make them, would empty the pipe.
   */
  handleSack(bytesAcked: number): void {
    const replaced = Math.ceil(bytesAcked / this.#context.paths.current.pmdcs);
    if (this.#hasReadSack) this.#burst += this.#maxBurst + replaced;
    else this.#burst = this.#maxBurst + replaced;
    this.#hasReadSack = true;
  }

  /** The next packet, undefined when there is nothing to send now. */
  poll(now: Instant): Transmit | undefined {
    this.#context.paths.reviewSources(now);
    for (;;) {
      const transmit = this.#poll(now);
      if (transmit !== withheld) return transmit;
    }
  }

  #poll(now: Instant): Transmit | undefined {
    const ready = this.#context.packets.shift();
    if (ready !== undefined) return this.#count(ready);
    const { state } = this.#context;
    // §5: "the two endpoints MUST complete an initialization process".
    if (state.name === 'CLOSED' || state.name === 'COOKIE-WAIT') return undefined;
    // §5.1 C: "until the COOKIE ACK chunk is returned, the sender MUST NOT send any other packets to the peer."
    if (state.name === 'COOKIE-ECHOED') return this.#pollCookieEcho();
    if (state.sender.hasRfcFsns && state.receiver.countsFsnFromSecond) return this.#refuseLinuxFsns();
    if (this.#maySendData()) state.reconfiguration.pump(now);
    const transmit = this.#pollBundle(state, now);
    if (transmit === undefined) {
      state.sender.handleEndOfTurn();
      this.#burst = this.#maxBurst;
      this.#hasReadSack = false;
    }
    return transmit;
  }

  /** Who numbers fragments from the second one on reads them so, too: our messages in pieces were acknowledged there, and are lost. */
  #refuseLinuxFsns(): Transmit | undefined {
    const context = this.#context;
    const violation = 'the FSN of a second fragment is 0';
    context.abort(
      'SCTP_ERR_PROTOCOL_VIOLATION',
      [{ kind: 'Protocol Violation', information: asciiBytes(violation) }],
      'the peer numbers fragments of I-DATA as Linux does, and would lose ours: `linuxInterleaving` is for such peers',
    );
    const abort = context.packets.shift();
    return abort && this.#count(abort);
  }

  #pollCookieEcho(): Transmit | undefined {
    const first = this.#context.control.peek();
    if (first?.chunk.kind !== 'COOKIE ECHO') return undefined;
    const limit = first.path.assuredPacketSize;
    this.#begin(first.path, limit);
    this.#appendControl(first.path, limit);
    return this.#finish(first.path);
  }

  #pollBundle({ sender, receiver }: Transfer, now: Instant): Transmit | undefined {
    const { control, paths } = this.#context;
    const { tracker } = receiver;
    const queued = control.peek();
    // §6.1 D: "'Max.Burst' SHOULD be used to limit the number of packets sent"; "cwnd SHOULD NOT be changed
    // permanently".
    const maySendData = this.#maySendData();
    const dataPath = this.#burst > 0 && maySendData ? sender.choosePath(now) : undefined;
    const isSackDue = tracker.isSackDue && this.#mayReceiveData();
    // RFC 3758 §3.5 C3: "the only restriction being that the address MUST be one that is CONFIRMED".
    const forwardTsnPath = maySendData && sender.partialReliability.isDue ? (dataPath ?? paths.current) : undefined;
    const path = queued?.path ?? (isSackDue ? receiver.sackPath : (forwardTsnPath ?? dataPath));
    if (path === undefined) return undefined;
    const oversized = dataPath && sender.oversizedRetransmission(dataPath, now);
    if (dataPath !== undefined && oversized !== undefined) return this.#sendOversized(sender, dataPath, oversized, now);

    // What is not acknowledged by itself does not depend on the path MTU that was discovered.
    const limit = path === dataPath ? path.maxPacketSize : path.assuredPacketSize;
    this.#begin(path, limit);
    // §6.10: "an endpoint MUST place control chunks first in the outbound SCTP packet."
    const mustTravelWithoutData = this.#appendControl(path, limit);
    if ((isSackDue || tracker.hasNews) && path === receiver.sackPath) {
      // §6.1: "if any received DATA chunks have not been acknowledged (e.g., due to delayed ack), the sender SHOULD
      // create a SACK chunk and bundle it with the outbound DATA chunk"
      const isBundled = path === dataPath && tracker.hasNews;
      // §6.9: "MUST also take into account the space required for a SACK chunk if bundling".
      const room = Math.min(limit, path.assuredPacketSize) - this.#builder.length;
      if ((isSackDue || isBundled) && room >= smallestSackLength) this.#builder.append(receiver.takeSack(room));
    }
    // RFC 3758 §3.5 F2: "SHOULD always attempt to bundle an outgoing FORWARD TSN with outbound DATA chunks".
    if (path === forwardTsnPath && !mustTravelWithoutData) this.#appendForwardTsn(sender, path, limit, now);
    if (path === dataPath && !mustTravelWithoutData) {
      const before = this.#builder.length;
      sender.fill(this.#builder, path, now);
      if (this.#builder.length > before) this.#burst--;
    }
    return this.#builder.length === commonHeaderLength ? undefined : this.#finish(path);
  }

  /**
   * A chunk that was cut for a larger path MTU than there is now, in a packet of its own. RFC 9260 §6.9: "if the PMTU has been
   * reduced, then IP fragmentation MUST be used." Systems fragment by themselves, and without DF, what exceeds the MTU that
   * they know of; what does not may go out with DF set, and would be lost where the path MTU is smaller. So the packet is
   * padded until the link itself cannot carry it in one piece.
   */
  #sendOversized(sender: Transfer['sender'], path: Path, size: number, now: Instant): Transmit {
    const { maxPacketSize, linkMtu } = this.#context.environment;
    const length = commonHeaderLength + size;
    const fragmented = path.fragmentedSizeOf(linkMtu?.(path.address, path.localAddress) ?? 0);
    const isPadded = fragmented > length && fragmented <= maxPacketSize;
    const whole = isPadded ? Math.max(fragmented, length + leastFillerLength) : length;
    this.#begin(path, whole);
    // It stands before DATA as all control chunks do: some peers acknowledge nothing behind which another chunk stands.
    if (isPadded) this.#builder.append(this.#filler(path, whole - length));
    sender.fill(this.#builder, path, now, whole);
    this.#burst--;
    return this.#finish(path);
  }

  /** A chunk that means nothing: PAD, or a HEARTBEAT for peers who may drop packets with chunks that they do not know. */
  #filler(path: Path, length: number): Chunk {
    if (path.mtu?.isAnswered !== false) return padChunk(length);
    // §3.3.5: "MUST include a random nonce of length 64 bits or longer". Its answer is nobody's.
    const info = new Uint8Array(length - 8);
    info.set(randomBytes(this.#context.environment.random, 8));
    return { kind: 'HEARTBEAT', value: heartbeatValue(info) };
  }

  #appendForwardTsn(sender: Transfer['sender'], path: Path, limit: number, now: Instant): void {
    const room = Math.min(limit, path.assuredPacketSize) - this.#builder.length;
    if (room < smallestForwardTsnLength) return;
    const chunk = sender.partialReliability.take(room, now);
    if (chunk !== undefined) this.#builder.append(chunk);
    else if (!sender.partialReliability.awaitsAnswer) return;
    // RFC 3758 §3.5 C5: "the sender MUST assure that at least one T3-rtx timer is running."
    path.t3Rtx.startIfStopped(now, path.rto.rtoMs);
  }

  /** RFC 9260 §6: "Data transmission MUST only happen in the ESTABLISHED, SHUTDOWN-PENDING, and SHUTDOWN-RECEIVED states." */
  #maySendData(): boolean {
    const { name } = this.#context.state;
    return name === 'ESTABLISHED' || name === 'SHUTDOWN-PENDING' || name === 'SHUTDOWN-RECEIVED';
  }

  /**
   * Whether DATA may come that a SACK chunk could speak of (§6). Once the peer's SHUTDOWN chunk has come there is none, and
   * a window update would meet a peer that has already forgotten the association, and answers it with ABORT.
   */
  #mayReceiveData(): boolean {
    const { name } = this.#context.state;
    return name === 'ESTABLISHED' || name === 'SHUTDOWN-PENDING' || name === 'SHUTDOWN-SENT';
  }

  /** Appends control chunks for `path` while they fit; the first always does. Returns whether DATA must not follow. */
  #appendControl(path: Path, limit: number): boolean {
    const { control } = this.#context;
    let excludesData = false;
    for (;;) {
      const queued = control.peek();
      if (queued === undefined || queued.path !== path) return excludesData;
      const { chunk } = queued;
      const isFirst = this.#builder.length === commonHeaderLength;
      // §6.10: "The total size of the resultant SCTP packet MUST be less that or equal to the current PMTU."; "Partial
      // chunks MUST NOT be placed in an SCTP packet."
      if (!isFirst && this.#builder.length + chunkLength(chunk) > limit) return true;
      this.#builder.append(chunk);
      control.shift();
      // §6.10: "DATA chunks cannot be bundled with SHUTDOWN or SHUTDOWN ACK chunks."
      if (chunk.kind === 'SHUTDOWN ACK') excludesData = true;
    }
  }

  #begin(path: Path, limit: number): void {
    const { localPort, remotePort, peerVerificationTag, control } = this.#context;
    // §3.3.3: "An implementation MUST be prepared to receive an INIT ACK chunk that is quite large (more than 1500
    // bytes)".
    // A State Cookie can be larger than a packet ought to be; it cannot be split, and IP has to fragment it.
    const first = control.peek();
    const needed = first?.path === path ? commonHeaderLength + chunkLength(first.chunk) : 0;
    const { slab } = this.#context.environment;
    const buffer = slab.take(Math.max(limit, needed));
    // §8.5: "MUST fill in the Verification Tag […] with the tag value in the Initiate Tag parameter of the INIT or INIT
    // ACK chunk".
    this.#builder.begin(buffer, slab.offset, localPort, remotePort, peerVerificationTag);
  }

  #finish(path: Path): Transmit {
    // With no other path left, packets are lost here rather than at the peer, who would answer them with ABORT: timers and
    // counters go on as for any path that has failed.
    if (path.isAside) return withheld;
    // RFC 9653 §5.2 2: "it MUST include a correct CRC32c checksum in the packet containing the COOKIE ECHO chunk."
    const packet = this.#builder.finish(this.#context.needsChecksum || this.#context.state.name === 'COOKIE-ECHOED');
    this.#context.environment.slab.keep(packet.length);
    return this.#count({ packet, to: path.address, from: path.localAddress });
  }

  #count(transmit: Transmit): Transmit {
    this.#context.metrics.packetsSent++;
    this.#context.metrics.bytesSent += transmit.packet.length;
    return transmit;
  }

  get #maxBurst(): number {
    const { maxBurst } = this.#context.options;
    return maxBurst === 0 ? Number.POSITIVE_INFINITY : maxBurst;
  }
}
