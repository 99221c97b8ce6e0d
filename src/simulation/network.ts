import { formatAddress, isIpv6, type NetAddress } from '../base/address.ts';
import { withoutZone, zoneOf } from '../base/ip-scope.ts';
import { seededRandom } from '../base/random.ts';
import type { Instant } from '../base/time.ts';
import type { LadderOptions } from '../trace/index.ts';
import { derivedSeed, seededEnvironment } from './environment.ts';
import { EventQueue } from './event-queue.ts';
import { Host, type HostOptions } from './host.ts';
import { Link, type LinkOptions } from './link.ts';
import { LinkGroup } from './link-group.ts';
import { Nat } from './nat.ts';
import { RawHost, type RawHostOptions } from './raw-host.ts';
import { type RecordedPacket, Recording } from './recording.ts';
import type { Station } from './station.ts';

export interface NetworkOptions {
  /** Everything that is left to chance follows from it; 1 by default. */
  readonly seed?: number;
  /** How links behave unless they are changed. */
  readonly link?: Partial<LinkOptions>;
  /** How many packets are remembered for the ladder; 20,000 by default. */
  readonly recordedPackets?: number;
}

export interface RunOptions {
  /** Ends the run as soon as it holds; asked before every event. A run that ends without it fails. */
  readonly until?: () => boolean;
  /** The virtual time at which the run ends. */
  readonly untilMs?: Instant;
  /** The same, counted from now. */
  readonly forMs?: number;
  /** A run of more events fails; 1,000,000 by default. */
  readonly maxEvents?: number;
}

/** A run that failed; the message shows the seed and the latest packets. */
export class SimulationError extends Error {
  override readonly name = 'SimulationError';
}

/** How long a run lasts when no time is given. */
const longestRunMs = 3_600_000;
/** How many lines of the ladder a failure shows. */
const shownLines = 80;

/** Hosts, the links between them and a clock that jumps from event to event. The same seed gives the same run. */
export class Network {
  readonly seed: number;
  readonly #linkDefaults: Partial<LinkOptions>;
  readonly #links = new Map<string, Link>();
  readonly #stations: Station[] = [];
  readonly #stationByIp = new Map<string, Station>();
  readonly #nameByIp = new Map<string, string>();
  readonly #nats: Nat[] = [];
  readonly #queue = new EventQueue<() => void>();
  readonly #recording: Recording;
  #now: Instant = 0;
  #packetsInFlight = 0;

  constructor(options: NetworkOptions = {}) {
    this.seed = options.seed ?? 1;
    this.#linkDefaults = options.link ?? {};
    this.#recording = new Recording(options.recordedPackets ?? 20_000);
  }

  /** Virtual milliseconds since the start. */
  get now(): Instant {
    return this.#now;
  }

  get packetsInFlight(): number {
    return this.#packetsInFlight;
  }

  /** No packet is under way, no timer runs and nothing is scheduled. */
  get isIdle(): boolean {
    return this.#nextAt() === Number.POSITIVE_INFINITY;
  }

  /** Every packet sent, with its fate; the latest ones only of a long run. */
  get packets(): readonly RecordedPacket[] {
    return this.#recording.packets;
  }

  /** A host that speaks SCTP. */
  addHost(name: string, options: HostOptions): Host {
    return this.attach(new Host(this, name, options, seededEnvironment(derivedSeed(this.seed, name))));
  }

  /** A host whose packets are made by a test. */
  addRawHost(name: string, options: RawHostOptions): RawHost {
    return this.attach(new RawHost(this, name, options));
  }

  /** A NAT between these addresses and all others, which sees the address `outside`. */
  addNat(insides: readonly string[], outside: string): Nat {
    const nat = new Nat(insides, outside);
    this.#nats.push(nat);
    return nat;
  }

  attach<S extends Station>(station: S): S {
    this.#stations.push(station);
    for (const { ip } of station.addresses) this.bind(ip, station);
    return station;
  }

  /** Routes packets for `ip` to the station. */
  bind(ip: string, station: Station): void {
    const owner = this.#stationByIp.get(withoutZone(ip));
    if (owner !== undefined && owner !== station) throw new SimulationError(`${ip} belongs to ${owner.name}`);
    this.#stationByIp.set(withoutZone(ip), station);
    this.#nameByIp.set(withoutZone(ip), station.name);
  }

  /** Packets for `ip` go nowhere from now on. */
  unbind(ip: string): void {
    this.#stationByIp.delete(withoutZone(ip));
  }

