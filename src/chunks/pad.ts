import { type ChunkCodec, noFlags } from './chunk-codec.ts';
import { tlvHeaderLength } from './tlv.ts';

/**
 * Padding (RFC 4820 §3): "The Padding Data MUST be ignored by the receiver", so that only its length is kept.
 *
 * ```
 * | Type = 0x84   |   Flags=0     |             Length            |
 * /                         Padding Data                          /
 * ```
 */
export interface PadChunk {
  readonly kind: 'PAD';
  /** Bytes of Padding Data, without the 4 of the chunk header. */
  readonly length: number;
}

/** A PAD chunk that takes `size` bytes of a packet: a multiple of four, at least four. */
export function padChunk(size: number): PadChunk {
  return { kind: 'PAD', length: size - tlvHeaderLength };
}

export const padCodec: ChunkCodec<PadChunk> = {
  // RFC 4820 §3: "This value MUST be set to 0x84 for all PAD chunks."
  type: 0x84,
  minimumLength: 0,
  decode: (_bytes, start, end) => ({ kind: 'PAD', length: end - start }),
  valueLength: ({ length }) => length,
  // RFC 4820 §3: "This value SHOULD be set to zero on transmit and MUST be ignored on receipt."
  flags: noFlags,
  encode: ({ length }, bytes, offset) => bytes.fill(0, offset, offset + length),
};
