import { causeFormat, type ErrorCause } from './causes/cause.ts';
import type { ChunkCodec } from './chunk-codec.ts';
import { decodeTlvs, tlvsLength, writeTlvs } from './tlv.ts';

/** T bit of ABORT and SHUTDOWN COMPLETE. */
export const tagReflectedBit = 0x01;

/**
 * Abort Association (RFC 9260 §3.3.7).
 *
 * ```
 * |   Type = 6    |  Reserved   |T|            Length             |
 * /                   zero or more Error Causes                   /
 * ```
 */
export interface AbortChunk {
  readonly kind: 'ABORT';
  /** T bit: the packet bears the Verification Tag of the packet that it answers. */
  readonly tagReflected: boolean;
  readonly causes: readonly ErrorCause[];
}

export const abortCodec: ChunkCodec<AbortChunk> = {
  type: 6,
  minimumLength: 0,
  decode(bytes, start, end, flags) {
    const causes = decodeTlvs(causeFormat, bytes, start, end);
    if (typeof causes === 'string') return causes;
    return { kind: 'ABORT', tagReflected: (flags & tagReflectedBit) !== 0, causes };
  },
  valueLength: ({ causes }) => tlvsLength(causeFormat, causes),
  flags: ({ tagReflected }) => (tagReflected ? tagReflectedBit : 0),
  encode: ({ causes }, bytes, offset) => writeTlvs(causeFormat, causes, bytes, offset),
};
