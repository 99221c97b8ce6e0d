import type { NetAddress } from '../base/address.ts';
import { withoutZone } from '../base/ip-scope.ts';
import { type Instant, Timer } from '../base/time.ts';
import { type OwnAddresses, otherLocalAddress, pairedLocalAddress } from './addresses.ts';
import type { Path } from './path.ts';

/** How soon it is first asked again where packets leave from, when that was not known; and how late at most. */
const firstLookMs = 20;
const lastLookMs = 30_000;

/**
 * From which of our addresses the packets to each path leave, and whether the peer was told of it.
 *
 * A peer knows an association by pairs of addresses: what comes from another one is out of the blue for it (RFC 9260 §8.4), and
 * kernels answer it with ABORT. §3.3.2.1: only the addresses that INIT or INIT ACK list, and the source of that packet, belong to
 * the association. So a path whose packets would leave from elsewhere is left aside until they do not.
 */
export class SourceAddress {
  /** Runs while something is not known, or a path is aside. */
  readonly timer: Timer = new Timer();
  readonly #own: OwnAddresses;
  /** What the peer knows us by, without zones; nothing before it has answered our INIT, which may leave from anywhere. */
  #told: readonly string[] = [];
  /** The peer's address to which our INIT or INIT ACK went, while nobody has told from where: that source it knows by all means. */
  #introducedTo: NetAddress | undefined;
  #version = Number.NaN;
  /** How often in a row something was not as it should be: it is looked at again ever less often. */
  #looks = 0;

  constructor(own: OwnAddresses) {
    this.#own = own;
  }

  /** An INIT introduces us: it may leave from anywhere. */
  forget(): void {
    this.#told = [];
    this.#introducedTo = undefined;
  }

  /**
   * The peer was told of us, by an INIT or INIT ACK.
   * @param listed the addresses in it
   * @param source where it left from; undefined when that is not known
   * @param to where it went to
   */
  introduce(listed: readonly string[], source: string | undefined, to: NetAddress): void {
    this.#told = [];
    for (const ip of listed) this.#tell(ip);
    if (source !== undefined) this.#tell(source);
    this.#introducedTo = source === undefined ? to : undefined;
  }

  /** The peer has sent to this one: it knows it. */
  handleUse(ip: string): void {
    if (this.#isIntroduced) this.#tell(ip);
  }

  isTold(ip: string): boolean {
    return this.#told.includes(withoutZone(ip));
  }

  #tell(ip: string): void {
    if (!this.isTold(ip)) this.#told = [...this.#told, withoutZone(ip)];
  }

  /** Whether packets may leave from elsewhere than was thought. Asked before every packet. */
  isOutdated(now: Instant): boolean {
    if (this.timer.expire(now)) return true;
    return this.#own.sources !== undefined && this.#isIntroduced && this.#own.sources.versionAt(now) !== this.#version;
  }

  /** All paths were assigned anew; `isComplete` unless one of them is aside. */
  handleReview(isComplete: boolean, now: Instant): void {
    const { sources } = this.#own;
    if (sources === undefined) return;
    const version = sources.versionAt(now);
    if (version !== this.#version || isComplete) this.#looks = 0;
    this.#version = version;
    if (isComplete && this.#introducedTo === undefined) this.timer.stop();
    else this.timer.start(now, Math.min(firstLookMs * 2 ** this.#looks++, lastLookMs));
  }

  /** Decides where packets to the `index`th path leave from, and whether they may. */
  assign(path: Path, index: number): void {
    if (this.#own.sources === undefined) this.#choose(path, index);
    else this.#lookUp(path);
  }

  /**
   * `path` does not answer. The way there may be another now; or the answers go to an address of ours that is dead, unless the
   * peer has sent to it since the last time.
   */
  handleFailure(path: Path, isLast: boolean): void {
    const { sources } = this.#own;
    if (sources !== undefined) {
      sources.doubt(path.address);
      this.#lookUp(path);
    } else if (path.isSourceProven) path.isSourceProven = false;
    else if (isLast) path.localAddress = otherLocalAddress(this.#candidates, path);
  }

  get #isIntroduced(): boolean {
    return this.#told.length > 0 || this.#introducedTo !== undefined;
  }

  /** Where our user has bound addresses: those that the peer knows, or any before it knows one. */
  get #candidates(): readonly NetAddress[] {
    const { localAddresses } = this.#own;
    return this.#told.length === 0 ? localAddresses : localAddresses.filter(({ ip }) => this.isTold(ip));
  }

  #choose(path: Path, index: number): void {
    if (this.#own.localAddresses.length === 0) return;
    const candidates = this.#candidates;
    if (!candidates.some(({ ip }) => ip === path.localAddress?.ip)) {
      path.localAddress = pairedLocalAddress(candidates, path.address.ip, index);
    }
    path.isAside = path.localAddress === undefined && this.#told.length > 0;
  }

  #lookUp(path: Path): void {
    const { sources } = this.#own;
    const source = sources?.sourceOf(path.address);
    path.localAddress = source;
    const introducedTo = this.#introducedTo;
    if (introducedTo !== undefined) {
      const introduced = sources?.sourceOf(introducedTo);
      if (introduced !== undefined) {
        this.#tell(introduced.ip);
        this.#introducedTo = undefined;
      }
    }
    if (source !== undefined) path.isAside = this.#isIntroduced && !this.isTold(source.ip);
    else path.isAside = this.#isIntroduced && introducedTo?.ip !== path.address.ip;
  }
}
