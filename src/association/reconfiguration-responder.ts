import { isAfter, plus, type Tsn } from '../base/serial.ts';
import {
  type Parameter,
  type ReconfigChunk,
  type ReconfigurationResponseParameter,
  reconfigurationResults,
} from '../chunks/index.ts';
import { tsnWindow } from '../reliability/data-tracker.ts';
import type { Pause } from '../streams/pause.ts';
import type { Context } from './context.ts';
import type { DataReceiver } from './data-receiver.ts';
import type { DataSender } from './data-sender.ts';
import { covers, mostStreams, mostStreamsListed, type ReconfigurationRequester } from './reconfiguration-requester.ts';

type Request = Extract<Parameter, { readonly requestSequenceNumber: number }>;
type Result = keyof typeof reconfigurationResults;

/** Answers to the peer's re-configuration requests (RFC 6525 §5.2). */
export class ReconfigurationResponder {
  readonly #context: Context;
  readonly #sender: DataSender;
  readonly #receiver: DataReceiver;
  readonly #requester: ReconfigurationRequester;
  /** §4.1: the peer's numbers begin with its Initial TSN. */
  #expected: number;
  /** The latest answers, for requests that come again (§5.2.1). */
  readonly #answers = new Map<number, ReconfigurationResponseParameter>();
  /** E2: a reset that waits for the data that was sent before it. */
  #deferred:
    | { readonly request: Extract<Request, { kind: 'Outgoing SSN Reset Request' }>; readonly lastTsn: Tsn }
    | undefined;
  /** A reset of the association that waits for our own data to be acknowledged. */
  #associationReset: { readonly number: number; readonly pause: Pause } | undefined;

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
  handleRequests(chunk: ReconfigChunk): void {
    const answers: ReconfigurationResponseParameter[] = [];
    let hasRequest = false;
    for (const parameter of chunk.parameters) {
      if (!isRequest(parameter)) continue;
      hasRequest = true;
      const answer = this.#handle(parameter);
      if (answer !== undefined) answers.push(answer);
    }
    // §5.2.2 E6, §5.2.3 F2, §5.2.4 G7: "The RE-CONFIG chunk MUST be sent after the incoming RE-CONFIG chunk is processed
    // completely."
    this.#send(answers);
    // "a selective acknowledgment (SACK) chunk SHOULD be sent back and MAY be bundled with the RE-CONFIG chunk"
    if (hasRequest) this.#receiver.tracker.requestSack();
  }

  /** A packet has been read: what was in progress may be due (E2: "then proceed to the next step"). */
  handleProgress(): void {
    const deferred = this.#deferred;
    if (deferred !== undefined && !isAfter(deferred.lastTsn, this.#receiver.tracker.cumulativeTsn)) {
      this.#send([this.#resetIncoming(deferred.request)]);
    }
    // The peer asks again in a while; to tell it at once saves that.
    if (this.#associationReset !== undefined && this.#mayResetAssociation) this.#send([this.#resetAssociation()]);
  }

  #handle(request: Request): ReconfigurationResponseParameter | undefined {
    const number = request.requestSequenceNumber;
    const known = this.#answers.get(number);
    // §5.2.1: "If […] this is the last received RE-CONFIG chunk (i.e., a retransmission), the same RE-CONFIG chunk MUST to be sent
    // back in response, as it was earlier." What was in progress is looked at again; anything else has its answer.
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
        return this.#handleAddedIncoming(request);
      default:
        return request satisfies never;
    }
  }

