import type { TlvCodec } from '../tlv.ts';
import { opaqueTlv, uint8ListTlv, uint16ListTlv } from '../tlv-shapes.ts';

/**
 * Random (RFC 4895 §3.1).
 *
 * ```
 * |     Parameter Type = 0x8002   |       Parameter Length        |
 * /                          Random Number                        /
 * ```
 */
export interface RandomParameter {
  readonly kind: 'Random';
  /** 32 bytes, by the rules. */
  readonly random: Uint8Array;
}

/**
 * Chunk List (RFC 4895 §3.2): the chunk types that have to be authenticated when the peer sends them.
 *
 * ```
 * |     Parameter Type = 0x8003   |       Parameter Length        |
 * | Chunk Type 1  | Chunk Type 2  | Chunk Type 3  | Chunk Type 4  |
 * ```
 */
export interface ChunkListParameter {
  readonly kind: 'Chunk List';
  readonly chunkTypes: readonly number[];
}

/**
 * Requested HMAC Algorithm (RFC 4895 §3.3), the most wanted first.
 *
 * ```
 * |     Parameter Type = 0x8004   |       Parameter Length        |
 * |          HMAC Identifier 1    |      HMAC Identifier 2        |
 * ```
 */
export interface RequestedHmacAlgorithmParameter {
  readonly kind: 'Requested HMAC Algorithm';
  /** 1 is SHA-1, 3 is SHA-256. */
  readonly hmacIds: readonly number[];
}

export const randomCodec: TlvCodec<RandomParameter> = opaqueTlv(
  0x8002,
  (random) => ({ kind: 'Random', random }),
  ({ random }) => random,
);

export const chunkListCodec: TlvCodec<ChunkListParameter> = uint8ListTlv(
  0x8003,
  (chunkTypes) => ({ kind: 'Chunk List', chunkTypes }),
  ({ chunkTypes }) => chunkTypes,
);

export const requestedHmacAlgorithmCodec: TlvCodec<RequestedHmacAlgorithmParameter> = uint16ListTlv(
  0x8004,
  (hmacIds) => ({ kind: 'Requested HMAC Algorithm', hmacIds }),
  ({ hmacIds }) => hmacIds,
);
