import { describe, expect, it } from 'vitest';
import { tsn } from '../../../src/base/serial.ts';
import { DataTracker } from '../../../src/reliability/data-tracker.ts';
import { operationsOf } from '../../support/operations.ts';

const sackDelayMs = 200;

/** A tracker whose peer begins with TSN 10. */
function createTracker(sackFrequency = 2, initialTsn = 10): DataTracker {
  return new DataTracker(tsn(initialTsn), { sackDelayMs, sackFrequency });
}

/** A packet with these TSNs arrives. */
function receive(tracker: DataTracker, tsns: readonly number[], now = 0, immediateAck = false): void {
  for (const value of tsns) {
    const verdict = tracker.classify(tsn(value));
    if (verdict === 'new') tracker.handleNew(tsn(value), immediateAck);
    else if (verdict === 'duplicate') tracker.handleDuplicate(tsn(value));
    else tracker.handleDropped();
  }
  tracker.handleEndOfPacket(now);
}

/** The SACK of this moment as text: `'12 gaps 2-3 dups 10'`. */
function sack(tracker: DataTracker, maxLength = 1_000): string {
  const { cumulativeTsnAck, gapAckBlocks, duplicateTsns } = tracker.takeSack(5_000, maxLength);
  const gaps = gapAckBlocks.map(({ start, end }) => ` ${start}-${end}`).join('');
  const duplicates = duplicateTsns.map((value) => ` ${value}`).join('');
  return `${cumulativeTsnAck}${gaps && ` gaps${gaps}`}${duplicates && ` dups${duplicates}`}`;
}

/** A tracker that has received and acknowledged its first DATA chunk. */
function begun(sackFrequency = 2): DataTracker {
  const tracker = createTracker(sackFrequency);
  receive(tracker, [10]);
  sack(tracker);
  return tracker;
}

describe('the TSNs received (RFC 9260 §6.2)', () => {
  it('are acknowledged up to "the latest sequential TSN […] it has received"', () => {
    const tracker = createTracker();
    expect(tracker.cumulativeTsn).toBe(9);
    receive(tracker, [10, 11, 12]);
    expect(sack(tracker)).toBe('12');
  });

  it('beyond a hole are "reported in the Gap Ack Block fields"', () => {
    const tracker = createTracker();
    receive(tracker, [10, 12, 13, 15]);
    expect([tracker.hasGaps, tracker.highestTsn]).toEqual([true, 15]);
    expect(sack(tracker)).toBe('10 gaps 2-3 5-5');
    receive(tracker, [11]);
    expect(sack(tracker)).toBe('13 gaps 2-2');
    receive(tracker, [14]);
    expect([sack(tracker), tracker.hasGaps, tracker.highestTsn]).toEqual(['15', false, 15]);
  });

  it('wrap around', () => {
    const tracker = createTracker(2, 0xffff_ffff);
    receive(tracker, [0xffff_ffff, 1]);
    expect(sack(tracker)).toBe('4294967295 gaps 2-2');
    receive(tracker, [0]);
    expect(sack(tracker)).toBe('1');
  });

  it('"duplicate TSN number(s) SHOULD be reported", each time and in one SACK only', () => {
    const tracker = createTracker();
    receive(tracker, [10, 12]);
    receive(tracker, [10, 10, 12]);
    expect(tracker.hasDuplicates).toBe(true);
    expect(sack(tracker)).toBe('10 gaps 2-2 dups 10 10 12');
    expect(sack(tracker)).toBe('10 gaps 2-2');
  });

  it('a storm of duplicates does not grow the report', () => {
    const tracker = createTracker();
    for (let i = 0; i < 10_000; i++) receive(tracker, [10]);
    expect(tracker.takeSack(0, 65_000).duplicateTsns).toHaveLength(20);
  });

  it('lie at most 65535 ahead: "Gap Ack Block" offsets have 16 bits (§3.3.4)', () => {
    const tracker = createTracker();
    expect(tracker.classify(tsn(9 + 65_535))).toBe('new');
    expect(tracker.classify(tsn(9 + 65_536))).toBe('beyond the window');
    expect(tracker.classify(tsn(9 + 0x7fff_ffff))).toBe('beyond the window');
    expect(tracker.classify(tsn(9))).toBe('duplicate');
    expect(tracker.classify(tsn(9 - 1_000_000))).toBe('duplicate');
    receive(tracker, [9 + 65_535]);
    expect(sack(tracker)).toBe('9 gaps 65535-65535');
  });

  it('that were dropped "MUST NOT [be included] in Gap Ack Blocks in subsequent SACK chunks until they are received again"', () => {
    const tracker = createTracker();
    receive(tracker, [10, 12, 13, 15]);
    tracker.handleReneged(tsn(13));
    tracker.handleReneged(tsn(15));
    expect([sack(tracker), tracker.highestTsn]).toEqual(['10 gaps 2-2', 12]);
    receive(tracker, [13]);
    expect(sack(tracker)).toBe('10 gaps 2-3');
  });
});