  /** §5.2.2 */
  #handleOutgoingReset(
    request: Extract<Request, { kind: 'Outgoing SSN Reset Request' }>,
  ): ReconfigurationResponseParameter {
    const { requestSequenceNumber, streamNumbers, sendersLastAssignedTsn } = request;
    const askedFor = this.#requester.handleAnsweringRequest(request.responseSequenceNumber, streamNumbers); // E1
    // §5.2.1: "If for whatever reason the endpoint does not wish to process a received request parameter, it MUST send a
    // corresponding response parameter".
    if (askedFor === undefined && !this.#context.reconfigurationPolicy.acceptStreamResets)
      return this.#answer(requestSequenceNumber, 'Denied');
    if (streamNumbers.some((streamId) => streamId >= this.#context.inboundStreams)) {
      return this.#answer(requestSequenceNumber, 'Error - Wrong SSN');
    }
    // E2: "If the Sender's Last Assigned TSN is greater than the cumulative acknowledgment point, then the endpoint MUST enter
    // 'deferred reset processing'."; "it MUST put a Re-configuration Response Parameter into a RE-CONFIG chunk indicating 'In
    // progress' and MUST send the RE-CONFIG chunk."
    if (isAfter(sendersLastAssignedTsn, this.#receiver.tracker.cumulativeTsn)) {
      this.#deferred = { request, lastTsn: sendersLastAssignedTsn };
      this.#receiver.holdAfter(sendersLastAssignedTsn, streamNumbers);
      return this.#answer(requestSequenceNumber, 'In progress');
    }
    return this.#resetIncoming(request);
  }

  /** E3, E4, E5 */
  #resetIncoming(request: Extract<Request, { kind: 'Outgoing SSN Reset Request' }>): ReconfigurationResponseParameter {
    const { requestSequenceNumber, responseSequenceNumber, sendersLastAssignedTsn, streamNumbers: streamIds } = request;
    this.#deferred = undefined;
    // E4: "Any queued TSNs (queued at step E2) MUST now be released and processed normally."
    this.#receiver.resetStreams(streamIds, sendersLastAssignedTsn);
    const askedFor = this.#requester.handleAnsweringRequest(responseSequenceNumber, streamIds);
    const event = { kind: 'streamsReset', direction: 'incoming', streamIds, result: 'performed' } as const;
    this.#context.events.push(askedFor === undefined ? event : { ...event, askedFor });
    // E5: "A Re-configuration Response Parameter MUST be put into a RE-CONFIG chunk indicating successful processing."
    return this.#answer(requestSequenceNumber, 'Success - Performed');
  }

  /** §5.2.3: the answer is our own Outgoing SSN Reset Request, as soon as it may go. */
  #handleIncomingReset(
    { requestSequenceNumber, streamNumbers }: Extract<Request, { kind: 'Incoming SSN Reset Request' }>,
    isKnown: boolean,
  ): ReconfigurationResponseParameter | undefined {
    // It comes again: our own request was lost, or the peer waits for words.
    if (isKnown && this.#requester.isStillAnswering(requestSequenceNumber)) {
      return this.#answers.get(requestSequenceNumber);
    }
    if (isKnown) return this.#answer(requestSequenceNumber, 'Success - Performed');
    // Our own request would not fit into a packet, or wait behind too many others.
    const isAcceptable =
      this.#context.reconfigurationPolicy.acceptStreamResets &&
      streamNumbers.length <= mostStreamsListed &&
      this.#requester.hasRoom;
    if (!isAcceptable) return this.#answer(requestSequenceNumber, 'Denied');
    if (streamNumbers.some((streamId) => streamId >= this.#context.outboundStreams)) {
      return this.#answer(requestSequenceNumber, 'Error - Wrong SSN');
    }
    // "If the Outgoing SSN Reset Request Parameter that was just sent completely overlaps the received Incoming SSN Reset
    // Request Parameter, respond […] 'Nothing to do'."
    const inFlight = this.#requester.outgoingResetInFlight;
    const isAtWork = inFlight !== undefined && covers(inFlight, streamNumbers);
    if (isAtWork || this.#hasSentAll) {
      return this.#answer(requestSequenceNumber, 'Success - Nothing to do');
    }
    const isNext = this.#requester.isIdle;
    // §5.2.3 F1: "An Outgoing SSN Reset Request Parameter MUST be put into a RE-CONFIG chunk according to Section 5.1.2."; "Even in
    // such a situation, the Incoming SSN Reset MUST be processed normally". §5.1.2 A4: "the stream numbers MUST be copied from the
    // Incoming SSN Reset Request Parameter to the Outgoing SSN Reset Request Parameter."
    const streamIds = streamNumbers;
    this.#requester.enqueue({ kind: 'reset outgoing streams', streamIds, inResponseTo: requestSequenceNumber });
    // "responding to the peer with an acknowledgment" where our request has to wait: for the peer's answer to another one
    // that the peer, waiting for us, could not send.
    if (!isNext) return this.#answer(requestSequenceNumber, 'Success - Performed');
    this.#remember(requestSequenceNumber, 'In progress');
    return undefined;
  }

  /**
   * §5.2.4. Our own data that the peer has not acknowledged would be lost with its TSNs: it goes first, and new data waits
   * meanwhile. The peer is told "In progress".
   */
  #handleAssociationReset(number: number): ReconfigurationResponseParameter {
    const context = this.#context;
    if (!context.reconfigurationPolicy.acceptAssociationResets) return this.#answer(number, 'Denied');
    // Both sides have asked at once. If each performed what the other asks for, they would take their TSNs from different
    // answers. The RFC does not say who goes first: here one refuses, and the other waits for its own answer.
    if (this.#requester.isResettingAssociation && context.myVerificationTag >= context.peerVerificationTag) {
      return this.#answer(number, 'Error - Request already in progress');
    }
    this.#associationReset ??= { number, pause: context.sendQueue.pause([]) };
    this.#requester.isPeerResettingAssociation = true;
    return this.#mayResetAssociation ? this.#resetAssociation() : this.#answer(number, 'In progress');
  }

  get #mayResetAssociation(): boolean {
    const isOnItsWay = this.#context.sendQueue.hasSendable || !this.#sender.hasNothingOutstanding;
    return !isOnItsWay && !this.#requester.isResettingAssociation;
  }

  /** To be called when it waits for nothing any more. */
  #resetAssociation(): ReconfigurationResponseParameter {
    const { number, pause } = this.#associationReset!;
    const { sendQueue, events } = this.#context;
    this.#associationReset = undefined;
    // G2: "The value SHOULD be the highest TSN sent by the receiver of the request plus 1." If our answer is lost, new data
    // with such a TSN would be taken for old; from beyond the window it is dropped, and comes again.
    const sendersNextTsn = plus(this.#sender.nextTsn, tsnWindow + 1);
    // G1: "the smallest TSN not acknowledged by the receiver of the request plus 2^31"
    const receiversNextTsn = this.#receiver.farTsn;
    // G3: "The same processing as though a SACK chunk with no gap report and a cumulative TSN ACK of the Sender's Next TSN minus 1
    // were received MUST be performed."
    this.#sender.restartAt(sendersNextTsn);
    // G4: "The same processing as though a FWD-TSN chunk (as defined in [RFC3758]) with all streams affected and a new cumulative
    // TSN ACK of the Receiver's Next TSN minus 1 were received MUST be performed."
    this.#receiver.restartAt(receiversNextTsn);
    // G5: "The next expected and outgoing SSNs MUST be reset to 0 for all incoming and outgoing streams."
    sendQueue.resume(pause, true);
    this.#requester.isPeerResettingAssociation = false;
    events.push({ kind: 'associationReset', by: 'peer', result: 'performed' });
    // §5.1.7 D3: "the Sender's Next TSN field MUST be filled with the next TSN the sender of this Re-configuration Response
    // Parameter will assign." D4: "the Receiver's Next TSN field MUST be filled with a TSN such that the sender of the
    // Re-configuration Response Parameter can be sure it can discard received DATA chunks with smaller TSNs."
    return this.#remember(number, 'Success - Performed', { sendersNextTsn, receiversNextTsn });
  }

  /**
   * §5.2.5: "it MUST send a response parameter either acknowledging or denying the request. If the response is successful, the
   * receiver MUST add the requested number of inbound streams to the association".
   */
  #handleAddedOutgoing(
    request: Extract<Request, { kind: 'Add Outgoing Streams Request' }>,
  ): ReconfigurationResponseParameter {
    const { requestSequenceNumber, newStreams } = request;
    const { options, inboundStreams, events } = this.#context;
    // §5.2.5: "SHOULD deny the request if the number of streams exceeds a limit that should be configurable by the application."
    const isWelcome = this.#requester.isAskedFor(newStreams) || this.#context.reconfigurationPolicy.acceptAddedStreams;
    const isAcceptable = isWelcome && inboundStreams + newStreams <= options.maxInboundStreams;
    this.#requester.handleAddedStreams(newStreams, isAcceptable);
    if (!isAcceptable) return this.#answer(requestSequenceNumber, 'Denied');
    this.#context.inboundStreams += newStreams;
    events.push({ kind: 'streamsAdded', direction: 'incoming', count: newStreams, result: 'performed' });
    return this.#answer(requestSequenceNumber, 'Success - Performed');
  }

  /** §5.2.6: "MUST either send a response parameter denying the request or send a corresponding Add Outgoing Streams Request". */
  #handleAddedIncoming({
    requestSequenceNumber,
    newStreams,
  }: Extract<Request, { kind: 'Add Incoming Streams Request' }>): ReconfigurationResponseParameter {
    // §5.2.6: "SHOULD deny the request if the number of streams exceeds a limit that should be configurable by the application.":
    // ours is what a Stream Identifier can tell apart, or none at all by the policy.
    const isAcceptable =
      this.#context.reconfigurationPolicy.acceptAddedStreams &&
      newStreams > 0 &&
      !this.#hasSentAll &&
      this.#context.outboundStreams + newStreams <= mostStreams &&
      this.#requester.hasRoom;
    if (!isAcceptable) return this.#answer(requestSequenceNumber, 'Denied');
    this.#requester.enqueue({ kind: 'add outgoing streams', count: newStreams });
    return this.#answer(requestSequenceNumber, 'Success - Performed');
  }

  /** In SHUTDOWN-SENT our streams carry nothing any more, and requests of ours would not be answered. */
  get #hasSentAll(): boolean {
    return this.#context.state.name === 'SHUTDOWN-SENT';
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
      // §5.1.7 D1: "MUST be copied to the Re-configuration Response Sequence Number field"
      responseSequenceNumber,
      // D2: "MUST be placed in the Result field of the Re-configuration Response Parameter."
      result: reconfigurationResults[result],
      // D3, D4: "For other requests, the Sender's Next TSN field, which is optional, MUST NOT be used."; "For other requests, the
      // Receiver's Next TSN field, which is optional, MUST NOT be used."
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

  /** "they MUST be put into one RE_CONFIG chunk" (§5.2.1): there are two at most, as there were requests. */
  #send(answers: readonly ReconfigurationResponseParameter[]): void {
    const { control, paths } = this.#context;
    if (answers.length > 0) control.respond({ kind: 'RE-CONFIG', parameters: answers }, paths.current);
  }
}

function isRequest(parameter: Parameter): parameter is Request {
  return 'requestSequenceNumber' in parameter;
}
