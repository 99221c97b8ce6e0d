import { WritableStream } from 'node:stream/web';
import { emptyBytes } from '../base/bytes.ts';
import { SctpError } from '../base/errors.ts';
import type { OutgoingMessage } from '../streams/message.ts';
import { ownedBytes, type SendOptions } from './messages.ts';
import { quiet, rejection } from './quiet.ts';

/** What a writer needs of its association. */
export interface WriterPort {
  /** Calls back when the message has its place among the others. Throws, or rejects with, SctpError. */
  open(opened: (message: OutgoingMessage) => void): Promise<void>;
  /** Resolves when there was room. */
  append(message: OutgoingMessage, piece: Uint8Array, isEnd: boolean): Promise<void>;
  /** Resolves when the peer has all of it. */
  delivered(message: OutgoingMessage, acceptance: Promise<void>): Promise<void>;
  abandon(message: OutgoingMessage): void;
}

/**
 * One message that is written in pieces, of any length: `maxMessageSize` does not bound it, and what the peer has
 * acknowledged is not kept. Made by `SctpAssociation.openMessage`.
 *
 * The peer reads one message. The last byte that was written goes out with what follows it, since the end of a message is
 * marked on data. Without interleaving (`capabilities.interleaving`), from its first fragment on every other message waits
 * until it has ended.
 */
export class MessageWriter {
  readonly #port: WriterPort;
  readonly #options: SendOptions;
  #message: OutgoingMessage | undefined;
  #tail: Promise<void>;
  #isEnded = false;
  #isAbandoned = false;
  #writable: WritableStream<Uint8Array | string> | undefined;

  /** Throws SctpError, as `openMessage` does. */
  constructor(port: WriterPort, options: SendOptions) {
    this.#port = port;
    this.#options = options;
    this.#tail = quiet(
      port.open((message) => {
        this.#message = message;
        if (this.#isAbandoned) port.abandon(message);
      }),
    );
  }

  /**
   * The next piece; it is copied. Resolves when it is in the send buffer: not before there is room. Rejects with SctpError
   * `SCTP_ERR_ABANDONED` when the message was given up, or with why the association ended.
   */
  write(data: Uint8Array | string): Promise<void> {
    return this.#append(data, false);
  }

  /**
   * The message is complete, with `data` as its last piece if there is any. Resolves as `send` does, see `until`. Rejects with
   * `SCTP_ERR_EMPTY_MESSAGE` when nothing was written, and the message never was.
   */
  end(data: Uint8Array | string = emptyBytes): Promise<void> {
    const ended = this.#append(data, true);
    this.#isEnded = true;
    if (this.#options.until !== 'delivered') return ended;
    return quiet(ended.then(() => this.#port.delivered(this.#message!, ended)));
  }

  /**
   * Gives the message up: the peer gets nothing of it, unless it has got all. Throws SctpError `SCTP_ERR_NOT_SUPPORTED` when
   * a part was sent and the peer does not speak FORWARD TSN (RFC 3758).
   */
  abandon(): void {
    if (this.#message !== undefined) this.#port.abandon(this.#message);
    this.#isAbandoned = true;
  }

  /** The same as a WHATWG stream: closing it is `end`, aborting it is `abandon`. */
  get writable(): WritableStream<Uint8Array | string> {
    this.#writable ??= new WritableStream({
      write: (piece) => this.write(piece),
      close: () => this.end(),
      abort: () => this.abandon(),
    });
    return this.#writable;
  }

  #append(data: Uint8Array | string, isEnd: boolean): Promise<void> {
    try {
      if (this.#isEnded) throw new SctpError('SCTP_ERR_INVALID_ARGUMENT', 'the message has ended');
      if (this.#isAbandoned) throw new SctpError('SCTP_ERR_ABANDONED');
      const piece = ownedBytes(data);
      this.#tail = quiet(this.#tail.then(() => this.#port.append(this.#message!, piece, isEnd)));
      return this.#tail;
    } catch (error) {
      return rejection(error);
    }
  }
}
