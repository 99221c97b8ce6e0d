import type { SctpError } from '../base/errors.ts';
import type { Message } from '../streams/message.ts';

interface Delivery {
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * Those who want to know that the peer has got a message. A message is known by its bytes, which nobody else has, or by
 * itself, if it was written in pieces.
 */
export class Deliveries {
  readonly #waiting = new Map<object, Delivery>();

  /** Settles when `resolve` or `reject` is told of it; rejects with what `acceptance` does, too. */
  wait(key: object, acceptance: Promise<void>): Promise<void> {
    const delivered = new Promise<void>((resolve, reject) => this.#waiting.set(key, { resolve, reject }));
    // Whoever does not await it does not want to know; an unhandled rejection would end the process.
    delivered.catch(() => {});
    acceptance.catch((error: unknown) => this.#take(key)?.reject(error));
    return delivered;
  }

  resolve(message: Message): void {
    if (this.#waiting.size > 0) (this.#take(message.data) ?? this.#take(message))?.resolve();
  }

  reject(message: Message, error: unknown): void {
    (this.#take(message.data) ?? this.#take(message))?.reject(error);
  }

  rejectAll(error: SctpError): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }

  #take(key: object): Delivery | undefined {
    const delivery = this.#waiting.get(key);
    this.#waiting.delete(key);
    return delivery;
  }
}
