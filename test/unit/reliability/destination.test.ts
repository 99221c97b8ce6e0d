import { describe, expect, it } from 'vitest';
import { tsn } from '../../../src/base/serial.ts';
import { createDestination } from './sender.ts';

describe('when a DATA chunk may go to an address (RFC 9260 §6.1 B)', () => {
  it('while less than cwnd is in flight: the packet that reaches it may exceed it', () => {
    const destination = createDestination();
    destination.handleSent(tsn(1), destination.congestion.cwnd - 1, false, 0);
    expect(destination.hasRoomInWindow).toBe(true);
    destination.handleSent(tsn(2), 1_000, false, 0);
    expect(destination.hasRoomInWindow).toBe(false);
  });

  it('after a timeout "only one packet is allowed to be in flight" (§7.2.1)', () => {
    const destination = createDestination();
    destination.mayHaveOnePacketOnly = true;
    expect(destination.hasRoomInWindow).toBe(true);
    destination.handleSent(tsn(1), 20, true, 0);
    expect(destination.hasRoomInWindow).toBe(false);
  });
});

describe('RTT measurements (RFC 9260 §6.3.1)', () => {
  it('C4: are made "no more than once per round trip"', () => {
    const destination = createDestination();
    destination.handleSent(tsn(1), 100, false, 0);
    destination.handleSent(tsn(2), 100, false, 50);
    destination.handleAcknowledged(tsn(2), 70);
    expect(destination.rto.srttMs).toBeUndefined();
    destination.handleAcknowledged(tsn(1), 80);
    expect(destination.rto.srttMs).toBe(80);
  });

  it('C4: begin anew with the next DATA chunk', () => {
    const destination = createDestination();
    destination.handleSent(tsn(1), 100, false, 0);
    destination.handleAcknowledged(tsn(1), 80);
    destination.handleSent(tsn(2), 100, false, 100);
    destination.handleAcknowledged(tsn(2), 180);
    expect(destination.rto.srttMs).toBe(80);
    expect(destination.rto.rttvarMs).toBe(30);
  });

  it('C5: "only […] if no DATA chunk with TSN less than or equal to r was retransmitted since"', () => {
    const destination = createDestination();
    destination.handleSent(tsn(5), 100, false, 0);
    destination.handleSent(tsn(4), 100, true, 10);
    destination.handleAcknowledged(tsn(5), 80);
    expect(destination.rto.srttMs).toBeUndefined();
  });

  it('C5: a later TSN that is retransmitted does no harm', () => {
    const destination = createDestination();
    destination.handleSent(tsn(5), 100, false, 0);
    destination.handleSent(tsn(6), 100, true, 10);
    destination.handleAcknowledged(tsn(5), 80);
    expect(destination.rto.srttMs).toBe(80);
  });
});

describe('idle time (RFC 9260 §7.2.1)', () => {
  it('counts in whole RTOs since data was last sent', () => {
    const destination = createDestination({ packets: 32 });
    destination.handleSent(tsn(1), 0, false, 0);
    destination.handleIdleTime(999);
    expect(destination.congestion.cwnd).toBe(32_000);
    destination.handleIdleTime(2_999);
    expect(destination.congestion.cwnd).toBe(8_000);
    destination.handleIdleTime(3_900);
    expect(destination.congestion.cwnd).toBe(8_000);
  });

  it('begins when what was in flight has been acknowledged, however late that is', () => {
    const destination = createDestination({ packets: 32 });
    destination.handleSent(tsn(1), 100, false, 0);
    destination.flightSize = 0;
    destination.handleFlightEnd(5_000);
    destination.handleIdleTime(5_999);
    expect(destination.congestion.cwnd).toBe(32_000);
    destination.handleIdleTime(6_000);
    expect(destination.congestion.cwnd).toBe(16_000);
  });

  it('does not count before the first data, nor while data is in flight', () => {
    const destination = createDestination({ packets: 32 });
    destination.handleIdleTime(1e6);
    destination.handleSent(tsn(1), 100, false, 1e6);
    destination.handleIdleTime(2e6);
    expect(destination.congestion.cwnd).toBe(32_000);
  });

  it('costs no more after a year than after a minute', () => {
    const destination = createDestination({ packets: 1_000 });
    destination.handleSent(tsn(1), 0, false, 0);
    let adjustments = 0;
    const { congestion } = destination;
    const handleIdle = congestion.handleIdle.bind(congestion);
    congestion.handleIdle = () => {
      adjustments++;
      handleIdle();
    };
    destination.handleIdleTime(365 * 86_400_000);
    expect(congestion.cwnd).toBe(4_000);
    expect(adjustments).toBeLessThan(12);
  });
});
