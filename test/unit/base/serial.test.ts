import { describe, expect, it } from 'vitest';
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
  tsn,
} from '../../../src/base/serial.ts';

describe('Transmission Sequence Numbers (RFC 9260 §1.6)', () => {
  it('"the next TSN a DATA chunk MUST use after transmitting TSN = 2^32 - 1 is TSN = 0"', () => {
    expect(next(tsn(0xffff_ffff))).toBe(0);
    expect(previous(tsn(0))).toBe(0xffff_ffff);
  });

  it('compares across the wrap', () => {
    expect(isAfter(tsn(2), tsn(0xffff_fffe))).toBe(true);
    expect(isBefore(tsn(0xffff_fffe), tsn(2))).toBe(true);
    expect(distance(tsn(2), tsn(0xffff_fffe))).toBe(4);
    expect(distance(tsn(0xffff_fffe), tsn(2))).toBe(-4);
  });

  it('is neither before nor after itself', () => {
    expect(isAfter(tsn(7), tsn(7))).toBe(false);
    expect(isBefore(tsn(7), tsn(7))).toBe(false);
  });

  it('holds up to 2^31 - 1 apart', () => {
    expect(isAfter(plus(tsn(5), 0x7fff_ffff), tsn(5))).toBe(true);
    expect(isAfter(plus(tsn(5), -0x7fff_ffff), tsn(5))).toBe(false);
  });

  // RFC 9260 §1.6: "all arithmetic dealing with Transmission Sequence Numbers MUST be performed modulo 2^32."
  it('is always unsigned', () => {
    expect(tsn(-1)).toBe(0xffff_ffff);
    expect(tsn(2 ** 32)).toBe(0);
    expect(plus(tsn(0x7fff_ffff), 1)).toBe(0x8000_0000);
  });
});

describe('Stream Sequence Numbers (RFC 9260 §6.5)', () => {
  it('"when the Stream Sequence Number reaches the value 65535, the next Stream Sequence Number MUST be set to 0"', () => {
    expect(nextSsn(ssn(65_534))).toBe(65_535);
    expect(nextSsn(ssn(65_535))).toBe(0);
  });

  it('compares across the wrap', () => {
    expect(ssnDistance(ssn(1), ssn(65_534))).toBe(3);
    expect(ssnDistance(ssn(65_534), ssn(1))).toBe(-3);
  });
});
