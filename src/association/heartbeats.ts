import type { NetAddress } from '../base/address.ts';
import { equalBytes, writeUint32 } from '../base/bytes.ts';
import { randomBytes, randomFraction } from '../base/random.ts';
import type { Instant } from '../base/time.ts';
import { type HeartbeatAckChunk, type HeartbeatChunk, heartbeatInfo, heartbeatValue } from '../chunks/index.ts';
import type { Context } from './context.ts';
import { mayHeartbeat } from './may-heartbeat.ts';
import type { Path } from './path.ts';

const nonceLength = 8;
/** nonce, path, time of sending: RFC 9260 §5.4 and §8.3 */
const infoLength = nonceLength + 4 + 4;

/** How often an address that does not answer is probed where heartbeats are off. */
const slowProbeIntervalMs = 30_000;

/** Watching over idle paths (RFC 9260 §8.3). */
export class Heartbeats {
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
  }

  /**
   * "The sending of HEARTBEAT chunks MAY begin upon reaching the ESTABLISHED state", and "probing procedures are started
   * when an association moves to the ESTABLISHED state" (§5.4): "HB.Max.Burst" of them in each RTO.
   */
  start(now: Instant): void {
    // §5.4: "The number of packets containing HEARTBEAT chunks sent at each RTO SHOULD be limited by the 'HB.Max.Burst'
    // parameter."
    let probes = 0;
    for (const path of this.#context.paths) {
      if (path.isAside) continue;
      if (path.isConfirmed) {
        this.#startPeriod(path, now);
        path.mtu?.startLater(now);
      } else path.heartbeatTimer.start(now, Math.floor(probes++ / this.#context.options.hbMaxBurst) * path.rto.rtoMs);
    }
  }

  handleTimeout(now: Instant): void {
    for (const path of this.#context.paths) {
      if (!path.heartbeatTimer.expire(now)) continue;
      // Nothing goes there, and what was sent before is not missed, until its source is one that the peer knows.
      if (path.isAside) path.pendingHeartbeat = undefined;
      else if (path.pendingHeartbeat === undefined) {
        if (this.#isProbed(path) || this.#isIdle(path, now)) this.#send(path, now);
      } else {
        if (!this.#handleUnanswered(path, now)) return;
        // RFC 7829 §3.2 6: "the sender transmits another packet containing the HEARTBEAT chunk immediately after timeout"
        if (this.#isProbed(path)) this.#send(path, now);
        else this.#startPeriod(path, now);
      }
    }
  }

  /** REQUEST HEARTBEAT (§11.1.10): one now, whatever the period. Returns whether the state allows it. */
  request(path: Path, now: Instant): boolean {
    if (path.isAside || !mayHeartbeat(this.#context.state.name)) return false;
    this.#send(path, now);
    return true;
  }

  /** "MUST respond to a HEARTBEAT chunk with a HEARTBEAT ACK chunk after entering the COOKIE-ECHOED state […]". */
  handleHeartbeat(heartbeat: HeartbeatChunk, path: Path): void {
    const { state, control, metrics, paths } = this.#context;
    switch (state.name) {
      case 'COOKIE-ECHOED':
      case 'ESTABLISHED':
      case 'SHUTDOWN-PENDING':
      case 'SHUTDOWN-RECEIVED':
      case 'SHUTDOWN-SENT':
        // "contains the Heartbeat Information TLV, together with any other received TLVs, copied unchanged". Copied
        // indeed: the answer may wait in the queue longer than the packet that brought the question.
        // §5.4 allows it to an UNCONFIRMED address; but not from one of ours that the peer does not know.
        control.respond({ kind: 'HEARTBEAT ACK', value: heartbeat.value.slice() }, path.isAside ? paths.current : path);
        return;
      case 'CLOSED':
      case 'COOKIE-WAIT':
      case 'SHUTDOWN-ACK-SENT':
        metrics.unexpectedChunks++;
        return;
      default:
        return state satisfies never;
    }
  }

  handleHeartbeatAck(ack: HeartbeatAckChunk, now: Instant): void {
    const info = heartbeatInfo(ack);
    if (info === undefined || info.length !== infoLength) return;
    for (const path of this.#context.paths) {
      const pending = path.pendingHeartbeat;
      // A late or forged ACK has another nonce, and its time is not looked at.
      if (pending === undefined || !equalBytes(pending.nonce, info.subarray(0, nonceLength))) continue;
      path.pendingHeartbeat = undefined;
      this.#context.metrics.heartbeatAcksReceived++;
      // "SHOULD also perform an RTT measurement for that destination transport address"
      path.rto.measure(now - pending.sentAt);
      // §8.1: "The receiver of the HEARTBEAT ACK chunk MAY choose not to clear the counter if there is outstanding data":
      // where DATA chunks do not come through, heartbeats alone must not keep the association up.
      // §8.1: "When a HEARTBEAT ACK chunk is received from the peer endpoint, the counter SHOULD also be reset."
      if (path.flightSize === 0) this.#context.paths.handlePeerReachable();
      this.#context.paths.handleSuccess(
        path,
        path.isConfirmed ? 'a heartbeat was answered' : 'the address was verified',
      );
      this.#startPeriod(path, now);
      return;
    }
  }

  /**
   * An ABORT chunk came from `from` under the peer's own tag: whoever got our HEARTBEAT chunk there has no such association.
   * Returns whether that says something of this path alone.
   *
   * §8.5.1 B has such an ABORT chunk end the association. But an UNCONFIRMED address need not be the peer's at all: behind
   * another NAT, the private address that it lists is somebody else's; and the peer itself answers so where a NAT shows it an
   * address of ours that it was not told. Without the T bit, who sends it has the association.
   */
  handleReflectedAbort(from: NetAddress, now: Instant): boolean {
    const { paths } = this.#context;
    const path = paths.find(from.ip);
    if (path === undefined || path.isConfirmed || !path.wasProbed) return false;
    if (!paths.all.some(({ isConfirmed }) => isConfirmed)) return false;
    path.pendingHeartbeat = undefined;
    paths.handleRefusal(path);
    this.#startPeriod(path, now);
    return true;
  }

  /**
   * "RECOMMENDED that a HEARTBEAT chunk is sent once per RTO of that destination address plus the protocol parameter
   * 'HB.interval', with jittering of +/- 50% of the RTO value".
   */
  #startPeriod(path: Path, now: Instant): void {
    const { options, environment } = this.#context;
    if (options.hbIntervalMs === 0 && path.isConfirmed) return;
    const jitter = 0.5 + randomFraction(environment.random);
    const intervalMs = options.hbIntervalMs === 0 ? slowProbeIntervalMs : options.hbIntervalMs;
    // §8.3: "By default, an SCTP endpoint SHOULD monitor the reachability of the idle destination transport
    // address(es)"; "When tuning the 'HB.interval', there is a side effect that SHOULD be taken into account": the
    // default is the RFC's.
    path.heartbeatTimer.start(now, intervalMs + path.rto.rtoMs * jitter);
  }

  /** Whether heartbeats follow each other at once: to verify an address (§5.4), or to find out whether it works (RFC 7829 §3.2 5, 6). */
  #isProbed(path: Path): boolean {
    if (path.isAside) return false;
    switch (path.state) {
      case 'unconfirmed':
        return true;
      case 'potentially-failed':
        // "MUST honor whether or not the Path Heartbeat function […] is enabled"; "MAY be omitted in the case where the
        // receipt of a […] SACK of the data or a T3-rtx timer expiration on the data can provide equivalent information".
        return this.#context.options.hbIntervalMs > 0 && path.flightSize === 0;
      case 'active':
      case 'inactive':
        return false;
      default:
        return path.state satisfies never;
    }
  }

  /** Whether nothing "that can be used for updating path RTT" went out in this period; if not, waits for the rest of it. */
  #isIdle(path: Path, now: Instant): boolean {
    const { hbIntervalMs } = this.#context.options;
    // An address that could not be verified is still probed, at the rate of heartbeats: "this rate is lowered" (§5.4).
    if (hbIntervalMs === 0 && path.isConfirmed) return false;
    const sinceLastSent = now - path.lastSentAt;
    if (sinceLastSent >= hbIntervalMs) return true;
    path.heartbeatTimer.start(now, hbIntervalMs - sinceLastSent + path.rto.rtoMs);
    return false;
  }

  #send(path: Path, now: Instant): void {
    const { environment, control, metrics } = this.#context;
    // §3.3.5: "MUST include a random nonce of length 64 bits or longer"; "SHOULD include information about the sender's
    // current time […] and the destination transport address".
    const nonce = randomBytes(environment.random, nonceLength);
    const info = new Uint8Array(infoLength);
    info.set(nonce);
    writeUint32(info, nonceLength, path.id);
    writeUint32(info, nonceLength + 4, Math.floor(now));
    path.pendingHeartbeat = { nonce, sentAt: now };
    path.wasProbed = true;
    control.push({ kind: 'HEARTBEAT', value: heartbeatValue(info) }, path);
    metrics.heartbeatsSent++;
    // §8.3: "Only one heartbeat SHOULD be sent each time the heartbeat timer expires".
    path.heartbeatTimer.start(now, path.rto.rtoMs);
  }

  /**
   * "SHOULD increment the respective error counter […] each time a HEARTBEAT chunk is […] not acknowledged within one
   * RTO". Returns whether the association still stands.
   */
  #handleUnanswered(path: Path, now: Instant): boolean {
    const { paths } = this.#context;
    path.pendingHeartbeat = undefined;
    // "exponential backoff of the RTO if the previous HEARTBEAT chunk is unanswered"
    path.rto.backOff();
    // §5.4: "When probing UNCONFIRMED addresses, however, the association overall error count is not incremented."
    const countsForAssociation = path.isConfirmed && path === paths.current;
    return paths.handleFailure(path, countsForAssociation, now);
  }
}
