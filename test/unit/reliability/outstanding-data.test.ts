import { describe, expect, it } from 'vitest';
import { tsn } from '../../../src/base/serial.ts';
import { operationsOf } from '../../support/operations.ts';
import { chunkSize, createDestination, Sender } from './sender.ts';

describe('what was sent', () => {
  it('gets consecutive TSNs and is in flight', () => {
    const sender = new Sender().send(3);
    expect(Array.from(sender.outstanding.chunks, (chunk) => chunk.tsn)).toEqual([10, 11, 12]);
    expect(sender.outstanding.flightSize).toBe(3 * chunkSize);
    expect(sender.destination.flightSize).toBe(3 * chunkSize);
    expect([sender.outstanding.nextTsn, sender.outstanding.length, sender.outstanding.first?.tsn]).toEqual([13, 3, 10]);
  });

  it('"MUST set its internal Cumulative TSN Ack Point to the value of its transmitted Initial TSN minus one" (§5.1)', () => {
    expect(new Sender(0).outstanding.cumulativeTsnAckPoint).toBe(0xffff_ffff);
  });
});

describe('processing a received SACK (RFC 9260 §6.2.1)', () => {
  it('removes what the Cumulative TSN Ack covers', () => {
    const sender = new Sender().send(4);
    expect(sender.sack(11)).toMatchObject({
      rejected: undefined,
      cumulativeTsnAckAdvanced: true,
      bytesAcked: 2 * chunkSize,
    });
    expect(sender.acknowledged).toEqual([10, 11]);
    expect(sender.fates).toBe('..');
    expect(sender.outstanding.flightSize).toBe(2 * chunkSize);
  });

  it('keeps what Gap Ack Blocks report, no longer in flight', () => {
    const sender = new Sender().send(6);
    const outcome = sender.sack(10, '2-3 5');
    expect(sender.fates).toBe('.++.+');
    expect(outcome.bytesAcked).toBe(4 * chunkSize);
    expect(outcome.acknowledged.get(sender.destination)).toBe(4 * chunkSize);
    expect(sender.outstanding.flightSize).toBe(2 * chunkSize);
  });

  it('acknowledges each chunk once, however often it is reported', () => {
    const sender = new Sender().send(5);
    sender.sack(9, '3-4');
    expect(sender.sack(9, '2-4').bytesAcked).toBe(chunkSize);
    expect(sender.sack(9, '2-4').bytesAcked).toBe(0);
    sender.sack(14);
    expect(sender.acknowledged).toEqual([12, 13, 11, 10, 14]);
  });

  it('works across the wrap of TSNs', () => {
    const sender = new Sender(0xffff_fffe).send(5);
    sender.sack(0xffff_fffe, '2-3');
    expect(sender.fates).toBe('.++.');
    sender.sack(2);
    expect([sender.fates, sender.outstanding.isEmpty]).toEqual(['', true]);
    expect(sender.acknowledged).toEqual([0xffff_fffe, 0, 1, 0xffff_ffff, 2]);
  });

  it('i: "If Cumulative TSN Ack is less than the Cumulative TSN Ack Point, then drop the SACK chunk"', () => {
    const sender = new Sender().send(4);
    sender.sack(11);
    expect(sender.sack(10, '3').rejected).toBe('old');
    expect(sender.fates).toBe('..');
  });

  it.each([
    ['a Cumulative TSN Ack that was never sent', 14, '', 'unsent TSN'],
    ['a Cumulative TSN Ack far from anything', 0x8000_0000, '', 'unsent TSN'],
    ['a Gap Ack Block that ends behind the last TSN', 10, '2-4', 'unsent TSN'],
    ['a Gap Ack Block up to 65535', 9, '2-65535', 'unsent TSN'],
    ['a Gap Ack Block for the TSN that is declared missing', 9, '1-2', 'invalid gap ack blocks'],
    ['a Gap Ack Block at 0', 9, '0-2', 'invalid gap ack blocks'],
    ['a Gap Ack Block that ends before it starts', 9, '3-2', 'invalid gap ack blocks'],
    ['Gap Ack Blocks that overlap', 9, '2-3 3-4', 'invalid gap ack blocks'],
    ['Gap Ack Blocks out of order', 9, '4 2', 'invalid gap ack blocks'],
  ])('changes nothing for %s', (_what, cumulativeTsnAck, blocks, rejected) => {
    const sender = new Sender().send(4);
    expect(sender.sack(cumulativeTsnAck, blocks).rejected).toBe(rejected);
    expect(sender.fates).toBe('....');
    expect(sender.acknowledged).toEqual([]);
    expect(sender.outstanding.cumulativeTsnAckPoint).toBe(9);
  });

  it('takes Gap Ack Blocks that touch', () => {
    const sender = new Sender().send(4);
    sender.sack(9, '2-2 3-4');
    expect(sender.fates).toBe('.+++');
  });

  it('forgets the outcome of the SACK before', () => {
    const sender = new Sender().send(4);
    sender.sack(11);
    expect(sender.sack(11)).toMatchObject({ cumulativeTsnAckAdvanced: false, bytesAcked: 0, rejected: undefined });
    expect(sender.sack(11).acknowledged.size).toBe(0);
  });
});

