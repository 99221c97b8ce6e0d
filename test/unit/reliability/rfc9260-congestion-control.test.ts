import { describe, expect, it } from 'vitest';
import type { Acknowledgement } from '../../../src/reliability/congestion-control.ts';
import { Rfc9260CongestionControl } from '../../../src/reliability/rfc9260-congestion-control.ts';

const pmdcs = 1_000;

function acknowledgement(bytesAcked: number, changes: Partial<Acknowledgement> = {}): Acknowledgement {
  return {
    bytesAcked,
    isWindowFull: true,
    isAllAcknowledged: false,
    isInFastRecovery: false,
    cumulativeTsnAckAdvanced: true,
    ...changes,
  };
}

function slowStart(): Rfc9260CongestionControl {
  return new Rfc9260CongestionControl(pmdcs, false);
}

/** cwnd 5000, ssthresh 4000: one loss at a cwnd of 4000, one acknowledgement in slow start. */
function congestionAvoidance(): Rfc9260CongestionControl {
  const congestion = slowStart();
  congestion.handleFastRetransmit();
  congestion.handleAcknowledgement(acknowledgement(pmdcs));
  expect([congestion.cwnd, congestion.ssthresh]).toEqual([5_000, 4_000]);
  return congestion;
}

describe('the initial cwnd (RFC 9260 §7.2.1)', () => {
  it.each([
    // "if the peer address is an IPv4 address"; "if the peer address is an IPv6 address"
    [1_452, false, 4_404], // 2 · PMDCS is less than 4404, 4 · PMDCS is more
    [1_452, true, 4_344],
    [1_000, false, 4_000], // 4 · PMDCS
    [1_000, true, 4_000],
    [3_000, false, 6_000], // 2 · PMDCS
    [8_952, true, 17_904],
  ])('"min(4 * PMDCS, max(2 * PMDCS, 4404))", for IPv6 4344: PMDCS %i, IPv6 %s, cwnd %i', (size, isIpv6, cwnd) => {
    expect(new Rfc9260CongestionControl(size, isIpv6).cwnd).toBe(cwnd);
  });

  it('may be given in packets (RFC 6928)', () => {
    expect(new Rfc9260CongestionControl(pmdcs, false, 10).cwnd).toBe(10_000);
  });

  it('goes with an "arbitrarily high" ssthresh', () => {
    expect(slowStart().ssthresh).toBe(Number.MAX_SAFE_INTEGER);
  });
});

describe('slow start (RFC 9260 §7.2.1)', () => {
  it('grows by "the total size of the previously outstanding DATA chunk(s) acknowledged", at most one PMDCS for two packets', () => {
    const congestion = slowStart();
    congestion.handleAcknowledgement(acknowledgement(300));
    expect(congestion.cwnd).toBe(4_300);
    congestion.handleAcknowledgement(acknowledgement(3_000));
    expect(congestion.cwnd).toBe(5_300);
    congestion.handleAcknowledgement(acknowledgement(10_000));
    expect(congestion.cwnd).toBe(10_300);
  });

  it.each<[string, Partial<Acknowledgement>]>([
    ['"only if the current congestion window is being fully utilized"', { isWindowFull: false }],
    ['only if "the data sender is not in Fast Recovery"', { isInFastRecovery: true }],
    ['only if the Cumulative TSN Ack Point moves', { cumulativeTsnAckAdvanced: false }],
  ])('grows %s', (_rule, changes) => {
    const congestion = slowStart();
    congestion.handleAcknowledgement(acknowledgement(pmdcs, changes));
    expect(congestion.cwnd).toBe(4_000);
  });

  it('is used while "cwnd is less than or equal to ssthresh"', () => {
    const congestion = slowStart();
    congestion.handleFastRetransmit();
    expect([congestion.cwnd, congestion.ssthresh]).toEqual([4_000, 4_000]);
    congestion.handleAcknowledgement(acknowledgement(pmdcs));
    expect([congestion.cwnd, congestion.partialBytesAcked]).toEqual([5_000, 0]);
    congestion.handleAcknowledgement(acknowledgement(pmdcs));
    expect([congestion.cwnd, congestion.partialBytesAcked]).toEqual([5_000, 1_000]);
  });
});

