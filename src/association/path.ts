import { isIpv6, type NetAddress } from '../base/address.ts';
import { Timer } from '../base/time.ts';
import { commonHeaderLength } from '../chunks/index.ts';
import { Destination } from '../reliability/destination.ts';
import { RetransmissionTimeout } from '../reliability/retransmission-timeout.ts';
import { Rfc9260CongestionControl } from '../reliability/rfc9260-congestion-control.ts';
import type { PathStatus } from './events.ts';
import type { AssociationOptions } from './options.ts';

/** An IPv6 header is this much longer than an IPv4 header without options. */
const ipv6ExtraHeaderLength = 20;

/** A HEARTBEAT chunk that waits for its HEARTBEAT ACK chunk. */
export interface PendingHeartbeat {
  /** 64 bits of chance (RFC 9260 §5.4): who returns them has seen our packet. */
  readonly nonce: Uint8Array;
  readonly sentAt: number;
}

/** One destination address of the peer: the sender's variables for it, its MTU, and whether it works. */
export class Path extends Destination {
  readonly index: number;
  readonly pathMtu: number;
  /** The largest SCTP packet for this path, in bytes: a multiple of four, as every chunk is. */
  readonly maxPacketSize: number;
  /** Fires when it is time for a HEARTBEAT, or when one has not been answered within an RTO. */
  readonly heartbeatTimer: Timer = new Timer();
  pendingHeartbeat: PendingHeartbeat | undefined;
  /** When something that updates the RTT was last sent: the path is idle without it (§8.3). */
  lastSentAt: number = Number.NEGATIVE_INFINITY;
  errorCount = 0;
  isActive = true;
  isConfirmed: boolean;
  #address: NetAddress;

  constructor(
    index: number,
    address: NetAddress,
    isConfirmed: boolean,
    overhead: number,
    maxPacketSize: number,
    options: AssociationOptions,
  ) {
    const headers = overhead === 0 ? 0 : overhead + (isIpv6(address.ip) ? ipv6ExtraHeaderLength : 0);
    const packetSize = Math.min(options.pathMtu - headers, maxPacketSize) & ~3;
    const pmdcs = packetSize - commonHeaderLength;
    super(
      new Rfc9260CongestionControl(pmdcs, isIpv6(address.ip), options.initialCwndPackets),
      new RetransmissionTimeout(options),
    );
    this.index = index;
    this.#address = address;
    this.isConfirmed = isConfirmed;
    this.pathMtu = packetSize + headers;
    this.maxPacketSize = packetSize;
  }

  get address(): NetAddress {
    return this.#address;
  }

  /** RFC 6951 §5.4: a peer behind a NAT is where its last verified packet came from. */
  learnUdpPort(from: NetAddress): void {
    if (from.udpPort !== this.#address.udpPort) this.#address = from;
  }

  /** "the maximum size of a DATA chunk that fits into an SCTP packet" (RFC 9260 §1.3), in bytes. */
  get pmdcs(): number {
    return this.congestion.pmdcs;
  }

  status(isPrimary: boolean): PathStatus {
    return {
      address: this.#address,
      state: this.isConfirmed ? (this.isActive ? 'active' : 'inactive') : 'unconfirmed',
      isPrimary,
      srttMs: this.rto.srttMs,
      rtoMs: this.rto.rtoMs,
      cwnd: this.congestion.cwnd,
      ssthresh: this.congestion.ssthresh,
      flightSize: this.flightSize,
      pathMtu: this.pathMtu,
      errorCount: this.errorCount,
    };
  }
}
