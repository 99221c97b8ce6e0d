import { isAfter, type Tsn } from '../base/serial.ts';
import type { Instant } from '../base/time.ts';
import {
  type Parameter,
  type ReconfigChunk,
  type ReconfigurationResponseParameter,
  reconfigurationResults,
} from '../chunks/index.ts';
import type { Context } from './context.ts';
import type { DataReceiver } from './data-receiver.ts';
import type { DataSender } from './data-sender.ts';
import type { ReconfigurationRequester } from './reconfiguration-requester.ts';

/** What the peer may ask for. "The decision to deny a re-configuration request is an administrative decision" (RFC 6525 §5.2.1). */
export interface ReconfigurationPolicy {
  /** Resets of its streams, and requests to reset ours. */
  readonly acceptStreamResets: boolean;
  readonly acceptAssociationResets: boolean;
  readonly acceptAddedStreams: boolean;
}

type Request = Extract<Parameter, { readonly requestSequenceNumber: number }>;
type Result = keyof typeof reconfigurationResults;

/** Answers to the peer's re-configuration requests (RFC 6525 §5.2). */
export class ReconfigurationResponder {
  policy: ReconfigurationPolicy = { acceptStreamResets: true, acceptAssociationResets: true, acceptAddedStreams: true };
  readonly #context: Context;
  readonly #sender: DataSender;
  readonly #receiver: DataReceiver;
  readonly #requester: ReconfigurationRequester;
  /** §4.1: the peer's numbers begin with its Initial TSN. */
  #expected: number;
  /** The latest answers, for requests that come again: "the same RE-CONFIG chunk MUST to be sent back" (§5.2.1). */
  readonly #answers = new Map<number, ReconfigurationResponseParameter>();
  /** E2: a reset that waits for the data that was sent before it. */
  #deferred:
    | { readonly request: Extract<Request, { kind: 'Outgoing SSN Reset Request' }>; readonly lastTsn: Tsn }
    | undefined;
  #mayResetAssociation = false;

  constructor(
    context: Context,
    sender: DataSender,
    receiver: DataReceiver,
    requester: ReconfigurationRequester,
    expected: number,
  ) {
    this.#context = context;
    this.#sender = sender;
    this.#receiver = receiver;
    this.#requester = requester;
    this.#expected = expected;
  }

