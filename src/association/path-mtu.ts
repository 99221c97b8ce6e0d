import { equalBytes } from '../base/bytes.ts';
import { type Instant, Timer } from '../base/time.ts';

/** Sizes of SCTP packets in bytes, multiples of four: what RFC 8899 §5.1.2 calls MIN_PLPMTU, BASE_PLPMTU and MAX_PLPMTU. */
export interface PathMtuBounds {
  readonly min: number;
  readonly base: number;
  readonly max: number;
}

/** RFC 8899 §5.2, and CONFIRMING: something points to a black hole, and probes tell whether it is one (§4.3). */
export type PathMtuState = 'DISABLED' | 'BASE' | 'SEARCHING' | 'SEARCH_COMPLETE' | 'CONFIRMING' | 'ERROR';

/** RFC 8899 §5.1.2: "The default value of MAX_PROBES is 3." */
const maxProbes = 3;

/** PMTU_RAISE_TIMER, RFC 8899 §5.1.1: "This timer has a period of 600 seconds". */
const raiseIntervalMs = 600_000;

/** How often a path that does not take BASE_PLPMTU is asked again. */
const errorIntervalMs = 30_000;

/** How long an association that has no data to send waits for its first probe. */
const idleDelayMs = 50;

/** A search ends when there is no more to gain than this, in bytes, or this part of what is known. */
const leastGain = 16;
const leastGainFraction = 1 / 64;

/** MTUs that links have, in bytes of the IP packet: jumbo frames, Ethernet, PPPoE, WireGuard, tunnels, IPv6's least. */
const commonMtus = [9_000, 1_500, 1_492, 1_420, 1_400, 1_280];

/**
 * Datagram packetization layer path MTU discovery (RFC 8899 §5) for one path, without its input and output: it says which
 * size to probe, and is told what became of it. `timer` is PROBE_TIMER and PMTU_RAISE_TIMER in one; there is no
 * CONFIRMATION_TIMER: §5.1.1, "When an acknowledged PL is used, this timer MUST NOT be used."
 */
