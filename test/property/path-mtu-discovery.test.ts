import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodePacket } from '../../src/chunks/index.ts';
import { messagePlans, patientOptions } from '../support/arbitrary-traffic.ts';
import { assertProperty, propertyTimeoutMs } from '../support/fuzz.ts';
import { flawIn, numberedMessage } from '../support/messages.ts';
import { establishedPair } from '../support/pair.ts';

/** A link that takes what no IP packet can exceed has nothing that it would fragment: such are loopbacks, whose MTU stays. */
const linkMtus = [1_500, 9_000, 32_000];
const patienceMs = 600_000;

/** From when on the path has which MTU, in each direction. */
const changes = fc.array(
  fc.record({ afterMs: fc.nat(20_000), mtu: fc.integer({ min: 600, max: 9_000 }), both: fc.boolean() }),
  { maxLength: 6 },
);

describe('however the MTU of the path changes', () => {
  it(
    'every message arrives once and in order, and nothing larger than the link takes goes out unless IP has to fragment it',
    () => {
      const property = fc.property(
        fc.nat(0xffff_ffff),
        changes,
        fc.integer({ min: 0, max: 15 }),
        messagePlans(40_000, 40),
        fc.constantFrom(...linkMtus),
        (seed, steps, lossPercent, plans, mtu) => {
          const options = { ...patientOptions, mtu };
          const two = establishedPair({ seed, a: options, z: options, link: { lossRate: lossPercent / 100 } });
          const { network, a, z } = two;
          for (const { afterMs, mtu: pathMtu, both } of steps) {
            network.after(afterMs, () => (both ? network.linkBoth(a, z) : network.link(a, z)).set({ mtu: pathMtu }));
          }
          const sent = plans.map((plan, number) => numberedMessage(number, plan));
          // In parts, so that there is always something outstanding when the path changes.
          for (let i = 0; i < sent.length; i += 5) {
            network.after(i * 400, () => {
              for (const message of sent.slice(i, i + 5)) a.send(a.association, message);
            });
          }
          network.after(20_001, () => network.linkBoth(a, z).set({ lossRate: 0 }));
          network.run({ until: () => z.received().length === sent.length, forMs: patienceMs });
          const flaw = flawIn(z.received(), sent, true);
          if (flaw !== undefined) throw new Error(`${flaw}\n${network}`);
          for (const { packet } of network.packets) {
            if (packet.length + 28 <= mtu) continue;
            const kinds = decodePacket(packet)?.chunks.map(({ kind }) => kind);
            expect(kinds, network.toString()).toEqual([expect.stringMatching(/^(PAD|HEARTBEAT)$/), 'DATA']);
          }
        },
      );
      assertProperty(property, 150);
    },
    propertyTimeoutMs,
  );
});
