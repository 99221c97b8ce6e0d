import type { Association } from '../../src/association/association.ts';
import type { AssociationEvent } from '../../src/association/events.ts';
import { SctpError } from '../../src/base/errors.ts';
import type { Host } from '../../src/simulation/index.ts';
import type { OutgoingMessage } from '../../src/streams/message.ts';
import { PartialMessage } from '../../src/streams/partial-message.ts';
import { pattern } from './messages.ts';

/** A message, and how it is cut; one that is not open is sent whole. */
export interface PieceworkPlan {
  readonly streamId: number;
  readonly unordered: boolean;
  readonly isOpen: boolean;
  readonly cuts: readonly number[];
}

/** All bytes of a message. */
export function bytesOf({ cuts }: PieceworkPlan, number: number): Uint8Array {
  return pattern(
    number,
    cuts.reduce((a, b) => a + b),
  );
}

function piecesOf(plan: PieceworkPlan, number: number): Uint8Array[] {
  const data = bytesOf(plan, number);
  if (!plan.isOpen) return [data];
  const pieces: Uint8Array[] = [];
  let start = 0;
  for (const length of plan.cuts) {
    pieces.push(data.subarray(start, start + length));
    start += length;
  }
  return pieces;
}

interface Work {
  readonly plan: PieceworkPlan;
  readonly pieces: readonly Uint8Array[];
  readonly handle: OutgoingMessage | undefined;
  readonly ppid: number;
  /** The piece that is written next. */
  next: number;
}

/** Writes messages side by side, a piece of each in turn, as far as the send buffer takes them. */
export class PieceWriter {
  readonly #host: Host;
  readonly #association: Association;
  readonly #work: readonly Work[];
  /** The numbers of the messages in the order in which they took their places. */
  readonly places: number[] = [];
  readonly #isNeverEnded: (ppid: number) => boolean;
  #isPumping = false;
  #hasRoom = false;

  /** `ppid` is the number of the message. Those in pieces take their places at once, the others when they are sent. */
  constructor(
    host: Host,
    association: Association,
    plans: readonly PieceworkPlan[],
    isNeverEnded: (ppid: number) => boolean = () => false,
  ) {
    this.#isNeverEnded = isNeverEnded;
    this.#host = host;
    this.#association = association;
    this.#work = plans.map((plan, ppid) => {
      const { streamId, unordered } = plan;
      const begin = (now: number): OutgoingMessage => association.beginMessage({ streamId, unordered, ppid }, now);
      if (plan.isOpen) this.places.push(ppid);
      return {
        plan,
        pieces: piecesOf(plan, ppid),
        handle: plan.isOpen ? host.command(begin) : undefined,
        ppid,
        next: 0,
      };
    });
  }

  get isDone(): boolean {
    return this.#work.every(({ pieces, next }) => next === pieces.length);
  }

  /** To be called at the beginning and at every `writable`. */
  pump(): void {
    // A piece may set free the next `writable` at once.
    this.#hasRoom = true;
    if (this.#isPumping) return;
    this.#isPumping = true;
    while (this.#hasRoom) {
      this.#hasRoom = false;
      for (const work of this.#work) if (this.#write(work)) this.#hasRoom = true;
    }
    this.#isPumping = false;
  }

  /** Gives up a message that was written in pieces. */
  abandon(ppid: number): void {
    const work = this.#work[ppid]!;
    work.next = work.pieces.length;
    this.#host.command(() => this.#association.abandon(work.handle!));
  }

  #write(work: Work): boolean {
    const { plan, pieces, handle, ppid, next } = work;
    const data = pieces[next];
    if (data === undefined) return false;
    const endOfMessage = next === pieces.length - 1 && !this.#isNeverEnded(ppid);
    const { streamId, unordered } = plan;
    try {
      this.#host.command((now) => {
        if (handle === undefined) this.#association.send({ data, streamId, unordered, ppid }, now);
        else this.#association.append(handle, data, { endOfMessage });
      });
    } catch (error) {
      if (error instanceof SctpError && error.code === 'SCTP_ERR_SEND_BUFFER_FULL') return false;
      throw error;
    }
    if (handle === undefined) this.places.push(ppid);
    work.next++;
    return true;
  }
}

export interface ReadMessage {
  readonly ppid: number;
  readonly streamId: number;
  readonly unordered: boolean;
  readonly parts: Uint8Array[];
  state: 'arriving' | 'complete' | 'abandoned';
}

/** Reads messages in part: all at once, or one to its end before the next. */
export class PieceReader {
  /** In the order in which they began. */
  readonly messages: ReadMessage[] = [];
  readonly #host: Host;
  readonly #isSequential: boolean;
  readonly #arriving = new Map<PartialMessage, ReadMessage>();

  constructor(host: Host, isSequential = false) {
    this.#host = host;
    this.#isSequential = isSequential;
    host.command(() => {
      host.association.partialDelivery = true;
    });
  }

  /** The bytes of a message so far. */
  bytesOf(ppid: number): Uint8Array {
    return new Uint8Array(Buffer.concat(this.messages.find((message) => message.ppid === ppid)?.parts ?? []));
  }

  /** Reads what there is, at most so many pieces or messages. */
  read(most: number = Number.POSITIVE_INFINITY): void {
    for (let count = 0; count < most; count++) if (!this.#readPiece() && !this.#take()) return;
  }

  #readPiece(): boolean {
    for (const [partial, message] of this.#arriving) {
      const bytes = this.#host.command((now) => this.#host.association.read(partial, now));
      if (bytes !== undefined) {
        message.parts.push(bytes);
        return true;
      }
      message.state = partial.state;
      if (partial.state !== 'arriving') this.#arriving.delete(partial);
    }
    return false;
  }

  #take(): boolean {
    if (this.#isSequential && this.#arriving.size > 0) return false;
    const received = this.#host.command((now) => this.#host.association.receivePartly(now));
    if (received === undefined || received === 'reset') return false;
    const { ppid, streamId, unordered } = received;
    if (received instanceof PartialMessage) {
      const message: ReadMessage = { ppid, streamId, unordered, parts: [], state: 'arriving' };
      this.messages.push(message);
      this.#arriving.set(received, message);
    } else {
      this.messages.push({ ppid, streamId, unordered, parts: [received.data], state: 'complete' });
    }
    return true;
  }
}

/** Whether there may be something to read. */
export function isArrival({ kind }: AssociationEvent): boolean {
  return kind === 'readable' || kind === 'partialDelivery';
}
