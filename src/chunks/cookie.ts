import { type ChunkCodec, emptyChunk, noFlags } from './chunk-codec.ts';

/**
 * Cookie Echo (RFC 9260 §3.3.11): the value of the State Cookie parameter, exactly.
 *
 * ```
 * |   Type = 10   |  Chunk Flags  |            Length             |
 * /                            Cookie                             /
 * ```
 */
export interface CookieEchoChunk {
  readonly kind: 'COOKIE ECHO';
  readonly cookie: Uint8Array;
}

/**
 * Cookie Acknowledgement (RFC 9260 §3.3.12).
 *
 * ```
 * |   Type = 11   |  Chunk Flags  |          Length = 4           |
 * ```
 */
export interface CookieAckChunk {
  readonly kind: 'COOKIE ACK';
}

export const cookieEchoCodec: ChunkCodec<CookieEchoChunk> = {
  type: 10,
  minimumLength: 0,
  decode: (bytes, start, end) => ({ kind: 'COOKIE ECHO', cookie: bytes.subarray(start, end) }),
  valueLength: ({ cookie }) => cookie.length,
  flags: noFlags,
  encode: ({ cookie }, bytes, offset) => bytes.set(cookie, offset),
};

export const cookieAckCodec: ChunkCodec<CookieAckChunk> = emptyChunk(11, { kind: 'COOKIE ACK' });
