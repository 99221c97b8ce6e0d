import { describe, expect, it } from 'vitest';
import { EndedTags } from '../../../src/endpoint/ended-tags.ts';

describe('EndedTags', () => {
  it('remembers a tag as long as a State Cookie that names it can be valid', () => {
    const ended = new EndedTags(1_000);
    ended.add(7, 100, 100);
    ended.add(0xffff_fff0, 900, 1_100);
    expect([ended.remembers(7), ended.remembers(0xffff_fff0), ended.remembers(8)]).toEqual([true, true, false]);
    expect(ended.hasForgotten(0)).toBe(false);
  });

  it('does not remember one whose association has outlived all of its cookies', () => {
    const ended = new EndedTags(1_000);
    ended.add(7, 100, 1_101);
    expect([ended.remembers(7), ended.size]).toEqual([false, 0]);
  });

  it('forgets them when their cookies are too old', () => {
    const ended = new EndedTags(1_000, 80);
    for (let tag = 1; tag <= 20; tag++) ended.add(tag, tag, tag);
    ended.add(99, 5_000, 5_000);
    expect([ended.remembers(1), ended.remembers(99), ended.size, ended.hasForgotten(20)]).toEqual([
      false,
      true,
      1,
      false,
    ]);
  });

  it('has a bound, and from there on takes no cookie that is as old as what it had to forget', () => {
    const ended = new EndedTags(1e9, 800);
    for (let tag = 1; tag <= 1_000; tag++) {
      ended.add(tag, tag, tag);
      expect(ended.size).toBeLessThanOrEqual(800);
      // Each tag that has ever ended is remembered, or the cookie that was made for it is not taken.
      for (const one of [1, (tag + 1) >> 1, tag]) expect(ended.remembers(one) || ended.hasForgotten(one)).toBe(true);
    }
    expect([ended.remembers(1), ended.remembers(300), ended.remembers(1_000)]).toEqual([false, true, true]);
    expect([ended.hasForgotten(200), ended.hasForgotten(300.5), ended.hasForgotten(1_000)]).toEqual([
      true,
      false,
      false,
    ]);
  });
});
