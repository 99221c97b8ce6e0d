import type { Tsn } from '../base/serial.ts';
import { isAfter } from '../base/serial.ts';
import { type Instant, Timer } from '../base/time.ts';
import type { CongestionControl } from './congestion-control.ts';
import type { RetransmissionTimeout } from './retransmission-timeout.ts';

/** What the sender of DATA keeps for each destination address of its peer (RFC 9260 §14.3). */
export class Destination {
  readonly congestion: CongestionControl;
  readonly rto: RetransmissionTimeout;
  readonly t3Rtx: Timer = new Timer();
  /** Bytes of DATA chunks sent to this address that are neither acknowledged nor marked for retransmission. */
  flightSize = 0;
  /** Whether flightSize had reached cwnd when the sender last had its turn. */
  isWindowFull = false;
  /** RFC 9260 §7.2.1, after a timeout: "only one packet is allowed to be in flight until successful acknowledgement". */
  mayHaveOnePacketOnly = false;
  /** The DATA chunk whose acknowledgement will be the next RTT measurement. */
  #timedTsn: Tsn | undefined;
  #timedAt: Instant = 0;
  /** When data last went out or was under way. */
  #lastDataAt: Instant | undefined;

  constructor(congestion: CongestionControl, rto: RetransmissionTimeout) {
    this.congestion = congestion;
    this.rto = rto;
  }

  /** RFC 9260 §6.1 B: "MUST NOT transmit new data […] if it has cwnd + (PMDCS - 1) or more bytes of data outstanding". */
  get hasRoomInWindow(): boolean {
    return this.mayHaveOnePacketOnly ? this.flightSize === 0 : this.flightSize < this.congestion.cwnd;
  }

  /** Accounts for the time in which nothing was sent to this address, before something is sent again (§7.2.1). */
  handleIdleTime(now: Instant): void {
    if (this.#lastDataAt === undefined || this.flightSize > 0) return;
    let idlePeriods = Math.floor((now - this.#lastDataAt) / this.rto.rtoMs);
    if (idlePeriods <= 0) return;
    this.#lastDataAt = now;
    for (let before = Number.POSITIVE_INFINITY; idlePeriods > 0 && this.congestion.cwnd < before; idlePeriods--) {
      before = this.congestion.cwnd;
      this.congestion.handleIdle();
    }
  }

  /**
   * What was in flight has been acknowledged. §7.2.1 counts from "does not transmit data"; we count from here, as what is under way
   * still tells of the path, and as the acknowledgement may have waited for us while we were busy, which is not idleness.
   */
  handleFlightEnd(now: Instant): void {
    this.#lastDataAt = now;
  }

  handleSent(tsn: Tsn, size: number, isRetransmission: boolean, now: Instant): void {
    this.flightSize += size;
    this.#lastDataAt = now;
    // §6.3.1 C5: "RTT measurements MUST NOT be made using chunks that were retransmitted".
    if (isRetransmission) this.handleRetransmission(tsn);
    else if (this.#timedTsn === undefined) {
      // §6.3.1 C4: "new RTT measurements SHOULD be made no more than once per round trip"
      // §6.3.1: "a new RTT measurement MUST be made each round trip."
      this.#timedTsn = tsn;
      this.#timedAt = now;
    }
  }

  /** Takes an RTT measurement when `tsn` is the DATA chunk that is being timed. */
  handleAcknowledged(tsn: Tsn, now: Instant): void {
    if (this.#timedTsn !== tsn) return;
    this.#timedTsn = undefined;
    this.rto.measure(now - this.#timedAt);
  }

  /** A chunk of `size` bytes that was sent several times, and nowhere else, has arrived: it measures nothing. */
  handleRepeatedAcknowledged(_size: number, _now: Instant): void {}

  /**
   * §6.3.1 C5: "RTT measurements SHOULD only be made using a DATA chunk with TSN r if no DATA chunk with TSN less than
   * or equal to r was retransmitted since the DATA chunk with TSN r was sent first." Wherever to.
   */
  handleRetransmission(tsn: Tsn): void {
    if (this.#timedTsn !== undefined && !isAfter(tsn, this.#timedTsn)) this.#timedTsn = undefined;
  }

  /** What is given up may be acknowledged without having arrived: it measures nothing, and another chunk may. */
  handleAbandoned(tsn: Tsn): void {
    if (this.#timedTsn === tsn) this.#timedTsn = undefined;
  }
}
