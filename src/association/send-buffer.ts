import type { Ledger } from '../base/ledger.ts';
import type { OutgoingMessage } from '../streams/message.ts';

/** A message is more than its bytes: for so many bytes of `sendBufferSize` one message is accepted, and a few in any case. */
const bytesPerMessage = 256;
const fewMessages = 64;

/** What was accepted from the user and is not acknowledged by the peer (RFC 9260 §11.1.5): how much, and whether more may come. */
export class SendBuffer {
  readonly #size: number;
  readonly #mostMessages: number;
  readonly #ledger: Ledger;
  readonly #onWritable: () => void;
  #amount = 0;
  #load = 0;
  #messages = 0;

  /** `ledger` is told of every byte that comes and goes, `onWritable` that there is room again. */
  constructor(size: number, ledger: Ledger, onWritable: () => void) {
    this.#size = size;
    this.#mostMessages = Math.max(fewMessages, size / bytesPerMessage);
    this.#ledger = ledger;
    this.#onWritable = onWritable;
  }

  /** Bytes. */
  get amount(): number {
    return this.#amount;
  }

  get isWritable(): boolean {
    return this.#load < this.#size && this.#messages < this.#mostMessages;
  }

  /** What has to go before there is room, in bytes; above 0 while there is none. */
  get overflow(): number {
    return Math.max(1, this.#load - this.#size + 1);
  }

  /** A message, whole or its beginning, which is nothing. */
  addMessage(message: OutgoingMessage): void {
    this.#messages++;
    this.#change(message.length, this.#loadOf(message, message.length));
  }

  /** More of a message in pieces. */
  addPiece(bytes: number): void {
    this.#change(bytes, bytes);
  }

  /** `bytes` of the message, counted in its `acknowledged` already, were acknowledged. */
  handleAcknowledged(message: OutgoingMessage, bytes: number): void {
    const wasWritable = this.isWritable;
    const left = message.length - message.acknowledged;
    if (left === 0 && message.isEnded) this.#messages--;
    this.#change(-bytes, this.#loadOf(message, left) - this.#loadOf(message, left + bytes));
    if (!wasWritable && this.isWritable) this.#onWritable();
  }

  /** The message was given up, with what is not acknowledged of it. */
  handleAbandoned(message: OutgoingMessage): void {
    const wasWritable = this.isWritable;
    const left = message.length - message.acknowledged;
    this.#messages--;
    this.#change(-left, -this.#loadOf(message, left));
    if (!wasWritable && this.isWritable) this.#onWritable();
  }

  /** Nothing of what was accepted is kept any more. */
  clear(): void {
    const wasWritable = this.isWritable;
    this.#messages = 0;
    this.#change(-this.#amount, -this.#load);
    if (!wasWritable) this.#onWritable();
  }

  /** A message that is larger than the whole buffer leaves half of it to others: they would wait until it is nearly over. */
  #loadOf(message: OutgoingMessage, left: number): number {
    const isTooLarge = message.pieces === undefined && message.length > this.#size;
    return isTooLarge ? Math.min(left, this.#size / 2) : left;
  }

  #change(bytes: number, load: number): void {
    this.#amount += bytes;
    this.#load += load;
    if (bytes >= 0) this.#ledger.add(bytes);
    else this.#ledger.subtract(-bytes);
  }
}
