import type { Ledger } from '../base/ledger.ts';
import { Ring } from '../base/ring.ts';
import type { Message } from './message.ts';

/**
 * What a held fragment or message is charged beyond its bytes: the objects around it. So tiny chunks fill the buffer,
 * too, and memory has a bound that does not depend on how the peer cuts its data.
 */
export const entryOverhead = 128;

/** The receive buffer's accounts, and the messages that wait for their reader. All sizes in bytes. */
export class ReceiveQueue {
  readonly #messages = new Ring<Message>();
  readonly #ledger: Ledger;
  #heldBytes = 0;

  /** `ledger` is told of every byte that comes and goes. */
  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** Everything that is charged: fragments in reassembly, messages out of order, messages not yet read. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  get length(): number {
    return this.#messages.length;
  }

  charge(payloadBytes: number): void {
    this.#heldBytes += payloadBytes + entryOverhead;
    this.#ledger.add(payloadBytes + entryOverhead);
  }

  release(payloadBytes: number): void {
    this.#heldBytes -= payloadBytes + entryOverhead;
    this.#ledger.subtract(payloadBytes + entryOverhead);
  }

  /** Forgets what is charged for anything but readable messages: there is nobody left to complete it. */
  releaseIncomplete(): void {
    this.#ledger.subtract(this.#heldBytes);
    this.#heldBytes = 0;
    for (const message of this.#messages) this.charge(message.data.length);
  }

  /** Makes a message readable; the caller has charged it. */
  push(message: Message): void {
    this.#messages.push(message);
  }

  shift(): Message | undefined {
    const message = this.#messages.shift();
    if (message !== undefined) this.release(message.data.length);
    return message;
  }
}
