import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tsn } from '../../src/base/serial.ts';
import type { Chunk } from '../../src/chunks/index.ts';
import { PartialMessage } from '../../src/streams/partial-message.ts';
import { arbitraryChunk, arbitraryUnknownChunk } from '../support/arbitrary-chunks.ts';
import { assertProperty, propertyTimeoutMs } from '../support/fuzz.ts';
import { messages } from '../support/messages.ts';
import type { RawPeer } from '../support/raw-peer.ts';
import { type Arranged, arrange, arrangedStates } from '../support/states.ts';

/** A chunk that means something to the association of its receiver. */
type MakeChunk = (peer: RawPeer) => Chunk;

const near = fc.integer({ min: -3, max: 40 });
const anywhere = fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff });
const number = fc.oneof({ weight: 9, arbitrary: near }, { weight: 1, arbitrary: anywhere });
const offset = fc.oneof({ weight: 9, arbitrary: fc.nat(30) }, { weight: 1, arbitrary: fc.nat(0xffff) });

/** Mostly so that it belongs together: one wrong bit ends the association, and the run says nothing any more. */
const mostlyTrue = fc.oneof({ weight: 6, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) });

const data: fc.Arbitrary<MakeChunk> = fc
  .record({
    number,
    streamId: fc.nat(12),
    ssn: fc.nat(5),
    unordered: fc.boolean(),
    beginning: mostlyTrue,
    ending: mostlyTrue,
    immediateAck: fc.boolean(),
    length: fc.oneof({ weight: 60, arbitrary: fc.integer({ min: 1, max: 1400 }) }, fc.constant(0)),
  })
  .map(
    ({ number, ...options }) =>
      (peer) =>
        peer.data(number, options),
  );

/** Mostly what was sent: a SACK chunk for anything else ends the association. */
const acknowledged = fc.oneof(
  { weight: 20, arbitrary: fc.integer({ min: -2, max: 4 }) },
  { weight: 1, arbitrary: number },
);
const gapOffset = fc.oneof({ weight: 20, arbitrary: fc.nat(4) }, { weight: 1, arbitrary: offset });

const sack: fc.Arbitrary<MakeChunk> = fc
  .record({
    number: acknowledged,
    gaps: fc.array(fc.tuple(gapOffset, gapOffset), { maxLength: 3 }),
    isSorted: fc.boolean(),
    aRwnd: fc.oneof(fc.nat(3_000), fc.nat(0xffff_ffff)),
    duplicates: fc.array(number, { maxLength: 4 }),
  })
  .map(({ number, gaps, isSorted, aRwnd, duplicates }) => (peer) => {
    const edges = gaps.flat();
    if (isSorted) edges.sort((a, b) => a - b);
    const blocks = gaps.map((_, i) => [edges[2 * i]!, edges[2 * i + 1]!] as const);
    const duplicateTsns = duplicates.map((duplicate) => tsn(peer.initialTsn + duplicate));
    return { ...peer.sack(number, blocks, aRwnd), duplicateTsns } as Chunk;
  });

const plausible: fc.Arbitrary<MakeChunk> = fc.oneof(
  { weight: 8, arbitrary: data },
  { weight: 6, arbitrary: sack },
  {
    weight: 1,
    arbitrary: number.map(
      (n): MakeChunk =>
        (peer) =>
          peer.shutdown(n),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom<MakeChunk>(
      (peer) => peer.init(),
      (peer) => peer.init({ initiateTag: 0 }),
      (peer) => peer.init({ aRwnd: 10 }),
      (peer) => peer.initAck(),
      (peer) => peer.initAck({ initiateTag: 0x1234 }),
      (peer) => peer.initAck({ parameters: [] }),
      (peer) => ({ kind: 'COOKIE ECHO', cookie: latestCookie(peer) }),
      () => ({ kind: 'COOKIE ACK' }),
      () => ({ kind: 'SHUTDOWN ACK' }),
      () => ({ kind: 'SHUTDOWN COMPLETE', tagReflected: false }),
      () => ({ kind: 'ERROR', causes: [{ kind: 'Stale Cookie', measureOfStalenessUs: 1 }] }),
    ),
  },
  {
    weight: 3,
    arbitrary: arbitraryChunk.map(
      (chunk): MakeChunk =>
        () =>
          chunk,
    ),
  },
  {
    weight: 1,
    arbitrary: arbitraryUnknownChunk.map(
      (chunk): MakeChunk =>
        () =>
          chunk,
    ),
  },
);

/** The cookie of the latest INIT ACK chunk that the peer got, if it got any. */
function latestCookie(peer: RawPeer): Uint8Array {
  for (const chunk of peer.received) {
    if (chunk.kind !== 'INIT ACK') continue;
    for (const parameter of chunk.parameters) if (parameter.kind === 'State Cookie') return parameter.cookie;
  }
  return new Uint8Array(80);
}

type Command = 'send' | 'receive' | 'read in part' | 'partial delivery' | 'shutdown';

type Step =
  | { readonly kind: 'packet'; readonly chunks: readonly MakeChunk[]; readonly tag: 'right' | 'own' | 'zero' }
  | { readonly kind: 'wait'; readonly forMs: number }
  | { readonly kind: 'command'; readonly command: Command };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('packet' as const),
      chunks: fc.array(plausible, { minLength: 1, maxLength: 4 }),
      tag: fc.oneof(
        { weight: 12, arbitrary: fc.constant('right' as const) },
        { weight: 1, arbitrary: fc.constantFrom('own' as const, 'zero' as const) },
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), forMs: fc.constantFrom(1, 200, 1_000, 60_000) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('command' as const),
      command: fc.constantFrom<Command>('send', 'receive', 'read in part', 'partial delivery', 'shutdown'),
    }),
  },
);

