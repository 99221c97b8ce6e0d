import { describe, expect, it } from 'vitest';
import { Ring } from '../../../src/base/ring.ts';

describe('Ring', () => {
  it('is first in, first out', () => {
    const ring = new Ring<string>();
    for (const item of ['a', 'b', 'c']) ring.push(item);
    expect([ring.shift(), ring.shift(), ring.shift(), ring.shift()]).toEqual(['a', 'b', 'c', undefined]);
  });

  it('takes an item in front of all others', () => {
    const ring = new Ring<string>();
    ring.push('b');
    ring.unshift('a');
    expect([...ring]).toEqual(['a', 'b']);
    expect(ring.peek()).toBe('a');
  });

  it('has nothing outside of its items', () => {
    const ring = new Ring<string>();
    ring.push('a');
    expect([ring.at(-1), ring.at(0), ring.at(1)]).toEqual([undefined, 'a', undefined]);
    ring.clear();
    expect([ring.length, ring.peek(), ring.at(0)]).toEqual([0, undefined, undefined]);
  });

  it('grows, is emptied, and grows again', () => {
    const ring = new Ring<number>();
    for (const size of [3, 20, 2_000, 5]) {
      for (let i = 0; i < size; i++) ring.push(i);
      expect([...ring]).toEqual(Array.from({ length: size }, (_, i) => i));
      for (let i = 0; i < size; i++) expect(ring.shift()).toBe(i);
      expect(ring.length).toBe(0);
    }
  });
});
