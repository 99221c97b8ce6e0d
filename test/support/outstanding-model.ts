import type { GapAckBlock } from '../../src/chunks/index.ts';

export interface ModelChunk {
  readonly size: number;
  readonly destination: number;
  fate: 'in flight' | 'to be retransmitted' | 'acknowledged';
  wasAcknowledged: boolean;
  missIndications: number;
  fastRetransmits: number;
  /** When it was last sent, among all transmissions. */
  order: number;
}

/**
 * What RFC 9260 §6.2.1 and §7.2.4 say of a sender's DATA chunks, as one array of fates that is walked from end to end for
 * each SACK. TSNs are indices into it.
 */
export class OutstandingModel {
  readonly chunks: ModelChunk[] = [];
  /** The index that the Cumulative TSN Ack Point stands for: -1 before anything is acknowledged. */
  point = -1;
  /** Indices in the order in which they were acknowledged for the first time. */
  readonly acknowledged: number[] = [];
  fastRecoveryExit: number | undefined;
  #order = 0;
  #newestOrder = 0;

  send(size: number, destination: number): void {
    this.chunks.push({
      size,
      destination,
      fate: 'in flight',
      wasAcknowledged: false,
      missIndications: 0,
      fastRetransmits: 0,
      order: ++this.#order,
    });
  }

  timeOut(destination: number): void {
    for (const chunk of this.#unacknowledged()) {
      if (chunk.fate === 'in flight' && chunk.destination === destination) chunk.fate = 'to be retransmitted';
    }
  }

  /** The index of what is to be retransmitted first; -1 for nothing. */
  get nextRetransmission(): number {
    return this.chunks.findIndex(({ fate }) => fate === 'to be retransmitted');
  }

  retransmit(index: number): void {
    Object.assign(this.chunks[index]!, { fate: 'in flight', missIndications: 0, order: ++this.#order });
  }

  flightSize(destination?: number): number {
    return this.chunks
      .filter((chunk) => chunk.fate === 'in flight' && (destination ?? chunk.destination) === chunk.destination)
      .reduce((sum, { size }) => sum + size, 0);
  }

  isValid(cumulative: number, blocks: readonly GapAckBlock[]): boolean {
    if (cumulative < this.point || cumulative >= this.chunks.length) return false;
    return blocks.every(({ start, end }, i) => {
      const previousEnd = blocks[i - 1]?.end ?? 1;
      return start > previousEnd && end >= start && cumulative + end < this.chunks.length;
    });
  }

  /** §6.3.2 R3: whether a SACK chunk acknowledges "the DATA chunk with the earliest outstanding TSN for that address". */
  acknowledgesEarliest(destination: number, cumulative: number, blocks: readonly GapAckBlock[]): boolean {
    const isReported = (index: number): boolean => index <= cumulative || isInBlocks(index - cumulative, blocks);
    // What it revokes is outstanding, too.
    const earliest = this.chunks.findIndex((chunk, index) => {
      const isOutstanding = chunk.fate !== 'acknowledged' || !isReported(index);
      return index > this.point && chunk.destination === destination && isOutstanding;
    });
    return earliest >= 0 && isReported(earliest);
  }

  /** Returns how many bytes were acknowledged for the first time. */
  handleSack(cumulative: number, blocks: readonly GapAckBlock[]): number {
    const isReported = (index: number): boolean => isInBlocks(index - cumulative, blocks);
    const advanced = cumulative > this.point;
    const newly = this.#acknowledge(cumulative, isReported);
    const revoked = this.#unacknowledged().filter((chunk, i) => {
      return chunk.fate === 'acknowledged' && !isReported(cumulative + 1 + i);
    });
    for (const chunk of revoked) chunk.fate = 'in flight';
    const newest = Math.max(0, ...newly.map((index) => this.chunks[index]!.order));
    this.#newestOrder = Math.max(this.#newestOrder, newest);
    const lastBlock = blocks.at(-1);
    const countsAll = this.fastRecoveryExit !== undefined && advanced;
    const limit = lastBlock === undefined ? -1 : countsAll ? cumulative + lastBlock.end : (newly.at(-1) ?? -1);
    this.chunks.forEach((chunk, index) => {
      if (chunk.fate !== 'in flight' || chunk.fastRetransmits > 0) return;
      const counts = index < limit && chunk.order <= (countsAll ? this.#newestOrder : newest);
      if (counts || revoked.includes(chunk)) chunk.missIndications++;
      if (chunk.missIndications < 3) return;
      chunk.fate = 'to be retransmitted';
      chunk.fastRetransmits++;
    });
    this.#leaveFastRecovery();
    return this.#bytesOf(newly);
  }

  /** A SHUTDOWN chunk, which says nothing of gaps. */
  handleCumulativeTsnAck(cumulative: number): number {
    const newly = this.#acknowledge(cumulative, () => false);
    this.#leaveFastRecovery();
    return this.#bytesOf(newly);
  }

  /** Returns the indices that are acknowledged for the first time, in order. */
  #acknowledge(cumulative: number, isReported: (index: number) => boolean): number[] {
    const newly: number[] = [];
    for (let index = this.point + 1; index < this.chunks.length; index++) {
      if (index > cumulative && !isReported(index)) continue;
      const chunk = this.chunks[index]!;
      chunk.fate = 'acknowledged';
      chunk.missIndications = 0;
      if (!chunk.wasAcknowledged) newly.push(index);
      chunk.wasAcknowledged = true;
    }
    this.point = cumulative;
    this.acknowledged.push(...newly);
    return newly;
  }

  #leaveFastRecovery(): void {
    if (this.point >= (this.fastRecoveryExit ?? Number.POSITIVE_INFINITY)) this.fastRecoveryExit = undefined;
  }

  #bytesOf(indices: readonly number[]): number {
    return indices.reduce((sum, index) => sum + this.chunks[index]!.size, 0);
  }

  #unacknowledged(): ModelChunk[] {
    return this.chunks.slice(this.point + 1);
  }
}

function isInBlocks(offset: number, blocks: readonly GapAckBlock[]): boolean {
  return blocks.some(({ start, end }) => offset >= start && offset <= end);
}
