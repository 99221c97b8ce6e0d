import { describe, expect, it } from 'vitest';
import { Ledger } from '../../../src/base/ledger.ts';
import { Admission } from '../../../src/endpoint/admission.ts';

const outOfResource = [{ kind: 'Out of Resource' }];

describe('Admission: for "lack of local resources, it SHOULD respond with an ABORT chunk" (RFC 9260 §5.1)', () => {
  it('has no objection below the limits', () => {
    const admission = new Admission({}, new Ledger());
    expect([admission.takesInit(0), admission.objectionToAssociation(99_999)]).toEqual([true, undefined]);
  });

  it('refuses one association too many', () => {
    const admission = new Admission({ maxAssociations: 2 }, new Ledger());
    expect(admission.objectionToAssociation(1)).toBeUndefined();
    expect(admission.objectionToAssociation(2)).toEqual(outOfResource);
  });

  it('refuses while the buffers of all associations hold too much', () => {
    const ledger = new Ledger();
    const admission = new Admission({ maxBufferedBytes: 1_000 }, ledger);
    ledger.add(1_000);
    expect(admission.objectionToAssociation(0)).toEqual(outOfResource);
    ledger.subtract(1);
    expect(admission.objectionToAssociation(0)).toBeUndefined();
  });

  it('answers so many INIT chunks in a second, and saves up no more than that', () => {
    const admission = new Admission({ maxHandshakesPerSecond: 10 }, new Ledger());
    const answered = (attempts: number, now: number): number =>
      Array.from({ length: attempts }, () => admission.takesInit(now)).filter((isTaken) => isTaken).length;
    expect(answered(25, 0)).toBe(10);
    expect(answered(25, 500)).toBe(5);
    expect(answered(25, 500)).toBe(0);
    expect(answered(25, 60_000)).toBe(10);
  });

  it.each([Number.NaN, -1, Number.POSITIVE_INFINITY])('takes no limit of %s', (value) => {
    expect(() => new Admission({ maxAssociations: value }, new Ledger())).toThrow('limits.maxAssociations');
  });
});
