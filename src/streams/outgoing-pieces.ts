import { concatBytes, emptyBytes } from '../base/bytes.ts';
import { Ring } from '../base/ring.ts';

/** What was written of a message in pieces and has not become fragments yet. */
export class OutgoingPieces {
  readonly #pieces = new Ring<Uint8Array>();
  /** How much of the first piece was taken. */
  #offset = 0;

  push(piece: Uint8Array): void {
    this.#pieces.push(piece);
  }

  /** The next `length` bytes: a view where they lie in one piece, else a copy. There are so many. */
  take(length: number): Uint8Array {
    const first = this.#pieces.peek();
    if (first !== undefined && first.length - this.#offset >= length) return this.#takeFromFirst(length);
    const parts: Uint8Array[] = [];
    for (let missing = length; missing > 0; missing -= parts.at(-1)!.length) {
      const { length: available = 0 } = this.#pieces.peek() ?? emptyBytes;
      parts.push(this.#takeFromFirst(Math.min(missing, available - this.#offset)));
    }
    return concatBytes(parts);
  }

  /** Everything, behind what was taken before and is given back. Nothing is left then. */
  takeAll(returned: readonly Uint8Array[]): Uint8Array {
    const parts = [...returned];
    const first = this.#pieces.shift();
    if (first !== undefined) parts.push(first.subarray(this.#offset), ...this.#pieces);
    this.#pieces.clear();
    this.#offset = 0;
    return concatBytes(parts);
  }

  #takeFromFirst(length: number): Uint8Array {
    const first = this.#pieces.peek()!;
    const taken = first.subarray(this.#offset, this.#offset + length);
    this.#offset += length;
    if (this.#offset === first.length) {
      this.#pieces.shift();
      this.#offset = 0;
    }
    return taken;
  }
}
