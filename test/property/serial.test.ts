import fc from 'fast-check';
import { describe, it } from 'vitest';
import {
  distance,
  isAfter,
  isBefore,
  next,
  nextSsn,
  plus,
  previous,
  ssn,
  ssnDistance,
  type Tsn,
  tsn,
} from '../../src/base/serial.ts';

/** Anywhere, but often near the places where arithmetic breaks. */
const anyTsn: fc.Arbitrary<Tsn> = fc
  .oneof(
    fc.integer({ min: 0, max: 0xffff_ffff }),
    fc.integer({ min: -3, max: 3 }),
    fc.integer({ min: 0x7fff_fffd, max: 0x8000_0003 }),
  )
  .map(tsn);
/** RFC 1982 §3.2: what may be added. */
const addend = fc.integer({ min: 0, max: 0x7fff_ffff });

function holds(...property: Parameters<typeof fc.assert>): void {
  fc.assert(property[0], { numRuns: 500 });
}

describe('serial number arithmetic (RFC 1982)', () => {
  it('(s + n) > s for every n from 1 to 2^31 - 1', () => {
    holds(fc.property(anyTsn, addend, (s, n) => isAfter(plus(s, n), s) === n > 0));
  });

  it('a > b exactly when b < a, and never both a > b and a < b', () => {
    holds(
      fc.property(anyTsn, addend, (a, n) => {
        const b = plus(a, n);
        return isAfter(a, b) === isBefore(b, a) && !(isAfter(a, b) && isBefore(a, b));
      }),
    );
  });

  it('distance undoes plus', () => {
    holds(fc.property(anyTsn, addend, (s, n) => distance(plus(s, n), s) === n && distance(s, plus(s, n)) === (-n | 0)));
  });

  it('plus adds up, whichever way round', () => {
    holds(fc.property(anyTsn, addend, addend, (s, m, n) => plus(plus(s, m), n) === plus(plus(s, n), m)));
  });

  it('previous undoes next, and both stay within 32 bits', () => {
    holds(fc.property(anyTsn, (s) => previous(next(s)) === s && next(previous(s)) === s && next(s) >>> 0 === next(s)));
  });

  it('an SSN that is n steps further is n ahead, modulo 2^16', () => {
    holds(
      fc.property(fc.nat(0xffff), fc.nat(64), (start, steps) => {
        let number = ssn(start);
        for (let i = 0; i < steps; i++) number = nextSsn(number);
        return number === (start + steps) % 0x1_0000 && ssnDistance(number, ssn(start)) === steps;
      }),
    );
  });
});
