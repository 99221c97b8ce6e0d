import type { SendRequest } from '../association/association.ts';
import { SctpError } from '../base/errors.ts';
import { Ring } from '../base/ring.ts';

interface WaitingSend<Item> {
  /** Undefined once the caller's signal has taken it back. */
  message: Item | undefined;
  resolve(): void;
  reject(error: unknown): void;
}

/** The messages for which the send buffer had no room, in the order of their `send()` calls. */
export class WaitingSends<Item = SendRequest> {
  readonly #queue = new Ring<WaitingSend<Item>>();

  get isEmpty(): boolean {
    return this.#queue.length === 0;
  }

  /** Resolves when the message was accepted; rejects with what refused it, or when `signal` aborts before. */
  add(message: Item, signal: AbortSignal | undefined): Promise<void> {
    const added = new Promise<void>((resolve, reject) => {
      const cancel = (): void => {
        waiting.message = undefined;
        reject(cancelled(signal));
      };
      const waiting: WaitingSend<Item> = {
        message,
        resolve: () => {
          signal?.removeEventListener('abort', cancel);
          resolve();
        },
        reject: (error) => {
          signal?.removeEventListener('abort', cancel);
          reject(error);
        },
      };
      signal?.addEventListener('abort', cancel, { once: true });
      this.#queue.push(waiting);
    });
    // Whoever does not await it does not want to know; an unhandled rejection would end the process.
    added.catch(() => {});
    return added;
  }

  /** Offers the messages in order, until `accept` answers that there is no room, or all are gone. */
  flush(accept: (message: Item) => boolean): void {
    for (let first = this.#queue.peek(); first !== undefined; first = this.#queue.peek()) {
      if (first.message !== undefined) {
        try {
          if (!accept(first.message)) return;
          first.resolve();
        } catch (error) {
          first.reject(error);
        }
      }
      this.#queue.shift();
    }
  }

  rejectAll(error: SctpError): void {
    for (let first = this.#queue.shift(); first !== undefined; first = this.#queue.shift()) first.reject(error);
  }
}

/** What an operation rejects with when its caller's signal aborts. */
export function cancelled(signal: AbortSignal | undefined): SctpError {
  return new SctpError('SCTP_ERR_CANCELLED', undefined, { cause: signal?.reason });
}
