import type { RandomSource } from './random.ts';

/** What the core needs from the outside and may not fetch by itself. */
export interface Environment {
  readonly random: RandomSource;
  /** HMAC-SHA-256 (RFC 2104) of `data` under `key`: 32 bytes. */
  hmac(key: Uint8Array, data: Uint8Array): Uint8Array;
}
