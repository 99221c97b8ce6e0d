import { causeFormat, type ErrorCause } from './causes/cause.ts';
import { type ChunkCodec, noFlags } from './chunk-codec.ts';
import { decodeTlvs, tlvHeaderLength, tlvsLength, writeTlvs } from './tlv.ts';

/**
 * Operation Error (RFC 9260 §3.3.10).
 *
 * ```
 * |   Type = 9    |  Chunk Flags  |            Length             |
 * /                    one or more Error Causes                   /
 * ```
 */
export interface ErrorChunk {
  readonly kind: 'ERROR';
  readonly causes: readonly ErrorCause[];
}

export const errorCodec: ChunkCodec<ErrorChunk> = {
  type: 9,
  minimumLength: tlvHeaderLength,
  decode(bytes, start, end) {
    const causes = decodeTlvs(causeFormat, bytes, start, end);
    return typeof causes === 'string' ? causes : { kind: 'ERROR', causes };
  },
  valueLength: ({ causes }) => tlvsLength(causeFormat, causes),
  flags: noFlags,
  encode: ({ causes }, bytes, offset) => writeTlvs(causeFormat, causes, bytes, offset),
};
