import type { Acknowledgement, CongestionControl } from './congestion-control.ts';

/** Slow start and congestion avoidance as RFC 9260 §7.2 has them. */
export class Rfc9260CongestionControl implements CongestionControl {
  pmdcs: number;
  readonly #isIpv6: boolean;
  readonly #initialCwndPackets: number | undefined;
  #cwnd: number;
  /** §7.2.1: "The initial value of ssthresh SHOULD be arbitrarily high". */
  #ssthresh = Number.MAX_SAFE_INTEGER;
  #partialBytesAcked = 0;
  #hasBeenIdle = false;

  /** `initialCwndPackets` replaces the RFC's initial window by that many PMDCS (as RFC 6928 does for TCP). */
  constructor(pmdcs: number, isIpv6: boolean, initialCwndPackets?: number) {
    this.pmdcs = pmdcs;
    this.#isIpv6 = isIpv6;
    this.#initialCwndPackets = initialCwndPackets;
    this.#cwnd = this.#initialCwnd;
  }

  get cwnd(): number {
    return this.#cwnd;
  }

  get ssthresh(): number {
    return this.#ssthresh;
  }

  get partialBytesAcked(): number {
    return this.#partialBytesAcked;
  }

  handleAcknowledgement(ack: Acknowledgement): void {
    this.#hasBeenIdle = false;
    // §7.2: "The slow-start and congestion avoidance algorithms MUST be used"; "an SCTP sender MUST NOT be more
    // aggressive than the following algorithms allow."
    if (this.#cwnd <= this.#ssthresh) this.#slowStart(ack);
    else this.#avoidCongestion(ack);
    // §7.2.2: "When all of the data transmitted by the sender has been acknowledged by the receiver,
    // partial_bytes_acked is initialized to 0."
    if (ack.isAllAcknowledged) this.#partialBytesAcked = 0;
  }

  #slowStart(ack: Acknowledgement): void {
    // §7.2.1: "only if the current congestion window is being fully utilized and the data sender is not in Fast Recovery"
    // §7.2.1: "Only when these two conditions are met can the cwnd be increased; otherwise, the cwnd MUST NOT be
    // increased."
    if (!ack.isWindowFull || ack.isInFastRecovery || !ack.cumulativeTsnAckAdvanced) return;
    // §7.2.1: "the lesser of 1. the total size of the previously outstanding DATA chunk(s) acknowledged and
    // 2. L times the destination's PMDCS."
    // §7.2.1: "cwnd MUST be increased by, at most, the lesser of"; "The positive integer L SHOULD be 1 and MAY be larger
    // than 1." It is 1 for a SACK chunk that speaks of two packets, as §6.2 wants them, and as many times larger as one
    // speaks of more, which busy receivers send: cwnd grows the same, however the SACK chunks are cut.
    const l = Math.max(1, Math.floor(ack.bytesAcked / (2 * this.pmdcs)));
    this.#cwnd += Math.min(ack.bytesAcked, l * this.pmdcs);
  }

  #avoidCongestion(ack: Acknowledgement): void {
    this.#partialBytesAcked += ack.bytesAcked;
    if (this.#partialBytesAcked < this.#cwnd) return;
    if (!ack.isWindowFull) {
      // §7.2.2: "reset partial_bytes_acked to cwnd"
      this.#partialBytesAcked = this.#cwnd;
    } else {
      this.#partialBytesAcked -= this.#cwnd;
      // Not while in Fast Recovery: §7.2.4 6 wants cwnd unchanged there.
      // §7.2.2: "cwnd SHOULD be incremented by PMDCS per RTT if the sender has cwnd or more bytes of data outstanding";
      // "SCTP MUST NOT increment cwnd by more than PMDCS per RTT."
      if (!ack.isInFastRecovery) this.#cwnd += this.pmdcs;
    }
  }

  handleFastRetransmit(): void {
    // §7.2.3: "ssthresh = max(cwnd / 2, 4 * PMDCS); cwnd = ssthresh; partial_bytes_acked = 0"
    // §7.2.3: "Upon detection of packet losses from SACK chunks (see Section 7.2.4), an endpoint SHOULD do the
    // following".
    this.#halve();
    this.#cwnd = this.#ssthresh;
  }

  handleRetransmissionTimeout(): void {
    // §7.2.3: "ssthresh = max(cwnd / 2, 4 * PMDCS); cwnd = PMDCS; partial_bytes_acked = 0"
    // §7.2.3: "When the T3-rtx timer expires on an address, SCTP SHOULD perform slow start".
    this.#halve();
    this.#cwnd = this.pmdcs;
  }

  handleIdle(): void {
    // §7.2.1: "Before the first cwnd adjustment, the ssthresh of the transport address SHOULD be set to the cwnd." It
    // remembers how much the path carried; a higher ssthresh that an earlier loss left already says more.
    // §7.1: "The parameters SHOULD decay if the address is not used for a long enough time period."
    if (!this.#hasBeenIdle) {
      const isUntouched = this.#ssthresh === Number.MAX_SAFE_INTEGER;
      this.#ssthresh = isUntouched ? this.#cwnd : Math.max(this.#ssthresh, this.#cwnd);
      this.#hasBeenIdle = true;
    }
    // §7.2.1: "SHOULD be adjusted to max(cwnd / 2, 4 * PMDCS) once per RTO"; it never raises a smaller cwnd.
    this.#cwnd = Math.min(this.#cwnd, Math.max(Math.floor(this.#cwnd / 2), 4 * this.pmdcs));
  }

  reset(): void {
    this.#cwnd = this.#initialCwnd;
    this.#ssthresh = Number.MAX_SAFE_INTEGER;
    this.#partialBytesAcked = 0;
    this.#hasBeenIdle = false;
  }

  get #initialCwnd(): number {
    const { pmdcs } = this;
    // §7.2.1: "min(4 * PMDCS, max(2 * PMDCS, 4404)) bytes if the peer address is an IPv4 address and […] 4344"
    return this.#initialCwndPackets === undefined
      ? Math.min(4 * pmdcs, Math.max(2 * pmdcs, this.#isIpv6 ? 4344 : 4404))
      : this.#initialCwndPackets * pmdcs;
  }

  #halve(): void {
    this.#ssthresh = Math.max(Math.floor(this.#cwnd / 2), 4 * this.pmdcs);
    this.#partialBytesAcked = 0;
  }
}
