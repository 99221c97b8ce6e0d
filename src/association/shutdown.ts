import type { NetAddress } from '../base/address.ts';
import { type Instant, Timer } from '../base/time.ts';
import type { ShutdownChunk } from '../chunks/index.ts';
import type { Context } from './context.ts';
import type { Path } from './path.ts';
import type { ShutdownAckSent, ShutdownSent, Transfer } from './state.ts';

/** RFC 9260 §9.2: T5-shutdown-guard "SHOULD be set to the RECOMMENDED value of 5 times 'RTO.Max'". */
const guardInRtoMax = 5;

/** The graceful end (RFC 9260 §9.2). */
export class Shutdown {
  readonly #context: Context;
  /** Where SHUTDOWN or SHUTDOWN ACK was sent last. */
  #path: Path;

  constructor(context: Context) {
    this.#context = context;
    this.#path = context.paths.primary;
  }

  /** The SHUTDOWN primitive. */
  request(now: Instant): void {
    const context = this.#context;
    const { state } = context;
    switch (state.name) {
      case 'COOKIE-WAIT':
      case 'COOKIE-ECHOED':
        // Nothing is established that could be shut down; what was accepted before is reported as undelivered. The
        // owner of an association that is to deliver first waits for 'established'.
        context.abort('SCTP_ERR_ABORTED', []);
        return;
      case 'ESTABLISHED':
        context.state = { name: 'SHUTDOWN-PENDING', ...transferOf(state) };
        this.handleProgress(now);
        return;
      case 'CLOSED':
      case 'SHUTDOWN-PENDING':
      case 'SHUTDOWN-SENT':
      case 'SHUTDOWN-RECEIVED': // "it MUST ignore ULP shutdown requests"
      case 'SHUTDOWN-ACK-SENT':
        return;
      default:
        return state satisfies never;
    }
  }

  /** To be called when data was acknowledged: goes on "Once all its outstanding data has been acknowledged". */
  handleProgress(now: Instant): void {
    const { state } = this.#context;
    // §9.2: "An endpoint SHOULD ensure that all its outstanding DATA chunks have been acknowledged before initiating
    // the shutdown procedure."; "MUST continue to follow normal data transmission procedures defined in Section 6,
    // until all outstanding DATA chunks are acknowledged".
    if (state.name === 'SHUTDOWN-PENDING' && state.sender.isDone && state.reconfiguration.isIdle)
      this.#enterShutdownSent(state, now);
    else if (state.name === 'SHUTDOWN-RECEIVED' && state.sender.isDone)
      this.#enterShutdownAckSent(state, undefined, now);
  }

  handleShutdown(chunk: ShutdownChunk, now: Instant): void {
    const context = this.#context;
    const { state } = context;
    switch (state.name) {
      case 'ESTABLISHED':
      case 'SHUTDOWN-PENDING':
        context.state = { name: 'SHUTDOWN-RECEIVED', ...transferOf(state) };
        break;
      case 'SHUTDOWN-RECEIVED': // "MUST continue responding to SHUTDOWN chunks from its peer"
        break;
      case 'SHUTDOWN-SENT':
        // "the endpoint SHOULD respond immediately with a SHUTDOWN ACK chunk to its peer and move into the
        // SHUTDOWN-ACK-SENT state, restarting its T2-shutdown timer."
        this.#enterShutdownAckSent(state, state.t5ShutdownGuard, now);
        return;
      case 'SHUTDOWN-ACK-SENT':
        // Our SHUTDOWN ACK was lost: T2-shutdown would send it again, and this is sooner.
        context.control.pushOnce({ kind: 'SHUTDOWN ACK' }, context.paths.current);
        return;
      case 'CLOSED':
      case 'COOKIE-WAIT': // "the SHUTDOWN chunk SHOULD be silently discarded"
      case 'COOKIE-ECHOED':
        context.metrics.unexpectedChunks++;
        return;
      default:
        return state satisfies never;
    }
    // "verify, by checking the Cumulative TSN Ack field of the chunk, that all its outstanding DATA chunks have been
    // received by the SHUTDOWN chunk sender". It says nothing of gaps: those known from SACK chunks stay as they are.
    // §3.3.8: "the receiver of the SHUTDOWN chunk MUST NOT interpret the lack of a Gap Ack Block as a renege."
    state.sender.handleCumulativeTsnAck(chunk.cumulativeTsnAck, now);
    this.handleProgress(now);
  }