describe('a Gap Ack Block that is revoked (RFC 9260 §6.2.1 D iii)', () => {
  it('puts its chunks into flight again', () => {
    const sender = new Sender().send(5);
    sender.sack(9, '2-4');
    const outcome = sender.sack(9, '4');
    expect(sender.fates).toBe('...+.');
    expect(outcome.revoked).toBe(2);
    expect(sender.destination.flightSize).toBe(4 * chunkSize);
  });

  it('"Count one miss indication towards Fast Retransmit"', () => {
    const sender = new Sender().send(8);
    sender.sack(9, '2');
    sender.sack(9, '3'); // revokes 11: the first indication for it
    sender.sack(9, '3-4');
    expect(sender.fates).toBe('!.++....');
    sender.sack(9, '3-5');
    expect(sender.fates).toBe('!!+++...');
  });

  it('does not acknowledge a chunk for the first time twice', () => {
    const sender = new Sender().send(3);
    sender.sack(9, '2');
    sender.sack(9);
    const outcome = sender.sack(9, '2');
    expect(outcome.bytesAcked).toBe(0);
    expect(outcome.acknowledged.get(sender.destination)).toBe(0);
    expect(sender.acknowledged).toEqual([11]);
    expect(sender.outstanding.flightSize).toBe(2 * chunkSize);
  });

  it('counts only "consecutive" miss indications: an acknowledgement in between begins anew', () => {
    const sender = new Sender().send(9);
    sender.sack(9, '3');
    sender.sack(9, '3-4'); // two indications for 10 and 11
    sender.sack(9, '2-4'); // the third for 10; 11 has arrived
    sender.sack(9, '3-4'); // 11 is gone again: its first indication
    expect(sender.fates).toBe('!.++.....');
    sender.sack(9, '3-5');
    expect(sender.fates).toBe('!.+++....');
    sender.sack(9, '3-6');
    expect(sender.fates).toBe('!!++++...');
  });
});

describe('the Cumulative TSN Ack of a SHUTDOWN chunk', () => {
  it('"does not contain Gap Ack Block fields" (§6.2): it revokes none', () => {
    const sender = new Sender().send(5);
    sender.sack(9, '3-4');
    const outcome = sender.outstanding.handleCumulativeTsnAck(tsn(10), 0);
    expect([outcome.bytesAcked, outcome.revoked]).toEqual([chunkSize, 0]);
    expect(sender.fates).toBe('.++.');
  });

  it('is checked like that of a SACK chunk', () => {
    const sender = new Sender().send(2);
    expect(sender.outstanding.handleCumulativeTsnAck(tsn(12), 0).rejected).toBe('unsent TSN');
    expect(sender.outstanding.handleCumulativeTsnAck(tsn(8), 0).rejected).toBe('old');
  });
});

describe('a T3-rtx that expires (RFC 9260 §6.3.3)', () => {
  it('E3: marks what is in flight to its address, and only that', () => {
    const sender = new Sender().send(2);
    const other = createDestination();
    sender.send(2, 0, other).send(1);
    sender.sack(9, '2');
    expect(sender.outstanding.markInFlightLost(sender.destination)).toBe(2);
    expect(sender.fates).toBe('!+..!');
    expect([sender.destination.flightSize, other.flightSize, sender.outstanding.flightSize]).toEqual([0, 200, 200]);
  });

  it('E3: retransmits "the earliest (i.e., lowest TSN)" first', () => {
    const sender = new Sender().send(3);
    sender.outstanding.markInFlightLost(sender.destination);
    expect(sender.retransmit()).toEqual([10, 11, 12]);
    expect(sender.fates).toBe('...');
    expect(sender.outstanding.flightSize).toBe(3 * chunkSize);
  });

  it('takes an acknowledgement of what has not been retransmitted yet', () => {
    const sender = new Sender().send(4);
    sender.outstanding.markInFlightLost(sender.destination);
    sender.sack(10, '2');
    expect(sender.fates).toBe('!+!');
    expect(sender.outstanding.flightSize).toBe(0);
    expect(sender.retransmit()).toEqual([11, 13]);
  });

  it('moves the flight to the address of the retransmission: "both the outstanding data counts […] is adjusted" (§6.4)', () => {
    const sender = new Sender().send(2);
    const other = createDestination();
    sender.outstanding.markInFlightLost(sender.destination);
    sender.retransmit(0, other);
    expect([sender.destination.flightSize, other.flightSize]).toEqual([0, 200]);
    sender.sack(11);
    expect(other.flightSize).toBe(0);
  });
});

