import { describe, expect, it } from 'vitest';
import { mid, ssn, tsn } from '../../src/base/serial.ts';
import { type Chunk, chunkTypes, decodePacket, type Parameter } from '../../src/chunks/index.ts';
import { type Host, type HostOptions, Network } from '../../src/simulation/index.ts';
import type { PartialMessage } from '../../src/streams/partial-message.ts';
import { pattern } from '../support/messages.ts';
import { endingOf, establishedPair } from '../support/pair.ts';
import { type RawPeer, rawPair } from '../support/raw-peer.ts';

const extensions = (...types: number[]): Parameter => ({ kind: 'Supported Extensions', chunkTypes: types });
const forwardTsnSupported: Parameter = { kind: 'Forward-TSN-Supported' };
const {
  'RE-CONFIG': reconfigType,
  'I-DATA': iDataType,
  'FORWARD-TSN': forwardType,
  'I-FORWARD-TSN': iForwardType,
} = chunkTypes;

interface Meeting {
  readonly network: Network;
  readonly z: Host;
  readonly peer: RawPeer;
}

function meet(host: Partial<HostOptions> = {}, parameters: readonly Parameter[] = []): Meeting {
  const network = new Network();
  const z = network.addHost('z', { addresses: ['10.0.0.2'], port: 5001, listening: true, ...host });
  const all = [forwardTsnSupported, extensions(reconfigType, iDataType, iForwardType)];
  return { network, z, peer: rawPair(network, z, { parameters: parameters.length > 0 ? parameters : all }) };
}

const resetRequest = (last: number, ...streamNumbers: number[]): Chunk => ({
  kind: 'RE-CONFIG',
  parameters: [
    {
      kind: 'Outgoing SSN Reset Request',
      requestSequenceNumber: 1,
      responseSequenceNumber: 0,
      sendersLastAssignedTsn: tsn(last),
      streamNumbers,
    },
  ],
});

