import { describe, expect, it } from 'vitest';
import { TurnoverMap } from '../../../src/base/turnover-map.ts';

describe('TurnoverMap', () => {
  it('is a map', () => {
    const map = new TurnoverMap<string, number[]>();
    map.set('b', [1]);
    map.set('a', [2]);
    map.set('b', [3]);
    expect([map.size, map.has('a'), map.get('a'), map.get('b'), [...map.values()]]).toEqual([
      2,
      true,
      [2],
      [3],
      [[3], [2]],
    ]);
    map.delete('b');
    map.delete('c');
    expect([map.size, map.has('b'), map.get('b'), [...map.values()]]).toEqual([1, false, undefined, [[2]]]);
    map.set('b', [4]);
    expect([...map.values()]).toEqual([[2], [4]]);
  });
});
