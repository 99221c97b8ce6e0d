import { Ledger } from '../../../src/base/ledger.ts';
import { distance, tsn } from '../../../src/base/serial.ts';
import { DataTracker } from '../../../src/reliability/data-tracker.ts';
import { DataReassembly } from '../../../src/streams/data-reassembly.ts';
import { ReceiveQueue } from '../../../src/streams/receive-queue.ts';
import { fragmentOf } from './fragments.ts';

/** Reassembly behind the TSNs of its peer, which begin with 10. */
export class Received {
  readonly queue: ReceiveQueue = new ReceiveQueue(new Ledger());
  #tracker: DataTracker = new DataTracker(tsn(10), { sackDelayMs: 200, sackFrequency: 2 });
  readonly reassembly: DataReassembly;

  /** `peerGivesUp`: whether the peer may give up messages. */
  constructor({ peerGivesUp = false }: { readonly peerGivesUp?: boolean } = {}) {
    this.reassembly = new DataReassembly(
      this.queue,
      (value) => this.#tracker.has(value),
      (value) => distance(value, this.#tracker.cumulativeTsn) <= 0,
      peerGivesUp,
    );
  }

  /**
   * Takes a line: a TSN and a fragment (`'11 1/U B0 text'`, stream 0 if none is named), or `-` and a point with streams and SSNs
   * (`'- 12 0:3'`). Returns what is wrong with it.
   */
  take(line: string): string | undefined {
    const [first = '', ...rest] = line.split(' ');
    if (first === '-') {
      const [point = '', ...streams] = rest;
      if (!this.#tracker.handleForwardTsn(tsn(Number(point)))) return undefined;
      const skipped = streams.map((each) => each.split(':').map(Number)) as [number, number][];
      this.reassembly.handleForwardTsn(
        tsn(Number(point)),
        skipped.map(([streamId, messageId]) => ({ streamId, unordered: false, messageId })),
      );
      return undefined;
    }
    const [, streamId = '0', text = ''] = /^(?:(\d)\/)?(.*)$/.exec(rest.join(' ')) ?? [];
    this.#tracker.handleNew(tsn(Number(first)), false);
    return this.reassembly.handleFragment(tsn(Number(first)), fragmentOf(text, Number(streamId)));
  }

  /** Reads everything that is readable, as text. */
  read(): string[] {
    const texts: string[] = [];
    for (let message = this.queue.shift(); message !== undefined; message = this.queue.shift()) {
      texts.push(Buffer.from(message.data).toString());
    }
    return texts;
  }

  /** TSNs begin with this one instead. */
  startAt(value: number): this {
    this.#tracker = new DataTracker(tsn(value), { sackDelayMs: 200, sackFrequency: 2 });
    return this;
  }
}
