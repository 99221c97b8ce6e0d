import { describe, expect, it } from 'vitest';
import { Ring } from '../../../src/base/ring.ts';

describe('Ring', () => {
  it('is first in, first out', () => {
    const ring = new Ring<string>(2);
    for (const item of ['a', 'b', 'c']) ring.push(item);
    expect([ring.shift(), ring.shift(), ring.shift(), ring.shift()]).toEqual(['a', 'b', 'c', undefined]);
  });

  it('takes an item in front of all others', () => {
    const ring = new Ring<string>(1);
    ring.push('b');
    ring.unshift('a');
    expect([...ring]).toEqual(['a', 'b']);
    expect(ring.peek()).toBe('a');
  });

  it('has nothing outside of its items', () => {
    const ring = new Ring<string>(4);
    ring.push('a');
    expect([ring.at(-1), ring.at(0), ring.at(1)]).toEqual([undefined, 'a', undefined]);
    ring.clear();
    expect([ring.length, ring.peek(), ring.at(0)]).toEqual([0, undefined, undefined]);
  });

  it('works with any capacity to begin with', () => {
    for (const capacity of [0, 1, 3, 5]) {
      const ring = new Ring<number>(capacity);
      for (let i = 0; i < 20; i++) ring.push(i);
      expect([...ring]).toEqual(Array.from({ length: 20 }, (_, i) => i));
    }
  });
});
