import { ReadableStream } from 'node:stream/web';
import { concatBytes } from '../base/bytes.ts';
import { Readers, type Source } from './readers.ts';

/** Where the bytes of a message come from. */
export interface PieceSource extends Source<Uint8Array> {
  /** The rest is not wanted. */
  discard(): void;
}

/** What is known of a message when it begins. */
export interface MessageHead {
  readonly streamId: number;
  readonly ppid: number;
  readonly unordered: boolean;
}

/**
 * A message that is read in pieces, perhaps while it still arrives. Its bytes can be read once: by iterating, by `readable`
 * or by `bytes`. What nobody reads stays in the receive buffer of the association and closes its window: read it or `cancel` it.
 *
 * Reading fails with SctpError `SCTP_ERR_ABANDONED` when the peer has given up the rest (RFC 3758), or with why the
 * association ended before all was there; what had arrived comes before.
 */
export class IncomingMessage implements AsyncIterable<Uint8Array> {
  readonly streamId: number;
  /** Payload protocol identifier. */
  readonly ppid: number;
  /** Whether it came regardless of the order in its stream. */
  readonly unordered: boolean;
  readonly #source: PieceSource;
  readonly #readers: Readers<Uint8Array>;
  #readable: ReadableStream<Uint8Array> | undefined;

  /** Made by `SctpAssociation.incomingMessages`. `attach` gets what is to be called when there may be more. */
  constructor(head: MessageHead, source: PieceSource, attach: (wake: () => void) => void) {
    this.streamId = head.streamId;
    this.ppid = head.ppid;
    this.unordered = head.unordered;
    this.#source = source;
    this.#readers = new Readers({
      take: () => source.take(),
      end: () => source.end(),
      // Whoever leaves the loop does not come back.
      handleIterators: () => {
        if (!this.#readers.isOpen) source.discard();
      },
    });
    attach(() => this.#readers.wake());
  }

  /** Its bytes in order, in pieces of any size. Leaving the loop drops the rest. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array, undefined> {
    return this.#readers.iterate();
  }

  /** The same as a WHATWG stream. */
  get readable(): ReadableStream<Uint8Array> {
    const iterator = (): AsyncIterator<Uint8Array, undefined> => this[Symbol.asyncIterator]();
    this.#readable ??= toReadable(iterator());
    return this.#readable;
  }

  /** All of its bytes at once: as much memory as the peer likes to fill. */
  async bytes(): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    for await (const piece of this) pieces.push(piece);
    return pieces.length === 1 ? pieces[0]! : concatBytes(pieces);
  }

  /** Drops what is left, and what still arrives of it. */
  cancel(): void {
    this.#source.discard();
    this.#readers.wake();
  }
}

function toReadable(iterator: AsyncIterator<Uint8Array, undefined>): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await iterator.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await iterator.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}
