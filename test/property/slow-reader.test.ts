import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { IncomingMessage } from '../../src/simulation/index.ts';
import { badLink, heal, messagePlans, patientOptions } from '../support/arbitrary-traffic.ts';
import { assertProperty, propertyTimeoutMs } from '../support/fuzz.ts';
import { flawIn, numberedMessage } from '../support/messages.ts';
import { endingOf, isQuiet, pair } from '../support/pair.ts';

const badForMs = 20_000;
const patienceMs = 3_600_000;
/** T5-shutdown-guard is five times RTO.Max (§9.2): a reader that closes may take longer than usual to read the rest. */
const patientReader = { ...patientOptions, autoRead: false, rtoMaxMs: 600_000 };
/** The largest DATA chunk, and what is charged for holding it (streams/receive-queue.ts). */
const chunkCost = 1_500 + 128;

/** A buffer, and messages that fit into it with what is charged for each of their fragments. */
const smallBuffer = fc.integer({ min: 1_500, max: 20_000 }).chain((receiveBufferSize) =>
  fc.record({
    receiveBufferSize: fc.constant(receiveBufferSize),
    plans: messagePlans(Math.floor(receiveBufferSize * 0.85) - 128),
  }),
);

/** How the reader goes about it: how long it waits, and how many messages it reads then. */
const readings = fc.array(
  fc.record({ pauseMs: fc.constantFrom(1, 20, 300, 2_000), most: fc.constantFrom(1, 2, 1_000) }),
  { minLength: 1, maxLength: 5 },
);

describe('a reader that takes its time', () => {
  it(
    'loses nothing, holds no more than its receive buffer and an eighth, and never ends in a deadlock (RFC 9260 §6.2)',
    () => {
      const property = fc.property(
        fc.nat(0xffff_ffff),
        badLink,
        smallBuffer,
        readings,
        fc.constantFrom('sender', 'reader'),
        fc.boolean(),
        fc.boolean(),
        (seed, link, { receiveBufferSize, plans }, turns, closing, closesEarly, interleaving) => {
          const two = pair({
            seed,
            a: { ...patientOptions, interleaving },
            z: { ...patientReader, receiveBufferSize, interleaving },
          });
          const { network, a, z } = two;
          network.linkBoth(a, z).set(link);
          heal(two, badForMs);
          const sent = plans.map((plan, number) => numberedMessage(number, plan));
          const received: IncomingMessage[] = [];
          const association = a.connect(z);
          a.feed(association, sent);
          network.run({ until: () => z.associations.length > 0, forMs: patienceMs });
          let mostHeld = 0;
          const read = (turn: number): void => {
            const { pauseMs, most } = turns[turn % turns.length]!;
            let held = 0;
            for (let count = 0; count < most; count++) {
              const message = z.receive();
              if (message === undefined) break;
              received.push(message);
              held += message.data.length + 128;
            }
            mostHeld = Math.max(mostHeld, held);
            if (received.length < sent.length) network.after(pauseMs, () => read(turn + 1));
          };
          read(0);
          const close = (): void => (closing === 'sender' ? a : z).shutdown();
          network.run({ until: () => association.state === 'ESTABLISHED', forMs: patienceMs });
          if (closesEarly) close();
          network.run({ until: () => received.length === sent.length, forMs: patienceMs });
          const flaw = flawIn(received, sent, true);
          if (flaw !== undefined) throw new Error(`${flaw}\n${network}`);
          expect(mostHeld, network.toString()).toBeLessThanOrEqual(receiveBufferSize * 1.125 + chunkCost);
          if (!closesEarly) close();
          network.run({ until: () => isQuiet(two), forMs: patienceMs });
          expect([endingOf(a), endingOf(z)], network.toString()).toEqual(['graceful', 'graceful']);
        },
      );
      assertProperty(property, 120);
    },
    propertyTimeoutMs,
  );
});
