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

const none: readonly never[] = [];

// (Most chunks have no block or one. An array that is grown by `push` has room for 17 from its first item on.)

function decodeBlocks(bytes: Uint8Array, start: number, end: number): readonly GapAckBlock[] {
  if (start === end) return none;
  const blocks = [decodeBlock(bytes, start)];
  for (let at = start + 4; at < end; at += 4) blocks.push(decodeBlock(bytes, at));
  return blocks;
}

function decodeBlock(bytes: Uint8Array, at: number): GapAckBlock {
  return { start: readUint16(bytes, at), end: readUint16(bytes, at + 2) };
}

function decodeDuplicates(bytes: Uint8Array, start: number, end: number): readonly Tsn[] {
  if (start === end) return none;
  const tsns: Tsn[] = [];
  for (let at = start; at < end; at += 4) tsns.push(tsn(readUint32(bytes, at)));
  return tsns;
}

export const sackCodec: ChunkCodec<SackChunk> = {
  type: 3,
  minimumLength: 12,
  decode(bytes, start, end) {
    const duplicatesStart = start + 12 + 4 * readUint16(bytes, start + 8);
    const duplicatesEnd = duplicatesStart + 4 * readUint16(bytes, start + 10);
    if (duplicatesEnd > end) return 'more gap ack blocks or duplicate TSNs announced than present';
    return {
      kind: 'SACK',
      cumulativeTsnAck: tsn(readUint32(bytes, start)),
      aRwnd: readUint32(bytes, start + 4),
      gapAckBlocks: decodeBlocks(bytes, start + 12, duplicatesStart),
      duplicateTsns: decodeDuplicates(bytes, duplicatesStart, duplicatesEnd),
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
