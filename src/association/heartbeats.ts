import { equalBytes, writeUint32 } from '../base/bytes.ts';
import { randomBytes, randomFraction } from '../base/random.ts';
import type { Instant } from '../base/time.ts';
import { type HeartbeatAckChunk, type HeartbeatChunk, heartbeatInfo, heartbeatValue } from '../chunks/index.ts';
import type { Context } from './context.ts';
import type { Path } from './path.ts';

const nonceLength = 8;
/** nonce, path, time of sending: RFC 9260 §5.4 and §8.3 */
const infoLength = nonceLength + 4 + 4;

/** Watching over idle paths (RFC 9260 §8.3). */
export class Heartbeats {
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
  }

  /** "The sending of HEARTBEAT chunks MAY begin upon reaching the ESTABLISHED state". */
  start(now: Instant): void {
    for (const path of this.#context.paths) this.#startPeriod(path, now);
  }

  handleTimeout(now: Instant): void {
    for (const path of this.#context.paths) {
      if (!path.heartbeatTimer.expire(now)) continue;
      if (path.pendingHeartbeat !== undefined) {
        if (!this.#handleUnanswered(path, now)) return;
      } else if (this.#isIdle(path, now)) {
        this.#send(path, now);
      }
    }
  }

  /** "MUST respond to a HEARTBEAT chunk with a HEARTBEAT ACK chunk after entering the COOKIE-ECHOED state […]". */
  handleHeartbeat(heartbeat: HeartbeatChunk, path: Path): void {
    const { state, control, metrics } = this.#context;
    switch (state.name) {
      case 'COOKIE-ECHOED':
      case 'ESTABLISHED':
      case 'SHUTDOWN-PENDING':
      case 'SHUTDOWN-RECEIVED':
      case 'SHUTDOWN-SENT':
        // "contains the Heartbeat Information TLV, together with any other received TLVs, copied unchanged". Copied
        // indeed: the answer may wait in the queue longer than the packet that brought the question.
        control.push({ kind: 'HEARTBEAT ACK', value: heartbeat.value.slice() }, path);
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
      path.isConfirmed = true;
      // "SHOULD also perform an RTT measurement for that destination transport address"
      path.rto.measure(now - pending.sentAt);
      this.#context.paths.handleSuccess(path, 'a heartbeat was answered');
      this.#startPeriod(path, now);
      return;
    }
  }

  /**
   * "RECOMMENDED that a HEARTBEAT chunk is sent once per RTO of that destination address plus the protocol parameter
   * 'HB.interval', with jittering of +/- 50% of the RTO value".
   */
  #startPeriod(path: Path, now: Instant): void {
    const { options, environment, state } = this.#context;
    if (options.hbIntervalMs === 0 || !mayHeartbeat(state.name)) {
      path.heartbeatTimer.stop();
      return;
    }
    const jitter = 0.5 + randomFraction(environment.random);
    path.heartbeatTimer.start(now, options.hbIntervalMs + path.rto.rtoMs * jitter);
  }

  /** Whether nothing "that can be used for updating path RTT" went out in this period; if not, waits for the rest of it. */
  #isIdle(path: Path, now: Instant): boolean {
    const { hbIntervalMs } = this.#context.options;
    const sinceLastSent = now - path.lastSentAt;
    if (sinceLastSent >= hbIntervalMs) return true;
    path.heartbeatTimer.start(now, hbIntervalMs - sinceLastSent + path.rto.rtoMs);
    return false;
  }

  #send(path: Path, now: Instant): void {
    const { environment, control, metrics } = this.#context;
    const nonce = randomBytes(environment.random, nonceLength);
    const info = new Uint8Array(infoLength);
    info.set(nonce);
    writeUint32(info, nonceLength, path.index);
    writeUint32(info, nonceLength + 4, Math.floor(now));
    path.pendingHeartbeat = { nonce, sentAt: now };
    control.push({ kind: 'HEARTBEAT', value: heartbeatValue(info) }, path);
    metrics.heartbeatsSent++;
    path.heartbeatTimer.start(now, path.rto.rtoMs);
  }

  /** "SHOULD increment the respective error counter […] each time a HEARTBEAT chunk is […] not acknowledged within one RTO". */
  #handleUnanswered(path: Path, now: Instant): boolean {
    path.pendingHeartbeat = undefined;
    // "exponential backoff of the RTO if the previous HEARTBEAT chunk is unanswered"
    path.rto.backOff();
    if (!this.#context.paths.handleFailure(path, path === this.#context.paths.primary)) return false;
    this.#startPeriod(path, now);
    return true;
  }
}

/** "is discontinued after sending either a SHUTDOWN chunk or SHUTDOWN ACK chunk" (§8.3). */
function mayHeartbeat(state: string): boolean {
  return state === 'ESTABLISHED' || state === 'SHUTDOWN-PENDING' || state === 'SHUTDOWN-RECEIVED';
}
