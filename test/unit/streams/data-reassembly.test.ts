import { describe, expect, it } from 'vitest';
import { tsn } from '../../../src/base/serial.ts';
import { entryOverhead } from '../../../src/streams/receive-queue.ts';
import { operationsOf } from '../../support/operations.ts';
import { Receiver } from './fragments.ts';

describe('ordered delivery (RFC 9260 §6.6)', () => {
  it('is "according to the order of their Stream Sequence Number"', () => {
    const receiver = new Receiver();
    receiver.take(12, 'BE2 c');
    receiver.take(11, 'BE1 b');
    expect(receiver.read()).toEqual([]);
    receiver.take(10, 'BE0 a');
    expect(receiver.read()).toEqual(['a', 'b', 'c']);
  });

  it('of one stream does not wait for another', () => {
    const receiver = new Receiver();
    receiver.take(11, 'BE1 late', 0);
    receiver.take(12, 'BE0 other', 1);
    expect(receiver.read()).toEqual(['other']);
  });

  it('goes on at 0 after Stream Sequence Number 65535 (§6.5)', () => {
    const receiver = new Receiver();
    let value = 0xffff_0000;
    for (let number = 0; number < 70_000; number++) {
      expect(receiver.take(value++ >>> 0, `BE${number % 65_536} x`)).toBeUndefined();
      receiver.queue.shift();
    }
    expect(receiver.queue.heldBytes).toBe(0);
  });

  it('waits across the wrap', () => {
    const receiver = new Receiver();
    for (let number = 0; number < 65_535; number++) receiver.take(number, `BE${number} x`);
    receiver.read();
    receiver.take(70_001, 'BE0 second');
    receiver.take(70_000, 'BE65535 first');
    expect(receiver.read()).toEqual(['first', 'second']);
  });

  it('gives each message its stream, its payload protocol identifier and its U bit', () => {
    const receiver = new Receiver();
    receiver.take(10, 'BE0 a', 7);
    receiver.take(11, 'U BE0 b', 7);
    expect(receiver.queue.shift()).toMatchObject({ streamId: 7, ppid: 51, unordered: false });
    expect(receiver.queue.shift()).toMatchObject({ streamId: 7, ppid: 51, unordered: true });
  });
});

describe('unordered delivery (RFC 9260 §6.6)', () => {
  it('"bypasses the ordering mechanism"', () => {
    const receiver = new Receiver();
    receiver.take(11, 'BE1 waits');
    receiver.take(12, 'U BE0 now');
    expect(receiver.read()).toEqual(['now']);
  });

  it('comes "after reassembly if the user data is fragmented"', () => {
    const receiver = new Receiver();
    receiver.take(13, 'U E0 c');
    receiver.take(11, 'U B0 a');
    expect(receiver.read()).toEqual([]);
    receiver.take(12, 'U 0 b');
    expect(receiver.read()).toEqual(['abc']);
  });

  it('"the receiver MUST ignore the field" Stream Sequence Number', () => {
    const receiver = new Receiver();
    receiver.take(10, 'U B7 a');
    receiver.take(11, 'U E9 b');
    receiver.take(12, 'U BE7 c');
    receiver.take(13, 'BE0 ordered');
    expect(receiver.read()).toEqual(['ab', 'c', 'ordered']);
  });
});