  /** The links in one direction between two hosts, or between two addresses. */
  link(from: Station | string, to: Station | string): LinkGroup {
    return new LinkGroup(ips(from).flatMap((source) => ips(to).map((target) => this.#linkBetween(source, target))));
  }

  /** The links in both directions. */
  linkBoth(one: Station | string, other: Station | string): LinkGroup {
    return new LinkGroup([...this.link(one, other).links, ...this.link(other, one).links]);
  }

  /** Calls back when the time has come. */
  at(timeMs: Instant, call: () => void): void {
    this.#queue.push(Math.max(timeMs, this.#now), call);
  }

  /** Calls back after `delayMs`. */
  after(delayMs: number, call: () => void): void {
    this.at(this.#now + delayMs, call);
  }

  /** Sends a packet on its way; for stations. Without `from`, it leaves from the first address of the right family. */
  transmit(station: Station, packet: Uint8Array, to: NetAddress, from?: NetAddress): void {
    const source = from ?? station.addresses.find(({ ip }) => isIpv6(ip) === isIpv6(to.ip));
    if (source === undefined) throw new SimulationError(`${station.name} has no address that reaches ${to.ip}`);
    this.#recording.observe(packet);
    const link = this.#linkBetween(source.ip, to.ip);
    const isFragmented = station.mtu !== undefined && packet.length + link.options.overhead > station.mtu;
    const passage = link.transmit(packet, this.#now, () => this.#recording.decode(packet), isFragmented);
    const { lost, corrupted, arrivals } = passage;
    const sent = { timeMs: this.#now, from: source, to, packet };
    if (lost !== undefined) this.#recording.add({ ...sent, fate: 'lost', lost });
    else this.#recording.add({ ...sent, fate: corrupted ? 'corrupted' : 'delivered' });
    for (const arrival of arrivals) {
      this.#packetsInFlight++;
      this.#queue.push(arrival.at, () => this.#deliver(arrival.packet, source, to));
    }
  }

  /**
   * Lets time pass: until the condition holds, until the time given, or (without either) until all is idle. Throws
   * `SimulationError` with the ladder when that does not come true, within an hour where no time is given.
   */
  run(options: RunOptions = {}): void {
    const { maxEvents = 1_000_000, untilMs, forMs } = options;
    const isTimed = untilMs !== undefined || forMs !== undefined;
    const until = options.until ?? (isTimed ? undefined : () => this.isIdle);
    const endMs = untilMs ?? this.#now + (forMs ?? longestRunMs);
    for (let events = 0; !until?.(); events++) {
      const at = this.#nextAt();
      if (at > endMs || at === Number.POSITIVE_INFINITY) {
        if (until) throw this.#failure(this.isIdle ? 'nothing is left to happen' : 'time is up');
        this.#now = Math.max(this.#now, endMs);
        return;
      }
      if (events === maxEvents) throw this.#failure(`more than ${maxEvents} events`);
      this.#step(at);
    }
  }

  /** The packets so far, one a line, TSNs counted from 1 on each side. */
  ladder(options: LadderOptions = {}): string[] {
    const name = (from: NetAddress): string => this.#nameByIp.get(withoutZone(from.ip)) ?? formatAddress(from);
    return this.#recording.ladder(name, options);
  }

  /** Lets the ladder begin here: behind the handshake, say. */
  clearLadder(): void {
    this.#recording.clear();
  }

  /** Seed, time and ladder: what a failure shows. */
  toString(): string {
    const lines = this.ladder({ times: true });
    const shown = lines.slice(-shownLines);
    const omitted = lines.length > shown.length ? [`… ${lines.length - shown.length} packets before`] : [];
    return [`seed ${this.seed} at ${this.#now} ms`, ...omitted, ...shown].join('\n');
  }

  #nextAt(): Instant {
    let next = this.#queue.nextAt;
    for (const station of this.#stations) next = Math.min(next, station.nextTimeout);
    return next;
  }

  /** The one event that comes next: what was under way before timers. */
  #step(at: Instant): void {
    this.#now = Math.max(this.#now, at);
    try {
      if (this.#queue.nextAt <= this.#now) this.#queue.pop()?.();
      else this.#stations.find(({ nextTimeout }) => nextTimeout <= this.#now)?.handleTimeout(this.#now);
    } catch (error) {
      if (error instanceof SimulationError) throw error;
      throw this.#failure(error instanceof Error ? error.message : String(error), error);
    }
  }

  #deliver(packet: Uint8Array, from: NetAddress, to: NetAddress): void {
    this.#packetsInFlight--;
    const nat = this.#nats.find(({ outside }) => outside === to.ip);
    const target = nat === undefined ? to : nat.restore(to);
    if (target === undefined) return;
    const station = this.#stationByIp.get(withoutZone(target.ip));
    const local = station?.addresses.find(
      ({ ip, udpPort }) => withoutZone(ip) === withoutZone(target.ip) && udpPort === target.udpPort,
    );
    if (local === undefined) return;
    station?.handlePacket(packet, inZoneOf(local, this.#shown(from, target)), local, this.#now);
  }

  /** Where a packet seems to come from at `to`, behind the NATs on its way. */
  #shown(from: NetAddress, to: NetAddress): NetAddress {
    const nat = this.#nats.find(({ insides }) => insides.includes(from.ip));
    return nat === undefined || nat.insides.includes(to.ip) ? from : nat.show(from);
  }

  #linkBetween(from: string, to: string): Link {
    const key = `${withoutZone(from)} > ${withoutZone(to)}`;
    let link = this.#links.get(key);
    if (link === undefined) {
      const overhead = isIpv6(to) ? 48 : 28;
      link = new Link({ overhead, ...this.#linkDefaults }, seededRandom(derivedSeed(this.seed, key)));
      this.#links.set(key, link);
    }
    return link;
  }

  #failure(reason: string, cause?: unknown): SimulationError {
    return new SimulationError(`${reason}\n${this.toString()}`, { cause });
  }
}

/** A link-local source is on the link at which the packet arrived, as that host calls it. */
function inZoneOf(local: NetAddress, from: NetAddress): NetAddress {
  if (zoneOf(from.ip) === '') return from;
  return Object.freeze({ ip: `${withoutZone(from.ip)}%${zoneOf(local.ip)}`, udpPort: from.udpPort });
}

function ips(place: Station | string): string[] {
  return typeof place === 'string' ? [place] : place.addresses.map(({ ip }) => ip);
}
