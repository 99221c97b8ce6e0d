import { describe, expect, it } from 'vitest';
import { randomBytes, randomFraction, randomTag, seededRandom } from '../../../src/base/random.ts';
import type { WorkerPlace } from '../../../src/base/worker-place.ts';

describe('seeded randomness', () => {
  it('is the same for one seed and another for another', () => {
    const draw = (seed: number): number[] => {
      const random = seededRandom(seed);
      return Array.from({ length: 8 }, () => random.uint32());
    };
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });

  it('spreads over all 32 bits', () => {
    const random = seededRandom(7);
    const ones = new Array<number>(32).fill(0);
    for (let i = 0; i < 4000; i++) {
      const word = random.uint32();
      for (let bit = 0; bit < 32; bit++) ones[bit]! += (word >>> bit) & 1;
    }
    for (const count of ones) expect(Math.abs(count - 2000)).toBeLessThan(200);
  });

  it('draws fractions from [0, 1)', () => {
    const words = [0, 0x8000_0000, 0xffff_ffff];
    const random = { uint32: () => words.shift()! };
    expect(randomFraction(random)).toBe(0);
    expect(randomFraction(random)).toBe(0.5);
    expect(randomFraction(random)).toBeLessThan(1);
  });

  // RFC 9260 §3.3.3: "The Initiate Tag MUST NOT take the value 0."
  it('never draws 0 for a tag: "in the range of 1 to 4294967295" (RFC 9260 §5.1 A)', () => {
    const words = [0, 0, 5];
    expect(randomTag({ uint32: () => words.shift()! })).toBe(5);
  });

  it('draws the tags of a worker, all of them equally likely, and no other', () => {
    const draw = (place: WorkerPlace, ...words: number[]): number => {
      return randomTag({ uint32: () => words.shift()! }, place);
    };
    expect(draw({ index: 2, count: 3 }, 7)).toBe(8);
    // Neither 0 nor what lies beyond 32 bits.
    expect(draw({ index: 0, count: 3 }, 2, 5)).toBe(3);
    expect(draw({ index: 1, count: 3 }, 0xffff_ffff, 5)).toBe(4);
    const random = seededRandom(3);
    const drawn = Array.from({ length: 1_000 }, () => randomTag(random, { index: 5, count: 7 }));
    expect(new Set(drawn.map((tag) => tag % 7))).toEqual(new Set([5]));
    expect(new Set(drawn).size).toBe(1_000);
  });

  it('fills any number of bytes', () => {
    expect([0, 1, 4, 7].map((length) => randomBytes(seededRandom(1), length).length)).toEqual([0, 1, 4, 7]);
    const bytes = randomBytes({ uint32: () => 0x0403_0201 }, 6);
    expect([...bytes]).toEqual([1, 2, 3, 4, 1, 2]);
  });
});
