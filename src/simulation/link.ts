import { readUint8, writeUint8 } from '../base/bytes.ts';
import { type RandomSource, randomFraction } from '../base/random.ts';
import type { Instant } from '../base/time.ts';
import type { Packet } from '../chunks/index.ts';

/** The Gilbert-Elliott model: a link with good and bad spells. */
export interface BurstLoss {
  /** How likely each packet is to begin a bad spell. */
  readonly enterRate: number;
  /** How likely each packet is to end it. */
  readonly leaveRate: number;
  /** How likely a packet is lost within a bad spell; 1 by default. */
  readonly lossRate?: number;
}

/** How one direction between two addresses behaves. Rates are probabilities from 0 to 1. */
export interface LinkOptions {
  /** 10 by default. */
  readonly delayMs: number;
  /** Up to so much more delay for each packet, without changing their order; 0 by default. */
  readonly jitterMs: number;
  /** Bandwidth; `Infinity` by default. */
  readonly rateBitsPerSecond: number;
  /** How much may wait for the bandwidth: what exceeds it is lost (drop tail); `Infinity` by default. */
  readonly queueBytes: number;
  readonly lossRate: number;
  readonly burstLoss: BurstLoss | undefined;
  readonly duplicateRate: number;
  /** How likely a packet is held up by `reorderDelayMs`, so that others overtake it. */
  readonly reorderRate: number;
  /** 20 by default. */
  readonly reorderDelayMs: number;
  /** How likely some of a packet's bits are flipped. */
  readonly corruptRate: number;
  /** The longest packet that passes in one piece, in bytes, headers included; `Infinity` by default. */
  readonly mtu: number;
  /** Bytes of the headers below SCTP, which take bandwidth too; 28 by default, as for UDP over IPv4. */
  readonly overhead: number;
  /**
   * Loses the packets that it returns true for. It sees them with TSNs counted from 1 on each side; `index` counts the
   * packets since it was set, from 0.
   */
  readonly drop: ((packet: Packet, index: number) => boolean) | undefined;
}

const defaults: LinkOptions = {
  delayMs: 10,
  jitterMs: 0,
  rateBitsPerSecond: Number.POSITIVE_INFINITY,
  queueBytes: Number.POSITIVE_INFINITY,
  lossRate: 0,
  burstLoss: undefined,
  duplicateRate: 0,
  reorderRate: 0,
  reorderDelayMs: 20,
  corruptRate: 0,
  mtu: Number.POSITIVE_INFINITY,
  overhead: 28,
  drop: undefined,
};

export type LossReason = 'cut' | 'mtu' | 'drop' | 'loss' | 'burst loss' | 'queue full';

export interface Arrival {
  readonly at: Instant;
  readonly packet: Uint8Array;
}

/** What becomes of a packet. */
export interface Passage {
  readonly lost?: LossReason;
  readonly corrupted?: boolean;
  /** None when it is lost, two when it is duplicated. */
  readonly arrivals: readonly Arrival[];
}

/** One direction between two addresses. */
export class Link {
  readonly #random: RandomSource;
  #options: LinkOptions;
  #isCut = false;
  #isInBurst = false;
  /** When the bandwidth is free again. */
  #busyUntil: Instant = 0;
  #lastArrival: Instant = 0;
  #dropIndex = 0;

  constructor(options: Partial<LinkOptions>, random: RandomSource) {
    this.#options = { ...defaults, ...options };
    this.#random = random;
  }

  get options(): LinkOptions {
    return this.#options;
  }

  get isCut(): boolean {
    return this.#isCut;
  }

  /** Changes how the link behaves from now on; packets under way are not affected. */
  set(changes: Partial<LinkOptions>): void {
    this.#options = { ...this.#options, ...changes };
    if ('drop' in changes) this.#dropIndex = 0;
  }

  /** Loses everything until `restore`. */
  cut(): void {
    this.#isCut = true;
  }

  restore(): void {
    this.#isCut = false;
  }

  /**
   * Sends a packet. `decode` is asked for its contents when a `drop` rule wants to see them; one that its sender has
   * fragmented passes whatever the MTU is.
   */
  transmit(packet: Uint8Array, now: Instant, decode: () => Packet | undefined, isFragmented = false): Passage {
    const lost = this.#loss(packet, now, decode, isFragmented);
    if (lost !== undefined) return { lost, arrivals: [] };
    const { rateBitsPerSecond, overhead, delayMs, corruptRate, duplicateRate } = this.#options;
    this.#busyUntil = Math.max(now, this.#busyUntil) + ((packet.length + overhead) * 8000) / rateBitsPerSecond;
    const corrupted = this.#happens(corruptRate);
    const content = corrupted ? this.#withFlippedBits(packet) : packet;
    const arrivals = [{ at: this.#arrival(this.#busyUntil + delayMs), packet: content }];
    if (this.#happens(duplicateRate)) {
      arrivals.push({ at: this.#arrival(this.#busyUntil + delayMs), packet: content.slice() });
    }
    return { corrupted, arrivals };
  }

  #loss(
    packet: Uint8Array,
    now: Instant,
    decode: () => Packet | undefined,
    isFragmented: boolean,
  ): LossReason | undefined {
    const { drop, mtu, overhead, lossRate, burstLoss, queueBytes, rateBitsPerSecond } = this.#options;
    const length = packet.length + overhead;
    if (this.#isCut) return 'cut';
    if (length > mtu && !isFragmented) return 'mtu';
    const decoded = drop === undefined ? undefined : decode();
    if (decoded !== undefined && drop?.(decoded, this.#dropIndex++)) return 'drop';
    if (burstLoss !== undefined) {
      this.#isInBurst = this.#isInBurst ? !this.#happens(burstLoss.leaveRate) : this.#happens(burstLoss.enterRate);
      if (this.#isInBurst && this.#happens(burstLoss.lossRate ?? 1)) return 'burst loss';
    }
    if (this.#happens(lossRate)) return 'loss';
    const waitingMs = this.#busyUntil - now;
    const waitingBytes = waitingMs > 0 ? (waitingMs * rateBitsPerSecond) / 8000 : 0;
    return waitingBytes + length > queueBytes ? 'queue full' : undefined;
  }

  #arrival(earliest: Instant): Instant {
    const { jitterMs, reorderRate, reorderDelayMs } = this.#options;
    const at = earliest + jitterMs * this.#fraction(jitterMs);
    if (this.#happens(reorderRate)) return at + reorderDelayMs;
    this.#lastArrival = Math.max(at, this.#lastArrival);
    return this.#lastArrival;
  }

  #withFlippedBits(packet: Uint8Array): Uint8Array {
    const copy = packet.slice();
    for (let flips = 1 + (this.#random.uint32() % 8); flips > 0; flips--) {
      const bit = this.#random.uint32() % (8 * copy.length);
      writeUint8(copy, bit >> 3, readUint8(copy, bit >> 3) ^ (1 << (bit & 7)));
    }
    return copy;
  }

  /** Draws only where there is something to decide, so that an unused feature does not change the luck of the others. */
  #happens(rate: number): boolean {
    return rate > 0 && randomFraction(this.#random) < rate;
  }

  #fraction(scale: number): number {
    return scale > 0 ? randomFraction(this.#random) : 0;
  }
}
