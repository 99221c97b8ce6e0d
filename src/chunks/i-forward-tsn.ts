import { readUint16, readUint32, writeUint16, writeUint32 } from '../base/bytes.ts';
import { type Mid, mid, type Tsn, tsn } from '../base/serial.ts';
import { type ChunkCodec, noFlags } from './chunk-codec.ts';

/** The largest MID that is skipped among the ordered or the unordered messages of a stream. */
export interface SkippedMid {
  readonly streamId: number;
  readonly unordered: boolean;
  readonly mid: Mid;
}

/**
 * Forward Cumulative TSN for I-DATA (RFC 8260 §2.3.1). A stream may be named more than once.
 *
 * ```
 * |   Type = 194  | Flags = 0x00  |      Length = Variable        |
 * |                       New Cumulative TSN                      |
 * |       Stream Identifier       |          Reserved           |U|
 * |                       Message Identifier                      |
 * /                                                               /
 * ```
 */
export interface IForwardTsnChunk {
  readonly kind: 'I-FORWARD-TSN';
  readonly newCumulativeTsn: Tsn;
  readonly streams: readonly SkippedMid[];
}

const unorderedBit = 0x0001;

/**
 * RFC 8260 §2.3.1, of the Flags: "They MUST be set to 0 by the sender and MUST be ignored by the receiver."; of the Reserved
 * field: "It MUST be set to 0 by the sender and MUST be ignored by the receiver."
 */
export const iForwardTsnCodec: ChunkCodec<IForwardTsnChunk> = {
  type: 194,
  minimumLength: 4,
  decode(bytes, start, end) {
    if ((end - start - 4) % 8 !== 0) return 'part of a skipped stream';
    const streams: SkippedMid[] = [];
    for (let at = start + 4; at < end; at += 8) {
      streams.push({
        streamId: readUint16(bytes, at),
        unordered: (readUint16(bytes, at + 2) & unorderedBit) !== 0,
        mid: mid(readUint32(bytes, at + 4)),
      });
    }
    return { kind: 'I-FORWARD-TSN', newCumulativeTsn: tsn(readUint32(bytes, start)), streams };
  },
  valueLength: ({ streams }) => 4 + 8 * streams.length,
  flags: noFlags,
  encode({ newCumulativeTsn, streams }, bytes, offset) {
    writeUint32(bytes, offset, newCumulativeTsn);
    let at = offset + 4;
    for (const { streamId, unordered, mid } of streams) {
      writeUint16(bytes, at, streamId);
      writeUint16(bytes, at + 2, unordered ? unorderedBit : 0);
      writeUint32(bytes, at + 4, mid);
      at += 8;
    }
  },
};
