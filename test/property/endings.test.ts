import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Host, OutgoingMessage } from '../../src/simulation/index.ts';
import { badLink, heal, messagePlans, patientOptions } from '../support/arbitrary-traffic.ts';
import { assertProperty, propertyTimeoutMs } from '../support/fuzz.ts';
import { flawIn, numberedMessage } from '../support/messages.ts';
import { eventsOf, isQuiet, pair } from '../support/pair.ts';

const patienceMs = 3_600_000;

/** A way to end, and when. */
const endings = fc.record({
  host: fc.constantFrom('a', 'z'),
  how: fc.constantFrom('shutdown', 'abort'),
  afterMs: fc.integer({ min: 0, max: 3_000 }),
});

/** What `host` accepted for sending and reported as given up. */
function undelivered(host: Host): Set<number> {
  return new Set(eventsOf(host, 'closed').flatMap(({ ending }) => ending.undelivered.map(({ ppid }) => ppid)));
}

describe('however an association ends', () => {
  it(
    'every message that was accepted is delivered or reported, nothing stays behind, and nothing is told twice (RFC 9260 §9, §11.2)',
    () => {
      const property = fc.property(
        fc.nat(0xffff_ffff),
        badLink,
        messagePlans(20_000, 30),
        messagePlans(20_000, 30),
        fc.array(endings, { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        (seed, link, fromA, fromZ, ends, interleaving) => {
          const options = { ...patientOptions, interleaving };
          const two = pair({ seed, a: options, z: options });
          const { network, a, z } = two;
          network.linkBoth(a, z).set(link);
          heal(two, 20_000);
          const sentByA = fromA.map((plan, number) => numberedMessage(number, plan));
          const sentByZ = fromZ.map((plan, number) => numberedMessage(number, plan));
          a.connect(z);
          for (const message of sentByA) a.send(a.association, message);
          network.run({ until: () => z.associations.length > 0, forMs: patienceMs });
          if (z.association.state === 'ESTABLISHED') for (const message of sentByZ) z.send(z.association, message);
          for (const { host, how, afterMs } of ends) network.after(afterMs, () => (host === 'a' ? a : z)[how]());
          network.run({ until: () => isQuiet(two), forMs: patienceMs });

          const check = (sender: Host, receiver: Host, sent: readonly OutgoingMessage[]): void => {
            const received = receiver.received();
            const flaw = flawIn(received, sent, false);
            if (flaw !== undefined) throw new Error(`${flaw}\n${network}`);
            const arrived = new Set(received.map(({ ppid }) => ppid));
            const givenUp = undelivered(sender);
            const lost = sent.filter(({ ppid = 0 }) => !arrived.has(ppid) && !givenUp.has(ppid));
            expect(lost, network.toString()).toEqual([]);
            const closed = eventsOf(sender, 'closed');
            expect(closed, network.toString()).toHaveLength(1);
            expect(sender.events.at(-1)?.event.kind).toBe('closed');
            if (closed[0]!.ending.graceful) expect(arrived.size, network.toString()).toBe(sent.length);
            expect(sender.association.bufferedAmount).toBe(0);
          };
          check(a, z, sentByA);
          check(z, a, sentByZ);
        },
      );
      assertProperty(property, 200);
    },
    propertyTimeoutMs,
  );
});