describe('congestion avoidance (RFC 9260 §7.2.2)', () => {
  it('grows by one PMDCS for each cwnd of bytes acknowledged, and keeps the rest', () => {
    const congestion = congestionAvoidance();
    const grown = [2_000, 2_000, 1_500, 2_000, 3_000].map((bytes) => {
      congestion.handleAcknowledgement(acknowledgement(bytes));
      return [congestion.cwnd, congestion.partialBytesAcked];
    });
    expect(grown).toEqual([
      [5_000, 2_000],
      [5_000, 4_000],
      [6_000, 500],
      [6_000, 2_500],
      [6_000, 5_500],
    ]);
  });

  it('with less than cwnd outstanding: "reset partial_bytes_acked to cwnd"', () => {
    const congestion = congestionAvoidance();
    congestion.handleAcknowledgement(acknowledgement(7_000, { isWindowFull: false }));
    expect([congestion.cwnd, congestion.partialBytesAcked]).toEqual([5_000, 5_000]);
  });

  it('"When all of the data transmitted by the sender has been acknowledged", partial_bytes_acked is 0', () => {
    const congestion = congestionAvoidance();
    congestion.handleAcknowledgement(acknowledgement(2_000, { isAllAcknowledged: true }));
    expect(congestion.partialBytesAcked).toBe(0);
  });

  it('does not grow in Fast Recovery', () => {
    const congestion = congestionAvoidance();
    congestion.handleAcknowledgement(acknowledgement(5_000, { isInFastRecovery: true }));
    expect(congestion.cwnd).toBe(5_000);
  });
});

describe('losses (RFC 9260 §7.2.3)', () => {
  it('from SACK chunks: "ssthresh = max(cwnd / 2, 4 * PMDCS), cwnd = ssthresh, partial_bytes_acked = 0"', () => {
    const congestion = new Rfc9260CongestionControl(pmdcs, false, 21);
    congestion.handleFastRetransmit();
    expect([congestion.ssthresh, congestion.cwnd]).toEqual([10_500, 10_500]);
    congestion.handleFastRetransmit();
    congestion.handleFastRetransmit();
    expect([congestion.ssthresh, congestion.cwnd]).toEqual([4_000, 4_000]);
  });

  it('from T3-rtx: "ssthresh = max(cwnd / 2, 4 * PMDCS), cwnd = PMDCS, partial_bytes_acked = 0"', () => {
    const congestion = congestionAvoidance();
    congestion.handleAcknowledgement(acknowledgement(2_000));
    congestion.handleRetransmissionTimeout();
    // §7.2.1: "The initial cwnd after a retransmission timeout MUST be no more than PMDCS"
    expect([congestion.ssthresh, congestion.cwnd, congestion.partialBytesAcked]).toEqual([4_000, 1_000, 0]);
  });
});

it('begins anew on another way: "reset to their initial values" (RFC 9260 §7.2.5.2)', () => {
  for (const packets of [undefined, 20]) {
    const congestion = new Rfc9260CongestionControl(pmdcs, false, packets);
    const before = [congestion.cwnd, congestion.ssthresh, congestion.partialBytesAcked];
    congestion.handleFastRetransmit();
    congestion.handleFastRetransmit();
    congestion.handleAcknowledgement(acknowledgement(pmdcs));
    congestion.handleAcknowledgement(acknowledgement(300));
    congestion.reset();
    expect([congestion.cwnd, congestion.ssthresh, congestion.partialBytesAcked]).toEqual(before);
  }
});

describe('an idle path (RFC 9260 §7.2.1)', () => {
  it('has its cwnd "adjusted to max(cwnd / 2, 4 * PMDCS) once per RTO", with ssthresh "set to the cwnd" before', () => {
    const congestion = new Rfc9260CongestionControl(pmdcs, false, 20);
    const idle = Array.from({ length: 4 }, () => {
      congestion.handleIdle();
      return [congestion.cwnd, congestion.ssthresh];
    });
    expect(idle).toEqual([
      [10_000, 20_000],
      [5_000, 20_000],
      [4_000, 20_000],
      [4_000, 20_000],
    ]);
  });

  it('never gains by idling', () => {
    const congestion = slowStart();
    congestion.handleRetransmissionTimeout();
    congestion.handleIdle();
    expect(congestion.cwnd).toBe(1_000);
  });

  it('remembers the higher ssthresh of an earlier loss', () => {
    const congestion = new Rfc9260CongestionControl(pmdcs, false, 20);
    congestion.handleRetransmissionTimeout();
    congestion.handleIdle();
    expect([congestion.cwnd, congestion.ssthresh]).toEqual([1_000, 10_000]);
  });
});
