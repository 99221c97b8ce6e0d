import { isIpv6, type LinkMtu, type NetAddress } from '../base/address.ts';
import type { Tsn } from '../base/serial.ts';
import { type Instant, Timer } from '../base/time.ts';
import { commonHeaderLength } from '../chunks/index.ts';
import { Destination } from '../reliability/destination.ts';
import { RetransmissionTimeout } from '../reliability/retransmission-timeout.ts';
import { Rfc9260CongestionControl } from '../reliability/rfc9260-congestion-control.ts';
import type { PathState, PathStatus } from './events.ts';
import type { AssociationOptions } from './options.ts';
import { PathMtu } from './path-mtu.ts';

/** An IPv6 header is this much longer than an IPv4 header without options. */
const ipv6ExtraHeaderLength = 20;

/** RFC 8899 §5.1.2: "a default BASE_PLPMTU of 1200 bytes is RECOMMENDED", at the packetization layer: of the SCTP packet. */
const basePacketSize = 1_200;

/** "receivers are required to be able to reassemble fragmented datagrams at least up to 576 bytes" (IPv4) */
const leastIpv4Mtu = 576;

/** For IPv6, MIN_PLPMTU is at least "the size at the PL that results in an 1280-byte IPv6 packet", and BASE_PLPMTU is the same. */
const leastIpv6Mtu = 1_280;

/**
 * RFC 7829 §4.1: error counters go on "up to some reasonable limit above PMR+1", "an order of magnitude higher than
 * the PMR value", so that among inactive paths the least bad can be told.
 */
const errorCountLimitFactor = 10;

/** A HEARTBEAT chunk that waits for its HEARTBEAT ACK chunk. */
export interface PendingHeartbeat {
  /** 64 bits of chance (RFC 9260 §5.4): who returns them has seen our packet. */
  readonly nonce: Uint8Array;
  readonly sentAt: number;
}

/** How packets travel: what the headers below SCTP take, and the largest SCTP packet, in bytes. */
export interface PacketLimits {
  readonly overhead: number;
  readonly maxPacketSize: number;
  /** The MTU of the link towards an address; path MTUs are discovered where it is known. */
  readonly linkMtu?: LinkMtu | undefined;
}

/** One destination address of the peer: the sender's variables for it, its MTU, and whether it works. */
export class Path extends Destination {
  /** Identifies the path within its association, in heartbeats. */
  readonly id: number;
  /** The largest SCTP packet for this path, in bytes: a multiple of four, as every chunk is. */
  maxPacketSize: number;
  /** Discovers the path MTU; undefined where it is fixed. */
  readonly mtu: PathMtu | undefined;
  /** The largest packet with DATA since T3-rtx was last stopped or has expired. */
  largestPacket = 0;
  /** The last DATA chunk of a packet whose arrival proves its size, and that size. */
  #provingTsn: Tsn | undefined;
  #provingSize = 0;
  /** Fires when it is time for a HEARTBEAT, or when one has not been answered within an RTO. */
  readonly heartbeatTimer: Timer = new Timer();
  pendingHeartbeat: PendingHeartbeat | undefined;
  /** Whether a HEARTBEAT chunk was ever sent to it. */
  wasProbed = false;
  /** When something that updates the RTT was last sent: the path is idle without it (§8.3). */
  lastSentAt: number = Number.NEGATIVE_INFINITY;
  isConfirmed: boolean;
  /** Packets to it would leave from an address that the peer was not told: it carries nothing. */
  isAside = false;
  /** Whether the peer has sent from this address to `localAddress`, and answered since: the pair works. */
  isSourceProven = false;
  readonly #options: AssociationOptions;
  readonly #headers: number;
  readonly #baseSize: number;
  readonly #mostPacketSize: number;
  #address: NetAddress;
  #localAddress: NetAddress | undefined;
  #errorCount = 0;