  handleShutdownAck(from: NetAddress, to: NetAddress | undefined, verificationTag: number): void {
    const context = this.#context;
    const { state } = context;
    switch (state.name) {
      case 'SHUTDOWN-SENT':
      case 'SHUTDOWN-ACK-SENT': {
        // §9.2: "Upon the receipt of the SHUTDOWN ACK chunk, the sender of the SHUTDOWN chunk MUST stop the T2-shutdown
        // timer"; §8.5.1 C: "then the destination endpoint's tag MUST be used and the T bit MUST NOT be set."
        // "MUST stop the T2-shutdown timer, send a SHUTDOWN COMPLETE chunk to its peer, and remove all record"
        // It "SHOULD" go "to the same destination transport address from which it received" (§6.4), where it may go there.
        const path = context.paths.find(from.ip) ?? context.paths.current;
        context.sendAloneOn(context.paths.forReplyTo(path), { kind: 'SHUTDOWN COMPLETE', tagReflected: false });
        context.close('local', undefined);
        return;
      }
      case 'COOKIE-WAIT':
      case 'COOKIE-ECHOED':
        // §8.5.1 E: "the procedures in Section 8.4 SHOULD be followed; in other words, it is treated as an OOTB packet."
        // §9.2: "SHOULD respond to the receipt of a SHUTDOWN ACK chunk with a stand-alone SHUTDOWN COMPLETE chunk".
        context.sendAlone({ kind: 'SHUTDOWN COMPLETE', tagReflected: true }, verificationTag, from, to);
        return;
      case 'CLOSED':
      case 'ESTABLISHED':
      case 'SHUTDOWN-PENDING':
      case 'SHUTDOWN-RECEIVED':
        context.metrics.unexpectedChunks++;
        return;
      default:
        return state satisfies never;
    }
  }

  /** "An endpoint MUST ignore the SHUTDOWN COMPLETE chunk if it is not in the SHUTDOWN-ACK-SENT state" (§8.5.1 C). */
  handleShutdownComplete(): void {
    const { state, metrics } = this.#context;
    // §9.2: "the endpoint SHOULD stop the T2-shutdown timer and remove all knowledge of the association"; "verifies
    // that it is in the SHUTDOWN-ACK-SENT state; if it is not, the chunk SHOULD be discarded."
    if (state.name === 'SHUTDOWN-ACK-SENT') this.#context.close('peer', undefined);
    else metrics.unexpectedChunks++;
  }

  /** A packet with DATA came: "MUST immediately respond to each received packet containing one or more DATA chunks with a SHUTDOWN chunk". */
  handleData(now: Instant): void {
    const { state } = this.#context;
    if (state.name !== 'SHUTDOWN-SENT') return;
    // "The reception of any packet from its peer […] SHOULD clear the endpoint's retransmission count and restart the
    // T2-shutdown timer".
    state.retransmissions = 0;
    // A SACK chunk goes with it: only that tells the peer, which still sends, how large our receive window is.
    // §6.2: "the endpoint SHOULD use a SACK chunk instead of the SHUTDOWN chunk to acknowledge DATA chunks received out
    // of order"; "MUST be sent in SACK chunks unless shutdown was requested by the ULP".
    state.receiver.tracker.requestSack();
    this.#sendShutdown(state, now);
  }

