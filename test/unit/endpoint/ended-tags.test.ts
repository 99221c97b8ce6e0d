import { describe, expect, it } from 'vitest';
import { EndedTags } from '../../../src/endpoint/ended-tags.ts';

describe('EndedTags', () => {
  it('remembers a tag as long as a State Cookie that names it can be valid', () => {
    const ended = new EndedTags(1_000);
    ended.add(7, 100);
    expect([ended.has(7, 1_099), ended.has(7, 1_100), ended.has(8, 100)]).toEqual([true, false, false]);
  });

  it('begins anew with a tag that ends again', () => {
    const ended = new EndedTags(1_000);
    ended.add(7, 0);
    ended.add(7, 900);
    expect(ended.has(7, 1_500)).toBe(true);
  });

  it('has a bound: the oldest are forgotten first', () => {
    const ended = new EndedTags(1e9);
    for (let tag = 1; tag <= 20_000; tag++) ended.add(tag, tag);
    expect([ended.has(1, 20_001), ended.has(20_000 - 16_384, 20_001)]).toEqual([false, false]);
    expect([ended.has(20_000 - 16_383, 20_001), ended.has(20_000, 20_001)]).toEqual([true, true]);
  });
});
