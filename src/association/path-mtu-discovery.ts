import { writeUint32 } from '../base/bytes.ts';
import { randomBytes } from '../base/random.ts';
import type { Instant } from '../base/time.ts';
import {
  type Chunk,
  chunkLength,
  commonHeaderLength,
  type HeartbeatAckChunk,
  heartbeatInfo,
  heartbeatValue,
  padChunk,
} from '../chunks/index.ts';
import type { Context } from './context.ts';
import { mayHeartbeat } from './may-heartbeat.ts';
import type { Path } from './path.ts';
import type { PathMtu } from './path-mtu.ts';

const nonceLength = 8;
/** nonce, path, time of sending, and "the probe size to help an implementation associate a HEARTBEAT ACK" (RFC 8899 §6.2.1.2) */
const infoLength = nonceLength + 4 + 4 + 4;

/** RFC 8899 §5.1.1, PROBE_TIMER: "This value MUST NOT be smaller than 1 second". */
const shortestProbeTimerMs = 1_000;

/**
 * Probes the path MTUs of an association (RFC 8899 §6.2). RFC 9260 §7.3: "An endpoint SHOULD apply these techniques and SHOULD
 * do so on a per-destination-address basis." RFC 6951 §5.6: "it MUST be taken into account that one cannot rely on the feedback
 * provided by ICMP or ICMPv6": it is not looked at.
 */
export class PathMtuDiscovery {
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
  }

  handleTimeout(now: Instant): void {
    for (const path of this.#context.paths.all) if (path.mtu !== undefined) this.#advance(path, path.mtu, now);
  }

  /** Returns whether the chunk answers a probe rather than a heartbeat. */
  handleHeartbeatAck(ack: HeartbeatAckChunk, now: Instant): boolean {
    const info = heartbeatInfo(ack);
    if (info === undefined || info.length !== infoLength) return false;
    const nonce = info.subarray(0, nonceLength);
    for (const path of this.#context.paths.all) {
      const { mtu } = path;
      if (mtu === undefined || !this.#watch(path, () => mtu.handleAck(nonce, now))) continue;
      // RFC 8899 §6.2.1.2: "A successful probe updates the association and path counters, but an unsuccessful probe is
      // discounted".
      if (path.flightSize === 0) this.#context.paths.handlePeerReachable();
      this.#context.paths.handleSuccess(path, 'a probe of its MTU was answered');
      this.#advance(path, mtu, now);
      break;
    }
    return true;
  }

  #advance(path: Path, mtu: PathMtu, now: Instant): void {
    if (mtu.timer.deadline > now) return;
    if (!mayHeartbeat(this.#context.state.name)) {
      mtu.stop();
      return;
    }
    const max = path.packetSizeOf(this.#context.environment.linkMtu?.(path.address, path.localAddress) ?? 0);
    const isDue = this.#watch(path, () => mtu.handleTimeout(now, max, path.lastSentAt > mtu.completedAt));
    if (isDue) this.#send(path, mtu, now);
  }

  /**
   * RFC 8899 §6.2: "The PAD chunk defined in [RFC4820] SHOULD be attached to a minimum-length HEARTBEAT (HB) chunk to build a
   * probe packet." It is neither counted nor limited by the windows (§3 7, 8); the interval of "at least one RTT" between
   * probes is kept, since there is one at a time.
   */
  #send(path: Path, mtu: PathMtu, now: Instant): void {
    const { environment, metrics } = this.#context;
    // RFC 8899 §4.1: "MUST contain enough information to uniquely identify the probe"
    const nonce = mtu.nonce ?? randomBytes(environment.random, nonceLength);
    const info = new Uint8Array(infoLength);
    info.set(nonce);
    writeUint32(info, nonceLength, path.id);
    writeUint32(info, nonceLength + 4, Math.floor(now));
    writeUint32(info, nonceLength + 8, mtu.probedSize);
    const heartbeat: Chunk = { kind: 'HEARTBEAT', value: heartbeatValue(info) };
    // RFC 8899 §6.2.1.2: "computed by reducing the probing size by the size of the SCTP common header and the HEARTBEAT
    // chunk."
    const padding = mtu.probedSize - commonHeaderLength - chunkLength(heartbeat);
    this.#context.sendTogether([heartbeat, padChunk(padding)], path);
    metrics.pathMtuProbesSent++;
    mtu.handleSent(nonce, now, probeTimerMs(path));
  }

  /** Lets the discovery take a step, and applies what it has found. */
  #watch<T>(path: Path, step: () => T): T {
    const result = step();
    const before = path.maxPacketSize;
    const { state, paths } = this.#context;
    if (paths.adoptMtu(path) && path.maxPacketSize < before && 'sender' in state) state.sender.handleBlackHole(path);
    return result;
  }
}

/**
 * "longer than the maximum time to receive an acknowledgment", and not the 15 seconds that RFC 8899 §5.1.1 recommends to
 * those who do not measure the round trip. The back-off of the RTO says nothing of probes.
 */
function probeTimerMs({ rto }: Path): number {
  const expected = rto.srttMs === undefined ? rto.rtoMs : rto.srttMs + 4 * rto.rttvarMs;
  return Math.max(expected, shortestProbeTimerMs);
}