export class PathMtu {
  readonly timer: Timer = new Timer();
  /** The headers below SCTP, in bytes. */
  readonly #headers: number;
  #bounds: PathMtuBounds;
  #state: PathMtuState = 'DISABLED';
  #plpmtu: number;
  /** The least size that is known not to pass. */
  #ceiling = Number.POSITIVE_INFINITY;
  #probedSize = 0;
  #probeCount = 0;
  /** What the probes of this size carry; undefined before the first. */
  #nonce: Uint8Array | undefined;
  #isAwaitingAck = false;
  /** CONFIRMING: what to fall back to, packets larger than that that were lost in a row, and whether a probe of it was answered. */
  #floor = 0;
  #losses = 0;
  #isFloorConfirmed = false;
  #completedAt: Instant = 0;

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
    return this.#probedSize;
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
    this.#isAwaitingAck = false;
    this.timer.stop();
  }

  /**
   * Returns whether a probe of `probedSize` is to be sent now; `handleSent` follows then.
   * @param max the largest packet that the link takes now
   * @param isUsed whether data was sent since the last search
   */
  handleTimeout(now: Instant, max: number, isUsed: boolean): boolean {
    if (!this.timer.expire(now)) return false;
    const isDue = !this.#isAwaitingAck;
    switch (this.#state) {
      case 'DISABLED':
        this.#begin(max, now);
        break;
      case 'SEARCH_COMPLETE':
        // §4.3: "A PL MAY inhibit sending probe packets when no application data has been sent since the previous probe
        // packet."
        if (isUsed) this.#raise(max, now);
        else this.timer.start(now, raiseIntervalMs);
        break;
      case 'BASE':
      case 'SEARCHING':
      case 'CONFIRMING':
      case 'ERROR':
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
    this.#nonce = nonce;
    this.#isAwaitingAck = true;
    // §5.3.1: "Each time a probe packet is sent to the destination, the PROBE_TIMER is started."
    this.timer.start(now, probeTimerMs);
  }

  /** The nonce of the probe that is repeated. */
  get nonce(): Uint8Array | undefined {
    return this.#nonce;
  }

  /** A probe was acknowledged. Returns whether it was the one that is under way. */
  handleAck(nonce: Uint8Array, now: Instant): boolean {
    if (!this.#isAwaitingAck || this.#nonce === undefined || !equalBytes(nonce, this.#nonce)) return false;
    const size = this.#probedSize;
    this.#isAwaitingAck = false;
    this.#nonce = undefined;
    this.timer.stop();
    switch (this.#state) {
      case 'BASE':
      case 'SEARCHING':
      case 'ERROR':
        // §5.3.1: "This confirms that the PROBED_SIZE is supported, and the PROBED_SIZE value is then assigned to the
        // PLPMTU."
        this.#plpmtu = size;
        this.#search(now);
        break;
      case 'CONFIRMING':
        if (size === this.#plpmtu) {
          this.#search(now);
        } else {
          this.#isFloorConfirmed = true;
          this.#probe(this.#plpmtu, now);
          this.#conclude(now);
        }
        break;
      case 'DISABLED':
      case 'SEARCH_COMPLETE':
        break;
      default:
        this.#state satisfies never;
    }
    return true;
  }

  /**
   * Data was not acknowledged in time, in packets up to `packetSize` bytes. §4.3: "A PL can utilize an event that indicates
   * the network path no longer sustains the sender's PLPMTU size." It may be congestion or an outage as well: before
   * anything changes, a packet of the floor has to pass where larger ones do not.
   */
  handleDataLoss(packetSize: number, now: Instant): void {
    const { base, min } = this.#bounds;
    if (this.#state === 'CONFIRMING') {
      if (packetSize <= this.#floor) return;
      this.#losses++;
      this.#conclude(now);
    } else if (this.#state === 'SEARCHING' || this.#state === 'SEARCH_COMPLETE') {
      // What is lost below the base size asks whether that passes.
      const floor = Math.min(packetSize, this.#plpmtu) > base ? base : min;
      if (packetSize <= floor) return;
      this.#state = 'CONFIRMING';
      this.#losses = 1;
      this.#tryFloor(floor, now);
    }
  }

  /**
   * BASE. An acknowledged probe of any size shows that BASE_PLPMTU passes, too: the first goes for everything, so that the
   * local link's MTU is known within a round trip where the path is no other.
   */
  #begin(max: number, now: Instant): void {
    this.#state = 'BASE';
    this.#setMax(max);
    this.#plpmtu = this.#bounds.base;
    this.#probe(this.#bounds.max, now);
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

  #search(now: Instant): void {
    const size = this.#nextSize();
    if (size !== undefined) {
      this.#state = 'SEARCHING';
      this.#probe(size, now);
      return;
    }
    this.#state = 'SEARCH_COMPLETE';
    this.#completedAt = now;
    this.#isAwaitingAck = false;
    // What has reached the local link's MTU cannot be raised. §5.2: "When used with an acknowledged PL (e.g., SCTP), DPLPMTUD
    // SHOULD NOT continue to generate PLPMTU probes in this state."
    if (this.#plpmtu < this.#bounds.max) this.timer.start(now, raiseIntervalMs);
    else this.timer.stop();
  }

  /**
   * The size to probe next, undefined when there is nothing worth it. §5.3.2: "Implementations SHOULD select the set of
   * probe packet sizes to maximize the gain in PLPMTU from each search step": the largest, then the sizes that links have
   * from above, then halves of what is left.
   */
  #nextSize(): number | undefined {
    const low = this.#plpmtu;
    const { max } = this.#bounds;
    if (low >= max) return undefined;
    if (this.#ceiling > max) return max;
    const gain = Math.max(leastGain, low * leastGainFraction);
    for (const mtu of commonMtus) {
      const size = (mtu - this.#headers) & ~3;
      if (size < this.#ceiling && size - low >= gain) return size;
    }
    const middle = ((low + this.#ceiling) / 2) & ~3;
    return middle - low >= gain ? middle : undefined;
  }

  #probe(size: number, now: Instant): void {
    this.#probedSize = size;
    // §5.3.1: "The PROBE_COUNT is initialized to zero when the first probe with a size greater than or equal to PLPMTU is
    // sent."
    this.#probeCount = 0;
    this.#nonce = undefined;
    this.#isAwaitingAck = false;
    this.timer.start(now, 0);
  }

  /** §5.3.1: "Each time the PROBE_TIMER expires, the PROBE_COUNT is incremented". */
  #handleProbeLost(now: Instant): void {
    this.#isAwaitingAck = false;
    this.#probeCount++;
    const isLast = this.#probeCount >= maxProbes;
    const { base, min } = this.#bounds;
    if (this.#state === 'BASE' && this.#probedSize !== base) this.#probe(base, now);
    else if (this.#state === 'ERROR') this.timer.start(now, errorIntervalMs);
    else if (this.#state === 'CONFIRMING' && this.#isFloorConfirmed) this.#handlePlpmtuLost(now);
    else if (!isLast) this.timer.start(now, 0);
    else if (this.#state === 'BASE') this.#fail(now);
    else if (this.#state === 'SEARCHING') this.#giveUpSize(now);
    else if (this.#floor > min) this.#tryFloor(min, now);
    else this.#search(now); // Not even the floor has passed: the path is broken, or full, for packets of all sizes.
  }

  #tryFloor(size: number, now: Instant): void {
    this.#floor = size;
    this.#isFloorConfirmed = false;
    this.#probe(size, now);
  }

  #giveUpSize(now: Instant): void {
    this.#ceiling = this.#probedSize;
    this.#search(now);
  }

  #handlePlpmtuLost(now: Instant): void {
    this.#losses++;
    this.timer.start(now, 0);
    this.#conclude(now);
  }

  /** §4.3: "When the method detects that the current PLPMTU is not supported, DPLPMTUD sets a lower PLPMTU". */
  #conclude(now: Instant): void {
    if (!this.#isFloorConfirmed || this.#losses < maxProbes) return;
    this.#ceiling = this.#plpmtu;
    this.#plpmtu = this.#floor;
    // "The PL then confirms that the new PLPMTU can be successfully used across the path": that has been seen already.
    if (this.#plpmtu === this.#bounds.base) this.#search(now);
    else this.#fail(now);
  }

  /** "signals a conservative value of the MPS" */
  #fail(now: Instant): void {
    this.#state = 'ERROR';
    this.#plpmtu = this.#bounds.min;
    this.#ceiling = Number.POSITIVE_INFINITY;
    this.#probe(this.#bounds.base, now);
    this.timer.start(now, errorIntervalMs);
  }
}