  constructor(
    id: number,
    address: NetAddress,
    isConfirmed: boolean,
    limits: PacketLimits,
    options: AssociationOptions,
  ) {
    const headers = limits.overhead === 0 ? 0 : limits.overhead + (isIpv6(address.ip) ? ipv6ExtraHeaderLength : 0);
    const isDiscovered = options.pmtud && limits.linkMtu !== undefined;
    const isV6 = isIpv6(address.ip);
    const base = Math.min(isV6 ? leastIpv6Mtu - headers : basePacketSize, options.maxPathMtu - headers);
    const packetSize = Math.min(isDiscovered ? base : options.pathMtu - headers, limits.maxPacketSize) & ~3;
    // RFC 9260 §7.3: "An endpoint MUST maintain separate PMTU estimates for each destination address of its peer." RFC
    // 6951 §5.6: "it MUST decrease the Path MTU of that path by the size of the UDP header."
    const pmdcs = packetSize - commonHeaderLength;
    // RFC 9260 §7.2: "MUST keep a set of the control variables cwnd, ssthresh, and partial_bytes_acked for EACH
    // destination address". §8.2: "SHOULD keep an error counter for each of the destination transport addresses".
    super(new Rfc9260CongestionControl(pmdcs, isV6, options.initialCwndPackets), new RetransmissionTimeout(options));
    this.id = id;
    this.isConfirmed = isConfirmed;
    this.#headers = headers;
    this.#mostPacketSize =
      Math.min(isDiscovered ? options.maxPathMtu - headers : packetSize, limits.maxPacketSize) & ~3;
    // RFC 9260 §6.10: "SHOULD choose a size no larger than the PMTU of the current primary path."
    this.maxPacketSize = packetSize;
    this.#baseSize = packetSize;
    const min = isV6 ? packetSize : Math.min(packetSize, leastIpv4Mtu - headers);
    this.mtu = isDiscovered ? new PathMtu({ min, base: packetSize, max: packetSize }, headers) : undefined;
    this.#options = options;
    this.#address = address;
  }

  get address(): NetAddress {
    return this.#address;
  }

  /** Where packets to this path are sent from: the address on which the peer reaches us; undefined leaves it to the system. */
  get localAddress(): NetAddress | undefined {
    return this.#localAddress;
  }

  set localAddress(address: NetAddress | undefined) {
    const isAnother = address !== undefined && this.#localAddress !== undefined && address.ip !== this.#localAddress.ip;
    this.#localAddress = address;
    if (isAnother) this.isSourceProven = false;
    // RFC 9260 §7.2.5.2: a routing change "includes the selection of a different source address used for sending packets to a
    // destination address"; "the congestion control parameters for the affected destination addresses MUST be reset to their
    // initial values." §7.2.5: "the congestion control MUST be reinitialized."
    if (isAnother) this.congestion.reset();
  }

  /** In bytes, IP header included. */
  get pathMtu(): number {
    return this.maxPacketSize + this.#headers;
  }

