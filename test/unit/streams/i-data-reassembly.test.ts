import { describe, expect, it } from 'vitest';
import { Ledger } from '../../../src/base/ledger.ts';
import { mid, tsn } from '../../../src/base/serial.ts';
import type { Fragment } from '../../../src/chunks/index.ts';
import { IDataReassembly } from '../../../src/streams/i-data-reassembly.ts';
import { ReceiveQueue } from '../../../src/streams/receive-queue.ts';

interface Piece {
  readonly mid?: number;
  readonly fsn?: number;
  readonly flags?: string;
  readonly streamId?: number;
}

/** An I-DATA receiver behind its TSNs. */
class Receiver {
  readonly ledger: Ledger = new Ledger();
  readonly queue: ReceiveQueue = new ReceiveQueue(this.ledger);
  readonly reassembly: IDataReassembly = new IDataReassembly(this.queue);
  #tsn = 100;

  /** Takes a piece with the next TSN, or the one given. Flags as letters: U, B, E. Returns what is wrong with it. */
  take(
    text: string,
    { mid: messageId = 0, fsn = 0, flags = 'BE', streamId = 0 }: Piece,
    at?: number,
  ): string | undefined {
    const fragment: Fragment = {
      streamId,
      unordered: flags.includes('U'),
      beginning: flags.includes('B'),
      ending: flags.includes('E'),
      messageId: mid(messageId),
      fsn,
      ppid: 7,
      payload: new TextEncoder().encode(text),
    };
    return this.reassembly.handleFragment(tsn(at ?? this.#tsn++), fragment);
  }

  skip(messageId: number, unordered = false, streamId = 0): void {
    this.reassembly.handleForwardTsn(tsn(this.#tsn), [{ streamId, unordered, messageId: mid(messageId) }]);
  }

  read(): string[] {
    const texts: string[] = [];
    for (let message = this.queue.shift(); message; message = this.queue.shift()) {
      texts.push(new TextDecoder().decode(message.data));
    }
    return texts;
  }

  get held(): number {
    return this.queue.heldBytes;
  }
}

describe('reassembly by FSN (RFC 8260 §2.2.3)', () => {
  it('messages of several streams come in pieces, in any order', () => {
    const receiver = new Receiver();
    receiver.take('c', { flags: 'E', fsn: 2 });
    receiver.take('x', { flags: 'B', streamId: 1 });
    receiver.take('a', { flags: 'B' });
    receiver.take('y', { flags: 'E', streamId: 1, fsn: 1 });
    receiver.take('b', { flags: '', fsn: 1 });
    expect([receiver.read(), receiver.held]).toEqual([['xy', 'abc'], 0]);
  });

  it('ordered and unordered messages of a stream have MIDs of their own (§2.1)', () => {
    const receiver = new Receiver();
    receiver.take('a', { flags: 'B' });
    receiver.take('u', { flags: 'UB' });
    receiver.take('b', { flags: 'E', fsn: 1 });
    receiver.take('v', { flags: 'UE', fsn: 1 });
    expect(receiver.read()).toEqual(['ab', 'uv']);
  });

  it('order is that of the MIDs, across their wrap', () => {
    const receiver = new Receiver();
    for (const last of [0x7fff_fffe, 0xffff_fffd]) receiver.skip(last);
    const late = ['c', 'b', 'a'].map((text, n) => receiver.take(text, { mid: (0x1_0000_0000 - n) >>> 0 }));
    expect([late, receiver.read()]).toEqual([
      [undefined, undefined, undefined],
      ['a', 'b', 'c'],
    ]);
  });

  it('in TSNs across their wrap', () => {
    const receiver = new Receiver();
    receiver.take('b', { flags: 'E', fsn: 1 }, 0);
    receiver.take('a', { flags: 'B' }, 0xffff_ffff);
    expect(receiver.read()).toEqual(['ab']);
  });
});

describe('what the peer has given up (§2.3.1)', () => {
  it('is dropped; what waited for it is delivered', () => {
    const receiver = new Receiver();
    receiver.take('half', { flags: 'B' });
    receiver.take('whole', { mid: 1 });
    receiver.take('later', { mid: 3 });
    receiver.skip(1);
    expect(receiver.read()).toEqual(['whole']);
    receiver.take('next', { mid: 2 });
    expect([receiver.read(), receiver.held]).toEqual([['next', 'later'], 0]);
  });

  it('unordered leaves ordered ones alone', () => {
    const receiver = new Receiver();
    receiver.take('a', { flags: 'B' });
    receiver.take('half', { flags: 'UB' });
    receiver.skip(0, true);
    receiver.take('b', { flags: 'E', fsn: 1 });
    expect([receiver.read(), receiver.held]).toEqual([['ab'], 0]);
  });

  it('backwards changes nothing', () => {
    const receiver = new Receiver();
    for (let n = 0; n < 3; n++) receiver.take('x', { mid: n });
    receiver.skip(1);
    receiver.take('y', { mid: 3 });
    expect(receiver.read()).toEqual(['x', 'x', 'x', 'y']);
  });
});

describe('resets', () => {
  it('let MIDs begin at 0, of both kinds (§2.3.2)', () => {
    const receiver = new Receiver();
    for (const streamId of [0, 1]) receiver.take('a', { streamId });
    receiver.reassembly.resetStreams([0]);
    receiver.take('b', { streamId: 0 });
    receiver.take('c', { streamId: 1, mid: 1 });
    expect(receiver.read()).toEqual(['a', 'a', 'b', 'c']);
  });

  it('of the association drop what is not readable', () => {
    const receiver = new Receiver();
    receiver.take('a', {});
    receiver.take('half', { mid: 1, flags: 'B' });
    receiver.take('waits', { mid: 5 });
    receiver.reassembly.restart();
    receiver.take('b', {});
    expect([receiver.read(), receiver.held, receiver.ledger.bytes]).toEqual([['a', 'b'], 0, 0]);
  });
});

describe('reneging (RFC 9260 §6.2)', () => {
  it('drops pieces and messages that are not readable, and they may come again', () => {
    const receiver = new Receiver();
    receiver.take('a', { flags: 'B' }, 10);
    receiver.take('c', { flags: 'E', fsn: 2 }, 12);
    receiver.take('waits', { mid: 1 }, 13);
    const dropped: number[] = [];
    receiver.reassembly.dropAfter(tsn(11), (each) => dropped.push(each));
    expect(dropped).toEqual([12, 13]);
    receiver.take('b', { flags: '', fsn: 1 }, 11);
    receiver.take('c', { flags: 'E', fsn: 2 }, 12);
    receiver.take('waits', { mid: 1 }, 13);
    expect([receiver.read(), receiver.held]).toEqual([['abc', 'waits'], 0]);
  });
});

describe('impossible pieces', () => {
  it.each<[string, readonly Piece[]]>([
    ['two with one FSN', [{ flags: 'B' }, { flags: 'B' }]],
    [
      'one behind the last',
      [
        { flags: 'E', fsn: 2 },
        { flags: '', fsn: 3 },
      ],
    ],
    [
      'two last ones',
      [
        { flags: 'E', fsn: 2 },
        { flags: 'E', fsn: 1 },
      ],
    ],
    [
      'a last one before others',
      [
        { flags: '', fsn: 3 },
        { flags: 'E', fsn: 2 },
      ],
    ],
    ['a whole message beside pieces', [{ flags: 'B' }, { flags: 'BE' }]],
    ['a piece of a message that waits', [{ mid: 1 }, { mid: 1, flags: 'B' }]],
    ['an FSN out of reach', [{ flags: '', fsn: 0x8000_0000 }]],
  ])('%s', (_, pieces) => {
    const receiver = new Receiver();
    expect(pieces.map((piece) => receiver.take('x', piece)).at(-1)).toEqual(expect.any(String));
  });
});

describe('a peer that numbers the second fragment 0', () => {
  it.each([
    ['in order', [0, 1, 2, 3]],
    ['the second late', [0, 2, 1, 3]],
    ['backwards but for the last', [2, 1, 0, 3]],
  ])('is understood: %s', (_, order) => {
    const receiver = new Receiver();
    const pieces: [string, Piece][] = [
      ['a', { flags: 'B' }],
      ['b', { flags: '', fsn: 0 }],
      ['c', { flags: '', fsn: 1 }],
      ['d', { flags: 'E', fsn: 2 }],
    ];
    for (const n of order) expect(receiver.take(...pieces[n]!)).toBeUndefined();
    expect([receiver.read(), receiver.held]).toEqual([['abcd'], 0]);
  });
});
