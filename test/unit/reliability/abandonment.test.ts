import { describe, expect, it } from 'vitest';
import { type Tsn, tsn } from '../../../src/base/serial.ts';
import { chunkSize, Sender } from './sender.ts';

/** Gives up the TSNs from `first` to `last`, but for `others`. */
function abandon(sender: Sender, first: number, last = first, others: readonly number[] = []): void {
  sender.outstanding.abandon(tsn(first), tsn(last), (cargo) => !others.includes(cargo));
}

/** The Advanced.Peer.Ack.Point, and the cargo between it and the Cumulative TSN Ack Point. */
function advance(sender: Sender, limit = Infinity): [point: Tsn, skipped: Tsn[]] {
  const skipped: Tsn[] = [];
  const point = sender.outstanding.advancePeerAckPoint((cargo) => {
    if (skipped.length >= limit) return false;
    skipped.push(cargo);
    return true;
  });
  return [point, skipped];
}

describe('an abandoned DATA chunk (RFC 3758 §3.5)', () => {
  it('A2: is treated "as being finally acked and no longer outstanding"', () => {
    const sender = new Sender().send(4);
    abandon(sender, 10, 11);
    expect(sender.fates).toBe('--..');
    expect([sender.outstanding.flightSize, sender.destination.flightSize]).toEqual([2 * chunkSize, 2 * chunkSize]);
  });

  it('is not retransmitted, even if it was to be', () => {
    const sender = new Sender().send(3);
    sender.outstanding.markInFlightLost(sender.destination);
    abandon(sender, 11);
    expect([sender.retransmit(), sender.fates]).toEqual([[10, 12], '.-.']);
  });

  it('F5: that is reported missing is a loss all the same, once, and is not sent again', () => {
    const sender = new Sender().send(6);
    abandon(sender, 10);
    expect(['2', '2-3', '2-4', '2-5'].map((blocks) => sender.sack(9, blocks).lost.size)).toEqual([0, 0, 1, 0]);
    expect([sender.fates, sender.retransmit()]).toEqual(['-++++.', []]);
    expect(sender.outstanding.flightSize).toBe(chunkSize);
  });

  it('A3: goes with all others "within that fragmented message", and only with them', () => {
    const sender = new Sender().send(5);
    abandon(sender, 10, 14, [11, 13]);
    expect(sender.fates).toBe('-.-.-');
  });

  it('A2: "MUST NOT credit" its bytes when the peer has got it all the same', () => {
    const sender = new Sender().send(3);
    abandon(sender, 11);
    expect(sender.sack(9, '2').bytesAcked).toBe(0);
    expect(sender.sack(12).bytesAcked).toBe(2 * chunkSize);
    expect(sender.acknowledged).toEqual([10, 12]);
    expect(sender.outstanding.flightSize).toBe(0);
  });

  it('is not in flight again when the peer reneges on it', () => {
    const sender = new Sender().send(3);
    sender.sack(9, '2');
    abandon(sender, 11);
    sender.sack(9);
    expect([sender.fates, sender.outstanding.flightSize]).toEqual(['.-.', 2 * chunkSize]);
  });

  it('may lie before the Cumulative TSN Ack Point in part', () => {
    const sender = new Sender().send(4);
    sender.sack(11);
    abandon(sender, 10, 12);
    expect(sender.fates).toBe('-.');
  });
});

describe('the Advanced.Peer.Ack.Point (RFC 3758 §3.5)', () => {
  it('C2: moves "up as long as the chunk next in the out-queue space is marked as abandoned"', () => {
    const sender = new Sender().send(5);
    abandon(sender, 10, 11);
    abandon(sender, 13);
    expect(advance(sender)).toEqual([11, [10, 11]]);
    expect([sender.outstanding.hasSkippable, sender.outstanding.advancedPeerAckPoint]).toEqual([true, 11]);
  });

  it('stays at the Cumulative TSN Ack Point when the next chunk is wanted', () => {
    const sender = new Sender().send(3);
    abandon(sender, 11);
    expect(advance(sender)).toEqual([9, []]);
    expect(sender.outstanding.hasSkippable).toBe(false);
  });

  it('passes over what was abandoned and has arrived', () => {
    const sender = new Sender().send(4);
    sender.sack(9, '2');
    abandon(sender, 10, 12);
    expect(sender.fates).toBe('-+-.');
    expect(advance(sender)).toEqual([12, [10, 11, 12]]);
  });

  it('C4: is lowered "to the last TSN that will fit"', () => {
    const sender = new Sender().send(5);
    abandon(sender, 10, 13);
    expect(advance(sender, 2)).toEqual([11, [10, 11]]);
  });

  it('covers what was given up before it was sent: it takes a TSN, and no bytes', () => {
    const sender = new Sender().send(2);
    sender.outstanding.skip(sender.outstanding.nextTsn, sender.destination);
    sender.send(1);
    expect([sender.fates, sender.outstanding.flightSize]).toEqual(['..-.', 3 * chunkSize]);
    abandon(sender, 10, 12);
    expect(advance(sender)).toEqual([12, [10, 11, 12]]);
    sender.sack(13);
    expect([sender.acknowledged, sender.outstanding.isEmpty]).toEqual([[13], true]);
  });
});

describe('TSNs that begin anew (RFC 6525 §5.2.4)', () => {
  it('go on from where they are told to', () => {
    const sender = new Sender().send(2);
    sender.sack(11);
    sender.outstanding.restartAt(tsn(5_000));
    sender.send(2);
    expect(sender.sack(5_000).rejected).toBeUndefined();
    expect([sender.acknowledged, sender.outstanding.lastTsn]).toEqual([[10, 11, 5_000], 5_001]);
  });
});

describe('what was given up and is acknowledged all the same', () => {
  it('says what is missing before it, as any other does', () => {
    const sender = new Sender().send(4);
    abandon(sender, 11, 13);
    for (const blocks of ['2', '2-3', '2-4']) sender.sack(9, blocks);
    expect(sender.fates).toBe('!+++');
  });

  it('measures no round trip, and does not keep the next one from being measured', () => {
    const sender = new Sender().send(1);
    abandon(sender, 10);
    sender.send(1, 100);
    sender.sack(11, '', 150);
    expect(sender.destination.rto.srttMs).toBe(50);
  });
});
