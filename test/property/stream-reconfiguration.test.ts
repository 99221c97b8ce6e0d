import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ReconfigurationRequest } from '../../src/association/reconfiguration-requester.ts';
import type { Host, IncomingMessage, OutgoingMessage } from '../../src/simulation/index.ts';
import { badLink, heal, patientOptions } from '../support/arbitrary-traffic.ts';
import { assertProperty, propertyTimeoutMs } from '../support/fuzz.ts';
import { flawIn, type MessagePlan, numberedMessage } from '../support/messages.ts';
import { endingOf, eventsOf, isQuiet, pair } from '../support/pair.ts';

const badForMs = 20_000;
const patienceMs = 600_000;

/** What one side does, and how long after the step before. */
interface Step {
  readonly afterMs: number;
  readonly by: 'a' | 'z';
  readonly act: Plan | ReconfigurationRequest;
}

interface Plan extends MessagePlan {
  /** Whether it may be given up: then it is nothing but in the way of the others. */
  readonly isPartial: boolean;
}

/** The `ppid` of messages that may be given up. */
const partialPpid = 1_000_000;

const streamIds = fc.uniqueArray(fc.nat(2), { maxLength: 3 });

const requests: fc.Arbitrary<ReconfigurationRequest> = fc.oneof(
  { weight: 3, arbitrary: streamIds.map((ids) => ({ kind: 'reset outgoing streams', streamIds: ids }) as const) },
  { weight: 3, arbitrary: streamIds.map((ids) => ({ kind: 'reset incoming streams', streamIds: ids }) as const) },
  { weight: 2, arbitrary: fc.constant({ kind: 'reset association' } as const) },
  { weight: 1, arbitrary: fc.constant({ kind: 'add outgoing streams', count: 1 } as const) },
  { weight: 1, arbitrary: fc.constant({ kind: 'add incoming streams', count: 1 } as const) },
);

const plans: fc.Arbitrary<Plan> = fc.record({
  length: fc.oneof(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 5_000 })),
  streamId: fc.nat(2),
  unordered: fc.boolean(),
  isPartial: fc.integer({ min: 0, max: 4 }).map((n) => n === 0),
});

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    afterMs: fc.constantFrom(0, 0, 0, 1, 10, 100, 1_000),
    by: fc.constantFrom('a', 'z'),
    act: fc.oneof({ weight: 3, arbitrary: plans }, { weight: 1, arbitrary: requests }),
  }),
  { maxLength: 50, size: 'max' },
);

function isRequest(act: Step['act']): act is ReconfigurationRequest {
  return 'kind' in act;
}

/** Failures of requests that nobody has refused. */
function failures(host: Host): string[] {
  return host.events.flatMap(({ event }) =>
    'result' in event && (event.result === 'denied' || event.result === 'error')
      ? [`${event.kind} ${event.result}`]
      : [],
  );
}

/** What was read, but for what might have been given up. */
const reliable = (host: Host): IncomingMessage[] => host.received().filter(({ ppid }) => ppid !== partialPpid);

describe('streams that are reset while they are in use', () => {
  it(
    'lose nothing, keep their order, and both sides close (RFC 6525)',
    () => {
      const property = fc.property(
        fc.nat(0xffff_ffff),
        badLink,
        badLink,
        steps,
        fc.boolean(),
        fc.constantFrom('a', 'z', 'both'),
        fc.boolean(),
        (seed, toZ, toA, script, interleaving, closing, closesEarly) => {
          const options = { ...patientOptions, interleaving, outboundStreams: 10, maxInboundStreams: 100 };
          const two = pair({ seed, a: options, z: options });
          const { network, a, z } = two;
          const association = a.connect(z);
          network.run({ until: () => z.associations.length > 0 && association.state === 'ESTABLISHED' });
          network.link(a, z).set(toZ);
          network.link(z, a).set(toA);
          heal(two, badForMs);
          const sent: Record<Step['by'], OutgoingMessage[]> = { a: [], z: [] };
          for (const { afterMs, by, act } of script) {
            if (afterMs > 0) network.run({ forMs: afterMs });
            const host = by === 'a' ? a : z;
            if (isRequest(act)) {
              host.command(() => host.association.reconfigure(act));
            } else if (act.isPartial) {
              host.send(host.association, { ...numberedMessage(partialPpid, act), maxRetransmits: 0 });
            } else {
              const message = numberedMessage(sent[by].length, act);
              sent[by].push(message);
              host.send(host.association, message);
            }
          }
          const isThere = (): boolean => reliable(z).length === sent.a.length && reliable(a).length === sent.z.length;
          const check = (isComplete: boolean): void => {
            const flaw = flawIn(reliable(z), sent.a, isComplete) ?? flawIn(reliable(a), sent.z, isComplete);
            if (flaw !== undefined) throw new Error(`${flaw}\n${network}`);
          };
          check(false);
          if (!closesEarly) {
            network.run({ until: isThere, forMs: patienceMs });
            network.run({ forMs: 300_000 });
          }
          if (closing !== 'z') a.shutdown();
          if (closing !== 'a') z.shutdown();
          network.run({ until: () => isQuiet(two), forMs: patienceMs });
          check(true);
          expect([endingOf(a), endingOf(z)], network.toString()).toEqual(['graceful', 'graceful']);
          if (closesEarly) return;
          const isCollision = (failure: string): boolean => failure === 'associationReset error';
          expect([...failures(a), ...failures(z)].filter((failure) => !isCollision(failure))).toEqual([]);
          for (const [host, other] of [
            [a, z],
            [z, a],
          ] as const) {
            const added = eventsOf(host, 'streamsAdded').filter(({ direction }) => direction === 'outgoing').length;
            const told = eventsOf(other, 'streamsAdded').filter(({ direction }) => direction === 'incoming').length;
            expect(added).toBe(told);
          }
        },
      );
      assertProperty(property, 150);
    },
    propertyTimeoutMs,
  );
});