/** So many packets may answer one: a control queue's worth, and a burst of data for each SACK chunk. */
const mostAnswers = 64 + 16;

function take({ network, host, peer }: Arranged, each: Step): void {
  switch (each.kind) {
    case 'packet': {
      const before = host.endpoint.counters.packetsSent;
      const tags = { right: peer.peerTag, own: peer.tag, zero: 0 };
      peer.sendUnder(tags[each.tag], ...each.chunks.map((make) => make(peer)));
      network.run({ forMs: 10 });
      expect(host.endpoint.counters.packetsSent - before, network.toString()).toBeLessThan(mostAnswers);
      return;
    }
    case 'wait':
      network.run({ forMs: each.forMs, maxEvents: 2_000 });
      return;
    case 'command': {
      const { association } = host;
      if (each.command === 'shutdown') host.shutdown();
      else if (each.command === 'receive') host.receive();
      else if (each.command === 'read in part') readInPart(host);
      else if (each.command === 'partial delivery') association.partialDelivery = !association.partialDelivery;
      else if (association.state === 'ESTABLISHED') host.send(association, messages(1, 3_000)[0]!);
    }
  }
}

/** Begins to read what is there, and has had enough of it then. */
function readInPart(host: Arranged['host']): void {
  const { association } = host;
  host.command((now) => {
    const received = association.receivePartly(now);
    if (!(received instanceof PartialMessage)) return;
    association.read(received, now);
    if (received.length === 0) association.discard(received);
  });
}

/** What has to hold at any time. */
function check({ network, host }: Arranged, receiveBufferSize: number): void {
  for (const association of host.associations) {
    expect(association.bufferedAmount, network.toString()).toBeGreaterThanOrEqual(0);
    for (const { cwnd, flightSize, rtoMs } of association.paths) {
      expect(flightSize, network.toString()).toBeGreaterThanOrEqual(0);
      expect(cwnd, network.toString()).toBeGreaterThan(0);
      expect(rtoMs).toBeLessThanOrEqual(60_000);
    }
    let held = 0;
    for (let message = host.receive(association); message; message = host.receive(association)) {
      held += message.data.length + 128;
    }
    expect(held, network.toString()).toBeLessThanOrEqual(receiveBufferSize * 1.125 + 1_628);
  }
  expect(host.endpoint.nextTimeout).not.toBeNaN();
}

/** Ends what is left, and finds that nothing is. */
function finish({ network, host }: Arranged): void {
  for (const association of host.associations) host.abort(association);
  network.run({ forMs: 1_000 });
  for (const association of host.endpoint.associations) host.abort(association);
  network.run({ forMs: 1_000 });
  expect(host.endpoint.associationCount, network.toString()).toBe(0);
  expect(host.endpoint.nextTimeout, network.toString()).toBe(Number.POSITIVE_INFINITY);
  for (const association of host.associations) {
    const kinds = host.events.filter((each) => each.association === association).map(({ event }) => event.kind);
    expect(kinds.filter((kind) => kind === 'closed').length, network.toString()).toBe(1);
    expect(kinds.at(-1)).toBe('closed');
  }
}

const receiveBufferSize = 8_000;

describe('a hostile peer', () => {
  for (const state of arrangedStates) {
    it(
      `in ${state}: does not throw, loop or grow, whatever it says`,
      () => {
        const property = fc.property(
          fc.nat(1_000_000),
          fc.array(step, { maxLength: 25, size: 'max' }),
          (seed, steps) => {
            const arranged = arrange(
              state,
              { seed },
              {
                receiveBufferSize,
                partialDeliveryPoint: 100,
                autoRead: false,
              },
            );
            arranged.host.events.length = 0;
            for (const each of steps) {
              if (each.kind === 'command' && arranged.host.associations.length === 0) continue;
              take(arranged, each);
            }
            check(arranged, receiveBufferSize);
            finish(arranged);
          },
        );
        assertProperty(property, 60);
      },
      propertyTimeoutMs,
    );
  }
});
