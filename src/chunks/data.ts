import { readUint16, readUint32, writeUint16, writeUint32 } from '../base/bytes.ts';
import { type Tsn, tsn } from '../base/serial.ts';
import type { ChunkCodec } from './chunk-codec.ts';
import { beginningBit, endingBit, type Fragment, fragmentFlags, immediateBit, unorderedBit } from './fragment.ts';

/** Bytes of a DATA chunk before its user data. */
export const dataHeaderLength = 16;

/**
 * Payload Data (RFC 9260 §3.3.1).
 *
 * ```
 * |   Type = 0    |  Res  |I|U|B|E|            Length             |
 * |                              TSN                              |
 * |      Stream Identifier S      |   Stream Sequence Number n    |
 * |                  Payload Protocol Identifier                  |
 * /                 User Data (seq n of Stream S)                 /
 * ```
 */
export interface DataChunk {
  readonly kind: 'DATA';
  readonly tsn: Tsn;
  /** I bit: the sender wants the SACK without delay. */
  readonly immediateAck: boolean;
  /** Its payload is empty where the peer broke the rule that the user data has at least one byte. */
  readonly fragment: Fragment;
}

export const dataCodec: ChunkCodec<DataChunk> = {
  type: 0,
  minimumLength: 12,
  decode(bytes, start, end, flags) {
    return {
      kind: 'DATA',
      tsn: tsn(readUint32(bytes, start)),
      immediateAck: (flags & immediateBit) !== 0,
      fragment: {
        streamId: readUint16(bytes, start + 4),
        unordered: (flags & unorderedBit) !== 0,
        beginning: (flags & beginningBit) !== 0,
        ending: (flags & endingBit) !== 0,
        messageId: readUint16(bytes, start + 6),
        fsn: 0,
        ppid: readUint32(bytes, start + 8),
        payload: bytes.subarray(start + 12, end),
      },
    };
  },
  valueLength: ({ fragment }) => 12 + fragment.payload.length,
  flags: ({ fragment, immediateAck }) => fragmentFlags(fragment, immediateAck),
  // §3.3.1: "The following format MUST be used for the DATA chunk".
  encode({ tsn, fragment }, bytes, offset) {
    writeUint32(bytes, offset, tsn);
    writeUint16(bytes, offset + 4, fragment.streamId);
    writeUint16(bytes, offset + 6, fragment.messageId);
    writeUint32(bytes, offset + 8, fragment.ppid);
    bytes.set(fragment.payload, offset + 12);
  },
};
