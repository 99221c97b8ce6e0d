import { Ledger } from '../../../src/base/ledger.ts';
import { tsn } from '../../../src/base/serial.ts';
import type { Fragment } from '../../../src/chunks/index.ts';
import { DataReassembly } from '../../../src/streams/data-reassembly.ts';
import { ReceiveQueue } from '../../../src/streams/receive-queue.ts';

/**
 * A fragment in few words: `'B1 ab'` begins the ordered message with SSN 1, `'BE1 abcd'` is all of it, `'U E0 d'` ends an
 * unordered one.
 */
export function fragmentOf(text: string, streamId = 0): Fragment {
  const [, unordered, flags = '', number, payload = ''] = /^(U )?(B?E?)(\d+) (\w+)$/.exec(text) ?? [];
  return {
    streamId,
    unordered: unordered !== undefined,
    beginning: flags.includes('B'),
    ending: flags.includes('E'),
    messageId: Number(number),
    fsn: 0,
    ppid: 51,
    payload: new Uint8Array(Buffer.from(payload)),
  };
}

/** Reassembly of one association, and the reader of its messages. */
export class Receiver {
  readonly ledger: Ledger = new Ledger();
  readonly queue: ReceiveQueue = new ReceiveQueue(this.ledger);
  readonly reassembly: DataReassembly = new DataReassembly(this.queue);

  /** Takes a fragment; returns what is wrong with it. */
  take(tsnValue: number, text: string, streamId = 0): string | undefined {
    return this.reassembly.handleFragment(tsn(tsnValue), fragmentOf(text, streamId));
  }

  /** Reads everything that is readable, as text. */
  read(): string[] {
    const texts: string[] = [];
    for (let message = this.queue.shift(); message !== undefined; message = this.queue.shift()) {
      texts.push(Buffer.from(message.data).toString());
    }
    return texts;
  }

  /** Drops what was received after a TSN; returns the TSNs that are to come again. */
  dropAfter(tsnValue: number): number[] {
    const dropped: number[] = [];
    this.reassembly.dropAfter(tsn(tsnValue), (value) => dropped.push(value));
    return dropped.sort((a, b) => a - b);
  }
}
