import { describe, expect, it } from 'vitest';
import { Ledger } from '../../../src/base/ledger.ts';
import { tsn } from '../../../src/base/serial.ts';
import { IDataReassembly } from '../../../src/streams/i-data-reassembly.ts';
import { PartialMessage } from '../../../src/streams/partial-message.ts';
import { ReceiveQueue } from '../../../src/streams/receive-queue.ts';
import { fragmentOf } from './fragments.ts';

/** A receiver of message 0, whose pieces are known by their FSN, with a partial delivery point of 6 bytes. */
class Receiver {
  readonly queue: ReceiveQueue = new ReceiveQueue(new Ledger(), 6);
  readonly reassembly: IDataReassembly;
  /** Received with all before it. */
  cumulativeTsn = 0;
  readonly texts: string[] = [];
  #message: PartialMessage | undefined;

  constructor() {
    this.queue.partialDelivery = true;
    this.reassembly = new IDataReassembly(this.queue, (value) => value <= this.cumulativeTsn);
  }

  /** Takes a piece; the flags are `B`, `E` or none. Returns what could be read so far. */
  take(at: number, flags: string, fsn: number, text: string): string {
    this.reassembly.handleFragment(tsn(at), { ...fragmentOf(`${flags}0 ${text}`), fsn });
    const taken = this.queue.take();
    if (taken instanceof PartialMessage) this.#message = taken;
    const bytes = this.#message && this.queue.read(this.#message);
    if (bytes !== undefined) this.texts.push(Buffer.from(bytes).toString());
    return this.texts.join('');
  }
}

describe('partial delivery of I-DATA', () => {
  it('is by FSN, from the first on without a hole', () => {
    const receiver = new Receiver();
    receiver.cumulativeTsn = 9;
    expect(receiver.take(1, 'B', 0, 'aaaa')).toBe('');
    expect(receiver.take(3, '', 2, 'cccc')).toBe('');
    expect(receiver.take(2, '', 1, 'bbbb')).toBe('aaaabbbbcccc');
    expect(receiver.take(5, 'E', 4, 'eeee')).toBe('aaaabbbbcccc');
    expect(receiver.take(4, '', 3, 'dddd')).toBe('aaaabbbbccccddddeeee');
  });

  it('takes no piece twice', () => {
    const receiver = new Receiver();
    receiver.cumulativeTsn = 9;
    receiver.take(1, 'B', 0, 'aaaa');
    receiver.take(2, '', 1, 'bbbb');
    const again = { ...fragmentOf('0 xxxx'), fsn: 1 };
    expect(receiver.reassembly.handleFragment(tsn(3), again)).toBe('two fragments with one FSN');
  });

  it('waits until it is sure that nothing is missing between the first two pieces, as Linux 6.1 counts them', () => {
    const receiver = new Receiver();
    receiver.cumulativeTsn = 1;
    receiver.take(1, 'B', 0, 'aaaa');
    // TSN 2, the second piece with FSN 0, is lost: what has FSN 1 is the third.
    expect(receiver.take(3, '', 1, 'cccc')).toBe('');
    expect(receiver.take(4, '', 2, 'dddd')).toBe('');
    receiver.cumulativeTsn = 4;
    expect(receiver.take(2, '', 0, 'bbbb')).toBe('aaaabbbbccccdddd');
  });

  it('goes on when the hole that made it wait is filled by another message', () => {
    const receiver = new Receiver();
    receiver.cumulativeTsn = 1;
    receiver.take(1, 'B', 0, 'aaaa');
    expect(receiver.take(3, '', 1, 'bbbb')).toBe('');
    receiver.cumulativeTsn = 3;
    receiver.reassembly.handleFragment(tsn(2), fragmentOf('BE0 other', 5));
    expect(receiver.queue.take()).toMatchObject({ streamId: 5 });
    expect(receiver.take(4, '', 2, 'cccc')).toBe('aaaabbbbcccc');
  });
});
