import type { SctpAssociation } from '../index.ts';
import { readLines } from './input.ts';
import type { Output } from './output.ts';

/** Standard input, line by line, to everybody who is connected; read only while somebody is. */
export class TypedLines {
  readonly #output: Output;
  readonly #peers = new Set<SctpAssociation>();
  #reading: Promise<void> | undefined;
  #handlePeer: () => void = () => {};

  constructor(output: Output) {
    this.#output = output;
  }

  sendTo(association: SctpAssociation): void {
    this.#peers.add(association);
    void association.closed.then(() => this.#peers.delete(association));
    this.#handlePeer();
    this.#reading ??= this.#read().catch((error: Error) => {
      this.#output.status(`cannot read: ${error.message}`, { event: 'failed', message: error.message });
    });
  }

  async #read(): Promise<void> {
    for await (const line of readLines(process.stdin)) {
      if (this.#peers.size === 0) await this.#somebody();
      // One who leaves meanwhile says so by its end.
      await Promise.allSettled([...this.#peers].map((peer) => peer.send(line)));
    }
  }

  #somebody(): Promise<void> {
    return new Promise((resolve) => {
      this.#handlePeer = resolve;
    });
  }
}
