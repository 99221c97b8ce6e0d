import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import type { Environment } from '../base/environment.ts';
import { seededRandom } from '../base/random.ts';

/** An environment whose chance comes from a seed: for tests and simulations, never for secrets. */
export function seededEnvironment(seed: number): Environment {
  return { random: seededRandom(seed), hmac: (key, data) => hmac(sha256, key, data) };
}

/** A seed of its own for each part of a simulation, so that adding one part does not change the luck of the others. */
export function derivedSeed(seed: number, part: string): number {
  let hash = mixed(seed);
  for (let i = 0; i < part.length; i++) hash = mixed(hash ^ part.charCodeAt(i));
  return hash;
}

/** Spreads every bit over all others (the finalizer of MurmurHash3). */
function mixed(value: number): number {
  let hash = value + 0x9e3779b9;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
