import { type Ssn, ssn, type Tsn } from '../base/serial.ts';
import type { Run } from './fragment-runs.ts';
import type { Message } from './message.ts';
import type { PartialMessage } from './partial-message.ts';

/** A message that is complete and waits for the ones before it. */
export interface WaitingMessage {
  readonly message: Message;
  readonly number: Ssn;
  readonly firstTsn: Tsn;
  readonly fragmentCount: number;
}

/** An ordered message in pieces: how many runs of it there are, and the one that begins it. */
export interface MessageInPieces {
  runCount: number;
  beginning: Run | undefined;
}

/** A message that is delivered while it arrives; known by the TSN that goes on with it. */
export interface Delivery {
  readonly message: PartialMessage;
  readonly stream: IncomingStream;
  /** Its Stream Sequence Number, if it is ordered: the stream's next one. */
  readonly number: Ssn;
  readonly firstTsn: Tsn;
}

/** One stream from the peer; what it does not need does not exist. */
export interface IncomingStream {
  readonly streamId: number;
  nextSsn: Ssn;
  /** Ordered messages in pieces, by SSN. */
  partial: Map<Ssn, MessageInPieces> | undefined;
  waiting: Map<Ssn, WaitingMessage> | undefined;
  /** The ordered message in delivery. */
  delivery: Delivery | undefined;
}

export function createStream(streamId: number): IncomingStream {
  return { streamId, nextSsn: ssn(0), partial: undefined, waiting: undefined, delivery: undefined };
}
