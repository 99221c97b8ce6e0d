import type {
  AssociationReset,
  ReconfigurationEvent,
  ReconfigurationResult,
  StreamsAdded,
  StreamsReset,
} from '../association/events.ts';
import { mostStreamsListed, type ReconfigurationRequest } from '../association/reconfiguration-requester.ts';
import { SctpError } from '../base/errors.ts';

/** Streams to reset: their numbers, or all of one direction. */
export interface StreamSelection {
  readonly outgoing?: readonly number[] | 'all' | undefined;
  readonly incoming?: readonly number[] | 'all' | undefined;
}

/** How many streams are to come. */
export interface StreamCounts {
  readonly outgoing?: number | undefined;
  readonly incoming?: number | undefined;
}

interface Waiting {
  readonly isAnsweredBy: (event: ReconfigurationEvent) => boolean;
  resolve(): void;
  reject(error: SctpError): void;
}

/** Our re-configuration requests (RFC 6525) whose outcome somebody waits for. */
export class Reconfigurations {
  readonly #request: (request: ReconfigurationRequest) => void;
  readonly #waiting: Waiting[] = [];

  /** `request` hands a request to the core, or throws what is wrong with it. */
  constructor(request: (request: ReconfigurationRequest) => void) {
    this.#request = request;
  }

  /** Settles when all of the streams are reset, or one request has failed. */
  async resetStreams({ outgoing = [], incoming = [] }: StreamSelection): Promise<void> {
    await Promise.all([
      ...inRequests(outgoing).map((streamIds) =>
        this.#ask({ kind: 'reset outgoing streams', streamIds }, (event) => isOutgoingReset(event, streamIds)),
      ),
      ...inRequests(incoming).map((streamIds) =>
        this.#ask({ kind: 'reset incoming streams', streamIds }, (event) => isIncomingReset(event, streamIds)),
      ),
    ]);
  }

  resetAssociation(): Promise<void> {
    return this.#ask(
      { kind: 'reset association' },
      (event): event is AssociationReset => event.kind === 'associationReset' && event.by === 'local',
    );
  }

  async addStreams({ outgoing = 0, incoming = 0 }: StreamCounts): Promise<void> {
    const isAnswer =
      (direction: StreamsAdded['direction'], count: number) =>
      (event: ReconfigurationEvent): boolean =>
        event.kind === 'streamsAdded' && event.direction === direction && event.count === count;
    const answers: Promise<void>[] = [];
    if (outgoing !== 0) {
      answers.push(this.#ask({ kind: 'add outgoing streams', count: outgoing }, isAnswer('outgoing', outgoing)));
    }
    if (incoming !== 0) {
      answers.push(this.#ask({ kind: 'add incoming streams', count: incoming }, isAnswer('incoming', incoming)));
    }
    await Promise.all(answers);
  }

  /** What the core tells settles the oldest request that it answers. */
  handleEvent(event: ReconfigurationEvent): void {
    const index = this.#waiting.findIndex(({ isAnsweredBy }) => isAnsweredBy(event));
    const [answered] = index < 0 ? [] : this.#waiting.splice(index, 1);
    const refusal = refusalOf(event.result);
    if (refusal === undefined) answered?.resolve();
    else answered?.reject(refusal);
  }

  rejectAll(error: SctpError): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }

  #ask(request: ReconfigurationRequest, isAnsweredBy: Waiting['isAnsweredBy']): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#request(request);
      this.#waiting.push({ isAnsweredBy, resolve, reject });
    });
  }
}

/** No numbers stand for all streams; one request holds only so many. */
function inRequests(streamIds: readonly number[] | 'all'): (readonly number[])[] {
  if (streamIds === 'all') return [[]];
  const requests: (readonly number[])[] = [];
  for (let i = 0; i < streamIds.length; i += mostStreamsListed) {
    requests.push(streamIds.slice(i, i + mostStreamsListed));
  }
  return requests;
}

/** The core gives the list back that it was given: other resets of our streams are the peer's wish. */
function isOutgoingReset(event: ReconfigurationEvent, streamIds: StreamsReset['streamIds']): boolean {
  return event.kind === 'streamsReset' && event.direction === 'outgoing' && event.streamIds === streamIds;
}

/**
 * The peer resets its streams by a request of its own, which may name more of them, or by several: the first says that it
 * does as it was asked to. Some peers name all where we named none.
 */
function isIncomingReset(event: ReconfigurationEvent, streamIds: StreamsReset['streamIds']): boolean {
  if (event.kind !== 'streamsReset' || event.direction !== 'incoming') return false;
  if (event.askedFor === streamIds || event.streamIds === streamIds || event.streamIds.length === 0) return true;
  return streamIds.length > 0 && streamIds.every((streamId) => event.streamIds.includes(streamId));
}

function refusalOf(result: ReconfigurationResult): SctpError | undefined {
  switch (result) {
    case 'performed':
    case 'nothing to do':
      return undefined;
    case 'denied':
      return new SctpError('SCTP_ERR_REFUSED', 'the peer does not allow this change of the streams');
    case 'error':
      return new SctpError('SCTP_ERR_REFUSED', 'the peer could not change the streams');
    default:
      return result satisfies never;
  }
}
