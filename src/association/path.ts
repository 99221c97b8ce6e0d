import { isIpv6, type NetAddress } from '../base/address.ts';
import { Timer } from '../base/time.ts';
import { commonHeaderLength } from '../chunks/index.ts';
import { Destination } from '../reliability/destination.ts';
import { RetransmissionTimeout } from '../reliability/retransmission-timeout.ts';
import { Rfc9260CongestionControl } from '../reliability/rfc9260-congestion-control.ts';
import type { PathState, PathStatus } from './events.ts';
import type { AssociationOptions } from './options.ts';

/** An IPv6 header is this much longer than an IPv4 header without options. */
const ipv6ExtraHeaderLength = 20;

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
}

/** One destination address of the peer: the sender's variables for it, its MTU, and whether it works. */
export class Path extends Destination {
  /** Identifies the path within its association, in heartbeats. */
  readonly id: number;
  readonly pathMtu: number;
  /** The largest SCTP packet for this path, in bytes: a multiple of four, as every chunk is. */
  readonly maxPacketSize: number;
  /** Fires when it is time for a HEARTBEAT, or when one has not been answered within an RTO. */
  readonly heartbeatTimer: Timer = new Timer();
  pendingHeartbeat: PendingHeartbeat | undefined;
  /** When something that updates the RTT was last sent: the path is idle without it (§8.3). */
  lastSentAt: number = Number.NEGATIVE_INFINITY;
  isConfirmed: boolean;
  /** Where packets to this path are sent from: the address on which the peer reaches us; undefined leaves it to the system. */
  localAddress: NetAddress | undefined;
  readonly #options: AssociationOptions;
  #address: NetAddress;
  #errorCount = 0;

  constructor(
    id: number,
    address: NetAddress,
    localAddress: NetAddress | undefined,
    isConfirmed: boolean,
    limits: PacketLimits,
    options: AssociationOptions,
  ) {
    const headers = limits.overhead === 0 ? 0 : limits.overhead + (isIpv6(address.ip) ? ipv6ExtraHeaderLength : 0);
    const packetSize = Math.min(options.pathMtu - headers, limits.maxPacketSize) & ~3;
    // RFC 9260 §7.3: "An endpoint MUST maintain separate PMTU estimates for each destination address of its peer." RFC
    // 6951 §5.6: "it MUST decrease the Path MTU of that path by the size of the UDP header."
    const pmdcs = packetSize - commonHeaderLength;
    // RFC 9260 §7.2: "MUST keep a set of the control variables cwnd, ssthresh, and partial_bytes_acked for EACH
    // destination address". §8.2: "SHOULD keep an error counter for each of the destination transport addresses".
    super(
      new Rfc9260CongestionControl(pmdcs, isIpv6(address.ip), options.initialCwndPackets),
      new RetransmissionTimeout(options),
    );
    this.id = id;
    this.localAddress = localAddress;
    this.isConfirmed = isConfirmed;
    this.pathMtu = packetSize + headers;
    // RFC 9260 §6.10: "SHOULD choose a size no larger than the PMTU of the current primary path."
    this.maxPacketSize = packetSize;
    this.#options = options;
    this.#address = address;
  }

  get address(): NetAddress {
    return this.#address;
  }

  /** RFC 6951 §5.4: a peer behind a NAT is where its last verified packet came from. Returns whether that is news. */
  learnUdpPort(from: NetAddress): boolean {
    // RFC 6951 §5.1: "MUST maintain a remote UDP encapsulation port number per destination address for each SCTP
    // association."
    if (from.udpPort === this.#address.udpPort) return false;
    this.#address = from;
    return true;
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
    return this.#errorCount > potentiallyFailedMaxRetrans ? 'potentially-failed' : 'active';
  }

  countError(): void {
    const limit = errorCountLimitFactor * (this.#options.pathMaxRetrans + 1);
    this.#errorCount = Math.min(this.#errorCount + 1, limit);
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
