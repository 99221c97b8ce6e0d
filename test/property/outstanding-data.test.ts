import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { distance, plus, type Tsn, tsn } from '../../src/base/serial.ts';
import type { GapAckBlock } from '../../src/chunks/index.ts';
import type { Destination } from '../../src/reliability/destination.ts';
import { OutstandingData } from '../../src/reliability/outstanding-data.ts';
import { OutstandingModel } from '../support/outstanding-model.ts';
import { createDestination } from '../unit/reliability/sender.ts';

/** One thing that happens to a sender. SACK chunks are made from what the receiver `has` of the outstanding TSNs. */
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('send'),
      count: fc.integer({ min: 1, max: 6 }),
      destination: fc.nat(1),
      size: fc.constantFrom(20, 100, 1_000),
    }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('sack'), has: fc.array(fc.boolean(), { maxLength: 30 }) }) },
  // A receiver that has lost one chunk for good and reports one more with each SACK.
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('sacks behind a hole'), count: fc.integer({ min: 1, max: 5 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('hostile sack'),
      cumulative: fc.integer({ min: -3, max: 12 }),
      blocks: fc.array(fc.record({ start: fc.nat(12), end: fc.oneof(fc.nat(14), fc.constant(0xffff)) }), {
        maxLength: 4,
      }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('timeout'), destination: fc.nat(1) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('retransmit'), count: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('shutdown'), ahead: fc.nat(4) }) },
);

class Run {
  readonly model = new OutstandingModel();
  readonly acknowledged: number[] = [];
  readonly delivered: number[] = [];
  readonly destinations: readonly Destination[] = [createDestination(), createDestination()];
  readonly outstanding: OutstandingData<number, Destination>;
  readonly #initialTsn: Tsn;

  constructor(initialTsn: Tsn) {
    this.#initialTsn = initialTsn;
    this.outstanding = new OutstandingData(initialTsn, {
      handleAcknowledged: (index) => this.acknowledged.push(index),
      handleDelivered: (index) => this.delivered.push(index),
    });
  }

  do(step: Step): void {
    const { model, outstanding, destinations } = this;
    switch (step.kind) {
      case 'send':
        for (let n = 0; n < step.count; n++) {
          outstanding.send(model.chunks.length, step.size, destinations[step.destination]!, 0);
          model.send(step.size, step.destination);
        }
        break;
      case 'sack':
        this.#sackFor(step.has);
        break;
      case 'sacks behind a hole':
        for (let n = 1; n <= step.count; n++) this.#sackFor([false, ...new Array<boolean>(n).fill(true)]);
        break;
      case 'hostile sack':
        this.#sack(model.point + step.cumulative, step.blocks);
        break;
      case 'timeout':
        outstanding.markInFlightLost(destinations[step.destination]!);
        outstanding.leaveFastRecovery();
        model.timeOut(step.destination);
        model.fastRecoveryExit = undefined;
        break;
      case 'retransmit':
        for (let n = 0; n < step.count; n++) this.#retransmit();
        break;
      case 'shutdown':
        this.#shutdown(model.point + step.ahead);
        break;
      default:
        step satisfies never;
    }
  }

