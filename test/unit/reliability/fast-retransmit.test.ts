import { describe, expect, it } from 'vitest';
import { createDestination, Sender } from './sender.ts';

describe('Fast Retransmit (RFC 9260 §7.2.4)', () => {
  it('waits "for a total of three missing reports"', () => {
    const sender = new Sender().send(6);
    expect(sender.sack(9, '2').lost.size).toBe(0);
    expect(sender.sack(9, '2-3').lost.size).toBe(0);
    expect(sender.fates).toBe('.++...');
    expect(sender.sack(9, '2-4').lost.has(sender.destination)).toBe(true);
    expect(sender.fates).toBe('!+++..');
    expect(sender.retransmit()).toEqual([10]);
  });

  it('HTNA: "miss indications are incremented only for missing TSNs prior to the HTNA in the SACK chunk"', () => {
    const sender = new Sender().send(9);
    sender.sack(9, '3'); // 10, 11: 1
    sender.sack(9, '3-4'); // 10, 11: 2
    sender.sack(9, '3-4 7'); // 10, 11: 3; 14, 15: 1
    expect(sender.fates).toBe('!!++..+..');
    sender.sack(9, '2-4 7'); // the highest that is new is 11, so 14 and 15 stay at 1
    sender.sack(9, '2-4 7-8'); // 2
    expect(sender.fates).toBe('!+++..++.');
    sender.sack(9, '2-4 7-9');
    expect(sender.fates).toBe('!+++!!+++');
  });

  it('counts nothing for a SACK that acknowledges nothing new', () => {
    const sender = new Sender().send(4);
    for (let i = 0; i < 10; i++) sender.sack(9, '2');
    expect(sender.fates).toBe('.+..');
  });

  it('counts nothing above the last TSN that was acknowledged', () => {
    const sender = new Sender().send(8);
    for (const blocks of ['2', '2-3', '2-4', '2-5']) sender.sack(9, blocks);
    expect(sender.fates).toBe('!++++...');
  });

  it('5: a chunk is "ineligible for a subsequent Fast Retransmit"', () => {
    const sender = new Sender().send(20);
    for (const blocks of ['2', '2-3', '2-4']) sender.sack(9, blocks);
    sender.outstanding.enterFastRecovery();
    sender.retransmit();
    for (let end = 5; end < 20; end++) sender.sack(9, `2-${end}`);
    expect(sender.fates).toBe(`.${'+'.repeat(18)}.`);
  });

  it('does not take what was sent before a retransmission for news of it', () => {
    const sender = new Sender().send(10);
    sender.outstanding.markInFlightLost(sender.destination);
    const first = sender.outstanding.nextRetransmission!;
    sender.outstanding.retransmit(first, sender.destination, 1_000);
    for (let end = 2; end < 8; end++) sender.sack(9, `2-${end}`);
    expect(first.fate).toBe('in flight');
  });

  it('does take what was sent after a retransmission for news of it', () => {
    const sender = new Sender().send(3);
    sender.outstanding.markInFlightLost(sender.destination);
    expect(sender.retransmit(1_000)).toEqual([10, 11, 12]);
    sender.send(3, 1_000);
    for (const blocks of ['4', '4-5', '4-6']) sender.sack(9, blocks);
    expect(sender.fates).toBe('!!!+++');
  });

  it('2: names "the destination address(es) to which the missing DATA chunks were last sent"', () => {
    const sender = new Sender().send(1);
    const other = createDestination();
    sender.send(1, 0, other).send(6);
    for (const blocks of ['3', '3-4']) sender.sack(9, blocks);
    expect(sender.sack(9, '3-5').lost.destinations).toEqual([sender.destination, other]);
    expect(sender.sack(9, '3-6').lost.destinations).toEqual([]);
  });
});

describe('Fast Recovery (RFC 9260 §7.2.4)', () => {
  /** 10 is missing for the third time, and 20 is the highest outstanding TSN: Fast Recovery begins. */
  function inFastRecovery(): Sender {
    const sender = new Sender().send(11);
    for (const blocks of ['2', '2-3', '2-4']) sender.sack(9, blocks);
    sender.outstanding.enterFastRecovery();
    sender.retransmit();
    return sender;
  }

  it('6: lasts until "a SACK chunk acknowledges all TSNs up to and including this exit point"', () => {
    const sender = inFastRecovery();
    sender.send(3);
    sender.sack(19);
    expect(sender.outstanding.isInFastRecovery).toBe(true);
    sender.sack(20);
    expect(sender.outstanding.isInFastRecovery).toBe(false);
  });

  it('ends with a SHUTDOWN chunk just as well', () => {
    const sender = inFastRecovery();
    sender.outstanding.handleCumulativeTsnAck(sender.outstanding.first!.tsn, 0);
    expect(sender.outstanding.isInFastRecovery).toBe(true);
    sender.outstanding.handleCumulativeTsnAck(Array.from(sender.outstanding.chunks).at(-1)!.tsn, 0);
    expect(sender.outstanding.isInFastRecovery).toBe(false);
  });

  it('while the Cumulative TSN Ack Point advances, counts "for all TSNs reported missing in the SACK chunk"', () => {
    const sender = inFastRecovery();
    sender.sack(9, '2-4 9'); // 14 to 17: 1
    sender.sack(13, '5'); // 10 has arrived; nothing new behind 14, yet it counts: 2
    expect(sender.fates).toBe('....+..');
    sender.sack(14, '4 6'); // 15 to 17: 3, 19 is new
    expect(sender.fates).toBe('!!!+.+');
  });

  it('is left by a timeout', () => {
    const sender = inFastRecovery();
    sender.outstanding.leaveFastRecovery();
    expect(sender.outstanding.isInFastRecovery).toBe(false);
  });
});
