import type { NetAddress } from '../base/address.ts';
import type { Instant } from '../base/time.ts';
import type { Context } from './context.ts';
import type { PathStatus } from './events.ts';
import { mayHeartbeat } from './may-heartbeat.ts';
import { Path } from './path.ts';
import { choosePath } from './path-selection.ts';
import { SourceAddress } from './source-address.ts';

/** The destination addresses of the peer, their failures, and which of them is used (RFC 9260 §6.4, §8; RFC 7829). */
export class Paths {
  readonly #context: Context;
  readonly #source: SourceAddress;
  #paths: Path[] = [];
  #primary: Path;
  #nextId = 0;
  #version = 0;
  /** RFC 9260 §8.1: "a counter on the total number of consecutive retransmissions to its peer". */
  #associationErrorCount = 0;

  /**
   * @param addresses the first is the primary path
   * @param confirmed how many of them, from the first on, need no verification (§5.4)
   */
  constructor(context: Context, addresses: readonly NetAddress[], confirmed: number) {
    this.#context = context;
    this.#source = new SourceAddress(context.environment);
    this.#paths = addresses.map((address, index) => this.#create(address, index, index < confirmed));
    this.#primary = this.#paths[0]!;
  }

  get primary(): Path {
    return this.#primary;
  }

  /** Where new data goes now, and what is not an answer to anything. */
  get current(): Path {
    return this.#paths.length === 1 ? this.#primary : choosePath(this.#paths, this.#primary);
  }

  get length(): number {
    return this.#paths.length;
  }

