import { readUint16, readUint32, writeUint16, writeUint32 } from '../base/bytes.ts';
import { type Tsn, tsn } from '../base/serial.ts';
import { type ChunkCodec, noFlags } from './chunk-codec.ts';

/** TSNs received behind a gap, first and last, as offsets to the Cumulative TSN Ack (16 bits each). */
export interface GapAckBlock {
  readonly start: number;
  readonly end: number;
}

/**
 * Selective Acknowledgement (RFC 9260 §3.3.4). Blocks decode as they are, also in impossible order: they are judged
 * against the outstanding range.
 *
 * ```
 * |   Type = 3    |  Chunk Flags  |         Chunk Length          |
 * |                      Cumulative TSN Ack                       |
 * |          Advertised Receiver Window Credit (a_rwnd)           |
 * | Number of Gap Ack Blocks = N  |  Number of Duplicate TSNs = M |
 * |    Gap Ack Block #1 Start     |     Gap Ack Block #1 End      |
 * /                              ...                              /
 * |                        Duplicate TSN 1                        |
 * /                              ...                              /
 * ```
 */
export interface SackChunk {
  readonly kind: 'SACK';
  readonly cumulativeTsnAck: Tsn;
  /** Advertised Receiver Window Credit in bytes. */
  readonly aRwnd: number;
  readonly gapAckBlocks: readonly GapAckBlock[];
  readonly duplicateTsns: readonly Tsn[];
}

export const sackCodec: ChunkCodec<SackChunk> = {
  type: 3,
  minimumLength: 12,
  decode(bytes, start, end) {
    const duplicatesStart = start + 12 + 4 * readUint16(bytes, start + 8);
    const duplicatesEnd = duplicatesStart + 4 * readUint16(bytes, start + 10);
    if (duplicatesEnd > end) return 'more gap ack blocks or duplicate TSNs announced than present';
    const gapAckBlocks: GapAckBlock[] = [];
    for (let at = start + 12; at < duplicatesStart; at += 4) {
      gapAckBlocks.push({ start: readUint16(bytes, at), end: readUint16(bytes, at + 2) });
    }
    const duplicateTsns: Tsn[] = [];
    for (let at = duplicatesStart; at < duplicatesEnd; at += 4) duplicateTsns.push(tsn(readUint32(bytes, at)));
    return {
      kind: 'SACK',
      cumulativeTsnAck: tsn(readUint32(bytes, start)),
      aRwnd: readUint32(bytes, start + 4),
      gapAckBlocks,
      duplicateTsns,
    };
  },
  valueLength: ({ gapAckBlocks, duplicateTsns }) => 12 + 4 * (gapAckBlocks.length + duplicateTsns.length),
  flags: noFlags,
  // §3.3.4: "MUST contain the Cumulative TSN Ack, Advertised Receiver Window Credit (a_rwnd), Number of Gap Ack Blocks,
  // and Number of Duplicate TSNs fields"; "the parameter part of the SACK chunk MUST be constructed as follows".
  encode({ cumulativeTsnAck, aRwnd, gapAckBlocks, duplicateTsns }, bytes, offset) {
    writeUint32(bytes, offset, cumulativeTsnAck);
    writeUint32(bytes, offset + 4, aRwnd);
    writeUint16(bytes, offset + 8, gapAckBlocks.length);
    writeUint16(bytes, offset + 10, duplicateTsns.length);
    let at = offset + 12;
    for (const block of gapAckBlocks) {
      writeUint16(bytes, at, block.start);
      writeUint16(bytes, at + 2, block.end);
      at += 4;
    }
    for (const duplicate of duplicateTsns) {
      writeUint32(bytes, at, duplicate);
      at += 4;
    }
  },
};
