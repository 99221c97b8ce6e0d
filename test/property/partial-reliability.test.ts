import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Association } from '../../src/association/association.ts';
import type { Host, OutgoingMessage } from '../../src/simulation/index.ts';
import { schedulerNames } from '../../src/streams/schedulers.ts';
import { badLink, heal, messagePlans, patientOptions } from '../support/arbitrary-traffic.ts';
import { assertProperty, propertyTimeoutMs } from '../support/fuzz.ts';
import { numberedMessage } from '../support/messages.ts';
import { endingOf, eventsOf, isQuiet, type Pair, pair } from '../support/pair.ts';

const badForMs = 20_000;
const patienceMs = 600_000;

type Policy = Pick<OutgoingMessage, 'maxRetransmits' | 'lifetimeMs'>;

const policies: fc.Arbitrary<readonly Policy[]> = fc.array(
  fc.oneof(
    fc.constant({}),
    fc.record({ maxRetransmits: fc.nat(2) }),
    fc.record({ lifetimeMs: fc.constantFrom(0, 1, 100, 3_000) }),
    fc.record({ maxRetransmits: fc.nat(2), lifetimeMs: fc.constantFrom(50, 1_000) }),
  ),
  { minLength: 1, maxLength: 5 },
);

/** Numbers of messages, as their ppid tells them. */
const numbers = (messages: Iterable<{ readonly ppid?: number | undefined }>): number[] =>
  Array.from(messages, ({ ppid }) => ppid ?? 0);

function isReliable({ maxRetransmits, lifetimeMs }: OutgoingMessage): boolean {
  return maxRetransmits === undefined && lifetimeMs === undefined;
}

/** What is wrong with the fate of `sent`, all of which was accepted and settled; undefined when nothing is. */
function flawIn(sender: Host, receiver: Host, sent: readonly OutgoingMessage[]): string | undefined {
  const received = receiver.received();
  const there = new Set(numbers(received));
  const delivered = numbers(eventsOf(sender, 'delivered').map(({ message }) => message));
  const abandoned = eventsOf(sender, 'abandoned');
  const settled = [...delivered, ...numbers(abandoned.map(({ message }) => message))].sort((a, b) => a - b);
  if (settled.join() !== numbers(sent).join()) return `told of ${settled.join()}, and ${sent.length} were accepted`;
  if (there.size !== received.length) return 'a message came twice';
  const lost = delivered.find((number) => !there.has(number));
  if (lost !== undefined) return `message ${lost} was reported as delivered`;
  const unsent = abandoned.find(({ message, wasSent }) => !wasSent && there.has(message.ppid));
  if (unsent !== undefined) return `message ${unsent.message.ppid} was reported as never sent`;
  const missing = sent.find((message) => isReliable(message) && !there.has(message.ppid ?? 0));
  if (missing !== undefined) return `message ${missing.ppid} is reliable and missing`;
  const latest = new Map<number, number>();
  for (const { ppid, streamId, unordered, data } of received) {
    if (Buffer.compare(data, sent[ppid]!.data) !== 0) return `message ${ppid} came with other bytes`;
    if (unordered) continue;
    if (ppid < (latest.get(streamId) ?? -1)) return `message ${ppid} came after ${latest.get(streamId)}`;
    latest.set(streamId, ppid);
  }
  return undefined;
}

function settledCount(host: Host): number {
  return eventsOf(host, 'delivered').length + eventsOf(host, 'abandoned').length;
}

/** Both sides send, and everything is settled. */
function exchange(two: Pair, fromA: readonly OutgoingMessage[], fromZ: readonly OutgoingMessage[]): Association {
  const { network, a, z } = two;
  const association = a.connect(z);
  a.feed(association, fromA);
  network.run({ until: () => z.associations.length > 0, forMs: patienceMs });
  z.feed(z.association, fromZ);
  network.run({
    until: () =>
      association.state === 'ESTABLISHED' && settledCount(a) === fromA.length && settledCount(z) === fromZ.length,
    forMs: patienceMs,
  });
  return association;
}

describe('with partial reliability, whatever the network does', () => {
  it(
    'each message is delivered whole or given up, in order, and nothing is left of it (RFC 3758, RFC 7496)',
    () => {
      const property = fc.property(
        fc.nat(0xffff_ffff),
        badLink,
        badLink,
        messagePlans(30_000),
        messagePlans(30_000),
        policies,
        fc.boolean(),
        fc.constantFrom(...schedulerNames),
        (seed, toZ, toA, plansOfA, plansOfZ, given, interleaving, scheduler) => {
          const options = { ...patientOptions, interleaving, scheduler, receiveBufferSize: 100_000 };
          const two = pair({ seed, a: options, z: options });
          const { network, a, z } = two;
          network.link(a, z).set(toZ);
          network.link(z, a).set(toA);
          heal(two, badForMs);
          const [fromA, fromZ] = [plansOfA, plansOfZ].map((plans) =>
            plans.map((plan, number) => ({
              ...numberedMessage(number, plan),
              ...given[number % given.length],
              reportDelivery: true,
            })),
          ) as [OutgoingMessage[], OutgoingMessage[]];
          const association = exchange(two, fromA, fromZ);
          const flaw = flawIn(a, z, fromA) ?? flawIn(z, a, fromZ);
          if (flaw !== undefined) throw new Error(`${flaw}\n${network}`);
          expect(association.bufferedAmount + z.association.bufferedAmount).toBe(0);
          a.shutdown();
          network.run({ until: () => isQuiet(two), forMs: patienceMs });
          expect([endingOf(a), endingOf(z)], network.toString()).toEqual(['graceful', 'graceful']);
        },
      );
      assertProperty(property, 100);
    },
    propertyTimeoutMs,
  );

  it(
    'the receiver holds nothing of what was given up: its window is whole again',
    () => {
      const property = fc.property(
        fc.nat(0xffff_ffff),
        badLink,
        messagePlans(30_000),
        fc.boolean(),
        (seed, link, plans, interleaving) => {
          const options = { ...patientOptions, interleaving, receiveBufferSize: 100_000 };
          const two = pair({ seed, a: options, z: options });
          const { network, a, z } = two;
          network.link(a, z).set(link);
          heal(two, badForMs);
          const sent = plans.map((plan, number) => ({
            ...numberedMessage(number, plan),
            maxRetransmits: 0,
            reportDelivery: true,
          }));
          exchange(two, sent, []);
          // The FORWARD TSN chunk for the latest of them is on its way.
          network.run({ until: () => network.isIdle || a.endpoint.nextTimeout > network.now + 20_000, forMs: 60_000 });
          network.run({ forMs: 10_000 });
          expect([a.endpoint.bufferedBytes, z.endpoint.bufferedBytes], network.toString()).toEqual([0, 0]);
        },
      );
      assertProperty(property, 60);
    },
    propertyTimeoutMs,
  );
});
