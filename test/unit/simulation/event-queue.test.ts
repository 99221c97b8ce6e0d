import fc from 'fast-check';
import { expect, it } from 'vitest';
import { EventQueue } from '../../../src/simulation/event-queue.ts';

it('gives entries in the order of time, and equal times in the order of entry', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20)), (times) => {
      const queue = new EventQueue<readonly [number, number]>();
      times.forEach((at, i) => {
        queue.push(at, [at, i]);
      });
      expect(queue.length).toBe(times.length);
      const expected = times.map((at, i) => [at, i]).toSorted((a, b) => a[0]! - b[0]! || a[1]! - b[1]!);
      const actual = times.map(() => {
        const { nextAt } = queue;
        const item = queue.pop();
        expect(item?.[0]).toBe(nextAt);
        return item;
      });
      expect(actual).toEqual(expected);
      expect(queue.pop()).toBeUndefined();
      expect(queue.nextAt).toBe(Number.POSITIVE_INFINITY);
    }),
  );
});

it('stays in order while entries come and go', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.nat(50))), (steps) => {
      const queue = new EventQueue<number>();
      const model: number[] = [];
      for (const at of steps) {
        if (at !== null) {
          queue.push(at, at);
          model.push(at);
        } else {
          model.sort((a, b) => a - b);
          expect(queue.pop()).toBe(model.shift());
        }
      }
    }),
  );
});
