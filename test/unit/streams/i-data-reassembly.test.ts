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
  readonly reassembly: IDataReassembly = new IDataReassembly(this.queue, (tsn) => tsn < this.missing);
  /** The first TSN that has not come, for those who lose some. */
  missing = Number.POSITIVE_INFINITY;
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

describe('reneging on messages that are whole and wait (RFC 9260 §6.2)', () => {
  const dropAfter = (receiver: Receiver, value: number): number[] => {
    const dropped: number[] = [];
    receiver.reassembly.dropAfter(tsn(value), (each) => dropped.push(each));
    return dropped;
  };

  it('tells all TSNs of each, and releases what it was charged', () => {
    const receiver = new Receiver();
    receiver.take('b', { mid: 1, flags: 'B' }, 14);
    receiver.take('c', { mid: 1, flags: '', fsn: 1 }, 12);
    receiver.take('d', { mid: 1, flags: 'E', fsn: 2 }, 17);
    receiver.take('e', { mid: 2 }, 13);
    expect(dropAfter(receiver, 10)).toEqual([14, 12, 17, 13]);
    expect([receiver.held, receiver.ledger.bytes]).toEqual([0, 0]);
    // All of it comes again, and nothing of what was dropped is in its way.
    receiver.take('a', {}, 11);
    for (const [text, fsn, flags, at] of [
      ['c', 1, '', 12],
      ['b', 0, 'B', 14],
      ['d', 2, 'E', 17],
    ] as const) {
      expect(receiver.take(text, { mid: 1, flags, fsn }, at)).toBeUndefined();
    }
    expect(receiver.take('e', { mid: 2 }, 13)).toBeUndefined();
    expect([receiver.read(), receiver.held]).toEqual([['a', 'bcd', 'e'], 0]);
  });

  it('leaves one of which a part was acknowledged cumulatively: that part would not come again', () => {
    const receiver = new Receiver();
    receiver.take('b', { mid: 1, flags: 'B' }, 11);
    receiver.take('c', { mid: 1, flags: 'E', fsn: 1 }, 13);
    receiver.take('d', { mid: 2 }, 14);
    expect(dropAfter(receiver, 12)).toEqual([14]);
    receiver.take('a', {}, 15);
    expect(receiver.read()).toEqual(['a', 'bc']);
  });

  it('leaves what is readable, and what was delivered out of order by its sender', () => {
    const receiver = new Receiver();
    receiver.take('a', {}, 12);
    receiver.take('u', { flags: 'UBE' }, 13);
    expect(dropAfter(receiver, 10)).toEqual([]);
    expect(receiver.read()).toEqual(['a', 'u']);
  });
});

describe('what comes of messages that were given up, or delivered', () => {
  it('is dropped behind the point: the rest of a message, held or later', () => {
    const receiver = new Receiver();
    receiver.take('b', { flags: '', fsn: 1 });
    receiver.skip(0);
    expect(receiver.held).toBe(0);
    expect(receiver.take('c', { flags: 'E', fsn: 2 })).toBeUndefined();
    receiver.take('u', { flags: 'UB', mid: 3 });
    receiver.skip(3, true);
    expect(receiver.take('v', { flags: 'UE', mid: 3, fsn: 1 })).toBeUndefined();
    receiver.take('next', { mid: 1 });
    receiver.take('whole', { flags: 'UBE', mid: 2 });
    expect([receiver.read(), receiver.held]).toEqual([['next', 'whole'], 0]);
  });

  it('is a violation where the message was delivered', () => {
    for (const flags of ['B', '', 'E', 'BE']) {
      const receiver = new Receiver();
      receiver.take('a', {});
      expect(receiver.take('again', { flags, fsn: 1 })).toBe('a fragment of a message that is complete');
    }
  });

  it('or is of a time that we have not heard of: the association may have been reset', () => {
    const receiver = new Receiver();
    receiver.take('a', {});
    receiver.reassembly.mayBeginAnew = true;
    expect(receiver.take('new', {})).toBeUndefined();
    receiver.read();
    expect(receiver.held).toBe(0);
  });
});

describe('a peer whose numbering is known', () => {
  it('need not be waited for: two fragments are a message', () => {
    const queue = new ReceiveQueue(new Ledger());
    const reassembly = new IDataReassembly(queue, () => false, 'RFC 8260');
    const piece = { streamId: 0, unordered: false, messageId: mid(0), ppid: 0, payload: new Uint8Array(1) };
    reassembly.handleFragment(tsn(1), { ...piece, beginning: true, ending: false, fsn: 0 });
    reassembly.handleFragment(tsn(3), { ...piece, beginning: false, ending: true, fsn: 1 });
    expect(queue.shift()?.data.length).toBe(2);
    expect(
      reassembly.handleFragment(tsn(4), { ...piece, messageId: mid(1), beginning: false, ending: false, fsn: 0 }),
    ).toBe('a second fragment with FSN 0');
  });

  it('otherwise it is waited for what may be the second of three', () => {
    const queue = new ReceiveQueue(new Ledger());
    let received = 1;
    const reassembly = new IDataReassembly(queue, (value) => value <= received);
    const piece = { streamId: 0, unordered: false, messageId: mid(0), ppid: 0, payload: new Uint8Array(1) };
    reassembly.handleFragment(tsn(1), { ...piece, beginning: true, ending: false, fsn: 0 });
    reassembly.handleFragment(tsn(3), { ...piece, beginning: false, ending: true, fsn: 1 });
    expect(queue.shift()).toBeUndefined();
    received = 3;
    reassembly.handleFragment(tsn(2), { ...piece, beginning: true, ending: true, streamId: 1, fsn: 0 });
    expect([queue.shift()?.streamId, queue.shift()?.data.length]).toEqual([1, 2]);
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
    const arrived = new Set<number>();
    for (const n of order) {
      arrived.add(n);
      receiver.missing = 100 + [0, 1, 2, 3, 4].find((each) => !arrived.has(each))!;
      expect(receiver.take(...pieces[n]!, 100 + n)).toBeUndefined();
    }
    expect([receiver.read(), receiver.held]).toEqual([['abcd'], 0]);
  });

  it('sends it right behind the first: what is there in its stead makes it impossible', () => {
    const receiver = new Receiver();
    expect(receiver.take('b', { flags: '', fsn: 0 })).toBe('FSN 0 without a first fragment before it');
    const late = new Receiver();
    late.missing = 100;
    expect(late.take('b', { flags: '', fsn: 0 }, 101)).toBeUndefined();
    late.missing = 102;
    expect(late.take('x', { mid: 1 }, 100)).toBe('FSN 0 without a first fragment before it');
  });

  it('unless what was there has been skipped', () => {
    const receiver = new Receiver();
    receiver.missing = 100;
    expect(receiver.take('b', { flags: '', fsn: 0 }, 101)).toBeUndefined();
    receiver.missing = 102;
    receiver.reassembly.handleForwardTsn(tsn(100), []);
    expect(receiver.take('x', { mid: 1 }, 102)).toBeUndefined();
  });
});
