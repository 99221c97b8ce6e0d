import { type Instant, Timer } from '../base/time.ts';
import { maxProbes, PathMtuProbe } from './path-mtu-probe.ts';
import { nextProbeSize } from './probe-sizes.ts';

/** Sizes of SCTP packets in bytes, multiples of four: what RFC 8899 §5.1.2 calls MIN_PLPMTU, BASE_PLPMTU and MAX_PLPMTU. */
export interface PathMtuBounds {
  readonly min: number;
  readonly base: number;
  readonly max: number;
}

/** RFC 8899 §5.2, and CONFIRMING: something points to a black hole, and probes tell whether it is one (§4.3). */
export type PathMtuState = 'DISABLED' | 'BASE' | 'SEARCHING' | 'SEARCH_COMPLETE' | 'CONFIRMING' | 'ERROR';

/** PMTU_RAISE_TIMER, RFC 8899 §5.1.1: "This timer has a period of 600 seconds". */
const raiseIntervalMs = 600_000;

/** How often a path that does not take BASE_PLPMTU is asked again. */
const errorIntervalMs = 30_000;

/** Where no probe was ever answered, so many timeouts in a row tell that BASE_PLPMTU does not pass; more if it once did. */
const silentLosses = 3;
const silentLossesOnceConfirmed = 5;

/** How long an association that has no data to send waits for its first probe. */
const idleDelayMs = 50;

/**
 * Datagram packetization layer path MTU discovery (RFC 8899 §5) for one path, without its input and output: it says which
 * size to probe, and is told what became of it. `timer` is PROBE_TIMER and PMTU_RAISE_TIMER in one; there is no
 * CONFIRMATION_TIMER: §5.1.1, "When an acknowledged PL is used, this timer MUST NOT be used."
 *
 * Probes may be lost for what they are: some peers drop packets with PAD chunks. So data that arrives proves a size as a probe
 * does, and nothing becomes smaller before data is lost.
 */
export class PathMtu {
  readonly timer: Timer = new Timer();
  /** The headers below SCTP, in bytes. */
  readonly #headers: number;
  readonly #probe = new PathMtuProbe();
  #bounds: PathMtuBounds;
  #state: PathMtuState = 'DISABLED';
  #plpmtu: number;
  /** The least size that is known not to pass. */
  #ceiling = Number.POSITIVE_INFINITY;
  /** Whether a packet of BASE_PLPMTU has arrived, and whether any probe was ever answered. */
  #isBaseConfirmed = false;
  #isAnswered = false;
  /** How often lost data alone has told that BASE_PLPMTU does not pass. */
  #silentFalls = 0;
  /** CONFIRMING: what to fall back to, packets larger than that that were lost in a row, and whether a probe of it was answered. */
  #floor = 0;
  #losses = 0;
  #isFloorConfirmed = false;
  #completedAt: Instant = 0;
  /** SEARCH_COMPLETE, ERROR: when what did not pass is asked for again. A suspicion in between does not put it off. */
  #nextAskAt: Instant = 0;

  constructor(bounds: PathMtuBounds, headers: number) {
    this.#bounds = bounds;
    this.#headers = headers;
    this.#plpmtu = bounds.base;
  }

  get state(): PathMtuState {
    return this.#state;
  }

  /** The largest SCTP packet that is known to pass, in bytes. */
  get plpmtu(): number {
    return this.#plpmtu;
  }

  /** The size of the probe that is due or under way (PROBED_SIZE). */
  get probedSize(): number {
    return this.#probe.size;
  }

  /** When the last search ended. */
  get completedAt(): Instant {
    return this.#completedAt;
  }

