import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Ring } from '../../src/base/ring.ts';

const change = fc.constantFrom('push', 'push', 'push', 'unshift', 'shift', 'shift');

describe('Ring, beside an array', () => {
  it('holds the same items in the same order', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 200 }), (changes) => {
        const ring = new Ring<number>();
        const model: number[] = [];
        changes.forEach((how, item) => {
          if (how === 'shift') expect(ring.shift()).toBe(model.shift());
          else {
            ring[how](item);
            model[how](item);
          }
          expect(ring.length).toBe(model.length);
          expect(ring.peek()).toBe(model[0]);
        });
        expect([...ring]).toEqual(model);
        expect(model.map((_, index) => ring.at(index))).toEqual(model);
      }),
    );
  });
});
