import type { Flaw } from './tlv.ts';

/**
 * How one chunk looks on the wire. Byte arrays of what `decode` returns are views into the packet; flags that the RFC
 * reserves are "set to 0 on transmit and are ignored on receipt" (RFC 9260 §3.2).
 */
export interface ChunkCodec<C> {
  /** Chunk Type. */
  readonly type: number;
  /** The fewest bytes that a Chunk Value of this type has; `decode` is never called with less. */
  readonly minimumLength: number;
  /**
   * Reads the Chunk Value in `bytes` from `start` to `end`; a longer value than needed is forgiven. When it `isSparing`, what
   * no receiver has a use for may be left out.
   */
  decode(bytes: Uint8Array, start: number, end: number, flags: number, isSparing: boolean): C | Flaw;
  /** Bytes of the Chunk Value, without the padding behind it. */
  valueLength(chunk: C): number;
  /** Chunk Flags. */
  flags(chunk: C): number;
  /** Writes every byte of the Chunk Value: the buffer may hold old ones. */
  encode(chunk: C, bytes: Uint8Array, offset: number): void;
}

/** Of the chunks whose flags are all reserved. */
export const noFlags = (): number => 0;

/** A chunk without value (RFC 9260 §3.3.9, §3.3.12). */
export function emptyChunk<C>(type: number, chunk: C): ChunkCodec<C> {
  return { type, minimumLength: 0, decode: () => chunk, valueLength: () => 0, flags: noFlags, encode: () => {} };
}