describe('RTT measurements (RFC 9260 §6.3.1 C5)', () => {
  it('"MUST NOT be made using chunks that were retransmitted"', () => {
    const sender = new Sender().send(1, 0);
    sender.outstanding.markInFlightLost(sender.destination);
    sender.retransmit(1_000);
    sender.sack(10, '', 1_080);
    expect(sender.destination.rto.srttMs).toBeUndefined();
  });

  it('are made when the acknowledgement only comes after the timeout', () => {
    const sender = new Sender().send(1, 0);
    sender.outstanding.markInFlightLost(sender.destination);
    sender.sack(10, '', 1_080);
    expect(sender.destination.rto.srttMs).toBe(1_080);
  });

  it('go on after the timed chunk was retransmitted to another address', () => {
    const sender = new Sender().send(1, 0);
    sender.outstanding.markInFlightLost(sender.destination);
    sender.retransmit(1_000, createDestination());
    sender.send(1, 2_000);
    sender.sack(11, '', 2_080);
    expect(sender.destination.rto.srttMs).toBe(80);
  });
});

describe('the earliest outstanding TSN of an address (RFC 9260 §6.3.2 R3)', () => {
  it('is acknowledged with every advance of the Cumulative TSN Ack Point when there is one address', () => {
    const sender = new Sender().send(3);
    expect(sender.sack(9, '2').earliestAcknowledged.has(sender.destination)).toBe(false);
    expect(sender.sack(10, '').earliestAcknowledged.has(sender.destination)).toBe(true);
  });

  it('is not acknowledged by an advance over what was acknowledged before', () => {
    const sender = new Sender().send(1);
    const other = createDestination();
    sender.send(2, 0, other);
    sender.sack(9, '2');
    const { earliestAcknowledged } = sender.sack(11);
    expect([earliestAcknowledged.has(sender.destination), earliestAcknowledged.has(other)]).toEqual([true, false]);
  });

  it('may be acknowledged by a Gap Ack Block, where the hole is at another address', () => {
    const sender = new Sender().send(2);
    const other = createDestination();
    sender.send(3, 0, other);
    const isEarliest = (blocks: string): boolean[] => {
      const { earliestAcknowledged } = sender.sack(9, blocks);
      return [sender.destination, other].map((destination) => earliestAcknowledged.has(destination));
    };
    expect(isEarliest('4')).toEqual([false, false]);
    expect(isEarliest('3-4')).toEqual([false, true]);
    expect(isEarliest('3-4')).toEqual([false, false]);
    expect(isEarliest('2-4')).toEqual([false, false]);
    expect(isEarliest('2-5')).toEqual([false, true]);
  });

  it('is known for a chunk that is retransmitted (§6.1)', () => {
    const sender = new Sender().send(3);
    sender.outstanding.markInFlightLost(sender.destination);
    const first = sender.outstanding.nextRetransmission!;
    sender.outstanding.retransmit(first, sender.destination, 0);
    const second = sender.outstanding.nextRetransmission!;
    sender.outstanding.retransmit(second, sender.destination, 0);
    expect([sender.outstanding.isEarliest(first), sender.outstanding.isEarliest(second)]).toEqual([true, false]);
  });
});

describe('the cost of a SACK', () => {
  it('is that of its blocks, however many TSNs they name', () => {
    const cost = (tsns: number): number => {
      const sender = new Sender().send(tsns + 1);
      sender.sack(9, `2-${tsns + 1}`);
      expect(sender.acknowledged).toHaveLength(tsns);
      return operationsOf(() => void sender.sack(9, `2-${tsns + 1}`));
    };
    expect(cost(4_000)).toBe(cost(40));
  });

  it('is that of what changes: one more TSN with each SACK', () => {
    const cost = (tsns: number): number => {
      const sender = new Sender().send(tsns + 1);
      const operations = operationsOf(() => {
        for (let end = 2; end <= tsns + 1; end++) sender.sack(9, `2-${end}`);
      });
      expect(sender.acknowledged).toHaveLength(tsns);
      return operations / tsns;
    };
    expect(cost(3_000)).toBeLessThan(1.1 * cost(300));
  });

  it('stays so while the hole is at another address', () => {
    const cost = (tsns: number): number => {
      const sender = new Sender().send(100).send(tsns, 0, createDestination());
      const operations = operationsOf(() => {
        for (let end = 101; end <= tsns + 100; end++) sender.sack(9, `101-${end}`);
      });
      expect(sender.acknowledged).toHaveLength(tsns);
      return operations / tsns;
    };
    expect(cost(3_000)).toBeLessThan(1.1 * cost(300));
  });

  it('does not grow with the number of missing TSNs once they are marked', () => {
    const cost = (tsns: number): number => {
      const sender = new Sender().send(2 * tsns);
      for (let n = 0; n < 10; n++) sender.sack(9, `${tsns}-${tsns + n}`);
      expect(sender.fates.indexOf('+')).toBe(tsns - 1);
      const operations = operationsOf(() => {
        for (let n = 10; n < 200; n++) sender.sack(9, `${tsns}-${tsns + n}`);
      });
      expect(sender.retransmit()).toHaveLength(tsns - 1);
      return operations;
    };
    expect(cost(3_000)).toBeLessThan(1.1 * cost(300));
  });
});
