import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { schedulerNames } from '../../src/streams/schedulers.ts';
import { badLink, heal, messagePlans, patientOptions } from '../support/arbitrary-traffic.ts';
import { assertProperty, propertyTimeoutMs } from '../support/fuzz.ts';
import { flawIn, numberedMessage } from '../support/messages.ts';
import { endingOf, isQuiet, pair } from '../support/pair.ts';

/** How long the network is bad; then it heals. */
const badForMs = 20_000;
/** Long enough for any timer that the bad time has backed off. */
const patienceMs = 600_000;

const seeds = fc.nat(0xffff_ffff);

describe('whatever the network does', () => {
  it(
    'every message arrives once, ordered ones in the order of their stream (RFC 9260 §6.5, §6.6), and both sides close (§9.2)',
    () => {
      const property = fc.property(
        seeds,
        badLink,
        badLink,
        messagePlans(),
        messagePlans(),
        fc.constantFrom('a', 'z', 'both'),
        fc.boolean(),
        fc.constantFrom(...schedulerNames),
        (seed, toZ, toA, fromA, fromZ, closing, interleaving, scheduler) => {
          const options = { ...patientOptions, interleaving, scheduler };
          const two = pair({ seed, a: options, z: options });
          const { network, a, z } = two;
          network.link(a, z).set(toZ);
          network.link(z, a).set(toA);
          heal(two, badForMs);
          const sentByA = fromA.map((plan, number) => numberedMessage(number, plan));
          const sentByZ = fromZ.map((plan, number) => numberedMessage(number, plan));
          const check = (isComplete: boolean): void => {
            const flaw = flawIn(z.received(), sentByA, isComplete) ?? flawIn(a.received(), sentByZ, isComplete);
            if (flaw !== undefined) throw new Error(`${flaw}\n${network}`);
          };
          a.feed(a.connect(z), sentByA);
          network.run({ until: () => z.associations.length > 0, forMs: patienceMs });
          z.feed(z.association, sentByZ);
          network.run({ forMs: 500 });
          check(false);
          network.run({
            until: () => z.received().length === sentByA.length && a.received().length === sentByZ.length,
            forMs: patienceMs,
          });
          check(true);
          if (closing !== 'z') a.shutdown();
          if (closing !== 'a') z.shutdown();
          network.run({ until: () => isQuiet(two), forMs: patienceMs });
          check(true);
          expect([endingOf(a), endingOf(z)], network.toString()).toEqual(['graceful', 'graceful']);
        },
      );
      assertProperty(property, 120);
    },
    propertyTimeoutMs,
  );
});