  /** No more than what passes without a discovery: for what nobody misses when it is lost. */
  get assuredPacketSize(): number {
    return Math.min(this.#baseSize, this.maxPacketSize);
  }

  /** The largest SCTP packet in an IP packet of `mtu` bytes, as far as the transport and our user allow it. */
  packetSizeOf(mtu: number): number {
    return Math.min((mtu - this.#headers) & ~3, this.#mostPacketSize);
  }

  /** The least SCTP packet that a link with `mtu` cannot carry in one piece. */
  fragmentedSizeOf(mtu: number): number {
    return ((mtu - this.#headers) & ~3) + 4;
  }

  /** Packets have the size from now on that was discovered. Returns whether that is news. */
  adoptMtu(): boolean {
    if (this.mtu === undefined || this.mtu.plpmtu === this.maxPacketSize) return false;
    this.maxPacketSize = this.mtu.plpmtu;
    // RFC 8899 §3 7: "An update to the PLPMTU (or MPS) MUST NOT increase the congestion window measured in bytes": only what
    // counts in PMDCS follows.
    this.congestion.pmdcs = this.maxPacketSize - commonHeaderLength;
    return true;
  }

  /** RFC 6951 §5.4: a peer behind a NAT is where its last verified packet came from. Returns whether that is news. */
  learnUdpPort(from: NetAddress): boolean {
    // RFC 6951 §5.1: "MUST maintain a remote UDP encapsulation port number per destination address for each SCTP
    // association."
    if (from.udpPort === this.#address.udpPort) return false;
    this.#address = from;
    return true;
  }

  /** A packet of `size` bytes with DATA goes out, which IP does not fragment; the last of its DATA chunks that are new is `tsn`. */
  handleDataPacket(size: number, tsn: Tsn | undefined): void {
    if (size > this.largestPacket) this.largestPacket = size;
    if (tsn === undefined || this.#provingTsn !== undefined || this.mtu?.isInDoubt(size) !== true) return;
    this.#provingTsn = tsn;
    this.#provingSize = size;
  }

  override handleAcknowledged(tsn: Tsn, now: Instant): void {
    super.handleAcknowledged(tsn, now);
    if (tsn !== this.#provingTsn) return;
    this.#provingTsn = undefined;
    this.mtu?.handleDataAck(this.#provingSize, now);
  }

  /** Whichever of its transmissions has arrived, its packet was not smaller. What was too large for a packet went in fragments. */
  override handleRepeatedAcknowledged(size: number, now: Instant): void {
    const packetSize = commonHeaderLength + size;
    if (packetSize <= this.maxPacketSize) this.mtu?.handleDataAck(packetSize, now);
  }

  override handleRetransmission(tsn: Tsn): void {
    super.handleRetransmission(tsn);
    if (tsn === this.#provingTsn) this.#provingTsn = undefined;
  }

  override handleAbandoned(tsn: Tsn): void {
    super.handleAbandoned(tsn);
    if (tsn === this.#provingTsn) this.#provingTsn = undefined;
  }

  override handleSent(tsn: Tsn, size: number, isRetransmission: boolean, now: Instant): void {
    super.handleSent(tsn, size, isRetransmission, now);
    this.mtu?.handleData();
  }

  /** "the maximum size of a DATA chunk that fits into an SCTP packet" (RFC 9260 §1.3), in bytes. */
  get pmdcs(): number {
    return this.congestion.pmdcs;
  }

  /** Consecutive failures (RFC 9260 §8.2). */
  get errorCount(): number {
    return this.#errorCount;
  }

  /** The error counter says it all: RFC 9260 §8.2 has one threshold, RFC 7829 §3.2 one below it. */
  get state(): PathState {
    const { pathMaxRetrans, potentiallyFailedMaxRetrans } = this.#options;
    if (this.#errorCount > pathMaxRetrans) return 'inactive';
    if (!this.isConfirmed) return 'unconfirmed';
    if (this.isAside) return 'inactive';
    return this.#errorCount > potentiallyFailedMaxRetrans ? 'potentially-failed' : 'active';
  }

  /** Whether it may carry more than heartbeats: "MUST NOT send any chunks to an UNCONFIRMED address" (§5.4). */
  get isUsable(): boolean {
    return this.isConfirmed && !this.isAside;
  }

  countError(): void {
    const limit = errorCountLimitFactor * (this.#options.pathMaxRetrans + 1);
    this.#errorCount = Math.min(this.#errorCount + 1, limit);
  }

  /** It does not work, as if it had failed as often as it may. */
  fail(): void {
    this.#errorCount = Math.max(this.#errorCount, this.#options.pathMaxRetrans + 1);
  }

  clearErrors(): void {
    this.#errorCount = 0;
  }

  status(isPrimary: boolean): PathStatus {
    return {
      address: this.#address,
      localAddress: this.localAddress,
      state: this.state,
      isPrimary,
      srttMs: this.rto.srttMs,
      rtoMs: this.rto.rtoMs,
      cwnd: this.congestion.cwnd,
      ssthresh: this.congestion.ssthresh,
      flightSize: this.flightSize,
      pathMtu: this.pathMtu,
      errorCount: this.#errorCount,
    };
  }
}