describe('when a SACK is due (RFC 9260 §6.2)', () => {
  it('at once after "the first DATA chunk in an association" (§5.1)', () => {
    const tracker = createTracker();
    receive(tracker, [10]);
    expect(tracker.isSackDue).toBe(true);
  });

  it('"for at least every second packet (not every second DATA chunk)"', () => {
    const tracker = begun();
    receive(tracker, [11, 12, 13]);
    expect(tracker.isSackDue).toBe(false);
    receive(tracker, [14]);
    expect(tracker.isSackDue).toBe(true);
    sack(tracker);
    receive(tracker, [15]);
    expect(tracker.isSackDue).toBe(false);
  });

  it('after as many packets as configured', () => {
    const tracker = begun(4);
    for (const value of [11, 12, 13]) receive(tracker, [value]);
    expect(tracker.isSackDue).toBe(false);
    receive(tracker, [14]);
    expect(tracker.isSackDue).toBe(true);
  });

  it('"within 200 ms of the arrival of any unacknowledged DATA chunk": the first of them counts', () => {
    const tracker = begun(4);
    receive(tracker, [11], 1_000);
    receive(tracker, [12], 1_150);
    expect(tracker.nextTimeout).toBe(1_200);
    tracker.handleTimeout(1_199);
    expect(tracker.isSackDue).toBe(false);
    tracker.handleTimeout(1_200);
    expect(tracker.isSackDue).toBe(true);
    sack(tracker);
    expect(tracker.nextTimeout).toBe(Infinity);
  });

  it('at once for a duplicate: "with no delay"', () => {
    const tracker = begun();
    receive(tracker, [10]);
    expect(tracker.isSackDue).toBe(true);
  });

  it('at once for a packet with the I bit: "SHOULD NOT delay"', () => {
    const tracker = begun();
    receive(tracker, [11], 0, true);
    expect(tracker.isSackDue).toBe(true);
    sack(tracker);
    receive(tracker, [12]);
    expect(tracker.isSackDue).toBe(false);
  });

  it('at once for a chunk that was dropped: "MUST immediately send back a SACK chunk"', () => {
    const tracker = begun();
    tracker.handleDropped();
    tracker.handleEndOfPacket(0);
    expect([tracker.isSackDue, sack(tracker)]).toEqual([true, '10']);
  });

  it('at once for each packet "that does not fill the gap" (§6.7)', () => {
    const tracker = begun();
    receive(tracker, [12]);
    expect([tracker.isSackDue, sack(tracker)]).toEqual([true, '10 gaps 2-2']);
    receive(tracker, [13]);
    expect([tracker.isSackDue, sack(tracker)]).toEqual([true, '10 gaps 2-3']);
  });

  it('at once for the packet that fills it: "SHOULD send an immediate ACK when the incoming segment fills in all or part of a gap" (RFC 5681 §4.2)', () => {
    const tracker = begun();
    receive(tracker, [12]);
    sack(tracker);
    receive(tracker, [11]);
    expect([tracker.isSackDue, sack(tracker)]).toEqual([true, '12']);
    receive(tracker, [13]);
    expect(tracker.isSackDue).toBe(false);
  });

  it('not for a packet without DATA', () => {
    const tracker = begun();
    tracker.handleEndOfPacket(0);
    expect([tracker.isSackDue, tracker.hasNews, tracker.nextTimeout]).toEqual([false, false, Infinity]);
  });

  it('"if any received DATA chunks have not been acknowledged" there is news to bundle with outgoing DATA (§6.1)', () => {
    const tracker = begun();
    receive(tracker, [11]);
    expect([tracker.isSackDue, tracker.hasNews]).toEqual([false, true]);
    sack(tracker);
    expect(tracker.hasNews).toBe(false);
  });

  it('not any more once a SHUTDOWN chunk has acknowledged everything (§9.2)', () => {
    const tracker = begun();
    receive(tracker, [11], 0);
    tracker.handleAcknowledged();
    expect([tracker.isSackDue, tracker.hasNews, tracker.nextTimeout]).toEqual([false, false, Infinity]);
  });
});

