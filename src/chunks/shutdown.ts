import { readUint32, writeUint32 } from '../base/bytes.ts';
import { type Tsn, tsn } from '../base/serial.ts';
import { tagReflectedBit } from './abort.ts';
import { type ChunkCodec, emptyChunk, noFlags } from './chunk-codec.ts';

/**
 * Shutdown Association (RFC 9260 §3.3.8).
 *
 * ```
 * |   Type = 7    |  Chunk Flags  |          Length = 8           |
 * |                      Cumulative TSN Ack                       |
 * ```
 */
export interface ShutdownChunk {
  readonly kind: 'SHUTDOWN';
  readonly cumulativeTsnAck: Tsn;
}

/**
 * Shutdown Acknowledgement (RFC 9260 §3.3.9).
 *
 * ```
 * |   Type = 8    |  Chunk Flags  |          Length = 4           |
 * ```
 */
export interface ShutdownAckChunk {
  readonly kind: 'SHUTDOWN ACK';
}

/**
 * Shutdown Complete (RFC 9260 §3.3.13).
 *
 * ```
 * |   Type = 14   |  Reserved   |T|          Length = 4           |
 * ```
 */
export interface ShutdownCompleteChunk {
  readonly kind: 'SHUTDOWN COMPLETE';
  /** T bit: the packet bears the Verification Tag of the packet that it answers. */
  readonly tagReflected: boolean;
}

export const shutdownCodec: ChunkCodec<ShutdownChunk> = {
  type: 7,
  minimumLength: 4,
  decode: (bytes, start) => ({ kind: 'SHUTDOWN', cumulativeTsnAck: tsn(readUint32(bytes, start)) }),
  valueLength: () => 4,
  flags: noFlags,
  encode: ({ cumulativeTsnAck }, bytes, offset) => writeUint32(bytes, offset, cumulativeTsnAck),
};

export const shutdownAckCodec: ChunkCodec<ShutdownAckChunk> = emptyChunk(8, { kind: 'SHUTDOWN ACK' });

export const shutdownCompleteCodec: ChunkCodec<ShutdownCompleteChunk> = {
  type: 14,
  minimumLength: 0,
  decode: (_bytes, _start, _end, flags) => ({
    kind: 'SHUTDOWN COMPLETE',
    tagReflected: (flags & tagReflectedBit) !== 0,
  }),
  valueLength: () => 0,
  flags: ({ tagReflected }) => (tagReflected ? tagReflectedBit : 0),
  encode: () => {},
};
