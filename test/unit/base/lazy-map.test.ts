import { describe, expect, it } from 'vitest';
import { LazyMap } from '../../../src/base/lazy-map.ts';

describe('LazyMap', () => {
  it('is an empty map before its first entry, and after it was cleared', () => {
    const map = new LazyMap<string, number>();
    const isEmpty = (): void => {
      expect([map.size, map.has('a'), map.get('a'), map.delete('a')]).toEqual([0, false, undefined, false]);
      expect([[...map], [...map.keys()], [...map.values()]]).toEqual([[], [], []]);
    };
    isEmpty();
    map.set('a', 1);
    map.clear();
    isEmpty();
  });

  it('keeps its entries in the order in which they came', () => {
    const map = new LazyMap<string, number>();
    map.set('b', 1);
    map.set('a', 2);
    map.set('b', 3);
    expect([map.size, map.has('a'), map.get('b')]).toEqual([2, true, 3]);
    expect([[...map], [...map.keys()], [...map.values()]]).toEqual([
      [
        ['b', 3],
        ['a', 2],
      ],
      ['b', 'a'],
      [3, 2],
    ]);
    expect([map.delete('b'), map.delete('b'), [...map.keys()]]).toEqual([true, false, ['a']]);
  });

  it('may lose entries while it is gone through', () => {
    const map = new LazyMap<number, number>();
    for (const key of [1, 2, 3]) map.set(key, key);
    for (const [key] of map) if (key !== 2) map.delete(key);
    expect([...map.keys()]).toEqual([2]);
  });
});
