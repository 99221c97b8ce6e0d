import { readUint16, writeUint16 } from '../base/bytes.ts';
import { type ChunkCodec, noFlags } from './chunk-codec.ts';

/** Where the HMAC begins within an AUTH chunk: a builder writes zeros first and the digest of them and the rest later. */
export const authHmacOffset = 8;

/**
 * Authentication (RFC 4895 §5.1).
 *
 * ```
 * | Type = 0x0F   |   Flags=0     |             Length            |
 * |    Shared Key Identifier      |        HMAC Identifier        |
 * /                             HMAC                              /
 * ```
 */
export interface AuthChunk {
  readonly kind: 'AUTH';
  readonly sharedKeyId: number;
  /** 1 is SHA-1, 3 is SHA-256. */
  readonly hmacId: number;
  readonly hmac: Uint8Array;
}

export const authCodec: ChunkCodec<AuthChunk> = {
  type: 15,
  minimumLength: 4,
  decode: (bytes, start, end) => ({
    kind: 'AUTH',
    sharedKeyId: readUint16(bytes, start),
    hmacId: readUint16(bytes, start + 2),
    hmac: bytes.subarray(start + 4, end),
  }),
  valueLength: ({ hmac }) => 4 + hmac.length,
  flags: noFlags,
  encode({ sharedKeyId, hmacId, hmac }, bytes, offset) {
    writeUint16(bytes, offset, sharedKeyId);
    writeUint16(bytes, offset + 2, hmacId);
    bytes.set(hmac, offset + 4);
  },
};
