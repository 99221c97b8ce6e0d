import fc from 'fast-check';
import type { LinkOptions } from '../../src/simulation/index.ts';
import type { MessagePlan } from './messages.ts';
import type { Pair } from './pair.ts';

/** Of whole percents: fc.double would choose among all numbers that there are, most of which are next to nothing. */
const rateBetween = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max }).map((n) => n / 100);

const rate = fc.oneof(fc.constant(0), rateBetween(0, 30));

/** A link with every fault there is, up to a third of the packets each. */
export const badLink: fc.Arbitrary<Partial<LinkOptions>> = fc.record({
  delayMs: fc.constantFrom(0, 1, 10, 100),
  jitterMs: fc.constantFrom(0, 5, 50),
  lossRate: rate,
  duplicateRate: rate,
  reorderRate: rate,
  reorderDelayMs: fc.constantFrom(1, 20, 300),
  corruptRate: rate,
  burstLoss: fc.option(fc.record({ enterRate: rateBetween(0, 5), leaveRate: rateBetween(5, 100) }), { nil: undefined }),
});

const healed: Partial<LinkOptions> = {
  lossRate: 0,
  duplicateRate: 0,
  reorderRate: 0,
  corruptRate: 0,
  burstLoss: undefined,
};

/** From `timeMs` on no packet is lost, changed or copied any more. */
export function heal({ network, a, z }: Pair, timeMs: number): void {
  network.at(timeMs, () => network.linkBoth(a, z).set(healed));
}

/** Messages of 1 byte to `longest` bytes on five streams, ordered and unordered, most of them short. */
export function messagePlans(longest = 100_000, most = 60): fc.Arbitrary<MessagePlan[]> {
  const length = fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 1, max: Math.min(200, longest) }) },
    { weight: 3, arbitrary: fc.integer({ min: 1, max: Math.min(3000, longest) }) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: longest }) },
  );
  const plan = fc.record({ length, streamId: fc.nat(4), unordered: fc.boolean() });
  return fc.array(plan, { maxLength: most, size: 'max' });
}

/**
 * Options under which nobody gives up and every timer is short, so that a run is about what is delivered and not about
 * who lost patience.
 */
export const patientOptions = {
  associationMaxRetrans: 1_000,
  pathMaxRetrans: 1_000,
  maxInitRetransmits: 1_000,
  rtoInitialMs: 500,
  rtoMinMs: 100,
  rtoMaxMs: 8_000,
} as const;
