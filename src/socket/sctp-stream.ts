import { Duplex } from 'node:stream';
import type { SctpError } from '../base/errors.ts';
import { PartialMessage } from '../streams/partial-message.ts';
import type { Received } from '../streams/receive-queue.ts';
import type { PieceSource } from './incoming-message.ts';

/** How one stream is read and written. */
export interface StreamOptions {
  /** Payload Protocol Identifier of every message. Default 0. */
  readonly ppid?: number | undefined;
  /** Whether `end()` resets the outgoing stream (RFC 6525), which the peer sees as an end. Default false. */
  readonly resetOnEnd?: boolean | undefined;
  /** Whether the writable side stays open when the readable one has ended. Default true. */
  readonly allowHalfOpen?: boolean | undefined;
}

/** What a stream needs for reading. */
export interface StreamPort {
  take(): Received | undefined;
  /** `wake` is called when there is more of a message that arrives. */
  pieces(message: PartialMessage, wake: () => void): PieceSource;
  /** How the association ended, undefined while it stands. */
  end(): { readonly error?: SctpError | undefined } | undefined;
  /** The stream's messages are for others again. */
  leave(): void;
}

/** What a stream needs for writing. */
export interface StreamSender {
  send(data: Uint8Array): Promise<void>;
  /** Resets the outgoing stream when all is sent. */
  reset(): Promise<void>;
}

/**
 * One SCTP stream, both directions, as a stream of bytes. Made by `SctpAssociation.stream`.
 *
 * Each write is a message; reading gives the bytes of the messages that arrive in the stream, without their boundaries.
 * While it exists they go here and to no other reader. Both directions wait for each other's pace, but all streams of an
 * association share one receive window: one that is not read closes it for all of them in the end.
 *
 * SCTP has no end of a stream. `end()` hands over what was written, and the peer sees nothing of it, unless `resetOnEnd`
 * resets the outgoing stream, as RFC 8831 §6.7 closes a data channel. A reset by the peer, and the graceful end of the
 * association, end the readable side; anything else that ends the association destroys the stream, with its SctpError unless
 * it was `abort()` on this side. A message of which the peer gives up the rest destroys it, too (`SCTP_ERR_ABANDONED`).
 */
export class SctpStream extends Duplex {
  readonly streamId: number;
  readonly #port: StreamPort;
  readonly #sender: StreamSender;
  readonly #resetOnEnd: boolean;
  /** The message that arrives. */
  #pieces: PieceSource | undefined;
  #wantsMore = false;
  #isPumping = false;

  constructor(streamId: number, port: StreamPort, sender: StreamSender, options: StreamOptions) {
    super({ allowHalfOpen: options.allowHalfOpen ?? true, decodeStrings: true });
    this.streamId = streamId;
    this.#port = port;
    this.#sender = sender;
    this.#resetOnEnd = options.resetOnEnd ?? false;
  }

  /** To be called when something may have arrived, or the association has ended. */
  wake(): void {
    if (!this.#isPumping) this.#pump();
  }

  override _read(): void {
    this.#wantsMore = true;
    this.wake();
  }

  override _write(chunk: Uint8Array, _encoding: string, done: (error?: Error | null) => void): void {
    if (chunk.length === 0) done();
    else settle(this.#sender.send(chunk), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    if (this.#resetOnEnd) settle(this.#sender.reset(), done);
    else done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#leave();
    done(error);
  }

  #pump(): void {
    this.#isPumping = true;
    while (this.#wantsMore && !this.destroyed) {
      const bytes = this.#next();
      if (bytes === undefined) break;
      this.#wantsMore = this.push(bytes);
    }
    this.#isPumping = false;
  }

  /** The next bytes; undefined when there are none now, or not any more. */
  #next(): Uint8Array | undefined {
    for (;;) {
      if (this.#pieces !== undefined) {
        const bytes = this.#pieces.take();
        if (bytes !== undefined) return bytes;
        const end = this.#pieces.end();
        if (end === undefined) return undefined;
        this.#pieces = undefined;
        if (end.error !== undefined) return this.#finish(end.error);
      }
      const received = this.#port.take();
      if (received === 'reset') return this.#finish(undefined);
      if (received instanceof PartialMessage) this.#pieces = this.#port.pieces(received, () => this.wake());
      else if (received !== undefined) return received.data;
      else {
        const end = this.#port.end();
        return end && this.#finish(end.error);
      }
    }
  }

  #finish(error: SctpError | undefined): undefined {
    this.#wantsMore = false;
    if (error === undefined) {
      this.#leave();
      this.push(null);
      return undefined;
    }
    // Whoever called `abort()` knows.
    this.destroy(error.code === 'SCTP_ERR_ABORTED' ? undefined : error);
    return undefined;
  }

  #leave(): void {
    this.#pieces?.discard();
    this.#pieces = undefined;
    this.#port.leave();
  }
}

function settle(promise: Promise<void>, done: (error?: Error | null) => void): void {
  promise.then(
    () => done(),
    (error: unknown) => done(error instanceof Error ? error : new Error(String(error))),
  );
}