describe('reassembly (RFC 9260 §6.9)', () => {
  it.each([
    ['in order', [10, 11, 12, 13]],
    ['backwards', [13, 12, 11, 10]],
    ['the ends first', [10, 13, 11, 12]],
    ['the middle first', [11, 12, 10, 13]],
  ])('takes the fragments %s', (_order, order) => {
    const receiver = new Receiver();
    const fragments: Record<number, string> = { 10: 'B0 a', 11: '0 b', 12: '0 c', 13: 'E0 d' };
    for (const value of order) receiver.take(value, fragments[value]!);
    expect(receiver.read()).toEqual(['abcd']);
    expect(receiver.queue.heldBytes).toBe(0);
  });

  it('works across the wrap of TSNs', () => {
    const receiver = new Receiver();
    receiver.take(1, 'E0 d');
    receiver.take(0xffff_fffe, 'B0 a');
    receiver.take(0, '0 c');
    receiver.take(0xffff_ffff, '0 b');
    expect(receiver.read()).toEqual(['abcd']);
  });

  it('keeps messages apart that follow each other', () => {
    const receiver = new Receiver();
    receiver.take(13, 'E1 d');
    receiver.take(11, 'E0 b');
    receiver.take(12, 'B1 c');
    receiver.take(10, 'B0 a');
    expect(receiver.read()).toEqual(['ab', 'cd']);
  });

  it('keeps unordered messages apart that follow each other', () => {
    const receiver = new Receiver();
    receiver.take(13, 'U E0 d');
    receiver.take(12, 'U B0 c');
    receiver.take(11, 'U E0 b');
    receiver.take(10, 'U B0 a');
    expect(receiver.read()).toEqual(['cd', 'ab']);
  });

  it.each([
    [
      'a beginning in the middle',
      [
        [10, 'B0 a'],
        [11, 'B0 b'],
      ],
    ],
    [
      'a piece behind the end',
      [
        [10, 'E0 a'],
        [11, '0 b'],
      ],
    ],
    [
      'an end before a piece',
      [
        [11, '0 b'],
        [10, 'E0 a'],
      ],
    ],
    [
      'two messages with one SSN',
      [
        [10, 'B0 a'],
        [20, 'BE0 b'],
      ],
    ],
    [
      'two messages with one SSN, both in pieces',
      [
        [20, 'B0 a'],
        [10, 'B0 b'],
        [11, 'E0 c'],
      ],
    ],
    [
      'two messages with one SSN, both complete',
      [
        [10, 'BE3 a'],
        [20, 'BE3 b'],
      ],
    ],
    [
      'a piece of a message that is complete',
      [
        [10, 'BE3 a'],
        [20, 'B3 b'],
      ],
    ],
    [
      'an unordered beginning in the middle',
      [
        [10, 'U B0 a'],
        [11, 'U B0 b'],
      ],
    ],
  ] as const)('names %s as the violation that it is', (_what, arrivals) => {
    const receiver = new Receiver();
    const verdicts = arrivals.map(([value, text]) => receiver.take(value, text));
    expect(verdicts.pop()).toEqual(expect.any(String));
    expect(verdicts.every((verdict) => verdict === undefined)).toBe(true);
  });
});

describe('the receive buffer', () => {
  it('is charged for each entry as well as for its bytes, until the message is read', () => {
    const receiver = new Receiver();
    const charged = (): [entries: number, bytes: number] => {
      const { heldBytes } = receiver.queue;
      return [Math.floor(heldBytes / entryOverhead), heldBytes % entryOverhead];
    };
    receiver.take(10, 'B0 abc');
    expect(charged()).toEqual([1, 3]);
    receiver.take(11, '0 de');
    expect(charged()).toEqual([2, 5]);
    receiver.take(12, 'E0 f');
    expect(charged()).toEqual([1, 6]);
    expect(receiver.read()).toEqual(['abcdef']);
    expect([receiver.queue.heldBytes, receiver.ledger.bytes]).toEqual([0, 0]);
  });
});

describe('dropping what is not readable (RFC 9260 §6.2)', () => {
  it('tells the TSNs that must come again, and releases their bytes', () => {
    const receiver = new Receiver();
    receiver.take(12, 'BE1 complete');
    receiver.take(14, 'B2 piece');
    receiver.take(15, '2 piece');
    receiver.take(17, 'U 0 piece');
    expect(receiver.dropAfter(10)).toEqual([12, 14, 15, 17]);
    expect([receiver.queue.heldBytes, receiver.ledger.bytes]).toEqual([0, 0]);
  });

  it('leaves what is readable: it was "delivered to the ULP"', () => {
    const receiver = new Receiver();
    receiver.take(12, 'U BE0 unordered');
    receiver.take(13, 'BE0 other', 1);
    expect(receiver.dropAfter(10)).toEqual([]);
    expect(receiver.read()).toEqual(['unordered', 'other']);
  });

  it('leaves what has been acknowledged cumulatively', () => {
    const receiver = new Receiver();
    receiver.take(10, 'B0 a');
    receiver.take(11, '0 b');
    receiver.take(13, '0 d');
    expect(receiver.dropAfter(11)).toEqual([13]);
    receiver.take(12, '0 c');
    receiver.take(13, '0 d');
    receiver.take(14, 'E0 e');
    expect(receiver.read()).toEqual(['abcde']);
  });

  it('tells all TSNs of a message that was complete', () => {
    const receiver = new Receiver();
    receiver.take(13, '1 b');
    receiver.take(14, 'E1 c');
    receiver.take(12, 'B1 a');
    expect(receiver.dropAfter(10)).toEqual([12, 13, 14]);
  });

  it('takes everything again afterwards', () => {
    const receiver = new Receiver();
    receiver.take(12, 'BE1 b');
    receiver.take(13, 'B2 c');
    receiver.dropAfter(10);
    receiver.take(11, 'BE0 a');
    receiver.take(12, 'BE1 b');
    receiver.take(13, 'B2 c');
    receiver.take(14, 'E2 d');
    expect(receiver.read()).toEqual(['a', 'b', 'cd']);
    expect(receiver.queue.heldBytes).toBe(0);
  });
});

