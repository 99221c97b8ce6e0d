import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomBytes, seededRandom } from '../../src/base/random.ts';
import { messagePlans, patientOptions } from '../support/arbitrary-traffic.ts';
import { assertProperty, propertyTimeoutMs } from '../support/fuzz.ts';
import { flawIn, type MessagePlan, numberedMessage } from '../support/messages.ts';
import { type Mutation, mutate, mutations } from '../support/mutations.ts';
import { endingOf, isQuiet, type Pair, pair } from '../support/pair.ts';

/** A changed copy of a packet that went by, sent by somebody who sees all packets and lies about its address. */
interface Injection {
  readonly atMs: number;
  /** Which of the packets so far, from 0 to 1. */
  readonly which: number;
  readonly changes: readonly Mutation[];
}

const injections = fc.array(
  fc.record({ atMs: fc.integer({ min: 1, max: 400 }), which: fc.nat(999).map((n) => n / 1_000), changes: mutations }),
  { maxLength: 30, size: 'max' },
);

/** A transfer in both directions that an attacker watches. */
function attacked(
  seed: number,
  fromA: readonly MessagePlan[],
  fromZ: readonly MessagePlan[],
  attacks: readonly Injection[],
  forge: (packet: Uint8Array, changes: readonly Mutation[]) => Uint8Array,
): { two: Pair; check: (isComplete: boolean) => void } {
  const two = pair({ seed, a: patientOptions, z: patientOptions });
  const { network, a, z } = two;
  const attacker = network.addRawHost('m', { addresses: ['10.0.0.66'] });
  const sentByA = fromA.map((plan, number) => numberedMessage(number, plan));
  const sentByZ = fromZ.map((plan, number) => numberedMessage(number, plan));
  for (const { atMs, which, changes } of attacks) {
    network.at(atMs, () => {
      const seen = network.packets[Math.floor(which * network.packets.length)];
      if (seen !== undefined) attacker.send(forge(seen.packet, changes), seen.to, seen.from);
    });
  }
  a.feed(a.connect(z), sentByA);
  network.run({ until: () => z.associations.length > 0 || endingOf(a) !== undefined });
  if (z.associations.length > 0 && z.association.state === 'ESTABLISHED') z.feed(z.association, sentByZ);
  const check = (isComplete: boolean): void => {
    const receivedByZ = z.associations.length > 0 ? z.received(z.associations[0]) : [];
    const flaw = flawIn(receivedByZ, sentByA, isComplete) ?? flawIn(a.received(), sentByZ, isComplete);
    if (flaw !== undefined) throw new Error(`${flaw}\n${network}`);
  };
  return { two, check };
}

const plans = messagePlans(5_000, 20);
const seeds = fc.nat(0xffff_ffff);

describe('packets that somebody else has made', () => {
  it(
    'do no harm under a wrong Verification Tag (RFC 9260 §8.5)',
    () => {
      const property = fc.property(seeds, plans, plans, injections, (seed, fromA, fromZ, attacks) => {
        let tag = 0;
        const { two, check } = attacked(seed, fromA, fromZ, attacks, (packet, changes) =>
          mutate(packet, changes, ++tag),
        );
        const { network, a, z } = two;
        network.run({ until: () => z.received().length === fromA.length && a.received().length === fromZ.length });
        network.run({ forMs: 500 });
        check(true);
        a.shutdown();
        network.run({ until: () => isQuiet(two) });
        expect([endingOf(a), endingOf(z)], network.toString()).toEqual(['graceful', 'graceful']);
      });
      assertProperty(property, 100);
    },
    propertyTimeoutMs,
  );

  it(
    'are noise when they are no SCTP, or damaged (§6.8)',
    () => {
      const property = fc.property(seeds, plans, plans, injections, (seed, fromA, fromZ, attacks) => {
        const random = seededRandom(seed);
        const { two, check } = attacked(seed, fromA, fromZ, attacks, (packet, changes) => {
          if (changes.length === 0) return randomBytes(random, random.uint32() % 1_600);
          const damaged = mutate(packet, changes);
          for (let i = 8; i < Math.min(12, damaged.length); i++) damaged[i] = ~damaged[i]!;
          return damaged;
        });
        const { network, a, z } = two;
        network.run({ until: () => z.received().length === fromA.length && a.received().length === fromZ.length });
        network.run({ forMs: 500 });
        check(true);
        z.shutdown();
        network.run({ until: () => isQuiet(two) });
        expect([endingOf(a), endingOf(z)], network.toString()).toEqual(['graceful', 'graceful']);
      });
      assertProperty(property, 100);
    },
    propertyTimeoutMs,
  );

  it(
    'neither throw nor loop nor stay when everything about them looks right',
    () => {
      const property = fc.property(seeds, plans, plans, injections, (seed, fromA, fromZ, attacks) => {
        const { two } = attacked(seed, fromA, fromZ, attacks, (packet, changes) => mutate(packet, changes));
        const { network, a, z } = two;
        network.run({ forMs: 20_000, maxEvents: 20_000 });
        for (const host of [a, z]) for (const association of host.associations) host.shutdown(association);
        network.run({ forMs: 20_000, maxEvents: 20_000 });
        for (const host of [a, z]) for (const association of host.endpoint.associations) host.abort(association);
        network.run({ until: () => isQuiet(two), forMs: 1_000, maxEvents: 1_000 });
      });
      assertProperty(property, 100);
    },
    propertyTimeoutMs,
  );
});
