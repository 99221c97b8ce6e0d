import { expect, it } from 'vitest';
import { asciiBytes } from '../../../src/base/bytes.ts';
import { derivedSeed, seededEnvironment } from '../../../src/simulation/environment.ts';

it('draws the same numbers for the same seed', () => {
  const draw = (seed: number): number[] => {
    const { random } = seededEnvironment(seed);
    return Array.from({ length: 5 }, () => random.uint32());
  };
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1)).not.toEqual(draw(2));
});

it('computes HMAC-SHA-256 (RFC 4231 §4.3)', () => {
  const tag = seededEnvironment(1).hmac(asciiBytes('Jefe'), asciiBytes('what do ya want for nothing?'));
  expect(Buffer.from(tag).toString('hex')).toBe('5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843');
});

it('derives a seed for each part', () => {
  expect(derivedSeed(1, 'a')).toBe(derivedSeed(1, 'a'));
  expect(new Set([derivedSeed(1, 'a'), derivedSeed(1, 'b'), derivedSeed(2, 'a')]).size).toBe(3);
});