describe('FORWARD TSN (RFC 3758 §3.6)', () => {
  it('"MUST remove any partially reassembled message, which is still missing one or more TSNs"', () => {
    const receiver = new Receiver();
    receiver.take(10, 'B0 a');
    receiver.take(12, 'E0 c');
    receiver.take(14, 'U B0 d');
    receiver.reassembly.handleForwardTsn(tsn(15), [{ streamId: 0, unordered: false, messageId: 0 }]);
    receiver.take(16, 'BE1 next');
    expect(receiver.read()).toEqual(['next']);
    expect(receiver.queue.heldBytes).toBe(0);
  });

  it('makes available what waited for the messages that will not come', () => {
    const receiver = new Receiver();
    receiver.take(12, 'BE2 c');
    receiver.take(14, 'BE4 e');
    receiver.take(16, 'BE6 g');
    receiver.reassembly.handleForwardTsn(tsn(13), [{ streamId: 0, unordered: false, messageId: 3 }]);
    expect(receiver.read()).toEqual(['c', 'e']);
    receiver.take(15, 'BE5 f');
    expect(receiver.read()).toEqual(['f', 'g']);
  });

  it('for a Stream Sequence Number that is past changes nothing', () => {
    const receiver = new Receiver();
    receiver.take(10, 'BE0 a');
    receiver.take(11, 'BE1 b');
    receiver.reassembly.handleForwardTsn(tsn(12), [{ streamId: 0, unordered: false, messageId: 0 }]);
    receiver.take(13, 'BE2 c');
    expect(receiver.read()).toEqual(['a', 'b', 'c']);
  });

  it('leaves a message alone that begins behind it', () => {
    const receiver = new Receiver();
    receiver.take(12, 'B0 a');
    receiver.reassembly.handleForwardTsn(tsn(11), []);
    receiver.take(13, 'E0 b');
    expect(receiver.read()).toEqual(['ab']);
  });
});

describe('streams that begin anew (RFC 6525)', () => {
  it('expect Stream Sequence Number 0', () => {
    const receiver = new Receiver();
    for (const streamId of [0, 1]) receiver.take(10 + streamId, 'BE0 first', streamId);
    receiver.reassembly.resetStreams([1]);
    receiver.take(12, 'BE1 goes', 0);
    receiver.take(13, 'BE0 again', 1);
    expect(receiver.read()).toEqual(['first', 'first', 'goes', 'again']);
    receiver.reassembly.resetStreams([]);
    receiver.take(14, 'BE0 all', 0);
    expect(receiver.read()).toEqual(['all']);
  });

  it('with the association, lose what is not readable (§5.2.4)', () => {
    const receiver = new Receiver();
    receiver.take(10, 'BE0 readable');
    receiver.take(11, 'B1 piece');
    receiver.take(13, 'BE2 waits');
    receiver.reassembly.restart();
    expect(receiver.read()).toEqual(['readable']);
    expect([receiver.queue.heldBytes, receiver.ledger.bytes]).toEqual([0, 0]);
    receiver.take(1_000, 'BE0 anew');
    expect(receiver.read()).toEqual(['anew']);
  });
});

describe('the cost of reassembly', () => {
  const middle = (count: number): number[] => Array.from({ length: count - 2 }, (_, i) => i + 1);
  const odd = (count: number): number[] => middle(count).filter((value) => value % 2 === 1);
  const even = (count: number): number[] => middle(count).filter((value) => value % 2 === 0);

  it.each([
    ['in order', (count: number) => [0, ...middle(count), count - 1]],
    ['backwards', (count: number) => [count - 1, ...middle(count).toReversed(), 0]],
    ['with every second hole filled upwards', (count: number) => [...odd(count), 0, ...even(count), count - 1]],
    [
      'with every second hole filled downwards',
      (count: number) => [...odd(count), count - 1, ...even(count).toReversed(), 0],
    ],
  ])('is the same for each of many fragments and of few, %s', (_order, ordered) => {
    const cost = (count: number): number => {
      const receiver = new Receiver();
      const operations = operationsOf(() => {
        for (const value of ordered(count)) {
          const flags = value === 0 ? 'B' : value === count - 1 ? 'E' : '';
          receiver.take(value, `${flags}0 x`);
        }
      });
      expect(receiver.read()).toEqual(['x'.repeat(count)]);
      return operations / count;
    };
    // A search among the runs is logarithmic.
    expect(cost(30_000)).toBeLessThan(2.5 * cost(500));
  });
});