describe('the size of a SACK (RFC 9260 §6.7)', () => {
  /** 10 and every second TSN behind it, and 10 as a duplicate. */
  function fullOfHoles(): DataTracker {
    const tracker = createTracker();
    receive(tracker, [10, 12, 14, 16, 18]);
    receive(tracker, [10]);
    return tracker;
  }

  it.each([
    [1_000, '10 gaps 2-2 4-4 6-6 8-8 dups 10'],
    [36, '10 gaps 2-2 4-4 6-6 8-8 dups 10'],
    [35, '10 gaps 2-2 4-4 6-6 8-8'],
    [24, '10 gaps 2-2 4-4'],
    [19, '10'],
    [16, '10'],
  ])('is at most %i bytes: "MUST report the Gap Ack Blocks from the lowest to highest TSNs"', (maxLength, text) => {
    expect(sack(fullOfHoles(), maxLength)).toBe(text);
  });
});

describe('FORWARD TSN (RFC 3758 §3.6)', () => {
  it('"MUST further advance its cumulative TSN point locally if possible"', () => {
    const tracker = createTracker();
    receive(tracker, [10, 13, 14, 17]);
    sack(tracker);
    expect(tracker.handleForwardTsn(tsn(12))).toBe(true);
    tracker.handleEndOfPacket(0);
    expect([tracker.isSackDue, sack(tracker)]).toEqual([true, '14 gaps 3-3']);
  });

  it('may end in the middle of what has arrived', () => {
    const tracker = createTracker();
    receive(tracker, [10, 12, 13, 14]);
    expect(tracker.handleForwardTsn(tsn(13))).toBe(true);
    expect(sack(tracker)).toBe('14');
  });

  it('that is "out-of-date" changes nothing, and is answered with a SACK', () => {
    const tracker = begun();
    expect(tracker.handleForwardTsn(tsn(10))).toBe(false);
    tracker.handleEndOfPacket(0);
    expect([tracker.isSackDue, sack(tracker)]).toEqual([true, '10']);
  });

  it.each([65_535, 65_536, 2 ** 20, 2 ** 31 - 1])('is taken %i TSNs ahead', (ahead) => {
    const tracker = begun();
    expect(tracker.handleForwardTsn(tsn(10 + ahead))).toBe(true);
    tracker.handleEndOfPacket(0);
    expect(tracker.cumulativeTsn).toBe(tsn(10 + ahead));
    expect(tracker.nextTimeout).toBe(200);
  });

  it('is behind when it is 2^31 ahead', () => {
    const tracker = begun();
    expect(tracker.handleForwardTsn(tsn(10 + 2 ** 31))).toBe(false);
    tracker.handleEndOfPacket(0);
    expect([tracker.isSackDue, tracker.cumulativeTsn]).toEqual([true, 10]);
  });

  it('of before the TSNs were moved by 2^31 is old (RFC 6525 §5.2.4 G1)', () => {
    const tracker = begun();
    tracker.restartAt(tsn(11 + 2 ** 31));
    for (const old of [5, 10, 11, 500]) expect(tracker.handleForwardTsn(tsn(old))).toBe(false);
    expect(tracker.handleForwardTsn(tsn(11 + 2 ** 31 + 100_000))).toBe(true);
  });
});

describe('TSNs that begin anew (RFC 6525 §5.2.4)', () => {
  it('leave nothing of the old ones', () => {
    const tracker = createTracker();
    receive(tracker, [10, 12, 12]);
    tracker.restartAt(tsn(1_000));
    expect([tracker.isSackDue, tracker.hasGaps, tracker.hasDuplicates, sack(tracker)]).toEqual([
      false,
      false,
      false,
      '999',
    ]);
  });
});

describe('the cost of tracking', () => {
  it('is flat, however many TSNs are behind a hole', () => {
    const cost = (tsns: number): number => {
      const tracker = createTracker();
      receive(tracker, [10]);
      for (let value = 12; value < 12 + tsns; value++) receive(tracker, [value]);
      const operations = operationsOf(() => {
        receive(tracker, [12 + tsns]);
        tracker.takeSack(0, 1_000);
      });
      expect(sack(tracker)).toBe(`10 gaps 2-${tsns + 2}`);
      return operations;
    };
    expect(cost(4_000)).toBe(cost(40));
  });

  it.each([
    ['upwards', (values: number[]) => values],
    ['downwards', (values: number[]) => values.toReversed()],
    [
      'from the middle',
      (values: number[]) => [...values.slice(values.length / 2), ...values.slice(0, values.length / 2)],
    ],
  ])('grows no faster than the holes do, with every second TSN missing and filled %s', (_order, ordered) => {
    const cost = (tsns: number): number => {
      const tracker = createTracker();
      const odd = Array.from({ length: tsns / 2 }, (_, n) => 11 + 2 * n);
      const even = odd.map((value) => value - 1);
      const operations = operationsOf(() => {
        receive(tracker, odd);
        receive(tracker, ordered(even));
      });
      expect(sack(tracker)).toBe(`${9 + tsns}`);
      return operations / tsns;
    };
    // A search among the holes is logarithmic.
    expect(cost(65_000)).toBeLessThan(2.5 * cost(1_000));
  });
});
