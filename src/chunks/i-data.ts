import { readUint16, readUint32, writeUint16, writeUint32 } from '../base/bytes.ts';
import { type Tsn, tsn } from '../base/serial.ts';
import type { ChunkCodec } from './chunk-codec.ts';
import { beginningBit, endingBit, type Fragment, fragmentFlags, immediateBit, unorderedBit } from './fragment.ts';

/** Bytes of an I-DATA chunk before its user data. */
export const iDataHeaderLength = 20;

/**
 * Payload Data supporting Interleaving (RFC 8260 §2.1).
 *
 * ```
 * |   Type = 64   |  Res  |I|U|B|E|       Length = Variable       |
 * |                              TSN                              |
 * |        Stream Identifier      |           Reserved            |
 * |                      Message Identifier                       |
 * |    Payload Protocol Identifier / Fragment Sequence Number     |
 * /                           User Data                           /
 * ```
 */
export interface IDataChunk {
  readonly kind: 'I-DATA';
  readonly tsn: Tsn;
  /** I bit: the sender wants the SACK without delay. */
  readonly immediateAck: boolean;
  /** Its payload is empty where the peer broke the rule that the user data has at least one byte. */
  readonly fragment: Fragment;
}

/**
 * RFC 8260 §2.1, of the Res bits: "They MUST be set to 0 by the sender and MUST be ignored by the receiver."; of the Reserved
 * field: "It MUST be set to 0 by the sender and MUST be ignored by the receiver."
 */
export const iDataCodec: ChunkCodec<IDataChunk> = {
  type: 64,
  minimumLength: 16,
  decode(bytes, start, end, flags) {
    const beginning = (flags & beginningBit) !== 0;
    // RFC 8260 §2.1: "If the B bit is set, this field contains the PPID […] the FSN is implicitly considered to be 0."
    const ppidOrFsn = readUint32(bytes, start + 12);
    return {
      kind: 'I-DATA',
      tsn: tsn(readUint32(bytes, start)),
      immediateAck: (flags & immediateBit) !== 0,
      fragment: {
        streamId: readUint16(bytes, start + 4),
        unordered: (flags & unorderedBit) !== 0,
        beginning,
        ending: (flags & endingBit) !== 0,
        messageId: readUint32(bytes, start + 8),
        fsn: beginning ? 0 : ppidOrFsn,
        ppid: beginning ? ppidOrFsn : 0,
        payload: bytes.subarray(start + 16, end),
      },
    };
  },
  valueLength: ({ fragment }) => 16 + fragment.payload.length,
  flags: ({ fragment, immediateAck }) => fragmentFlags(fragment, immediateAck),
  encode({ tsn, fragment }, bytes, offset) {
    writeUint32(bytes, offset, tsn);
    writeUint16(bytes, offset + 4, fragment.streamId);
    writeUint16(bytes, offset + 6, 0);
    writeUint32(bytes, offset + 8, fragment.messageId);
    writeUint32(bytes, offset + 12, fragment.beginning ? fragment.ppid : fragment.fsn);
    bytes.set(fragment.payload, offset + 16);
  },
};
