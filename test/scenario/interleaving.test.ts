import { describe, expect, it } from 'vitest';
import { tsn } from '../../src/base/serial.ts';
import { type Chunk, chunkTypes, type Parameter } from '../../src/chunks/index.ts';
import { type Host, type HostOptions, Network } from '../../src/simulation/index.ts';
import type { SchedulerName } from '../../src/streams/stream-scheduler.ts';
import { messages, pattern } from '../support/messages.ts';
import { type EstablishedPair, endingOf, establishedPair, isQuiet } from '../support/pair.ts';
import { RawPeer, rawPair } from '../support/raw-peer.ts';

const options = { interleaving: true };

function interleaving(scheduler: SchedulerName = 'round-robin'): EstablishedPair {
  return establishedPair({ a: { ...options, scheduler }, z: options });
}

describe('what is negotiated (RFC 8260 §2.2.1)', () => {
  it.each([
    [true, true, 'I-DATA'],
    [true, false, 'DATA'],
    [false, true, 'DATA'],
  ])('with %s and %s it is %s for all messages', (ours, theirs, kind) => {
    const { network, a, z } = establishedPair({ a: { interleaving: ours }, z: { interleaving: theirs } });
    a.feed(a.association, messages(3, 2_000));
    z.feed(z.association, messages(3, 2_000));
    network.run({ until: () => z.received().length === 3 && a.received().length === 3 });
    const kinds = new Set(
      network
        .ladder()
        .join(' ')
        .match(/(I-)?DATA/g),
    );
    expect([...kinds]).toEqual([kind]);
    expect([a.association.capabilities.interleaving, z.association.capabilities.interleaving]).toEqual([
      kind === 'I-DATA',
      kind === 'I-DATA',
    ]);
  });

  const speaks: Parameter[] = [{ kind: 'Supported Extensions', chunkTypes: [chunkTypes['I-DATA']] }];

  it('DATA where I-DATA was negotiated: "MUST abort the association" (§2.2.3)', () => {
    const network = new Network();
    const z = network.addHost('z', { addresses: ['10.0.0.2'], port: 5001, listening: true, ...options });
    const peer = rawPair(network, z, { parameters: speaks });
    peer.send(peer.data(1));
    network.run({ forMs: 100 });
    expect([endingOf(z), network.ladder().at(-1)]).toEqual([
      'SCTP_ERR_PROTOCOL_VIOLATION',
      'z > ABORT Protocol Violation',
    ]);
  });

  it('I-DATA where it was not negotiated breaks the protocol, too', () => {
    const network = new Network();
    const z = network.addHost('z', { addresses: ['10.0.0.2'], port: 5001, listening: true });
    const peer = rawPair(network, z, { parameters: speaks });
    const { fragment } = peer.data(1) as Extract<Chunk, { kind: 'DATA' }>;
    peer.send({ kind: 'I-DATA', tsn: tsn(1), immediateAck: false, fragment });
    network.run({ forMs: 100 });
    expect(endingOf(z)).toBe('SCTP_ERR_PROTOCOL_VIOLATION');
  });

  it('a peer without Forward-TSN-Supported is never told to skip', () => {
    const { network, a, z } = establishedPair({ a: options, z: { ...options, partialReliability: false } });
    network.link(a, z).set({ drop: (_, index) => index === 0 });
    a.send(a.association, { data: pattern(0, 100), maxRetransmits: 0 });
    network.run({ until: () => z.received().length === 1 });
    expect(network.ladder().join()).not.toContain('FORWARD');
  });
});

