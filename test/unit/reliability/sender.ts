import { type Tsn, tsn } from '../../../src/base/serial.ts';
import type { GapAckBlock } from '../../../src/chunks/index.ts';
import { Destination } from '../../../src/reliability/destination.ts';
import type { SackOutcome } from '../../../src/reliability/outstanding-chunk.ts';
import { OutstandingData } from '../../../src/reliability/outstanding-data.ts';
import { RetransmissionTimeout } from '../../../src/reliability/retransmission-timeout.ts';
import { Rfc9260CongestionControl } from '../../../src/reliability/rfc9260-congestion-control.ts';

export const chunkSize = 100;

/** A destination with a PMDCS of 1000 and, unless told otherwise, the cwnd of the RFC. */
export function createDestination({ packets }: { packets?: number } = {}): Destination {
  return new Destination(
    new Rfc9260CongestionControl(1_000, false, packets),
    new RetransmissionTimeout({ rtoInitialMs: 1_000, rtoMinMs: 1, rtoMaxMs: 60_000, rtoAlpha: 1 / 8, rtoBeta: 1 / 4 }),
  );
}

/** `'2-3 5'` is the Gap Ack Blocks 2 to 3 and 5 to 5. */
export function blocksOf(text: string): GapAckBlock[] {
  return text
    .split(' ')
    .filter(Boolean)
    .map((part) => {
      const [start = 0, end = start] = part.split('-').map(Number);
      return { start, end };
    });
}

/** The sender's view of one association. TSNs begin at 10, each chunk has `chunkSize` bytes, its cargo is its TSN. */
export class Sender {
  readonly destination: Destination = createDestination();
  /** TSNs in the order in which they were acknowledged. */
  readonly acknowledged: number[] = [];
  readonly outstanding: OutstandingData<Tsn, Destination>;

  constructor(initialTsn = 10) {
    this.outstanding = new OutstandingData(tsn(initialTsn), {
      handleAcknowledged: (cargo) => this.acknowledged.push(cargo),
      handleDelivered: () => {},
    });
  }

  /** Sends `count` chunks. */
  send(count: number, now = 0, destination = this.destination): this {
    for (; count > 0; count--) this.outstanding.send(this.outstanding.nextTsn, chunkSize, destination, now);
    return this;
  }

  sack(cumulativeTsnAck: number, blocks = '', now = 0): SackOutcome<Destination> {
    return this.outstanding.handleSack(
      { cumulativeTsnAck: tsn(cumulativeTsnAck), gapAckBlocks: blocksOf(blocks) },
      now,
    );
  }

  /** Retransmits everything that is marked for it; returns the TSNs. */
  retransmit(now = 0, destination = this.destination): number[] {
    const tsns: number[] = [];
    for (let chunk = this.outstanding.nextRetransmission; chunk; chunk = this.outstanding.nextRetransmission) {
      tsns.push(chunk.tsn);
      this.outstanding.retransmit(chunk, destination, now);
    }
    return tsns;
  }

  /** The fate of each outstanding TSN: `.` in flight, `+` acknowledged, `!` to be retransmitted, `-` abandoned. */
  get fates(): string {
    const signs = { 'in flight': '.', acknowledged: '+', 'to be retransmitted': '!', abandoned: '-' };
    return Array.from(this.outstanding.chunks, ({ fate }) => signs[fate]).join('');
  }
}
