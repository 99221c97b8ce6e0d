import { readUint16 } from '../base/bytes.ts';
import { type ChunkCodec, noFlags } from './chunk-codec.ts';
import { encodeParameter } from './parameters/parameter.ts';
import { tlvHeaderLength, walkTlvs } from './tlv.ts';

/**
 * Heartbeat Request (RFC 9260 §3.3.5).
 *
 * ```
 * |   Type = 4    |  Chunk Flags  |       Heartbeat Length        |
 * /          Heartbeat Information TLV (Variable-Length)          /
 * ```
 */
export interface HeartbeatChunk {
  readonly kind: 'HEARTBEAT';
  /** The whole Chunk Value: the TLVs as they came, so that the answer can copy them unchanged (RFC 9260 §8.3). */
  readonly value: Uint8Array;
}

/** Heartbeat Acknowledgement (RFC 9260 §3.3.6): the value of the HEARTBEAT chunk, unchanged. */
export interface HeartbeatAckChunk {
  readonly kind: 'HEARTBEAT ACK';
  readonly value: Uint8Array;
}

export const heartbeatCodec: ChunkCodec<HeartbeatChunk> = {
  type: 4,
  minimumLength: tlvHeaderLength,
  decode: (bytes, start, end) => ({ kind: 'HEARTBEAT', value: bytes.subarray(start, end) }),
  valueLength: ({ value }) => value.length,
  flags: noFlags,
  encode: ({ value }, bytes, offset) => bytes.set(value, offset),
};

export const heartbeatAckCodec: ChunkCodec<HeartbeatAckChunk> = {
  type: 5,
  minimumLength: tlvHeaderLength,
  decode: (bytes, start, end) => ({ kind: 'HEARTBEAT ACK', value: bytes.subarray(start, end) }),
  valueLength: ({ value }) => value.length,
  flags: noFlags,
  encode: ({ value }, bytes, offset) => bytes.set(value, offset),
};

const heartbeatInfoType = 1;

/** The Sender-Specific Heartbeat Info (a view), undefined where the mandatory Heartbeat Info parameter is missing. */
export function heartbeatInfo(chunk: HeartbeatChunk | HeartbeatAckChunk): Uint8Array | undefined {
  const { value } = chunk;
  let info: Uint8Array | undefined;
  walkTlvs(value, 0, value.length, (offset, length) => {
    if (info !== undefined || readUint16(value, offset) !== heartbeatInfoType) return;
    info = value.subarray(offset + tlvHeaderLength, offset + length);
  });
  return info;
}

/** The Chunk Value of a HEARTBEAT that carries `info`. */
export function heartbeatValue(info: Uint8Array): Uint8Array {
  return encodeParameter({ kind: 'Heartbeat Info', info });
}