describe.each([
  ['DATA', false],
  ['I-DATA', true],
])('FORWARD TSN from before a reset to behind it (RFC 6525 §5.2.2 E2 to E4): %s', (_, interleaving) => {
  const data = (peer: RawPeer, number: number, messageId: number, streamId = 0): Chunk => {
    const chunk = peer.data(number, { ssn: messageId, streamId }) as Extract<Chunk, { kind: 'DATA' }>;
    return interleaving ? { ...chunk, kind: 'I-DATA', fragment: { ...chunk.fragment, messageId } } : chunk;
  };
  const forward = (number: number, ...streams: [streamId: number, number: number][]): Chunk =>
    interleaving
      ? {
          kind: 'I-FORWARD-TSN',
          newCumulativeTsn: tsn(number),
          streams: streams.map(([streamId, value]) => ({ streamId, unordered: false, mid: mid(value) })),
        }
      : {
          kind: 'FORWARD-TSN',
          newCumulativeTsn: tsn(number),
          streams: streams.map(([streamId, value]) => ({ streamId, ssn: ssn(value) })),
        };

  // Each line is a packet; messages bear their TSN.
  it.each<[string, (peer: RawPeer) => Chunk[][], readonly number[]]>([
    [
      'the first message behind it is skipped, too',
      (peer) => [[data(peer, 1, 0)], [resetRequest(2, 0)], [forward(3, [0, 0])], [data(peer, 4, 1), data(peer, 5, 2)]],
      [1, 4, 5],
    ],
    [
      'of all streams',
      (peer) => [[data(peer, 1, 0)], [resetRequest(2)], [forward(3, [0, 0])], [data(peer, 4, 1), data(peer, 5, 2)]],
      [1, 4, 5],
    ],
    [
      'two of them are, and the next comes last',
      (peer) => [
        [data(peer, 1, 0)],
        [resetRequest(2, 0)],
        [forward(4, [0, 1])],
        [data(peer, 6, 3)],
        [data(peer, 5, 2)],
      ],
      [1, 5, 6],
    ],
    ['nothing was there before', (peer) => [[resetRequest(1, 0)], [forward(2, [0, 0])], [data(peer, 3, 1)]], [3]],
    [
      'what waits behind it was there first',
      (peer) => [[resetRequest(2, 0)], [data(peer, 4, 1), data(peer, 5, 2)], [data(peer, 1, 0)], [forward(3, [0, 0])]],
      [1, 4, 5],
    ],
    [
      'what waits before it was there first',
      (peer) => [[data(peer, 2, 1)], [resetRequest(2, 0)], [forward(3, [0, 0])], [data(peer, 4, 1)]],
      [2, 4],
    ],
    [
      'only what was sent before it, and another stream, are skipped',
      (peer) => [
        [data(peer, 1, 0)],
        [resetRequest(2, 0)],
        [forward(3, [0, 1], [1, 0])],
        [data(peer, 4, 0), data(peer, 5, 1), data(peer, 6, 1, 1)],
      ],
      [1, 4, 5, 6],
    ],
    [
      'the request comes behind it, once more',
      (peer) => [[data(peer, 1, 0)], [forward(3, [0, 0])], [resetRequest(2, 0)], [data(peer, 4, 1)]],
      [1, 4],
    ],
    [
      'one after the other, the latter twice',
      (peer) => [
        [resetRequest(2, 0)],
        [forward(1, [0, 0])],
        [forward(3, [0, 0])],
        [forward(3, [0, 0])],
        [data(peer, 4, 1)],
      ],
      [4],
    ],
    [
      'in one packet with what follows',
      (peer) => [[resetRequest(2, 0)], [forward(3, [0, 0]), data(peer, 4, 1)], [data(peer, 5, 2)]],
      [4, 5],
    ],
  ])('%s', (_what, packets, expected) => {
    const { network, z, peer } = meet({ interleaving });
    for (const chunks of packets(peer)) {
      peer.send(...chunks);
      network.run({ forMs: 50 });
    }
    network.run({ forMs: 1_000 });
    expect(z.received().map((each) => each.data[0])).toEqual(expected);
    expect([z.endpoint.bufferedBytes, endingOf(z)]).toEqual([0, undefined]);
    expect(peer.latest('SACK').cumulativeTsnAck).toBe(Math.max(...expected));
  });

  it('the first message behind it is read while it arrives', () => {
    const { network, z, peer } = meet({ interleaving, autoRead: false, partialDeliveryPoint: 1 });
    const { association } = z;
    association.partialDelivery = true;
    const piece = (number: number, fsn: number, ending: boolean): Chunk => {
      const chunk = data(peer, number, 0) as Extract<Chunk, { kind: 'DATA' | 'I-DATA' }>;
      return { ...chunk, fragment: { ...chunk.fragment, beginning: fsn === 0, ending, fsn } };
    };
    // What was skipped behind the reset is of another stream; the number of this one is of the time before.
    const packets = [
      [resetRequest(2)],
      [piece(4, 0, false)],
      [forward(3, [0, 0], [1, 0])],
      [data(peer, 7, 2)],
      [data(peer, 6, 1)],
      [piece(5, 1, true)],
      [data(peer, 8, 3)],
    ];
    for (const chunks of packets) {
      peer.send(...chunks);
      network.run({ forMs: 50 });
    }
    const first = association.receivePartly(network.now) as PartialMessage;
    const bytes: number[] = [];
    for (let read = association.read(first, 0); read !== undefined; read = association.read(first, 0))
      bytes.push(...read);
    expect([first.state, new Set(bytes)]).toEqual(['complete', new Set([4, 5])]);
    expect([1, 2, 3].map(() => association.receive(network.now)?.data[0])).toEqual([6, 7, 8]);
    expect([z.endpoint.bufferedBytes, endingOf(z)]).toEqual([0, undefined]);
  });
});

