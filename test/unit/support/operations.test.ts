import { expect, it } from 'vitest';
import { equalBytesConstantTime } from '../../../src/base/bytes.ts';
import { operationsOf } from '../../support/operations.ts';

/** A loop of `src/` that goes once over `length` bytes. */
function work(length: number): () => void {
  const bytes = new Uint8Array(length);
  return () => void equalBytesConstantTime(bytes, bytes);
}

it('operations are rounds of loops, whatever the engine has compiled', () => {
  const counts = [1_000, 2_000, 100_000, 100_000].map((length) => operationsOf(work(length)));
  const [first, second, third, fourth] = counts as [number, number, number, number];
  expect(second - first).toBe(1_000);
  expect([third - first, fourth]).toEqual([99_000, third]);
});
