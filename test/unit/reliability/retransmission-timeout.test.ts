import { describe, expect, it } from 'vitest';
import { RetransmissionTimeout } from '../../../src/reliability/retransmission-timeout.ts';

const rfc = { rtoInitialMs: 1_000, rtoMinMs: 1_000, rtoMaxMs: 60_000, rtoAlpha: 1 / 8, rtoBeta: 1 / 4 };
const unbounded = { ...rfc, rtoMinMs: 1 };

describe('RTO calculation (RFC 9260 §6.3.1)', () => {
  it('C1: is RTO.Initial "Until an RTT measurement has been made"', () => {
    const rto = new RetransmissionTimeout({ ...rfc, rtoInitialMs: 3_000 });
    expect([rto.rtoMs, rto.srttMs]).toEqual([3_000, undefined]);
  });

  it('C2: "SRTT = R, RTTVAR = R/2, RTO = SRTT + 4 * RTTVAR" with the first measurement', () => {
    const rto = new RetransmissionTimeout(unbounded);
    rto.measure(100);
    expect([rto.srttMs, rto.rttvarMs, rto.rtoMs]).toEqual([100, 50, 300]);
  });

  it('C3: updates RTTVAR with the SRTT "before updating SRTT itself"', () => {
    const rto = new RetransmissionTimeout(unbounded);
    rto.measure(100);
    rto.measure(200);
    // RTTVAR = 3/4 · 50 + 1/4 · |100 − 200|, SRTT = 7/8 · 100 + 1/8 · 200
    expect([rto.rttvarMs, rto.srttMs, rto.rtoMs]).toEqual([62.5, 112.5, 362.5]);
  });

  it('C6: "if it is less than RTO.Min seconds, then it is rounded up"', () => {
    const rto = new RetransmissionTimeout(rfc);
    rto.measure(100);
    expect(rto.rtoMs).toBe(1_000);
  });

  it('C7: is never above RTO.Max, whatever was measured', () => {
    const rto = new RetransmissionTimeout(rfc);
    rto.measure(50_000);
    expect(rto.rtoMs).toBe(60_000);
    rto.measure(Number.MAX_SAFE_INTEGER);
    expect(rto.srttMs).toBeLessThanOrEqual(60_000);
  });

  it('G1: "if RTTVAR == 0, then adjust RTTVAR = G"', () => {
    const rto = new RetransmissionTimeout(unbounded);
    rto.measure(0);
    expect([rto.rttvarMs, rto.rtoMs]).toEqual([1, 4]);
  });

  it('takes a clock that stepped back for an RTT of 0', () => {
    const rto = new RetransmissionTimeout(unbounded);
    rto.measure(-5);
    expect(rto.srttMs).toBe(0);
  });
});

describe('backing off (RFC 9260 §6.3.3)', () => {
  it('E2: "set RTO = RTO * 2", up to RTO.Max', () => {
    const rto = new RetransmissionTimeout(rfc);
    const backedOff = Array.from({ length: 7 }, () => {
      rto.backOff();
      return rto.rtoMs;
    });
    expect(backedOff).toEqual([2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
  });

  it('"collapses" with the next measurement', () => {
    const rto = new RetransmissionTimeout(rfc);
    rto.measure(300);
    for (let i = 0; i < 5; i++) rto.backOff();
    rto.measure(300);
    expect(rto.rtoMs).toBe(1_000);
  });
});
