import { readUint16, readUint32, writeUint16, writeUint32 } from '../base/bytes.ts';
import { type Ssn, ssn, type Tsn, tsn } from '../base/serial.ts';
import { type ChunkCodec, noFlags } from './chunk-codec.ts';

/** The largest SSN that is skipped in a stream. */
export interface SkippedSsn {
  readonly streamId: number;
  readonly ssn: Ssn;
}

/**
 * Forward Cumulative TSN (RFC 3758 §3.2). A stream may be named more than once.
 *
 * ```
 * |   Type = 192  |  Flags = 0x00 |        Length = Variable      |
 * |                      New Cumulative TSN                       |
 * |         Stream-1              |       Stream Sequence-1       |
 * /                                                               /
 * |         Stream-N              |       Stream Sequence-N       |
 * ```
 */
export interface ForwardTsnChunk {
  readonly kind: 'FORWARD-TSN';
  readonly newCumulativeTsn: Tsn;
  readonly streams: readonly SkippedSsn[];
}

export const forwardTsnCodec: ChunkCodec<ForwardTsnChunk> = {
  type: 192,
  minimumLength: 4,
  decode(bytes, start, end) {
    if ((end - start) % 4 !== 0) return 'part of a skipped stream';
    const streams: SkippedSsn[] = [];
    for (let at = start + 4; at < end; at += 4) {
      streams.push({ streamId: readUint16(bytes, at), ssn: ssn(readUint16(bytes, at + 2)) });
    }
    return { kind: 'FORWARD-TSN', newCumulativeTsn: tsn(readUint32(bytes, start)), streams };
  },
  valueLength: ({ streams }) => 4 + 4 * streams.length,
  flags: noFlags,
  encode({ newCumulativeTsn, streams }, bytes, offset) {
    writeUint32(bytes, offset, newCumulativeTsn);
    let at = offset + 4;
    for (const { streamId, ssn } of streams) {
      writeUint16(bytes, at, streamId);
      writeUint16(bytes, at + 2, ssn);
      at += 4;
    }
  },
};