describe('a large message', () => {
  const large = { data: pattern(0, 10 * 2 ** 20), streamId: 0, ppid: 0 };

  it.each([
    ['round-robin', 10],
    ['round-robin-per-packet', 2],
    ['fair-capacity', 2],
    ['weighted-fair-queueing', 2],
  ] as const)('delays a small one on another stream by one packet at most (%s, %d MiB)', (scheduler, mebibytes) => {
    const data = large.data.subarray(0, mebibytes * 2 ** 20);
    const size = 32 * 2 ** 20;
    const unlimited = { receiveBufferSize: size, sendBufferSize: size, maxMessageSize: size };
    const two = establishedPair({ a: { ...options, ...unlimited, scheduler }, z: { ...options, ...unlimited } });
    const { network, a, z } = two;
    a.send(a.association, { ...large, data });
    network.run({ forMs: 150 });
    expect([z.received().length, a.association.bufferedAmount > 0]).toEqual([0, true]);
    network.clearLadder();
    a.send(a.association, { data: pattern(1, 100), streamId: 1, ppid: 1 });
    network.run({ until: () => z.received().length === 1 });
    const lines = network.ladder({ verbose: true }).filter((line) => line.startsWith('a'));
    const before = lines.findIndex((line) => line.includes('stream 1'));
    expect(before).toBeLessThanOrEqual(1);
    network.run({ until: () => z.received().length === 2 });
    expect(z.received().map(({ ppid }) => ppid)).toEqual([1, 0]);
    expect(Buffer.compare(z.received()[1]!.data, data)).toBe(0);
  });

  it('with DATA is in the way until its end', () => {
    const { network, a, z } = establishedPair({ a: { scheduler: 'round-robin' } });
    a.send(a.association, { ...large, data: large.data.subarray(0, 2 ** 20) });
    a.send(a.association, { data: pattern(1, 100), streamId: 1, ppid: 1 });
    network.run({ until: () => z.received().length === 2 });
    expect(z.received().map(({ ppid }) => ppid)).toEqual([0, 1]);
  });
});

describe('messages of several streams', () => {
  it('that are more than the peer can hold in pieces are not begun all at once', () => {
    const two = establishedPair({
      a: { ...options, scheduler: 'round-robin' },
      z: { ...options, receiveBufferSize: 100_000 },
    });
    const { network, a, z } = two;
    for (let streamId = 0; streamId < 20; streamId++) {
      a.send(a.association, { data: pattern(streamId, 30_000), streamId, ppid: streamId });
    }
    network.run({ until: () => z.received().length === 20 });
    expect(endingOf(z)).toBeUndefined();
  });

  it('take turns packet by packet', () => {
    const two = interleaving('round-robin');
    const { network, a, z } = two;
    network.link(a, z).cut();
    for (let streamId = 0; streamId < 3; streamId++) {
      a.send(a.association, { data: pattern(streamId, 4_000), streamId, ppid: streamId });
    }
    network.link(a, z).restore();
    network.run({ until: () => z.received().length === 3 });
    expect(z.received().map(({ data }) => data.length)).toEqual([4_000, 4_000, 4_000]);
    const first = network.ladder({ verbose: true })[1];
    expect(first).toContain('mid 0');
  });

  it('one that is given up in the middle leaves the others whole (§2.3.1)', () => {
    const two = interleaving();
    const { network, a, z } = two;
    network.link(a, z).set({ drop: (_, index) => index === 0 });
    a.send(a.association, { data: pattern(0, 20_000), streamId: 0, ppid: 0, maxRetransmits: 0 });
    a.send(a.association, { data: pattern(1, 20_000), streamId: 1, ppid: 1 });
    a.send(a.association, { data: pattern(2, 500), streamId: 0, ppid: 2 });
    a.send(a.association, { data: pattern(3, 500), streamId: 0, ppid: 3, unordered: true });
    network.run({ until: () => a.association.bufferedAmount === 0 });
    network.run({ forMs: 5_000 });
    expect(
      z
        .received()
        .map(({ ppid }) => ppid)
        .sort(),
    ).toEqual([1, 2, 3]);
    expect(network.ladder({ verbose: true }).join()).toMatch(/I-FORWARD-TSN \d+ 0:0/);
    expect(z.endpoint.bufferedBytes).toBe(0);
    a.shutdown();
    network.run({ until: () => isQuiet(two) });
    expect(endingOf(a)).toBe('graceful');
  });

  it('an unordered one that is given up is named as such', () => {
    const { network, a, z } = interleaving();
    network.link(a, z).set({ drop: (_, index) => index === 0 });
    a.send(a.association, { data: pattern(0, 500), streamId: 4, unordered: true, maxRetransmits: 0 });
    network.run({ until: () => a.association.bufferedAmount === 0 });
    expect(network.ladder({ verbose: true }).at(-1)).toBe('a > I-FORWARD-TSN 1 4U:0');
  });

  it('hundreds that are given up at once need no more TSNs than can be reported', () => {
    const big = { receiveBufferSize: 2 ** 26, sendBufferSize: 2 ** 26, initialCwndPackets: 1_000, maxBurst: 0 };
    const two = establishedPair({ a: { ...options, ...big, scheduler: 'round-robin' }, z: { ...options, ...big } });
    const { network, a, z } = two;
    network.link(a, z).cut();
    for (let streamId = 0; streamId < 800; streamId++) {
      a.send(a.association, { data: pattern(streamId, 3_000), streamId, lifetimeMs: 500 });
    }
    network.run({ forMs: 1_500 });
    network.link(a, z).restore();
    a.send(a.association, { data: pattern(1, 10), streamId: 0, ppid: 1 });
    network.run({ until: () => z.received().length === 1, forMs: 30_000 });
    network.run({ until: () => a.association.bufferedAmount === 0, forMs: 30_000 });
    expect(z.received()[0]?.ppid).toBe(1);
  });
});

