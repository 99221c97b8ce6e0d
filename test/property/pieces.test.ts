import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { badLink, heal, patientOptions } from '../support/arbitrary-traffic.ts';
import { assertProperty, propertyTimeoutMs } from '../support/fuzz.ts';
import { endingOf, isQuiet, pair } from '../support/pair.ts';
import { bytesOf, isArrival, PieceReader, PieceWriter, type PieceworkPlan } from '../support/piecewise.ts';

const badForMs = 20_000;
const patienceMs = 3_600_000;
/** See slow-reader.test.ts. */
const chunkCost = 1_500 + 128;

/** Messages of up to 60,000 bytes, cut anywhere. */
const plans: fc.Arbitrary<PieceworkPlan[]> = fc.array(
  fc.record({
    streamId: fc.nat(3),
    unordered: fc.boolean(),
    isOpen: fc.oneof({ weight: 3, arbitrary: fc.constant(true) }, fc.constant(false)),
    cuts: fc.array(fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 6_000 })), {
      minLength: 1,
      maxLength: 10,
    }),
  }),
  { minLength: 1, maxLength: 8 },
);

describe('messages in pieces', () => {
  it(
    'arrive with the same bytes, however they are cut and whatever is lost, through buffers that are smaller than they are',
    () => {
      const property = fc.property(
        fc.nat(0xffff_ffff),
        badLink,
        plans,
        fc.integer({ min: 3_000, max: 20_000 }),
        fc.integer({ min: 1, max: 30_000 }),
        fc.boolean(),
        fc.boolean(),
        fc.constantFrom(0, 5, 300),
        (seed, link, work, receiveBufferSize, sendBufferSize, interleaving, isSequential, pauseMs) => {
          let hasNews = true;
          const two = pair({
            seed,
            a: {
              ...patientOptions,
              sendBufferSize,
              interleaving,
              onEvent: (_, { kind }) => {
                if (kind === 'writable') writer?.pump();
              },
            },
            z: {
              ...patientOptions,
              rtoMaxMs: 600_000,
              autoRead: false,
              receiveBufferSize,
              partialDeliveryPoint: 2_000,
              interleaving,
              onEvent: (_, event) => {
                if (isArrival(event)) hasNews = true;
              },
            },
          });
          const { network, a, z } = two;
          network.linkBoth(a, z).set(link);
          heal(two, badForMs);
          const association = a.connect(z);
          network.run({ until: () => association.state === 'ESTABLISHED' && z.associations.length > 0 });
          // Interleaved messages are read side by side, or they may have no room beside each other.
          const reader = new PieceReader(z, isSequential && !interleaving);
          const writer: PieceWriter | undefined = new PieceWriter(a, association, work);
          writer.pump();
          let mostHeld = 0;
          const read = (): void => {
            if (hasNews) {
              hasNews = false;
              mostHeld = Math.max(mostHeld, z.endpoint.bufferedBytes);
              reader.read();
            }
            network.after(pauseMs + 1, read);
          };
          read();
          const isAllThere = (): boolean =>
            reader.messages.length === work.length && reader.messages.every(({ state }) => state === 'complete');
          network.run({ until: isAllThere, forMs: patienceMs });
          expect(mostHeld).toBeLessThanOrEqual(receiveBufferSize * 1.125 + chunkCost);
          work.forEach((plan, ppid) => {
            const same = Buffer.compare(reader.bytesOf(ppid), bytesOf(plan, ppid)) === 0;
            if (!same) throw new Error(`message ${ppid} came with other bytes\n${network}`);
          });
          for (const streamId of [0, 1, 2, 3]) {
            const order = reader.messages.filter((each) => each.streamId === streamId && !each.unordered);
            const numbers = order.map(({ ppid }) => ppid);
            expect(numbers).toEqual(writer.places.filter((ppid) => numbers.includes(ppid)));
          }
          a.shutdown();
          network.run({
            until: () => association.state === 'CLOSED' && z.association.state === 'CLOSED',
            forMs: patienceMs,
          });
          expect([endingOf(a), endingOf(z)], network.toString()).toEqual(['graceful', 'graceful']);
          expect(association.bufferedAmount).toBe(0);
        },
      );
      assertProperty(property, 150);
    },
    propertyTimeoutMs,
  );

  it(
    'that are given up on the way are read as far as they came, or not at all, and the others are there',
    () => {
      const property = fc.property(
        fc.nat(0xffff_ffff),
        badLink,
        plans,
        fc.array(fc.integer({ min: 1, max: 3_000 }), { minLength: 1, maxLength: 5 }),
        fc.boolean(),
        (seed, link, work, givenUpAfterMs, interleaving) => {
          let reader: PieceReader | undefined;
          const two = pair({
            seed,
            a: { ...patientOptions, interleaving, onEvent: (_, { kind }) => kind === 'writable' && writer?.pump() },
            z: {
              ...patientOptions,
              autoRead: false,
              receiveBufferSize: 20_000,
              partialDeliveryPoint: 1_000,
              interleaving,
              onEvent: (_, event) => isArrival(event) && reader?.read(),
            },
          });
          const { network, a, z } = two;
          network.linkBoth(a, z).set(link);
          heal(two, badForMs);
          const association = a.connect(z);
          network.run({ until: () => association.state === 'ESTABLISHED' && z.associations.length > 0 });
          reader = new PieceReader(z);
          // Those that are to be given up are never ended.
          const isGivenUp = (ppid: number): boolean => work[ppid]!.isOpen && ppid < givenUpAfterMs.length;
          const writer = new PieceWriter(a, association, work, isGivenUp);
          writer.pump();
          givenUpAfterMs.forEach((ms, ppid) => {
            if (ppid < work.length && isGivenUp(ppid)) network.after(ms, () => writer.abandon(ppid));
          });
          const kept = work.map((_, ppid) => ppid).filter((ppid) => !isGivenUp(ppid));
          const isThere = (ppid: number): boolean =>
            reader!.messages.some((message) => message.ppid === ppid && message.state === 'complete');
          network.run({ until: () => kept.every(isThere), forMs: patienceMs });
          network.run({ forMs: 4_000 });
          a.shutdown();
          network.run({ until: () => isQuiet(two), forMs: patienceMs });
          expect([endingOf(a), endingOf(z)], network.toString()).toEqual(['graceful', 'graceful']);
          for (const { ppid, state } of reader.messages) {
            const bytes = reader.bytesOf(ppid);
            const whole = bytesOf(work[ppid]!, ppid);
            if (Buffer.compare(bytes, whole.subarray(0, bytes.length)) !== 0)
              throw new Error(`message ${ppid} is wrong`);
            expect(state).toBe(isGivenUp(ppid) ? 'abandoned' : 'complete');
            if (state === 'complete') expect(bytes.length).toBe(whole.length);
          }
          expect(new Set(reader.messages.map(({ ppid }) => ppid)).size).toBe(reader.messages.length);
          expect([a.endpoint.bufferedBytes, z.endpoint.bufferedBytes]).toEqual([0, 0]);
        },
      );
      assertProperty(property, 150);
    },
    propertyTimeoutMs,
  );
});
