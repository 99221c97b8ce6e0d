import { concatBytes } from '../base/bytes.ts';
import { Ring } from '../base/ring.ts';
import type { Fragment } from '../chunks/index.ts';

/** At most so much is put together for one read, in bytes, where the peer's fragments are smaller. */
const mostAtOnce = 64 * 1024;

/** A user message that is delivered while it still arrives (RFC 9260 §6.9 "partial delivery", §11.1.7 "partial flag"). */
export class PartialMessage {
  readonly streamId: number;
  /** Payload protocol identifier. */
  readonly ppid: number;
  readonly unordered: boolean;
  /** All of it has arrived; or no more of it will come: the peer has given it up, or the association has gone. */
  state: 'arriving' | 'complete' | 'abandoned' = 'arriving';
  /** Whether somebody has it: before that, it is a message like others that is not yet complete. */
  isTaken = false;
  /** Whether its reader has found nothing, and wants to hear of more. */
  isAwaited = false;
  /** Whether nobody wants the rest of it. */
  isUnwanted = false;
  readonly #pieces = new Ring<Uint8Array>();

  constructor({ streamId, ppid, unordered }: Pick<Fragment, 'streamId' | 'ppid' | 'unordered'>) {
    this.streamId = streamId;
    this.ppid = ppid;
    this.unordered = unordered;
  }

  /** How many pieces wait for the reader. */
  get length(): number {
    return this.#pieces.length;
  }

  /** The pieces that wait, for the accounts. */
  get pieces(): Iterable<Uint8Array> {
    return this.#pieces;
  }

  push(piece: Uint8Array): void {
    this.#pieces.push(piece);
  }

  /** The next bytes in their order, undefined when there are none now. `onTaken` is told of each piece in them. */
  read(onTaken: (piece: Uint8Array) => void, most: number = mostAtOnce): Uint8Array | undefined {
    const parts: Uint8Array[] = [];
    let length = 0;
    for (let piece = this.#pieces.peek(); piece !== undefined; piece = this.#pieces.peek()) {
      if (length > 0 && length + piece.length > most) break;
      length += piece.length;
      parts.push(piece);
      onTaken(piece);
      this.#pieces.shift();
    }
    if (length === 0) return undefined;
    return parts.length === 1 ? parts[0] : concatBytes(parts);
  }
}