  /** The receiver has these of the outstanding TSNs, the lowest first. */
  #sackFor(has: readonly boolean[]): void {
    const { point, chunks } = this.model;
    const known = has.slice(0, chunks.length - point - 1);
    const firstHole = known.indexOf(false);
    const received = firstHole < 0 ? known.length : firstHole;
    const blocks: { start: number; end: number }[] = [];
    for (let i = received + 1; i < known.length; i++) {
      if (!known[i]) continue;
      const offset = i - received + 1;
      if (blocks.at(-1)?.end === offset - 1) blocks.at(-1)!.end = offset;
      else blocks.push({ start: offset, end: offset });
    }
    this.#sack(point + received, blocks);
  }

  #sack(cumulative: number, gapAckBlocks: readonly GapAckBlock[]): void {
    const { model, outstanding } = this;
    const cumulativeTsnAck = plus(this.#initialTsn, cumulative);
    const outcome = outstanding.handleSack({ cumulativeTsnAck, gapAckBlocks }, 0);
    expect(outcome.rejected === undefined).toBe(model.isValid(cumulative, gapAckBlocks));
    if (outcome.rejected !== undefined) return;
    expect(outcome.cumulativeTsnAckAdvanced).toBe(cumulative > model.point);
    this.destinations.forEach((destination, i) => {
      const isEarliest = model.acknowledgesEarliest(i, cumulative, gapAckBlocks);
      expect(outcome.earliestAcknowledged.has(destination)).toBe(isEarliest);
    });
    expect(outcome.bytesAcked).toBe(model.handleSack(cumulative, gapAckBlocks));
    expect(outstanding.isInFastRecovery).toBe(model.fastRecoveryExit !== undefined);
    if (outcome.lost.size === 0 || outstanding.isInFastRecovery) return;
    outstanding.enterFastRecovery();
    model.fastRecoveryExit = model.chunks.length - 1;
  }

  #shutdown(cumulative: number): void {
    const { model, outstanding } = this;
    const outcome = outstanding.handleCumulativeTsnAck(plus(this.#initialTsn, cumulative), 0);
    expect(outcome.rejected === undefined).toBe(model.isValid(cumulative, []));
    if (outcome.rejected !== undefined) return;
    expect(outcome.bytesAcked).toBe(model.handleCumulativeTsnAck(cumulative));
    expect(outcome.revoked).toBe(0);
  }

  #retransmit(): void {
    const { model, outstanding } = this;
    const chunk = outstanding.nextRetransmission;
    expect(chunk?.cargo ?? -1).toBe(model.nextRetransmission);
    if (chunk === undefined) return;
    outstanding.retransmit(chunk, chunk.destination, 0);
    model.retransmit(chunk.cargo);
  }

  check(): void {
    const { model, outstanding } = this;
    const chunks = [...outstanding.chunks];
    expect(chunks.map(({ fate }) => fate)).toEqual(model.chunks.slice(model.point + 1).map(({ fate }) => fate));
    expect(distance(outstanding.cumulativeTsnAckPoint, this.#initialTsn)).toBe(model.point);
    expect(outstanding.flightSize).toBe(model.flightSize());
    this.destinations.forEach(({ flightSize }, index) => {
      expect(flightSize).toBe(model.flightSize(index));
    });
    expect(this.acknowledged.toSorted((a, b) => a - b)).toEqual(model.acknowledged.toSorted((a, b) => a - b));
    expect(this.delivered).toEqual(Array.from({ length: model.point + 1 }, (_, index) => index));
  }
}

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** At the wrap, at the change of sign, anywhere. */
const initialTsn = fc.constantFrom(-12, 0x8000_0000 - 12, 1_000).map(tsn);

describe('OutstandingData, beside an array of fates (RFC 9260 §6.2.1, §7.2.4)', () => {
  it('agrees with it on every chunk after any sends, losses, SACK chunks and lies', () => {
    fc.assert(
      fc.property(initialTsn, fc.array(step, { minLength: 5, maxLength: 60 }), (initialTsn, steps) => {
        const run = new Run(initialTsn);
        for (const each of steps) {
          run.do(each);
          run.check();
        }
      }),
      { numRuns: 600 },
    );
  });

  it('lets go of everything once everything is acknowledged', () => {
    fc.assert(
      fc.property(initialTsn, fc.array(step, { maxLength: 40 }), (initialTsn, steps) => {
        const run = new Run(initialTsn);
        for (const each of steps) run.do(each);
        const { outstanding, destinations } = run;
        outstanding.handleSack({ cumulativeTsnAck: outstanding.lastTsn, gapAckBlocks: [] }, 0);
        expect(outstanding.isEmpty).toBe(true);
        expect([outstanding.flightSize, ...destinations.map(({ flightSize }) => flightSize)]).toEqual([0, 0, 0]);
        expect(outstanding.nextRetransmission).toBeUndefined();
        expect(new Set(run.acknowledged).size).toBe(run.acknowledged.length);
      }),
    );
  });
});
