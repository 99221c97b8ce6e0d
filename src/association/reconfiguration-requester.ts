import { SctpError } from '../base/errors.ts';
import { Ring } from '../base/ring.ts';
import { type Instant, Timer } from '../base/time.ts';
import {
  type Parameter,
  type ReconfigChunk,
  type ReconfigurationResponseParameter,
  reconfigurationResults,
} from '../chunks/index.ts';
import type { Context } from './context.ts';
import type { DataReceiver } from './data-receiver.ts';
import type { DataSender } from './data-sender.ts';
import type { ReconfigurationResult } from './events.ts';
import type { Path } from './path.ts';

/** What we can ask the peer for (RFC 6525 §5.1). No stream numbers mean all streams. */
export type ReconfigurationRequest =
  | { readonly kind: 'reset outgoing streams'; readonly streamIds: readonly number[]; readonly inResponseTo?: number }
  | { readonly kind: 'reset incoming streams'; readonly streamIds: readonly number[] }
  | { readonly kind: 'reset association' }
  | { readonly kind: 'add outgoing streams'; readonly count: number }
  | { readonly kind: 'add incoming streams'; readonly count: number };

/** A request that the peer has not answered yet. */
interface InFlight {
  readonly request: ReconfigurationRequest;
  readonly requestSequenceNumber: number;
  readonly chunk: ReconfigChunk;
  path: Path;
  /** The peer has said so: then the timer counts no errors (H2). */
  isInProgress: boolean;
}

/** RE-CONFIG holds at most this many stream numbers in the smallest packet that we send. */
const mostStreamsListed = 100;
/** Requests that may wait. */
const capacity = 64;

/** Our own re-configuration requests: one in flight, the others wait (RFC 6525 §5.1). */
export class ReconfigurationRequester {
  readonly #context: Context;
  readonly #sender: DataSender;
  readonly #receiver: DataReceiver;
  readonly #timer = new Timer();
  readonly #waiting = new Ring<ReconfigurationRequest>(2);
  #inFlight: InFlight | undefined;
  /** §4.1: it begins with the Initial TSN. */
  #nextRequestSequenceNumber: number;
  /** The next one that we expect of the peer, less 1, for what answers nothing (A4). */
  readonly #lastPeerRequest: () => number;

  constructor(
    context: Context,
    sender: DataSender,
    receiver: DataReceiver,
    initial: number,
    lastPeerRequest: () => number,
  ) {
    this.#context = context;
    this.#sender = sender;
    this.#receiver = receiver;
    this.#nextRequestSequenceNumber = initial;
    this.#lastPeerRequest = lastPeerRequest;
  }

  get nextTimeout(): Instant {
    return this.#timer.deadline;
  }

  /** The reset of our streams that the peer has not answered yet, undefined without one. */
  get outgoingResetInFlight(): readonly number[] | undefined {
    const request = this.#inFlight?.request;
    return request?.kind === 'reset outgoing streams' ? request.streamIds : undefined;
  }

  /** @throws SctpError SCTP_ERR_NOT_SUPPORTED, SCTP_ERR_INVALID_ARGUMENT */
  request(request: ReconfigurationRequest): void {
    const { capabilities } = this.#context;
    // §5.1.1: "any request by the application for such service SHOULD be responded to with an appropriate error"
    if (!capabilities.streamReconfiguration) {
      throw new SctpError('SCTP_ERR_NOT_SUPPORTED', 'the peer does not support stream re-configuration (RFC 6525)');
    }
    this.#validate(request);
    this.enqueue(request);
  }

  /** Without asking what our user may: for what the peer has asked of us. */
  enqueue(request: ReconfigurationRequest): void {
    if (this.#waiting.length >= capacity) {
      throw new SctpError('SCTP_ERR_INVALID_ARGUMENT', `more than ${capacity} re-configuration requests wait`);
    }
    this.#waiting.push(request);
    const { sendQueue } = this.#context;
    // A1: "MUST stop assigning new SSNs to new user data provided by the upper layer for the affected streams and queue
    // it". What was accepted before goes out first, with the old numbers.
    if (request.kind === 'reset outgoing streams') sendQueue.pause(request.streamIds);
    if (request.kind === 'reset association') sendQueue.pause([]);
  }

