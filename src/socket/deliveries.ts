import type { SctpError } from '../base/errors.ts';

interface Delivery {
  resolve(): void;
  reject(error: unknown): void;
}

/** Those who want to know that the peer has got a message. A message is known by its bytes, which nobody else has. */
export class Deliveries {
  readonly #waiting = new Map<Uint8Array, Delivery>();

  /** Settles when `resolve` or `reject` is told of `data`; rejects with what `acceptance` does, too. */
  wait(data: Uint8Array, acceptance: Promise<void>): Promise<void> {
    const delivered = new Promise<void>((resolve, reject) => this.#waiting.set(data, { resolve, reject }));
    // Whoever does not await it does not want to know; an unhandled rejection would end the process.
    delivered.catch(() => {});
    acceptance.catch((error: unknown) => this.reject(data, error));
    return delivered;
  }

  resolve(data: Uint8Array): void {
    this.#take(data)?.resolve();
  }

  reject(data: Uint8Array, error: unknown): void {
    this.#take(data)?.reject(error);
  }

  rejectAll(error: SctpError): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }

  #take(data: Uint8Array): Delivery | undefined {
    const delivery = this.#waiting.get(data);
    this.#waiting.delete(data);
    return delivery;
  }
}