it('an old FORWARD TSN chunk from before the association was reset is old (RFC 6525 §5.2.4 G1)', () => {
  const { network, z, peer } = meet();
  peer.send(peer.data(1), peer.data(2), peer.data(3));
  network.run({ forMs: 300 });
  peer.send({ kind: 'RE-CONFIG', parameters: [{ kind: 'SSN/TSN Reset Request', requestSequenceNumber: 1 }] });
  network.run({ forMs: 300 });
  const [response] = peer.latest('RE-CONFIG').parameters;
  if (response?.kind !== 'Re-configuration Response') throw new Error('no response');
  const next = response.nextTsns!.receiversNextTsn;
  for (const old of [1, 2, 3]) peer.send({ kind: 'FORWARD-TSN', newCumulativeTsn: tsn(old), streams: [] });
  peer.send(peer.data(next, { ssn: 0 }));
  network.run({ forMs: 300 });
  expect([z.received().length, peer.latest('SACK').cumulativeTsnAck]).toEqual([4, next]);
});

it('a FORWARD TSN chunk for streams that there are not changes nothing for them, once they are there', () => {
  const { network, z, peer } = meet({ maxInboundStreams: 20 }, [forwardTsnSupported, extensions(reconfigType)]);
  expect(z.association.inboundStreams).toBe(10);
  const streams = [3, 10, 12, 20, 65_535].map((streamId) => ({ streamId, ssn: ssn(4) }));
  peer.send({ kind: 'FORWARD-TSN', newCumulativeTsn: tsn(5), streams });
  network.run({ forMs: 50 });
  const adds: Parameter = { kind: 'Add Outgoing Streams Request', requestSequenceNumber: 1, newStreams: 5 };
  peer.send({ kind: 'RE-CONFIG', parameters: [adds] });
  network.run({ forMs: 50 });
  peer.send(peer.data(6, { streamId: 12, ssn: 0 }), peer.data(7, { streamId: 3, ssn: 5 }));
  network.run({ forMs: 50 });
  expect(z.received().map(({ streamId }) => streamId)).toEqual([12, 3]);
});