  /** The Re-configuration Request Sequence Number that the peer used last. */
  get lastRequest(): number {
    return (this.#expected - 1) >>> 0;
  }

  /** Takes the requests of one RE-CONFIG chunk; answers go "into one RE_CONFIG chunk" (§5.2.1). */
  handleRequests(chunk: ReconfigChunk, now: Instant): void {
    const answers: ReconfigurationResponseParameter[] = [];
    let hasRequest = false;
    for (const parameter of chunk.parameters) {
      if (!isRequest(parameter)) continue;
      hasRequest = true;
      const answer = this.#handle(parameter, now);
      if (answer !== undefined) answers.push(answer);
    }
    this.#send(answers);
    // "a selective acknowledgment (SACK) chunk SHOULD be sent back and MAY be bundled with the RE-CONFIG chunk"
    if (hasRequest) this.#receiver.tracker.requestSack();
  }

  /** The cumulative TSN has moved: a deferred reset may be due (E2: "then proceed to the next step"). */
  handleProgress(): void {
    const deferred = this.#deferred;
    if (deferred === undefined || isAfter(deferred.lastTsn, this.#receiver.tracker.cumulativeTsn)) return;
    this.#deferred = undefined;
    this.#send([this.#resetIncoming(deferred.request)]);
  }

  #handle(request: Request, now: Instant): ReconfigurationResponseParameter | undefined {
    const number = request.requestSequenceNumber;
    const known = this.#answers.get(number);
    // What was in progress is looked at again; anything else has its answer.
    if (known !== undefined && known.result !== reconfigurationResults['In progress']) return known;
    if (known === undefined && number !== this.#expected) {
      return {
        kind: 'Re-configuration Response',
        responseSequenceNumber: number,
        result: reconfigurationResults['Error - Bad Sequence Number'],
      };
    }
    if (known === undefined) this.#expected = (number + 1) >>> 0;
    switch (request.kind) {
      case 'Outgoing SSN Reset Request':
        return this.#handleOutgoingReset(request);
      case 'Incoming SSN Reset Request':
        return this.#handleIncomingReset(request, known !== undefined);
      case 'SSN/TSN Reset Request':
        return this.#handleAssociationReset(number);
      case 'Add Outgoing Streams Request':
        return this.#handleAddedOutgoing(request);
      case 'Add Incoming Streams Request':
        return this.#handleAddedIncoming(request, now);
      default:
        return request satisfies never;
    }
  }

  /** §5.2.2 */
  #handleOutgoingReset(
    request: Extract<Request, { kind: 'Outgoing SSN Reset Request' }>,
  ): ReconfigurationResponseParameter {
    const { requestSequenceNumber, streamNumbers, sendersLastAssignedTsn } = request;
    this.#requester.handleAnsweringRequest(request.responseSequenceNumber); // E1
    if (!this.policy.acceptStreamResets) return this.#answer(requestSequenceNumber, 'Denied');
    if (streamNumbers.some((streamId) => streamId >= this.#context.inboundStreams)) {
      return this.#answer(requestSequenceNumber, 'Error - Wrong SSN');
    }
    // E2: "If the Sender's Last Assigned TSN is greater than the cumulative acknowledgment point […]"
    if (isAfter(sendersLastAssignedTsn, this.#receiver.tracker.cumulativeTsn)) {
      this.#deferred = { request, lastTsn: sendersLastAssignedTsn };
      this.#receiver.holdAfter(sendersLastAssignedTsn, streamNumbers);
      return this.#answer(requestSequenceNumber, 'In progress');
    }
    return this.#resetIncoming(request);
  }

  /** E3, E4, E5 */
  #resetIncoming({
    requestSequenceNumber,
    streamNumbers,
  }: Extract<Request, { kind: 'Outgoing SSN Reset Request' }>): ReconfigurationResponseParameter {
    this.#receiver.resetStreams(streamNumbers);
    const event = {
      kind: 'streamsReset',
      direction: 'incoming',
      streamIds: streamNumbers,
      result: 'performed',
    } as const;
    this.#context.events.push(event);
    return this.#answer(requestSequenceNumber, 'Success - Performed');
  }

  /** §5.2.3: the answer is our own Outgoing SSN Reset Request, as soon as it may go. */
  #handleIncomingReset(
    { requestSequenceNumber, streamNumbers }: Extract<Request, { kind: 'Incoming SSN Reset Request' }>,
    isKnown: boolean,
  ): ReconfigurationResponseParameter | undefined {
    if (isKnown) return this.#answers.get(requestSequenceNumber);
    if (!this.policy.acceptStreamResets) return this.#answer(requestSequenceNumber, 'Denied');
    if (streamNumbers.some((streamId) => streamId >= this.#context.outboundStreams)) {
      return this.#answer(requestSequenceNumber, 'Error - Wrong SSN');
    }
    // "If the Outgoing SSN Reset Request Parameter that was just sent completely overlaps the received Incoming SSN Reset
    // Request Parameter, respond […] 'Nothing to do'."
    const inFlight = this.#requester.outgoingResetInFlight;
    if (inFlight !== undefined && covers(inFlight, streamNumbers)) {
      return this.#answer(requestSequenceNumber, 'Success - Nothing to do');
    }
    const streamIds = streamNumbers;
    this.#requester.enqueue({ kind: 'reset outgoing streams', streamIds, inResponseTo: requestSequenceNumber });
    this.#remember(requestSequenceNumber, 'In progress');
    return undefined;
  }

  /**
   * §5.2.4. Our own data that the peer has not acknowledged would be lost with its TSNs: it goes first, and new data waits
   * meanwhile. The peer is told "In progress", and asks again.
   */
  #handleAssociationReset(number: number): ReconfigurationResponseParameter {
    const { sendQueue, events } = this.#context;
    if (!this.policy.acceptAssociationResets) return this.#answer(number, 'Denied');
    if (!this.#mayResetAssociation) sendQueue.pause([]);
    this.#mayResetAssociation = true;
    if (!sendQueue.isDrained([]) || !this.#sender.hasNothingOutstanding) return this.#answer(number, 'In progress');
    this.#mayResetAssociation = false;
    // G2: "the highest TSN sent by the receiver of the request plus 1"; G1: "the smallest TSN not acknowledged by the
    // receiver of the request plus 2^31"
    const sendersNextTsn = this.#sender.nextTsn;
    const receiversNextTsn = this.#receiver.farTsn;
    this.#sender.restartAt(sendersNextTsn); // G3
    this.#receiver.restartAt(receiversNextTsn); // G4
    sendQueue.resume([], true); // G5
    events.push({ kind: 'associationReset', by: 'peer', result: 'performed' });
    return this.#remember(number, 'Success - Performed', { sendersNextTsn, receiversNextTsn });
  }

  /** §5.2.5: "SHOULD deny the request if the number of streams exceeds a limit that should be configurable". */
  #handleAddedOutgoing(
    request: Extract<Request, { kind: 'Add Outgoing Streams Request' }>,
  ): ReconfigurationResponseParameter {
    const { requestSequenceNumber, newStreams } = request;
    const { options, inboundStreams, events } = this.#context;
    const isAcceptable = this.policy.acceptAddedStreams && inboundStreams + newStreams <= options.maxInboundStreams;
    if (!isAcceptable) return this.#answer(requestSequenceNumber, 'Denied');
    this.#context.inboundStreams += newStreams;
    events.push({ kind: 'streamsAdded', direction: 'incoming', count: newStreams, result: 'performed' });
    return this.#answer(requestSequenceNumber, 'Success - Performed');
  }

  /** §5.2.6: "MUST either send a response parameter denying the request or send a corresponding Add Outgoing Streams Request". */
  #handleAddedIncoming(
    { requestSequenceNumber, newStreams }: Extract<Request, { kind: 'Add Incoming Streams Request' }>,
    _now: Instant,
  ): ReconfigurationResponseParameter {
    const isAcceptable =
      this.policy.acceptAddedStreams && newStreams > 0 && this.#context.outboundStreams + newStreams <= 0xffff;
    if (!isAcceptable) return this.#answer(requestSequenceNumber, 'Denied');
    this.#requester.enqueue({ kind: 'add outgoing streams', count: newStreams });
    return this.#answer(requestSequenceNumber, 'Success - Performed');
  }

