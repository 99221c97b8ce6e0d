import { SctpError } from '../base/errors.ts';
import { Ring } from '../base/ring.ts';
import { type Instant, Timer } from '../base/time.ts';
import {
  type Parameter,
  type ReconfigChunk,
  type ReconfigurationResponseParameter,
  reconfigurationResults,
} from '../chunks/index.ts';
import type { Pause } from '../streams/pause.ts';
import { invalid, requireArray, requireObject, requireUint } from './arguments.ts';
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

const kinds: readonly ReconfigurationRequest['kind'][] = [
  'reset outgoing streams',
  'reset incoming streams',
  'reset association',
  'add outgoing streams',
  'add incoming streams',
];

/** A request of ours, and the pause that it has put upon the streams whose numbers it changes. */
interface Queued {
  readonly request: ReconfigurationRequest;
  readonly pause: Pause | undefined;
  /** For a reset of the association: the peer's own request, which came meanwhile, brings it about. */
  isMet: boolean;
}

/** A request that the peer has not answered yet. */
interface InFlight extends Queued {
  readonly requestSequenceNumber: number;
  readonly chunk: ReconfigChunk;
  path: Path;
  /** The peer has said so: then the timer counts no errors (H2). */
  isInProgress: boolean;
  /**
   * Set once the peer has made a request that may be its answer, or its own idea: what became of ours then, and how often it is sent
   * again before that is taken for granted.
   */
  doubt: { readonly result: ReconfigurationResult; patience: number } | undefined;
  /** Whether our user knows of its end already. */
  readonly isTold: boolean;
}

/** RE-CONFIG holds at most this many stream numbers in the smallest packet that we send. */
export const mostStreamsListed = 100;
/** Their number has 16 bits. */
export const mostStreams = 0xffff;
/** Requests that may wait. */
const capacity = 64;
/** §5.1.4: "Only one SSN/TSN Reset Request SHOULD be sent within 30 seconds, which is considered a maximum segment lifetime". */
const associationResetIntervalMs = 30_000;

/** Our own re-configuration requests: one in flight, the others wait (RFC 6525 §5.1). */
export class ReconfigurationRequester {
  readonly #context: Context;
  readonly #sender: DataSender;
  readonly #receiver: DataReceiver;
  readonly #timer = new Timer();
  readonly #waiting = new Ring<Queued>();
  #inFlight: InFlight | undefined;
  /** The latest incoming reset that was asked for: the peer may answer in words first, and with several requests of its own. */
  #incomingReset: { readonly requestSequenceNumber: number; readonly streamIds: readonly number[] } | undefined;
  /** So many more incoming streams were asked for, and the peer has yet to ask for them in turn. */
  #incomingStreams: number | undefined;
  /** Whether the peer answers such a request in words, too. */
  #addsInWords = false;
  /** The latest request, where the peer made one that was taken for its answer. */
  #guessed: InFlight | undefined;
  #isPeerResettingAssociation = false;
  #mayResetAssociationAt: Instant = Number.NEGATIVE_INFINITY;
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

  /** Whether nothing waits or is unanswered. */
  get isIdle(): boolean {
    return this.#inFlight === undefined && this.#waiting.length === 0;
  }

  /** Whether the peer has not answered yet that we want the association reset. */
  get isResettingAssociation(): boolean {
    return this.#inFlight?.request.kind === 'reset association';
  }

