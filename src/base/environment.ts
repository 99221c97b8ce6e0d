import type { RandomSource } from './random.ts';
import type { Slab } from './slab.ts';

/** What the core needs from the outside and may not fetch by itself. */
export interface Environment {
  readonly random: RandomSource;
  /** HMAC-SHA-256 (RFC 2104) of `data` under `key`: 32 bytes. */
  hmac(key: Uint8Array, data: Uint8Array): Uint8Array;
  /** Where packets are written, for endpoints that have little to write each. Default: every endpoint has memory of its own. */
  readonly slab?: Slab | undefined;
}