  handleTimeout(now: Instant): void {
    const context = this.#context;
    const { state } = context;
    if (state.name !== 'SHUTDOWN-SENT' && state.name !== 'SHUTDOWN-ACK-SENT') return;
    if (state.t5ShutdownGuard?.expire(now)) {
      // "At the expiration of this timer, the sender SHOULD abort the association by sending an ABORT chunk."
      context.giveUp('SCTP_ERR_SHUTDOWN_TIMEOUT', 'T5-shutdown-guard');
      return;
    }
    if (!state.t2Shutdown.expire(now)) return;
    // "If this threshold is exceeded, the endpoint SHOULD destroy the TCB and SHOULD report the peer endpoint unreachable"
    // §9.2: "SHOULD limit the number of retransmissions of the SHUTDOWN chunk to […] 'Association.Max.Retrans'."
    if (++state.retransmissions > context.options.associationMaxRetrans) {
      context.giveUp('SCTP_ERR_PEER_UNREACHABLE', 'Association.Max.Retrans');
      return;
    }
    // It follows "the same rules" as a T3-rtx that expires (§6.3.3 E2), and tries another path where there is one; the
    // association has its own count of these retransmissions.
    this.#path.rto.backOff();
    // §9.2: "the endpoint MUST resend the SHUTDOWN chunk with the updated last sequential TSN"; "If the timer expires,
    // the endpoint MUST resend the SHUTDOWN ACK chunk."; "The rules in Section 6.3 MUST be followed to determine the
    // proper timer value for T2-shutdown."
    if (!context.paths.handleFailure(this.#path, false, now)) return;
    if (state.name === 'SHUTDOWN-SENT') this.#sendShutdown(state, now);
    else this.#sendShutdownAck(state, now);
  }

  get nextTimeout(): Instant {
    const { state } = this.#context;
    if (state.name !== 'SHUTDOWN-SENT' && state.name !== 'SHUTDOWN-ACK-SENT') return Number.POSITIVE_INFINITY;
    return Math.min(state.t2Shutdown.deadline, state.t5ShutdownGuard?.deadline ?? Number.POSITIVE_INFINITY);
  }

  #enterShutdownSent(transfer: Transfer, now: Instant): void {
    const { options, paths } = this.#context;
    const t5ShutdownGuard = new Timer();
    t5ShutdownGuard.start(now, guardInRtoMax * options.rtoMaxMs);
    const timers = { t2Shutdown: new Timer(), t5ShutdownGuard };
    const state: ShutdownSent = { name: 'SHUTDOWN-SENT', ...transferOf(transfer), ...timers, retransmissions: 0 };
    this.#context.state = state;
    paths.stopHeartbeats();
    this.#sendShutdown(state, now);
  }

  #enterShutdownAckSent(transfer: Transfer, t5ShutdownGuard: Timer | undefined, now: Instant): void {
    const timers = { t2Shutdown: new Timer(), t5ShutdownGuard };
    const state: ShutdownAckSent = {
      name: 'SHUTDOWN-ACK-SENT',
      ...transferOf(transfer),
      ...timers,
      retransmissions: 0,
    };
    this.#context.state = state;
    this.#context.paths.stopHeartbeats();
    this.#sendShutdownAck(state, now);
  }

  #sendShutdown(state: ShutdownSent, now: Instant): void {
    const { control, paths } = this.#context;
    const { tracker } = state.receiver;
    this.#path = paths.current;
    control.push({ kind: 'SHUTDOWN', cumulativeTsnAck: tracker.cumulativeTsn }, this.#path);
    // "If a SHUTDOWN chunk by itself cannot acknowledge all of the received DATA chunks […] or if duplicate TSNs have
    // been received, then a SACK chunk MUST also be sent."
    if (tracker.isSackDue || tracker.hasGaps || tracker.hasDuplicates) tracker.requestSack();
    else tracker.handleAcknowledged();
    // §9.2: "It SHOULD then start the T2-shutdown timer and enter the SHUTDOWN-SENT state." §3.3.8: "An endpoint in an
    // association MUST use this chunk to initiate a graceful close".
    state.t2Shutdown.start(now, this.#path.rto.rtoMs);
  }

  #sendShutdownAck(state: ShutdownAckSent, now: Instant): void {
    const { control, paths } = this.#context;
    this.#path = paths.current;
    control.push({ kind: 'SHUTDOWN ACK' }, this.#path);
    // §9.2: "MUST send a SHUTDOWN ACK chunk and start a T2-shutdown timer of its own, entering the SHUTDOWN-ACK-SENT
    // state."
    state.t2Shutdown.start(now, this.#path.rto.rtoMs);
  }
}

/** What one state hands on to the next: everything but its timers. */
function transferOf({ sender, receiver, reconfiguration }: Transfer): Transfer {
  return { sender, receiver, reconfiguration };
}
