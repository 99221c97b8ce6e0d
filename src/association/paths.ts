import type { NetAddress } from '../base/address.ts';
import type { Instant } from '../base/time.ts';
import type { Context } from './context.ts';
import type { PathStatus } from './events.ts';
import { Path } from './path.ts';

/** The destination addresses of the peer, their failures, and which of them is used (RFC 9260 §6.4, §8). */
export class Paths {
  readonly #context: Context;
  readonly #paths: Path[] = [];
  #primary: Path;
  /** RFC 9260 §8.1: "a counter on the total number of consecutive retransmissions to its peer". */
  #associationErrorCount = 0;

  /** `addresses` are those that our user named: "automatically considered to be CONFIRMED" (§5.4 1). */
  constructor(context: Context, addresses: readonly NetAddress[]) {
    this.#context = context;
    for (const address of addresses) this.#add(address, true);
    this.#primary = this.#paths[0]!;
  }

  /** Where new data goes. */
  get primary(): Path {
    return this.#primary;
  }

  get associationErrorCount(): number {
    return this.#associationErrorCount;
  }

  /** The path to an IP address; its UDP port may have changed (RFC 6951 §5.4). */
  find(ip: string): Path | undefined {
    for (const path of this.#paths) if (path.address.ip === ip) return path;
    return undefined;
  }

  at(index: number): Path | undefined {
    return this.#paths[index];
  }

  status(): PathStatus[] {
    return this.#paths.map((path) => path.status(path === this.#primary));
  }

  [Symbol.iterator](): IterableIterator<Path> {
    return this.#paths.values();
  }

  /**
   * A DATA or HEARTBEAT chunk to `path` was not answered in time (§8.1, §8.2). Returns whether the peer is still
   * considered reachable; if not, the association is closed.
   */
  handleFailure(path: Path, countsForAssociation: boolean): boolean {
    const { associationMaxRetrans, pathMaxRetrans } = this.#context.options;
    // §8.3: an inactive destination keeps its heartbeats but "SHOULD stop increasing the counter".
    if (path.isActive) path.errorCount++;
    // §8.1: "Unacknowledged HEARTBEAT chunks observed on paths different from the path currently used for data
    // transfer SHOULD NOT increment the association error counter"
    if (countsForAssociation) this.#associationErrorCount++;
    if (path.isActive && path.errorCount > pathMaxRetrans) {
      path.isActive = false;
      this.#report(path, `no answer to ${path.errorCount} transmissions in a row`);
    }
    // §8.1: "If the value of this counter exceeds the limit indicated in the protocol parameter
    // 'Association.Max.Retrans', the endpoint SHOULD consider the peer endpoint unreachable"
    if (this.#associationErrorCount <= associationMaxRetrans) return true;
    this.#context.close('local', 'SCTP_ERR_PEER_UNREACHABLE');
    return false;
  }

  /** §8.2: "When an outstanding TSN is acknowledged or a HEARTBEAT chunk sent to that address is acknowledged". */
  handleSuccess(path: Path, reason: string): void {
    this.#associationErrorCount = 0;
    path.errorCount = 0;
    if (path.isActive) return;
    path.isActive = true;
    this.#report(path, reason);
  }

  /** A verified packet from the peer came along a known IP address: "follow" its UDP port (RFC 6951 §5.4). */
  learnUdpPort(from: NetAddress): void {
    this.find(from.ip)?.learnUdpPort(from);
  }

  /**
   * The peer has restarted: "All the congestion control parameters (e.g., cwnd, ssthresh) related to this peer MUST be
   * reset to their initial values" (§5.2.4 A), and what was measured and counted belongs to the past.
   */
  restart(): void {
    const primaryIndex = this.#primary.index;
    const old = this.#paths.splice(0);
    for (const path of old) this.#add(path.address, path.isConfirmed);
    this.#primary = this.#paths[primaryIndex]!;
    this.#associationErrorCount = 0;
  }

  get nextTimeout(): Instant {
    let next = Number.POSITIVE_INFINITY;
    for (const path of this.#paths) {
      if (path.t3Rtx.deadline < next) next = path.t3Rtx.deadline;
      if (path.heartbeatTimer.deadline < next) next = path.heartbeatTimer.deadline;
    }
    return next;
  }

  stopHeartbeats(): void {
    for (const path of this.#paths) path.heartbeatTimer.stop();
  }

  #add(address: NetAddress, isConfirmed: boolean): void {
    const { environment, options } = this.#context;
    const { overhead, maxPacketSize } = environment;
    this.#paths.push(new Path(this.#paths.length, address, isConfirmed, overhead, maxPacketSize, options));
  }

  #report(path: Path, reason: string): void {
    this.#context.events.push({ kind: 'pathChange', path: path.status(path === this.#primary), reason });
  }
}