  /** Whether round trips are measured: §6.3.1 means the network's, not the time that a packet has waited for us. */
  set isMeasuring(isMeasuring: boolean) {
    for (const { rto } of this.#paths) rto.isMeasuring = isMeasuring;
  }

  /** For loops that run with every packet: an iterator costs more than they do. */
  get all(): readonly Path[] {
    return this.#paths;
  }

  /** "AMDCS", the smallest PMDCS of all paths (RFC 9260 §7.3), in bytes. */
  get smallestPmdcs(): number {
    let smallest = this.#primary.pmdcs;
    for (const { pmdcs } of this.#paths) if (pmdcs < smallest) smallest = pmdcs;
    return smallest;
  }

  /** Changes whenever an address comes or goes. */
  get version(): number {
    return this.#version;
  }

  get associationErrorCount(): number {
    return this.#associationErrorCount;
  }

  find(ip: string): Path | undefined {
    for (const path of this.#paths) if (path.address.ip === ip) return path;
    return undefined;
  }

  /** Another path than `path` where there is one that is as good: for what was lost there. */
  alternativeTo(path: Path): Path {
    return this.#paths.length === 1 ? path : choosePath(this.#paths, this.#primary, path);
  }

  /** The path behind `path`, round about: for INIT and COOKIE ECHO, which try the confirmed addresses in turn (§5.1). */
  nextUsable(path: Path): Path {
    const start = this.#paths.indexOf(path);
    for (let i = 1; i <= this.#paths.length; i++) {
      const candidate = this.#paths[(start + i) % this.#paths.length]!;
      if (candidate.isUsable) return candidate;
    }
    return path;
  }

  /** Where to answer to a packet from `path`: "An endpoint MUST NOT send any chunks to an UNCONFIRMED address" (§5.4). */
  forReplyTo(path: Path): Path {
    return path.isUsable ? path : this.current;
  }

  /** An INIT goes out: it introduces us, and may leave from anywhere. */
  forgetIntroduction(): void {
    this.#source.forget();
    for (const [index, path] of this.#paths.entries()) this.#assign(path, index);
  }

  /** The peer knows us by `listed` and by the address from which we wrote to `to`: `source`, where that is known. */
  introduce(listed: readonly string[], source: string | undefined, to: NetAddress, now: Instant): void {
    this.#source.introduce(listed, source, to);
    this.#review(now);
  }

  /** Finds out whether packets may still go where they went: the host's addresses and routes change. Before every packet. */
  reviewSources(now: Instant): void {
    if (this.#source.isOutdated(now)) this.#review(now);
  }

  /** Looks again where packets to `path` leave from. */
  reviewSource(path: Path): void {
    this.#assign(path, this.#paths.indexOf(path));
  }

  status(): PathStatus[] {
    return this.#paths.map((path) => path.status(path === this.#primary));
  }

  [Symbol.iterator](): IterableIterator<Path> {
    return this.#paths.values();
  }

  /**
   * The peer has told its addresses; `addresses[0]` is where it spoke from. Those that we had stay as they are, the
   * others are new and UNCONFIRMED, and what it did not name is no destination: "The receiver SHOULD use only these
   * transport addresses" (§5.1.2 C).
   */
  adopt(addresses: readonly NetAddress[]): void {
    this.#version++;
    const source = addresses[0]!;
    const kept = this.#paths.filter((path) => addresses.some(({ ip }) => ip === path.address.ip));
    const added = addresses.filter(({ ip }) => !kept.some((path) => path.address.ip === ip));
    this.#paths = kept.concat(added.map((address, i) => this.#create(address, kept.length + i, false)));
    const spoke = this.find(source.ip)!;
    // Where none of the addresses is one that our user named, the one that answered to our tag has shown itself.
    if (!this.#paths.some((path) => path.isConfirmed)) spoke.isConfirmed = true;
    if (spoke.isConfirmed) this.#primary = spoke;
    else if (!this.#paths.includes(this.#primary)) this.#primary = this.#paths.find((path) => path.isConfirmed)!;
  }

  /**
   * The peer has restarted: "All the congestion control parameters (e.g., cwnd, ssthresh) related to this peer MUST be
   * reset to their initial values" (§5.2.4 A), and what was measured, counted and confirmed belongs to the past.
   */
  restart(addresses: readonly NetAddress[]): void {
    this.#version++;
    this.#paths = addresses.map((address, index) => this.#create(address, index, index === 0));
    this.#primary = this.#paths[0]!;
    this.#associationErrorCount = 0;
  }

  /** SET PRIMARY (§11.1.6). Returns whether there is such a path; an unconfirmed one becomes primary, and is used once confirmed. */
  setPrimary(ip: string): boolean {
    const path = this.find(ip);
    if (path === undefined) return false;
    this.#changePrimary(path, 'it was made the primary path');
    return true;
  }

  /**
   * A DATA or HEARTBEAT chunk to `path` was not answered in time (§8.1, §8.2). Returns whether the peer is still
   * considered reachable; if not, the association is closed.
   */
  handleFailure(path: Path, countsForAssociation: boolean, now: Instant): boolean {
    const { associationMaxRetrans, primarySwitchoverMaxRetrans } = this.#context.options;
    this.#observe(path, `no answer to ${path.errorCount + 1} transmissions in a row`, () => path.countError());
    // With no path left that works, perhaps the answers go to an address of ours that is dead. As long as one works, the
    // pair stays as it is: behind a NAT a path may exist for one source only.
    const isLast = this.#paths.every(({ state }) => state !== 'active');
    this.#reassign(path, () => this.#source.handleFailure(path, isLast));
    // RFC 7829 §3.2 6: "HEARTBEATs are sent when a destination address reaches the PF state", once heartbeats are on.
    // With one path only, the data that has to use it all the same tells as much.
    const isWatched = path.heartbeatTimer.isRunning && path.pendingHeartbeat === undefined && this.length > 1;
    if (path.state === 'potentially-failed' && isWatched) path.heartbeatTimer.start(now, 0);
    // RFC 7829 §5 2: "MUST autonomously select and set a new primary path", where that is wanted
    const switchover = primarySwitchoverMaxRetrans !== undefined && path.errorCount > primarySwitchoverMaxRetrans;
    if (switchover && path === this.#primary)
      this.#changePrimary(this.alternativeTo(path), 'the primary path has failed');
    // §8.1: "Unacknowledged HEARTBEAT chunks observed on paths different from the path currently used for data
    // transfer SHOULD NOT increment the association error counter"
    if (countsForAssociation) this.#associationErrorCount++;
    // §8.1: "If the value of this counter exceeds the limit indicated in the protocol parameter
    // 'Association.Max.Retrans', the endpoint SHOULD consider the peer endpoint unreachable"
    if (this.#associationErrorCount <= associationMaxRetrans) return true;
    // §8.1: "the endpoint SHOULD report the failure to the upper layer".
    this.#context.giveUp('SCTP_ERR_PEER_UNREACHABLE', 'Association.Max.Retrans');
    return false;
  }

  /** Whoever is there knows nothing of the association. */
  handleRefusal(path: Path): void {
    this.#observe(path, 'a heartbeat was answered with ABORT', () => path.fail());
  }

  /** §8.2: "When an outstanding TSN is acknowledged or a HEARTBEAT chunk sent to that address is acknowledged". */
  handleSuccess(path: Path, reason: string): void {
    if (path.errorCount === 0 && path.isConfirmed) return;
    this.#observe(path, reason, () => {
      path.clearErrors();
      path.isConfirmed = true;
    });
  }

  /** §8.1: "The counter used for endpoint failure detection MUST be reset each time a DATA chunk […] is acknowledged". */
  handlePeerReachable(): void {
    this.#associationErrorCount = 0;
  }

  /** A verified packet came from the peer: follows its UDP port (RFC 6951 §5.4), and answers from where it may be sent to. */
  handleArrival(from: NetAddress, to: NetAddress | undefined, now: Instant): Path | undefined {
    const path = this.find(from.ip);
    if (path === undefined) return undefined;
    if (to !== undefined && (to !== path.localAddress || !path.isSourceProven)) this.#handleDestination(path, to);
    // RFC 6951 §5.4: "the UDP source port MUST be stored as the encapsulation port for the destination address the SCTP
    // packet is received from".
    if (path.learnUdpPort(from)) this.#handleUdpPort(path, now);
    return path;
  }

  #handleUdpPort(path: Path, now: Instant): void {
    this.#report(path, `its UDP port is now ${path.address.udpPort}`);
    if (path.isConfirmed || path.pendingHeartbeat === undefined) return;
    // The HEARTBEAT chunk has gone to a port where nobody was. The next one need not wait for its time-out: until the address is
    // confirmed, there is no way but the primary path.
    path.pendingHeartbeat = undefined;
    path.heartbeatTimer.start(now, 0);
  }

  /** T3-rtx has expired on `path`: what was lost may have been too large (RFC 8899 §4.3). */
  handleDataLoss(path: Path, now: Instant): void {
    path.mtu?.handleDataLoss(path.largestPacket, now, path.errorCount + 1);
    path.largestPacket = 0;
    this.adoptMtu(path);
  }

  /** The discovery has found another path MTU, perhaps. Returns whether it has. */
  adoptMtu(path: Path): boolean {
    const isNews = path.adoptMtu();
    if (isNews) this.#report(path, `the path MTU is now ${path.pathMtu}`);
    return isNews;
  }

  get nextTimeout(): Instant {
    let next = this.#source.timer.deadline;
    for (const path of this.#paths) {
      if (path.t3Rtx.deadline < next) next = path.t3Rtx.deadline;
      if (path.heartbeatTimer.deadline < next) next = path.heartbeatTimer.deadline;
      if (path.mtu !== undefined && path.mtu.timer.deadline < next) next = path.mtu.timer.deadline;
    }
    return next;
  }

  stopHeartbeats(): void {
    for (const path of this.#paths) {
      path.mtu?.stop();
      path.heartbeatTimer.stop();
      path.pendingHeartbeat = undefined;
    }
  }

  #create(address: NetAddress, index: number, isConfirmed: boolean): Path {
    const { environment, options } = this.#context;
    const path = new Path(this.#nextId++, address, isConfirmed, environment, options);
    this.#source.assign(path, index);
    return path;
  }

  #review(now: Instant): void {
    for (const [index, path] of this.#paths.entries()) {
      const wasAside = path.isAside;
      this.#assign(path, index);
      if (wasAside && !path.isAside && mayHeartbeat(this.#context.state.name)) path.heartbeatTimer.start(now, 0);
    }
    this.#source.handleReview(
      this.#paths.every(({ isAside }) => !isAside),
      now,
    );
  }

  /** The peer has sent to this address of ours: it knows it. */
  #handleDestination(path: Path, to: NetAddress): void {
    if (this.#context.environment.sources !== undefined) return;
    this.#source.handleUse(to.ip);
    // Packets go on from the address that works: another one is another way, on which congestion control begins anew
    // (§7.2.5.2), and a peer may use several of ours in turn.
    if (path.isSourceProven && path.errorCount === 0 && !path.isAside) return;
    this.#reassign(path, () => {
      path.localAddress = to;
      path.isSourceProven = true;
      path.isAside = false;
    });
  }

  #assign(path: Path, index: number): void {
    this.#reassign(path, () => this.#source.assign(path, index));
  }

  /** Changes where packets to `path` leave from, and reports it when it thereby comes or goes. */
  #reassign(path: Path, change: () => void): void {
    const wasAside = path.isAside;
    this.#observe(
      path,
      wasAside ? 'our address there is one that the peer knows' : 'the peer does not know our address there',
      change,
    );
  }

  #changePrimary(path: Path, reason: string): void {
    if (path === this.#primary) return;
    this.#primary = path;
    this.#report(path, reason);
  }

  /** Changes a path, and reports it when its state is another then (§8.2, RFC 7829 §3.2 12). */
  #observe(path: Path, reason: string, change: () => void): void {
    const before = path.state;
    change();
    // §8.2: "SHOULD mark the destination transport address as inactive, and a notification SHOULD be sent to the upper
    // layer."; "SHOULD also report to the upper layer when an inactive destination address is marked as active."
    if (path.state === before) return;
    this.#report(path, reason);
    // RFC 8899 §5.2, DISABLED: "entered from any other state, when the PL indicates loss of connectivity", "left once the PL
    // indicates connectivity".
    if (path.state === 'active') path.mtu?.start();
    else if (path.state === 'inactive') path.mtu?.stop();
  }

  #report(path: Path, reason: string): void {
    this.#context.events.push({ kind: 'pathChange', path: path.status(path === this.#primary), reason });
  }
}