  /** Whether the peer waits for the association to be reset: a request of ours to do the same does not go meanwhile. */
  set isPeerResettingAssociation(value: boolean) {
    this.#isPeerResettingAssociation = value;
    if (value && this.#inFlight !== undefined) this.#inFlight.isMet = true;
  }

  /** The reset of our streams that the peer has not answered yet, undefined without one. */
  get outgoingResetInFlight(): readonly number[] | undefined {
    const request = this.#inFlight?.request;
    return request?.kind === 'reset outgoing streams' ? request.streamIds : undefined;
  }

  /** Whether one more request may wait. */
  get hasRoom(): boolean {
    return this.#waiting.length < capacity;
  }

  /** @throws SctpError SCTP_ERR_NOT_SUPPORTED, SCTP_ERR_INVALID_ARGUMENT */
  request(request: ReconfigurationRequest): void {
    const { capabilities } = this.#context;
    // §5.1.1: "the sender MUST ensure that the peer advertised support for the re-configuration extension."; "any request by the
    // application for such service SHOULD be responded to with an appropriate error".
    if (!capabilities.streamReconfiguration) {
      throw new SctpError('SCTP_ERR_NOT_SUPPORTED', 'the peer does not support stream re-configuration (RFC 6525)');
    }
    this.#validate(request);
    this.enqueue(request);
  }

  /** Without asking what our user may: for what the peer has asked of us, as long as `hasRoom`. */
  enqueue(request: ReconfigurationRequest): void {
    if (!this.hasRoom) {
      throw new SctpError('SCTP_ERR_INVALID_ARGUMENT', `more than ${capacity} re-configuration requests wait`);
    }
    // A1: "MUST stop assigning new SSNs to new user data provided by the upper layer for the affected streams and queue
    // it". What was accepted before goes out first, with the old numbers.
    const { sendQueue } = this.#context;
    let pause: Pause | undefined;
    if (request.kind === 'reset outgoing streams') pause = sendQueue.pause(request.streamIds);
    // §5.1.4 C2: "MUST queue any user data, suspending any new transmissions and TSN assignment until the reset procedure is
    // finished".
    if (request.kind === 'reset association') pause = sendQueue.pause([]);
    this.#waiting.push({ request, pause, isMet: false });
  }

  /** Sends the request that is next, once nothing is in its way. Cheap when there is none. */
  pump(now: Instant): void {
    // The peer sends no more data, and takes what is left as it comes.
    if (this.#context.state.name === 'SHUTDOWN-RECEIVED') this.#cancelWaiting();
    // §5.1.1: "At any given time, there MUST NOT be more than one request in flight."; "the chunk MUST be buffered."
    if (this.#inFlight !== undefined) return;
    const queued = this.#waiting.peek();
    if (queued === undefined || !this.#isReady(queued, now)) return;
    this.#waiting.shift();
    const { request } = queued;
    // §5.1.2 A2: "The sender MUST assign the next re-configuration request sequence number and MUST put it into the
    // Re-configuration Request Sequence Number field"; "The next re-configuration request sequence number MUST then be
    // incremented by 1."
    const requestSequenceNumber = this.#nextRequestSequenceNumber;
    this.#nextRequestSequenceNumber = (requestSequenceNumber + 1) >>> 0;
    // §5.1.2 A5: "The Outgoing SSN Reset Request Parameter MUST be put into a RE-CONFIG Chunk."; "It MUST NOT be put together with
    // any other parameter": each of them goes alone. §4: "This parameter MUST NOT appear in any other chunk type."
    const chunk: ReconfigChunk = { kind: 'RE-CONFIG', parameters: [this.#parameter(request, requestSequenceNumber)] };
    if (request.kind === 'reset outgoing streams') {
      this.#sender.partialReliability.handleStreamReset(request.streamIds);
    }
    const path = this.#context.paths.current;
    this.#inFlight = {
      ...queued,
      requestSequenceNumber,
      chunk,
      path,
      isInProgress: false,
      doubt: undefined,
      isTold: false,
    };
    if (request.kind === 'reset association') {
      this.#mayResetAssociationAt = now + associationResetIntervalMs;
      this.#receiver.mayBeginAnew = true;
    }
    if (request.kind === 'reset incoming streams') {
      this.#incomingReset = { requestSequenceNumber, streamIds: request.streamIds };
    }
    if (request.kind === 'add incoming streams') this.#incomingStreams = request.count;
    this.#send(this.#inFlight, now);
  }

  /** Whether our answer to the peer's Incoming SSN Reset Request, a request of our own, is not yet answered itself. */
  isStillAnswering(requestSequenceNumber: number): boolean {
    const isAnswer = (queued: Queued | undefined): boolean =>
      queued?.request.kind === 'reset outgoing streams' && queued.request.inResponseTo === requestSequenceNumber;
    return isAnswer(this.#inFlight) || [...this.#waiting].some(isAnswer);
  }

  /** Re-configuration Response, §5.2.7. */
  handleResponse(response: ReconfigurationResponseParameter, now: Instant): void {
    const inFlight = this.#inFlight;
    const number = response.responseSequenceNumber;
    const isOfGuessed = this.#guessed?.requestSequenceNumber === number;
    if ((isOfGuessed ? this.#guessed : inFlight)?.request.kind === 'add incoming streams') this.#addsInWords = true;
    // H1: "If the timer was not running for the Re-configuration Request Sequence Number, the processing […] is complete."
    if (inFlight?.requestSequenceNumber !== number) return;
    const guessed = this.#guessed;
    this.#guessed = undefined;
    if (guessed !== undefined && response.result === reconfigurationResults['Error - Bad Sequence Number']) {
      this.#takeUpAgain(guessed, inFlight, now);
      return;
    }
    if (response.result === reconfigurationResults['In progress']) {
      inFlight.isInProgress = true;
      this.#timer.start(now, inFlight.path.rto.rtoMs); // H2
      return;
    }
    this.#finish(inFlight, resultOf(response.result), response);
  }

  /**
   * §5.2.2 E1: whether the peer's Outgoing SSN Reset Request is an answer to our latest Incoming SSN Reset Request, which is
   * done then. Returns the streams that we had asked for.
   */
  handleAnsweringRequest(responseSequenceNumber: number, streamIds: readonly number[]): readonly number[] | undefined {
    if (this.#incomingReset?.requestSequenceNumber !== responseSequenceNumber) {
      this.#noteReset(streamIds);
      return undefined;
    }
    if (this.#inFlight?.requestSequenceNumber === responseSequenceNumber) this.#finish(this.#inFlight, 'performed');
    return this.#incomingReset.streamIds;
  }

  /** The peer has not seen a request that was taken for answered. It goes again, and the one behind it after that. */
  #takeUpAgain(guessed: InFlight, next: InFlight, now: Instant): void {
    this.#waiting.unshift(next);
    this.#nextRequestSequenceNumber = next.requestSequenceNumber;
    if (next.request.kind === 'reset association') this.#mayResetAssociationAt = now;
    this.#inFlight = { ...guessed, doubt: undefined, isTold: true };
    this.#send(this.#inFlight, now);
  }

  #finishByGuess(inFlight: InFlight, result: ReconfigurationResult): void {
    this.#finish(inFlight, result);
    this.#guessed = inFlight;
  }

  /** There are peers that put another number there, or none. */
  #noteReset(streamIds: readonly number[]): void {
    const inFlight = this.#inFlight;
    if (inFlight?.request.kind !== 'reset incoming streams' || !covers(streamIds, inFlight.request.streamIds)) return;
    inFlight.doubt ??= { result: 'performed', patience: 1 };
  }

  /**
   * §5.2.6: whether the peer's Add Outgoing Streams Request is an answer to our Add Incoming Streams Request: as many as we have asked
   * for. It has no number to tell, and may stand alone.
   */
  isAskedFor(newStreams: number): boolean {
    return this.#incomingStreams === newStreams;
  }

  /** The peer's Add Outgoing Streams Request was accepted, or denied. */
  handleAddedStreams(newStreams: number, isAccepted: boolean): void {
    const inFlight = this.#inFlight;
    const isAsking = inFlight?.request.kind === 'add incoming streams';
    if (this.#incomingStreams === newStreams) {
      this.#incomingStreams = undefined;
      if (isAsking && !this.#addsInWords) this.#finishByGuess(inFlight, isAccepted ? 'performed' : 'denied');
    } else if (isAsking && !this.#addsInWords) inFlight.doubt ??= { result: 'error', patience: 1 };
  }

  /** Re-configuration Timer, §5.1.1. Returns whether the association still stands. */
  handleTimeout(now: Instant): boolean {
    const inFlight = this.#inFlight;
    if (!this.#timer.expire(now) || inFlight === undefined) return true;
    const { doubt } = inFlight;
    if (doubt !== undefined && doubt.patience-- === 0) {
      this.#finishByGuess(inFlight, doubt.result);
      return true;
    }
    inFlight.path.rto.backOff();
    // §5.1.1: "the sender MUST retransmit the RE-CONFIG chunk, increment the appropriate error counts (for both the association
    // and the destination)". §5.2.7 H2: "the RE-CONFIG chunk MUST be retransmitted but the corresponding error counters MUST NOT
    // be incremented."
    if (!inFlight.isInProgress && !this.#context.paths.handleFailure(inFlight.path, true, now)) return false;
    inFlight.path = this.#context.paths.current;
    this.#send(inFlight, now);
    return true;
  }

  #cancelWaiting(): void {
    for (let queued = this.#waiting.shift(); queued !== undefined; queued = this.#waiting.shift()) {
      this.#finish(queued, 'error');
    }
  }

  /** §5.1.2, §5.1.3, §5.1.4: "The RE-CONFIG chunk MUST be sent following the rules given in Section 5.1.1." */
  #send(inFlight: InFlight, now: Instant): void {
    this.#context.control.push(inFlight.chunk, inFlight.path);
    // §5.1.1: "the sender MUST start the Re-configuration Timer if the RE-CONFIG chunk contains at least one request parameter.
    // If it contains no request parameters, the Re-configuration Timer MUST NOT be started": what we answer does not come here.
    // "This timer MUST use the same value as SCTP's data transmission timer".
    this.#timer.start(now, inFlight.path.rto.rtoMs);
  }

  #isReady({ request, pause }: Queued, now: Instant): boolean {
    if (pause !== undefined && !this.#context.sendQueue.isDrained(pause)) return false;
    if (request.kind !== 'reset association') return true;
    // C2: "The sender has either no outstanding TSNs or considers all outstanding TSNs abandoned." We wait for none.
    if (!this.#sender.hasNothingOutstanding || this.#isPeerResettingAssociation) return false;
    if (now < this.#mayResetAssociationAt) this.#timer.start(now, this.#mayResetAssociationAt - now);
    return now >= this.#mayResetAssociationAt;
  }

  #parameter(request: ReconfigurationRequest, requestSequenceNumber: number): Parameter {
    switch (request.kind) {
      case 'reset outgoing streams':
        return {
          kind: 'Outgoing SSN Reset Request',
          requestSequenceNumber,
          // §5.1.2 A4: "MUST be the Re-configuration Request Sequence Number of the Incoming SSN Reset Request Parameter."
          responseSequenceNumber: request.inResponseTo ?? this.#lastPeerRequest(),
          // A3: "The Sender's Last Assigned TSN MUST be set to the next TSN the sender assigns minus 1."
          sendersLastAssignedTsn: this.#sender.lastAssignedTsn,
          // A4: "If […] the sender requests that all outgoing streams be reset, stream numbers SHOULD NOT be put into the Outgoing
          // SSN Reset Request Parameter."; "these stream numbers MUST be placed in the Outgoing SSN Reset Request Parameter."
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

  #finish(queued: Queued, result: ReconfigurationResult, response?: ReconfigurationResponseParameter): void {
    if (queued === this.#inFlight) {
      // §5.2.2 E1, §5.2.7 H1: "the Re-configuration Request Sequence Number MUST be marked as acknowledged."; "the
      // Re-configuration Timer MUST be stopped."
      this.#timer.stop();
      this.#inFlight = undefined;
    }
    if ('isTold' in queued && queued.isTold) return;
    const { request, pause } = queued;
    const isPerformed = result === 'performed' || result === 'nothing to do';
    const context = this.#context;
    const { sendQueue, events } = context;
    switch (request.kind) {
      case 'reset outgoing streams':
        // H4: "the affected streams MUST now be reset and all queued data should now be processed"
        sendQueue.resume(pause!, isPerformed);
        events.push({ kind: 'streamsReset', direction: 'outgoing', streamIds: request.streamIds, result });
        return;
      case 'reset incoming streams':
        // The streams themselves are reset by the peer's own request; what is news here is that there will be none.
        if (result !== 'performed')
          events.push({ kind: 'streamsReset', direction: 'incoming', streamIds: request.streamIds, result });
        return;
      case 'reset association':
        this.#finishAssociationReset(queued, result, response);
        return;
      case 'add outgoing streams':
        // H6: "If the request was to add outgoing streams, the endpoint MUST add the additional streams to the association."; "it
        // MUST NOT use the streams until the peer has responded with a positive acknowledgment." §5.1.5: "the sender MUST await a
        // positive acknowledgment (Success) before using any additional stream added by this request."
        if (isPerformed) context.outboundStreams = Math.min(context.outboundStreams + request.count, mostStreams);
        events.push({ kind: 'streamsAdded', direction: 'outgoing', count: request.count, result });
        return;
      case 'add incoming streams':
        // The streams themselves come with the peer's own request.
        if (isPerformed) return;
        this.#incomingStreams = undefined;
        events.push({ kind: 'streamsAdded', direction: 'incoming', count: request.count, result });
        return;
      default:
        return request satisfies never;
    }
  }

  /** H5: "new data MUST be sent from the Receiver's Next TSN, beginning with SSN 0 for all outgoing streams". */
  #finishAssociationReset(
    { pause, isMet }: Queued,
    given: ReconfigurationResult,
    response: ReconfigurationResponseParameter | undefined,
  ): void {
    const { sendQueue, events } = this.#context;
    this.#receiver.mayBeginAnew = false;
    const nextTsns = response?.nextTsns;
    const isPerformed = given === 'performed' && nextTsns !== undefined;
    if (isPerformed) {
      this.#sender.restartAt(nextTsns.receiversNextTsn);
      // "All incoming streams MUST be reset to 0 as the next expected SSN."
      this.#receiver.restartAt(nextTsns.sendersNextTsn);
    }
    sendQueue.resume(pause!, isPerformed);
    const otherwise = isMet ? 'nothing to do' : given === 'performed' ? 'error' : given;
    events.push({ kind: 'associationReset', by: 'local', result: isPerformed ? given : otherwise });
  }

  #validate(request: ReconfigurationRequest): void {
    requireObject('request', request);
    if (!kinds.includes(request.kind)) throw invalid(`request.kind must be one of ${kinds.join(', ')}`);
    const { outboundStreams, inboundStreams, options } = this.#context;
    if (request.kind === 'reset association') return;
    if (request.kind === 'add outgoing streams' || request.kind === 'add incoming streams') {
      const isOutgoing = request.kind === 'add outgoing streams';
      const present = isOutgoing ? outboundStreams : inboundStreams;
      const most = isOutgoing ? mostStreams : options.maxInboundStreams;
      const { count } = request;
      if (Number.isInteger(count) && count > 0 && present + count <= most) return;
      throw new SctpError(
        'SCTP_ERR_INVALID_ARGUMENT',
        `cannot add ${String(count)} streams to ${present}: ${most} are the most`,
      );
    }
    const { streamIds } = request;
    requireArray('request.streamIds', streamIds);
    if (request.kind === 'reset outgoing streams' && request.inResponseTo !== undefined) {
      requireUint('request.inResponseTo', request.inResponseTo, 0xffff_ffff);
    }
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

/** Whether resetting `streams` resets `others`; none means all. */
export function covers(streams: readonly number[], others: readonly number[]): boolean {
  if (streams.length === 0) return true;
  return others.length > 0 && others.every((streamId) => streams.includes(streamId));
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
