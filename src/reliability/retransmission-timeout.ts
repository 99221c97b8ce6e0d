export interface RtoOptions {
  readonly rtoInitialMs: number;
  readonly rtoMinMs: number;
  readonly rtoMaxMs: number;
  readonly rtoAlpha: number;
  readonly rtoBeta: number;
}

/** The clock granularity G of RFC 9260 §6.3.1 G1. */
const clockGranularityMs = 1;

/** SRTT, RTTVAR and RTO of one destination address (RFC 9260 §6.3.1). */
export class RetransmissionTimeout {
  /** False while a packet is handled that has waited for us, so that its delay is not the network's: `measure` does nothing. */
  isMeasuring = true;
  readonly #options: RtoOptions;
  #srttMs: number | undefined;
  #rttvarMs = 0;
  #rtoMs: number;

  constructor(options: RtoOptions) {
    this.#options = options;
    // C1: "Until an RTT measurement has been made […] set RTO to the protocol parameter 'RTO.Initial'."
    this.#rtoMs = options.rtoInitialMs;
  }

  get rtoMs(): number {
    return this.#rtoMs;
  }

  /** Undefined until the first measurement. */
  get srttMs(): number | undefined {
    return this.#srttMs;
  }

  get rttvarMs(): number {
    return this.#rttvarMs;
  }

  /** Takes one round-trip time. The caller has seen to Karn's algorithm (C5). */
  measure(rttMs: number): void {
    if (!this.isMeasuring) return;
    const { rtoAlpha, rtoBeta } = this.#options;
    // A measurement outside of what a timer could have waited for says nothing about the path.
    const rtt = Math.min(Math.max(rttMs, 0), this.#options.rtoMaxMs);
    if (this.#srttMs === undefined) {
      // C2: "SRTT = R, RTTVAR = R/2"
      this.#srttMs = rtt;
      this.#rttvarMs = rtt / 2;
    } else {
      // C3: RTTVAR first, "its value before updating SRTT itself".
      this.#rttvarMs = (1 - rtoBeta) * this.#rttvarMs + rtoBeta * Math.abs(this.#srttMs - rtt);
      this.#srttMs = (1 - rtoAlpha) * this.#srttMs + rtoAlpha * rtt;
    }
    // G1: "if RTTVAR == 0, then adjust RTTVAR = G."
    if (this.#rttvarMs === 0) this.#rttvarMs = clockGranularityMs;
    // C6 and C7
    this.#rtoMs = Math.min(Math.max(this.#srttMs + 4 * this.#rttvarMs, this.#options.rtoMinMs), this.#options.rtoMaxMs);
  }

  /** RFC 9260 §6.3.3 E2: "set RTO = RTO * 2 ('back off the timer')", bounded by RTO.Max. */
  backOff(): void {
    this.#rtoMs = Math.min(this.#rtoMs * 2, this.#options.rtoMaxMs);
  }
}