  /** Sends the request that is next, once nothing is in its way. Cheap when there is none. */
  pump(now: Instant): void {
    if (this.#inFlight !== undefined) return;
    const request = this.#waiting.peek();
    if (request === undefined || !this.#isReady(request)) return;
    this.#waiting.shift();
    const requestSequenceNumber = this.#nextRequestSequenceNumber;
    this.#nextRequestSequenceNumber = (requestSequenceNumber + 1) >>> 0;
    const chunk: ReconfigChunk = { kind: 'RE-CONFIG', parameters: [this.#parameter(request, requestSequenceNumber)] };
    const path = this.#context.paths.current;
    this.#inFlight = { request, requestSequenceNumber, chunk, path, isInProgress: false };
    this.#send(this.#inFlight, now);
  }

  /** Re-configuration Response, §5.2.7. */
  handleResponse(response: ReconfigurationResponseParameter, now: Instant): void {
    const inFlight = this.#inFlight;
    // H1: "If the timer was not running for the Re-configuration Request Sequence Number, the processing […] is complete."
    if (inFlight?.requestSequenceNumber !== response.responseSequenceNumber) return;
    if (response.result === reconfigurationResults['In progress']) {
      inFlight.isInProgress = true;
      this.#timer.start(now, inFlight.path.rto.rtoMs); // H2
      return;
    }
    this.#finish(inFlight.request, resultOf(response.result), response);
  }

  /** §5.2.2 E1: the peer's Outgoing SSN Reset Request answers our Incoming SSN Reset Request. */
  handleAnsweringRequest(responseSequenceNumber: number): void {
    const inFlight = this.#inFlight;
    if (inFlight?.requestSequenceNumber !== responseSequenceNumber) return;
    if (inFlight.request.kind === 'reset incoming streams') this.#finish(inFlight.request, 'performed');
  }

  /** Re-configuration Timer, §5.1.1. Returns whether the association still stands. */
  handleTimeout(now: Instant): boolean {
    const inFlight = this.#inFlight;
    if (!this.#timer.expire(now) || inFlight === undefined) return true;
    inFlight.path.rto.backOff();
    // "increment the appropriate error counts (for both the association and the destination)"; H2: not when in progress.
    if (!inFlight.isInProgress && !this.#context.paths.handleFailure(inFlight.path, true, now)) return false;
    inFlight.path = this.#context.paths.current;
    this.#send(inFlight, now);
    return true;
  }

  #send(inFlight: InFlight, now: Instant): void {
    this.#context.control.push(inFlight.chunk, inFlight.path);
    this.#timer.start(now, inFlight.path.rto.rtoMs);
  }

  #isReady(request: ReconfigurationRequest): boolean {
    if (request.kind === 'reset outgoing streams') return this.#context.sendQueue.isDrained(request.streamIds);
    // C2: "The sender has either no outstanding TSNs or considers all outstanding TSNs abandoned." We wait for none.
    if (request.kind === 'reset association')
      return this.#context.sendQueue.isDrained([]) && this.#sender.hasNothingOutstanding;
    return true;
  }

  #parameter(request: ReconfigurationRequest, requestSequenceNumber: number): Parameter {
    switch (request.kind) {
      case 'reset outgoing streams':
        return {
          kind: 'Outgoing SSN Reset Request',
          requestSequenceNumber,
          responseSequenceNumber: request.inResponseTo ?? this.#lastPeerRequest(),
          sendersLastAssignedTsn: this.#sender.lastAssignedTsn,
          streamNumbers: request.streamIds,
        };
      case 'reset incoming streams':
        return { kind: 'Incoming SSN Reset Request', requestSequenceNumber, streamNumbers: request.streamIds };
      case 'reset association':
        return { kind: 'SSN/TSN Reset Request', requestSequenceNumber };
      case 'add outgoing streams':
        return { kind: 'Add Outgoing Streams Request', requestSequenceNumber, newStreams: request.count };
      case 'add incoming streams':
        return { kind: 'Add Incoming Streams Request', requestSequenceNumber, newStreams: request.count };
      default:
        return request satisfies never;
    }
  }

  #finish(
    request: ReconfigurationRequest,
    result: ReconfigurationResult,
    response?: ReconfigurationResponseParameter,
  ): void {
    this.#timer.stop();
    this.#inFlight = undefined;
    const isPerformed = result === 'performed' || result === 'nothing to do';
    const { sendQueue, events } = this.#context;
    switch (request.kind) {
      case 'reset outgoing streams':
        // H4: "the affected streams MUST now be reset and all queued data should now be processed"
        sendQueue.resume(request.streamIds, isPerformed);
        events.push({ kind: 'streamsReset', direction: 'outgoing', streamIds: request.streamIds, result });
        return;
      case 'reset incoming streams':
        // The streams themselves are reset by the peer's own request; what is news here is a refusal.
        if (!isPerformed)
          events.push({ kind: 'streamsReset', direction: 'incoming', streamIds: request.streamIds, result });
        return;
      case 'reset association':
        this.#finishAssociationReset(result, response);
        return;
      case 'add outgoing streams':
        // H6
        if (isPerformed) this.#context.outboundStreams += request.count;
        events.push({ kind: 'streamsAdded', direction: 'outgoing', count: request.count, result });
        return;
      case 'add incoming streams':
        if (!isPerformed) events.push({ kind: 'streamsAdded', direction: 'incoming', count: request.count, result });
        return;
      default:
        return request satisfies never;
    }
  }

  /** H5: "new data MUST be sent from the Receiver's Next TSN, beginning with SSN 0 for all outgoing streams". */
  #finishAssociationReset(result: ReconfigurationResult, response: ReconfigurationResponseParameter | undefined): void {
    const { sendQueue, events } = this.#context;
    const nextTsns = response?.nextTsns;
    const isPerformed = result === 'performed' && nextTsns !== undefined;
    if (isPerformed) {
      this.#sender.restartAt(nextTsns.receiversNextTsn);
      this.#receiver.restartAt(nextTsns.sendersNextTsn);
    }
    sendQueue.resume([], isPerformed);
    events.push({
      kind: 'associationReset',
      by: 'local',
      result: isPerformed || result !== 'performed' ? result : 'error',
    });
  }

  #validate(request: ReconfigurationRequest): void {
    const { outboundStreams, inboundStreams } = this.#context;
    if (request.kind === 'reset association') return;
    if (request.kind === 'add outgoing streams' || request.kind === 'add incoming streams') {
      const present = request.kind === 'add outgoing streams' ? outboundStreams : inboundStreams;
      const { count } = request;
      if (Number.isInteger(count) && count > 0 && present + count <= 0xffff) return;
      throw new SctpError(
        'SCTP_ERR_INVALID_ARGUMENT',
        `cannot add ${String(count)} streams to ${present}: 65535 are the most`,
      );
    }
    const { streamIds } = request;
    const count = request.kind === 'reset outgoing streams' ? outboundStreams : inboundStreams;
    if (streamIds.length > mostStreamsListed) {
      throw new SctpError('SCTP_ERR_INVALID_ARGUMENT', `one request resets up to ${mostStreamsListed} streams, or all`);
    }
    for (const streamId of streamIds) {
      if (Number.isInteger(streamId) && streamId >= 0 && streamId < count) continue;
      throw new SctpError('SCTP_ERR_INVALID_STREAM', `there is no stream ${String(streamId)}, only ${count}`);
    }
  }
}

function resultOf(result: number): ReconfigurationResult {
  switch (result) {
    case reconfigurationResults['Success - Performed']:
      return 'performed';
    case reconfigurationResults['Success - Nothing to do']:
      return 'nothing to do';
    case reconfigurationResults.Denied:
      return 'denied';
    default:
      return 'error';
  }
}