describe('a peer that looks like Linux: it lists I-DATA and not I-FORWARD-TSN, and sends Forward-TSN-Supported', () => {
  const likeLinux: Parameter[] = [
    { kind: 'Forward-TSN-Supported' },
    { kind: 'Supported Extensions', chunkTypes: [chunkTypes['RE-CONFIG'], chunkTypes['I-DATA']] },
  ];
  const withoutPartialReliability = likeLinux.slice(1);
  const offers = ({ parameters }: { readonly parameters: readonly Parameter[] }): boolean =>
    parameters.some((each) => each.kind === 'Supported Extensions' && each.chunkTypes.includes(chunkTypes['I-DATA']));
  const host = (network: Network, given: Partial<HostOptions> = {}): Host =>
    network.addHost('z', { addresses: ['10.0.0.2'], port: 5001, listening: true, ...options, ...given });
  const kindsTo = (peer: RawPeer): string => peer.received.map(({ kind }) => kind).join();
  /** A message of three fragments as Linux numbers them. */
  const linuxMessage = (peer: RawPeer): Chunk[] =>
    [0, 1, 2].map((n) => {
      const piece = { beginning: n === 0, ending: n === 2, length: 100 };
      const { fragment, ...chunk } = peer.data(n + 1, piece) as Extract<Chunk, { kind: 'DATA' }>;
      return { ...chunk, kind: 'I-DATA', fragment: { ...fragment, messageId: 0, fsn: Math.max(0, n - 1) } };
    });

  it.each([[{}], [{ partialReliability: false }]])(
    'is not offered I-DATA when it asks, and gets DATA (%o)',
    (given) => {
      const network = new Network();
      const z = host(network, given);
      const peer = new RawPeer(network, z, { parameters: likeLinux });
      peer.sendUnder(0, peer.init());
      network.run({ forMs: 50 });
      expect(offers(peer.latest('INIT ACK'))).toBe(false);
      const other = rawPair(network, z, { parameters: likeLinux, name: 's', address: '10.0.0.8' });
      z.send(z.association, { data: pattern(0, 5_000) });
      network.run({ forMs: 50 });
      expect([z.association.capabilities.interleaving, kindsTo(other)]).toEqual([
        false,
        expect.stringMatching(/^DATA/),
      ]);
    },
  );

  it('when we have asked, is asked again without it: its first answer has agreed to I-DATA', () => {
    const network = new Network();
    const z = host(network);
    const peer = new RawPeer(network, z, { parameters: likeLinux });
    z.connect(peer);
    network.run({ until: () => peer.received.length === 1 });
    const first = peer.initAck();
    peer.send(first);
    network.run({ until: () => peer.received.length === 2 });
    expect(peer.received.map((chunk) => chunk.kind === 'INIT' && offers(chunk))).toEqual([true, false]);
    // The same answer once more is old.
    peer.send(first);
    network.run({ forMs: 50 });
    expect(z.association.state).toBe('COOKIE-WAIT');
    peer.send(peer.initAck({ initiateTag: 0x7777, parameters: [...first.parameters.slice(0, 2)] }));
    network.run({ forMs: 50 });
    peer.send({ kind: 'COOKIE ACK' });
    z.send(z.association, { data: pattern(0, 5_000) });
    network.run({ forMs: 100 });
    expect([z.association.state, z.association.capabilities]).toMatchObject([
      'ESTABLISHED',
      { interleaving: false, partialReliability: true },
    ]);
    expect(kindsTo(peer)).toMatch(/COOKIE ECHO,DATA/);
  });

  it.each([
    [likeLinux, true],
    [withoutPartialReliability, false],
  ])('with `linuxInterleaving` gets I-DATA with its numbers', (parameters, partialReliability) => {
    const network = new Network();
    const z = host(network, { linuxInterleaving: true });
    const peer = rawPair(network, z, { parameters });
    z.send(z.association, { data: pattern(0, 5_000) });
    peer.send(...linuxMessage(peer));
    network.run({ forMs: 100 });
    const fragments = peer.received.flatMap((chunk) => (chunk.kind === 'I-DATA' ? [chunk.fragment] : []));
    expect(fragments.map(({ beginning, fsn }) => (beginning ? 'B' : fsn))).toEqual(['B', 0, 1, 2]);
    expect(z.association.capabilities).toMatchObject({ interleaving: true, partialReliability });
    expect(z.received().map(({ data }) => data.length)).toEqual([300]);
  });

  it('and lists I-FORWARD-TSN is none: `linuxInterleaving` changes nothing', () => {
    const two = establishedPair({ a: { ...options, linuxInterleaving: true }, z: options });
    two.a.send(two.association, { data: pattern(0, 50_000) });
    two.network.run({ until: () => two.z.received().length === 1 });
    expect(two.association.capabilities).toMatchObject({ interleaving: true, partialReliability: true });
    expect(two.network.ladder({ verbose: true }).join()).toContain('fsn 1');
  });

  it('but has partial reliability off cannot be told from others: what it numbers its way is put together', () => {
    const network = new Network();
    const z = host(network);
    const peer = rawPair(network, z, { parameters: withoutPartialReliability });
    const [first, second, third] = linuxMessage(peer) as [Chunk, Chunk, Chunk];
    // Without its second fragment the message looks like one of two.
    for (const chunk of [first, third]) peer.send(chunk);
    network.run({ forMs: 50 });
    expect(z.received()).toEqual([]);
    peer.send(second);
    network.run({ forMs: 50 });
    expect(z.received().map(({ data }) => data.length)).toEqual([300]);
    expect(z.association.state).toBe('ESTABLISHED');
  });

  it.each(['before', 'after'])('and would lose what we send in pieces: it is told so (%s)', (when) => {
    const network = new Network();
    const z = host(network);
    const peer = rawPair(network, z, { parameters: withoutPartialReliability });
    if (when === 'before') z.send(z.association, { data: pattern(0, 3_000) });
    peer.send(...linuxMessage(peer));
    network.run({ forMs: 50 });
    if (when === 'after') {
      z.send(z.association, { data: pattern(0, 100) });
      network.run({ forMs: 50 });
      expect(z.association.state).toBe('ESTABLISHED');
      z.send(z.association, { data: pattern(0, 3_000) });
      network.run({ forMs: 50 });
    }
    expect(endingOf(z)).toBe('SCTP_ERR_PROTOCOL_VIOLATION');
    expect(peer.latest('ABORT').causes).toMatchObject([{ kind: 'Protocol Violation' }]);
  });
});