  /** "PL indicates connectivity": §6.2.1.1, "enter the BASE state as soon as connectivity has been confirmed." */
  start(): void {
    if (this.#state === 'DISABLED') this.timer.start(0, 0);
  }

  /** The same for an association that has just begun: some end soon and send nothing, and a probe is the largest of packets. */
  startLater(now: Instant): void {
    if (this.#state === 'DISABLED') this.timer.start(now, idleDelayMs);
  }

  /** Data was sent: it is time now. */
  handleData(): void {
    if (this.#state === 'DISABLED' && this.timer.isRunning) this.start();
  }

  /** "PL indicates loss of connectivity" */
  stop(): void {
    this.#state = 'DISABLED';
    this.#isBaseConfirmed = false;
    this.#probe.forget();
    this.timer.stop();
  }

  /**
   * Returns whether a probe of `probedSize` is to be sent now; `handleSent` follows then.
   * @param max the largest packet that the link takes now
   * @param isUsed whether data was sent since the last search
   */
  handleTimeout(now: Instant, max: number, isUsed: boolean): boolean {
    if (!this.timer.expire(now)) return false;
    const isDue = !this.#probe.isAwaited;
    switch (this.#state) {
      case 'DISABLED':
        this.#begin(max, now);
        break;
      case 'SEARCH_COMPLETE':
        // §4.3: "A PL MAY inhibit sending probe packets when no application data has been sent since the previous probe
        // packet."
        if (isUsed) this.#raise(max, now);
        else this.#waitFor(raiseIntervalMs, now);
        break;
      case 'ERROR':
        // Where probes tell nothing, data tries BASE_PLPMTU again.
        if (isDue && !this.#isAnswered) this.#plpmtu = this.#bounds.base;
        if (isDue) return true;
        this.#handleProbeLost(now);
        break;
      case 'BASE':
      case 'SEARCHING':
      case 'CONFIRMING':
        if (isDue) return true;
        this.#handleProbeLost(now);
        break;
      default:
        this.#state satisfies never;
    }
    // What was decided just now is due at once.
    return this.timer.expire(now);
  }

  /** A probe went out. All of one size carry one `nonce`, so that late answers count. */
  handleSent(nonce: Uint8Array, now: Instant, probeTimerMs: number): void {
    this.#probe.handleSent(nonce);
    // §5.3.1: "Each time a probe packet is sent to the destination, the PROBE_TIMER is started."
    this.timer.start(now, probeTimerMs);
  }

  /** The nonce of the probe that is repeated. */
  get nonce(): Uint8Array | undefined {
    return this.#probe.nonce;
  }

  /** A probe was acknowledged. Returns whether it was the one that is under way. */
  handleAck(nonce: Uint8Array, now: Instant): boolean {
    const { size } = this.#probe;
    if (!this.#probe.handleAck(nonce)) return false;
    this.#isAnswered = true;
    this.timer.stop();
    switch (this.#state) {
      case 'BASE':
      case 'SEARCHING':
      case 'ERROR':
        // §5.3.1: "This confirms that the PROBED_SIZE is supported, and the PROBED_SIZE value is then assigned to the
        // PLPMTU."
        this.#plpmtu = size;
        this.#notePassed(size);
        this.#goOn(now);
        break;
      case 'CONFIRMING':
        if (size === this.#plpmtu) this.#goOn(now);
        else this.#confirmFloor(now);
        break;
      case 'DISABLED':
      case 'SEARCH_COMPLETE':
        break;
      default:
        this.#state satisfies never;
    }
    return true;
  }

  /** Whether the peer answers probes at all. */
  get isAnswered(): boolean {
    return this.#isAnswered;
  }

  /** Whether it is news that a packet of `size` bytes arrives. */
  isInDoubt(size: number): boolean {
    switch (this.#state) {
      case 'DISABLED':
      case 'BASE':
        return size >= this.#bounds.base;
      case 'ERROR':
        return size >= this.#bounds.base && this.#plpmtu >= this.#bounds.base;
      case 'CONFIRMING':
        return size >= this.#plpmtu || (!this.#isFloorConfirmed && size >= this.#floor);
      case 'SEARCHING':
      case 'SEARCH_COMPLETE':
        return false;
      default:
        return this.#state satisfies never;
    }
  }

  /** Data was acknowledged that went in one packet of `size` bytes, which IP did not fragment. */
  handleDataAck(size: number, now: Instant): void {
    if (!this.isInDoubt(size)) return;
    if (this.#state === 'CONFIRMING' && size < this.#plpmtu) {
      this.#confirmFloor(now);
      return;
    }
    this.#notePassed(size);
    // A probe of more that is under way goes on, or is still to come.
    if (this.#state === 'BASE' && this.#probe.size > this.#bounds.base) this.#state = 'SEARCHING';
    else if (this.#state !== 'DISABLED') this.#goOn(now);
  }

  /**
   * Data was not acknowledged in time, in packets up to `packetSize` bytes; `failures` times in a row. §4.3: "A PL can utilize an
   * event that indicates the network path no longer sustains the sender's PLPMTU size." It may be congestion or an outage as
   * well: before anything changes, a packet of the floor has to pass where larger ones do not.
   */
  handleDataLoss(packetSize: number, now: Instant, failures = 1): void {
    const { base, min } = this.#bounds;
    if (this.#state === 'DISABLED' || packetSize <= min || this.#plpmtu <= min) return;
    if (!this.#isAnswered && failures >= this.#patience) {
      this.#silentFalls++;
      this.#fall(min, now);
    } else if (this.#state === 'CONFIRMING') {
      if (packetSize <= this.#floor) return;
      this.#losses++;
      this.#conclude(now);
    } else if (this.#state === 'BASE') {
      this.#losses++;
    } else {
      // What is lost below the base size asks whether that passes.
      const floor = Math.min(packetSize, this.#plpmtu) > base ? base : min;
      if (packetSize > floor)
        this.#confirm(floor, this.#state === 'ERROR' && this.#plpmtu === base ? maxProbes - 1 : 1, now);
    }
  }

  /** After how many timeouts in a row data alone tells that BASE_PLPMTU does not pass. */
  get #patience(): number {
    if (this.#silentFalls > 0) return 1;
    return this.#isBaseConfirmed ? silentLossesOnceConfirmed : silentLosses;
  }

  /**
   * BASE. An acknowledged probe of any size shows that BASE_PLPMTU passes, too: the first goes for everything, so that the
   * local link's MTU is known within a round trip where the path is no other.
   */
  #begin(max: number, now: Instant): void {
    this.#state = 'BASE';
    this.#setMax(max);
    this.#plpmtu = this.#bounds.base;
    this.#losses = 0;
    if (this.#isBaseConfirmed) this.#search(now);
    else this.#ask(this.#bounds.max, now);
  }

  /** SEARCH_COMPLETE, "PMTU_RAISE_TIMER expiry": what did not pass then may do so now. */
  #raise(max: number, now: Instant): void {
    this.#setMax(max);
    this.#search(now);
  }

  #setMax(max: number): void {
    this.#bounds = { ...this.#bounds, max: Math.max(max, this.#bounds.base) };
    this.#ceiling = Number.POSITIVE_INFINITY;
  }

  #notePassed(size: number): void {
    if (size >= this.#ceiling) this.#ceiling = Number.POSITIVE_INFINITY;
    if (size < this.#bounds.base) return;
    this.#isBaseConfirmed = true;
    this.#silentFalls = 0;
  }

  /** Looks for more than is known to pass. */
  #goOn(now: Instant): void {
    if (this.#plpmtu >= this.#bounds.base && this.#isBaseConfirmed) this.#search(now);
    else this.#searchBelowBase(now);
  }

  #search(now: Instant): void {
    const size = nextProbeSize(this.#plpmtu, this.#ceiling, this.#bounds.max, this.#headers);
    if (size !== undefined) {
      this.#state = 'SEARCHING';
      this.#ask(size, now);
      return;
    }
    const isNews = this.#state !== 'CONFIRMING';
    this.#state = 'SEARCH_COMPLETE';
    this.#completedAt = now;
    this.#probe.forget();
    // What has reached the local link's MTU cannot be raised. §5.2: "When used with an acknowledged PL (e.g., SCTP), DPLPMTUD
    // SHOULD NOT continue to generate PLPMTU probes in this state."
    if (this.#plpmtu >= this.#bounds.max) this.timer.stop();
    else if (isNews) this.#waitFor(raiseIntervalMs, now);
    else this.timer.start(now, Math.max(0, this.#nextAskAt - now));
  }

  /**
   * ERROR. §5.2: "The state implements a method to mitigate oscillation": BASE_PLPMTU is asked for every 30 seconds, once what
   * passes below it is known.
   */
  #searchBelowBase(now: Instant): void {
    const { base } = this.#bounds;
    const isNews = this.#state !== 'CONFIRMING';
    this.#state = 'ERROR';
    const size = this.#isAnswered ? nextProbeSize(this.#plpmtu, this.#ceiling, base, this.#headers) : undefined;
    this.#ask(size ?? base, now);
    if (size !== undefined) return;
    if (isNews) this.#waitFor(this.#errorIntervalMs, now);
    else this.timer.start(now, Math.max(0, this.#nextAskAt - now));
  }

  get #errorIntervalMs(): number {
    return Math.min(errorIntervalMs * 2 ** Math.max(0, this.#silentFalls - 1), raiseIntervalMs);
  }

  #waitFor(intervalMs: number, now: Instant): void {
    this.#nextAskAt = now + intervalMs;
    this.timer.start(now, intervalMs);
  }

  #ask(size: number, now: Instant): void {
    this.#probe.begin(size);
    this.timer.start(now, 0);
  }

  #handleProbeLost(now: Instant): void {
    const isLast = this.#probe.handleLost();
    const { base, min } = this.#bounds;
    if (this.#state === 'BASE' && this.#probe.size !== base) this.#ask(base, now);
    else if (this.#state === 'ERROR' && this.#probe.size === base) this.#handleBaseLost(now);
    else if (this.#state === 'CONFIRMING' && this.#isFloorConfirmed) this.#handlePlpmtuLost(now);
    else if (!isLast) this.timer.start(now, 0);
    else if (this.#state === 'BASE' && this.#losses > 0 && min < base) this.#confirm(min, maxProbes, now);
    else if (this.#state === 'BASE') this.#searchBelowBase(now);
    else if (this.#state === 'SEARCHING' || this.#state === 'ERROR') this.#giveUpSize(now);
    else if (this.#floor > min) this.#tryFloor(min, now);
    else this.#goOn(now); // Not even the floor has passed: the path is broken, or full, for packets of all sizes.
  }

  /** CONFIRMING: `losses` larger packets than `floor` were lost; does that pass? */
  #confirm(floor: number, losses: number, now: Instant): void {
    this.#state = 'CONFIRMING';
    this.#losses = losses;
    this.#tryFloor(floor, now);
  }

  #tryFloor(size: number, now: Instant): void {
    this.#floor = size;
    this.#isFloorConfirmed = false;
    this.#ask(size, now);
  }

  #confirmFloor(now: Instant): void {
    this.#isFloorConfirmed = true;
    this.#ask(this.#plpmtu, now);
    this.#conclude(now);
  }

  #giveUpSize(now: Instant): void {
    this.#ceiling = this.#probe.size;
    this.#goOn(now);
  }

  /** Still not. What has become of the sizes below is looked at as often as PMTU_RAISE_TIMER says. */
  #handleBaseLost(now: Instant): void {
    const isLate = now - this.#completedAt >= raiseIntervalMs;
    if (isLate) this.#completedAt = now;
    if (isLate || this.#ceiling > this.#bounds.base) this.#ceiling = this.#bounds.base;
    this.#searchBelowBase(now);
  }

  #handlePlpmtuLost(now: Instant): void {
    this.#losses++;
    this.timer.start(now, 0);
    this.#conclude(now);
  }

  /** §4.3: "When the method detects that the current PLPMTU is not supported, DPLPMTUD sets a lower PLPMTU". */
  #conclude(now: Instant): void {
    if (!this.#isFloorConfirmed || this.#losses < maxProbes) return;
    this.#fall(this.#floor, now);
  }

  #fall(size: number, now: Instant): void {
    this.#ceiling = this.#plpmtu;
    this.#plpmtu = size;
    this.#completedAt = now;
    // "The PL then confirms that the new PLPMTU can be successfully used across the path": that has been seen already.
    this.#isBaseConfirmed = size >= this.#bounds.base;
    this.#nextAskAt = now + (this.#isBaseConfirmed ? raiseIntervalMs : this.#errorIntervalMs);
    this.#goOn(now);
  }
}
