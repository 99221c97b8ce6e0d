import type { Association, SendRequest } from '../association/association.ts';
import { emptyBytes } from '../base/bytes.ts';
import { SctpError } from '../base/errors.ts';
import type { Driver } from '../driver/driver.ts';
import type { Message, OutgoingMessage } from '../streams/message.ts';
import { Deliveries } from './deliveries.ts';
import { MessageWriter } from './message-writer.ts';
import { isSource, outgoingMessage, releaseMessage, type SendData, type SendOptions, sendRequest } from './messages.ts';
import { ignore, quiet } from './quiet.ts';
import { cancelled, WaitingSends } from './waiting-sends.ts';

/** Takes its place among the messages when its turn comes. */
interface Opening {
  open(): void;
}

/** A piece of a message for which there was no room. */
interface WaitingPiece {
  readonly message: OutgoingMessage;
  readonly data: Uint8Array;
  readonly isEnd: boolean;
  resolve(): void;
  reject(error: unknown): void;
}

/** What the user sends, as far as the send buffer has no room for it yet, and who waits for what became of it. */
export class Outbox {
  readonly #core: Association;
  readonly #driver: Driver;
  readonly #objection: () => SctpError | undefined;
  readonly #waiting = new WaitingSends<SendRequest | Opening>();
  readonly #pieces = new Set<WaitingPiece>();
  readonly #deliveries = new Deliveries();

  /** `objection` says why nothing is accepted any more. */
  constructor(core: Association, driver: Driver, objection: () => SctpError | undefined) {
    this.#core = core;
    this.#driver = driver;
    this.#objection = objection;
  }

  /** Whether the core has all messages, or their beginning. */
  get isEmpty(): boolean {
    return this.#waiting.isEmpty;
  }

  /** Throws, or rejects with, SctpError. */
  send(data: SendData, options: SendOptions): Promise<void> {
    if (isSource(data)) return quiet(this.#sendFrom(data, options));
    const message = outgoingMessage(data, options);
    const acceptance = this.#add(message, options.signal);
    return options.until === 'delivered' ? this.#deliveries.wait(message.data, acceptance) : acceptance;
  }

  /** Throws SctpError. */
  open(options: SendOptions): MessageWriter {
    const request = sendRequest(emptyBytes, options);
    return new MessageWriter(
      {
        open: (opened) =>
          this.#add({ open: () => opened(this.#core.beginMessage(request, this.#driver.now())) }, undefined),
        append: (message, piece, isEnd) => this.#append(message, piece, isEnd),
        delivered: (message, acceptance) => this.#deliveries.wait(message, acceptance),
        abandon: (message) => this.#abandon(message),
      },
      options,
    );
  }

  /** Room may have come, or have to be made. */
  flush(): void {
    this.#waiting.flush((message) => this.#accept(message));
    for (const piece of this.#pieces) {
      try {
        if (!this.#accepts(piece)) continue;
        piece.resolve();
      } catch (error) {
        piece.reject(error);
      }
      this.#pieces.delete(piece);
    }
  }

  handleDelivered(message: Message): void {
    this.#deliveries.resolve(message);
    releaseMessage(message);
  }

  handleAbandoned(message: Message, error: SctpError): void {
    this.#deliveries.reject(message, error);
    if (this.#pieces.size > 0) this.flush();
  }

  rejectAll(error: SctpError): void {
    this.#waiting.rejectAll(error);
    for (const piece of this.#pieces) piece.reject(error);
    this.#pieces.clear();
    this.#deliveries.rejectAll(error);
  }

  #add(message: SendRequest | Opening, signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted) throw cancelled(signal);
    const objection = this.#objection();
    if (objection !== undefined) throw objection;
    // Behind those who wait already, even if there is room by now.
    if (this.#waiting.isEmpty && this.#accept(message)) return accepted;
    return this.#waiting.add(message, signal);
  }

  /** Whether there was room; if not, a `writable` event follows. Throws what is wrong with the message. */
  #accept(message: SendRequest | Opening): boolean {
    if ('open' in message) {
      message.open();
      return true;
    }
    if (!this.#core.isWritable && message.priority === undefined) return false;
    try {
      // A message without a life time does not ask what time it is.
      this.#core.send(message, message.lifetimeMs === undefined ? this.#driver.lastNow : this.#driver.now());
    } catch (error) {
      // Nothing that waits there is worth less.
      if (isFull(error)) return false;
      throw error;
    }
    this.#driver.schedule();
    return true;
  }

  #append(message: OutgoingMessage, data: Uint8Array, isEnd: boolean): Promise<void> {
    if (this.#accepts({ message, data, isEnd })) return accepted;
    return new Promise((resolve, reject) => this.#pieces.add({ message, data, isEnd, resolve, reject }));
  }

  #accepts({ message, data, isEnd }: Omit<WaitingPiece, 'resolve' | 'reject'>): boolean {
    try {
      this.#core.append(message, data, { endOfMessage: isEnd });
    } catch (error) {
      if (isFull(error)) return false;
      throw error;
    }
    this.#driver.schedule();
    return true;
  }

  #abandon(message: OutgoingMessage): void {
    this.#core.abandon(message);
    this.#driver.schedule();
    this.flush();
  }

  /** A message whose source fails is given up. Where that cannot be, nothing but the end of the association ends it. */
  async #sendFrom(source: AsyncIterable<Uint8Array | string>, options: SendOptions): Promise<void> {
    const { signal } = options;
    if (signal?.aborted) throw cancelled(signal);
    const writer = this.open(options);
    const iterator = source[Symbol.asyncIterator]();
    const giveUp = (): void => {
      try {
        writer.abandon();
      } catch {
        this.#core.abort(undefined, this.#driver.now());
        this.#driver.schedule();
      }
    };
    let cancel = (): void => {};
    const cancellation = new Promise<never>((_, reject) => {
      cancel = () => {
        giveUp();
        void iterator.return?.()?.then(ignore, ignore);
        reject(cancelled(signal));
      };
    });
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      await Promise.race([pump(iterator, writer), cancellation]);
    } catch (error) {
      if (!signal?.aborted) giveUp();
      throw error;
    } finally {
      signal?.removeEventListener('abort', cancel);
    }
  }
}

/** Most messages are accepted at once; they share their promise. */
const accepted: Promise<void> = Promise.resolve();

function isFull(error: unknown): boolean {
  return error instanceof SctpError && error.code === 'SCTP_ERR_SEND_BUFFER_FULL';
}

async function pump(iterator: AsyncIterator<Uint8Array | string>, writer: MessageWriter): Promise<void> {
  for (;;) {
    const { done, value } = await iterator.next();
    if (done === true) return writer.end();
    try {
      await writer.write(value);
    } catch (error) {
      await iterator.return?.();
      throw error;
    }
  }
}