  #answer(responseSequenceNumber: number, result: Result): ReconfigurationResponseParameter {
    return this.#remember(responseSequenceNumber, result);
  }

  #remember(
    responseSequenceNumber: number,
    result: Result,
    nextTsns?: ReconfigurationResponseParameter['nextTsns'],
  ): ReconfigurationResponseParameter {
    const answer: ReconfigurationResponseParameter = {
      kind: 'Re-configuration Response',
      responseSequenceNumber,
      result: reconfigurationResults[result],
      ...(nextTsns === undefined ? {} : { nextTsns }),
    };
    this.#answers.set(responseSequenceNumber, answer);
    // A chunk holds two requests at most, and only its latest can come again.
    for (const number of this.#answers.keys()) {
      if (this.#answers.size <= 2) break;
      this.#answers.delete(number);
    }
    return answer;
  }

  #send(answers: readonly ReconfigurationResponseParameter[]): void {
    const { control, paths } = this.#context;
    for (let i = 0; i < answers.length; i += 2) {
      control.push({ kind: 'RE-CONFIG', parameters: answers.slice(i, i + 2) }, paths.current);
    }
  }
}

function isRequest(parameter: Parameter): parameter is Request {
  return 'requestSequenceNumber' in parameter;
}

/** Whether resetting `streams` resets `others`; none means all. */
function covers(streams: readonly number[], others: readonly number[]): boolean {
  if (streams.length === 0) return true;
  return others.length > 0 && others.every((streamId) => streams.includes(streamId));
}