describe('our own FORWARD TSN chunks', () => {
  const points = (network: Network, kind: string): [timeMs: number, point: number, streams: string][] =>
    network.packets.flatMap(({ timeMs, packet }) =>
      (decodePacket(packet)?.chunks ?? []).flatMap((chunk) =>
        chunk.kind === kind && 'newCumulativeTsn' in chunk
          ? [[timeMs, chunk.newCumulativeTsn, JSON.stringify(chunk.streams)] as [number, number, string]]
          : [],
      ),
    );

  it('do not end within a message of another stream than those that are reset', () => {
    const two = establishedPair({ a: { pathMtu: 1_500 }, recordedPackets: 1_000 });
    const { network, a, z, association } = two;
    network
      .link(a, z)
      .set({ drop: (packet) => packet.chunks.some((chunk) => chunk.kind === 'DATA' && chunk.tsn === 4) });
    a.send(association, { data: pattern(1, 9_000), streamId: 4, maxRetransmits: 0 });
    a.command(() => association.reconfigure({ kind: 'reset outgoing streams', streamIds: [1] }));
    network.run({ forMs: 30_000 });
    const first = association.metrics().dataChunksSent;
    expect(first).toBe(7);
    expect(new Set(network.ladder().filter((line) => line.includes('FORWARD')))).toEqual(
      new Set(['a > FORWARD-TSN 7']),
    );
    expect(z.endpoint.bufferedBytes).toBe(0);
    network.link(a, z).set({ drop: undefined });
    for (let n = 0; n < 3; n++) a.send(association, { data: pattern(n, 3_000), streamId: n === 1 ? 1 : 4 });
    network.run({ forMs: 5_000 });
    expect([z.received().length, endingOf(z)]).toEqual([3, undefined]);
  });

  it('stop before it where they name a stream that is reset, and go on behind', () => {
    const two = establishedPair({ a: { pathMtu: 1_500 }, recordedPackets: 1_000 });
    const { network, a, z, association } = two;
    network.link(a, z).set({ drop: ({ chunks }) => chunks.some(({ kind }) => kind === 'DATA') });
    a.send(association, { data: pattern(0, 1_000), streamId: 1, maxRetransmits: 0 });
    a.send(association, { data: pattern(1, 9_000), streamId: 4, maxRetransmits: 0 });
    a.command(() => association.reconfigure({ kind: 'reset outgoing streams', streamIds: [1] }));
    network.run({ forMs: 10_000 });
    const told = points(network, 'FORWARD-TSN');
    expect(told.length).toBeGreaterThan(1);
    for (const [, , streams] of told) expect(streams).not.toMatch(/"streamId":1.*"streamId":4/);
    network.link(a, z).set({ drop: undefined });
    for (const streamId of [1, 4]) a.send(association, { data: pattern(2, 3_000), streamId });
    network.run({ forMs: 10_000 });
    expect([z.received().length, z.endpoint.bufferedBytes, endingOf(z)]).toEqual([2, 0, undefined]);
  });

  it('are not sent twice in one instant (RFC 3758 §3.5 F2)', () => {
    const { network, a, z, association } = establishedPair({ recordedPackets: 1_000 });
    network.link(a, z).cut();
    a.send(association, { data: pattern(0, 1_000), lifetimeMs: 500 });
    a.send(association, { data: pattern(1, 1_000) });
    a.send(association, { data: pattern(2, 1_000), lifetimeMs: 500 });
    network.run({ forMs: 20_000 });
    const told = points(network, 'FORWARD-TSN').map(([timeMs]) => timeMs);
    expect(told.length).toBeGreaterThan(2);
    expect(new Set(told).size).toBe(told.length);
  });

  it.each<[string, boolean, readonly Parameter[], string]>([
    ['nothing', false, [extensions(reconfigType)], 'none'],
    ['Forward-TSN-Supported', false, [forwardTsnSupported], 'FORWARD-TSN'],
    ['FORWARD-TSN', false, [extensions(forwardType)], 'FORWARD-TSN'],
    ['I-FORWARD-TSN, without interleaving', false, [extensions(iDataType, iForwardType)], 'none'],
    ['I-FORWARD-TSN', true, [extensions(iDataType, iForwardType)], 'I-FORWARD-TSN'],
    ['I-FORWARD-TSN without I-DATA', true, [extensions(iForwardType)], 'none'],
    ['I-DATA alone', true, [extensions(iDataType)], 'none'],
    ['I-DATA and FORWARD-TSN', true, [extensions(iDataType, forwardType)], 'none'],
    ['as Linux', true, [forwardTsnSupported, extensions(iDataType)], 'FORWARD-TSN'],
  ])(
    'go only to a peer that has offered them (RFC 3758 §3.3.3, RFC 8260 §2.3.1): %s',
    (_, interleaving, offer, kind) => {
      const { network, z, peer } = meet({ interleaving }, offer);
      z.send(z.association, { data: pattern(0, 100), maxRetransmits: 0 });
      z.send(z.association, { data: pattern(1, 100), lifetimeMs: 10 });
      network.run({ forMs: 5_000 });
      z.command(() => z.association.shutdown(network.now));
      network.run({ forMs: 10_000 });
      const kinds = new Set(peer.received.map((chunk) => chunk.kind).filter((each) => each.includes('FORWARD')));
      expect([...kinds].join() || 'none').toBe(kind);
    },
  );

  it('end with the offer: a peer that begins anew without it gets none', () => {
    const { network, z, peer } = meet({}, [forwardTsnSupported]);
    z.send(z.association, { data: pattern(0, 100), maxRetransmits: 0 });
    network.run({ forMs: 10 });
    peer.sendUnder(0, peer.init({ initiateTag: 0xabcd, parameters: [] }));
    network.run({ forMs: 50 });
    const cookie = peer.latest('INIT ACK').parameters.find((each) => each.kind === 'State Cookie')!;
    peer.send({ kind: 'COOKIE ECHO', cookie: cookie.cookie });
    network.run({ forMs: 50 });
    z.send(z.association, { data: pattern(1, 100), maxRetransmits: 0 });
    network.run({ forMs: 10_000 });
    expect(z.association.capabilities.partialReliability).toBe(false);
    expect(peer.received.filter(({ kind }) => kind === 'FORWARD-TSN')).toEqual([]);
  });
});
