import type { WorkerPlace } from './worker-place.ts';

/** A source of chance, always an argument: a seeded one replays a run, the machine's own is unpredictable. */
export interface RandomSource {
  /** Uniform over 0 … 2^32 − 1. */
  uint32(): number;
}

/** A small fast generator (sfc32) that is the same everywhere for the same seed. Never for secrets. */
export function seededRandom(seed: number): RandomSource {
  let a = seed | 0;
  let b = 0x9e3779b9 | 0;
  let c = 0x243f6a88 | 0;
  let counter = 1;
  const uint32 = (): number => {
    const result = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + result;
    return result >>> 0;
  };
  for (let i = 0; i < 12; i++) uint32();
  return { uint32 };
}

/** Uniform over [0, 1). */
export function randomFraction(random: RandomSource): number {
  return random.uint32() / 0x1_0000_0000;
}

const alone: WorkerPlace = { index: 0, count: 1 };

/**
 * A tag "in the range of 1 to 4294967295" (RFC 9260 §5.1 A): any of those that belong to the worker, equally likely. Of
 * its 32 bits the number of workers takes log2(count) from whoever has to guess.
 */
export function randomTag(random: RandomSource, { index, count }: WorkerPlace = alone): number {
  for (;;) {
    const word = random.uint32();
    const tag = word - (word % count) + index;
    // RFC 9260 §5.3.1: "SHOULD be selected from the range of 1 to 2^32 - 1." §3.3.3: "The Initiate Tag MUST NOT take
    // the value 0."
    if (tag !== 0 && tag <= 0xffff_ffff) return tag;
  }
}

export function randomBytes(random: RandomSource, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i += 4) {
    const word = random.uint32();
    for (let j = i; j < Math.min(i + 4, length); j++) bytes[j] = word >>> (8 * (j - i));
  }
  return bytes;
}
