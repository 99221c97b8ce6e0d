import { describe, expect, it } from 'vitest';
import { Ledger } from '../../../src/base/ledger.ts';

describe('Ledger', () => {
  it('counts for itself and for the whole', () => {
    const whole = new Ledger();
    const [a, b] = [new Ledger(whole), new Ledger(whole)];
    a.add(10);
    b.add(5);
    a.subtract(3);
    expect([a.bytes, b.bytes, whole.bytes]).toEqual([7, 5, 12]);
  });

  it('leaves the whole with all that it holds, once', () => {
    const whole = new Ledger();
    const part = new Ledger(whole);
    part.add(10);
    part.leave();
    part.leave();
    part.subtract(4);
    expect([part.bytes, whole.bytes]).toEqual([6, 0]);
  });
});
