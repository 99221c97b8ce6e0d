import { describe, expect, it } from 'vitest';
import { LazySet } from '../../../src/base/lazy-set.ts';

describe('LazySet', () => {
  it('is an empty set before its first item, and after it was cleared', () => {
    const set = new LazySet<string>();
    expect([set.size, set.has('a'), set.delete('a'), [...set]]).toEqual([0, false, false, []]);
    set.add('a');
    set.clear();
    expect([set.size, set.has('a'), set.delete('a'), [...set]]).toEqual([0, false, false, []]);
  });

  it('keeps each item once, in the order in which they came', () => {
    const set = new LazySet<string>();
    for (const item of ['b', 'a', 'b']) set.add(item);
    expect([set.size, set.has('a'), [...set]]).toEqual([2, true, ['b', 'a']]);
    expect([set.delete('b'), set.delete('b'), [...set]]).toEqual([true, false, ['a']]);
  });
});
