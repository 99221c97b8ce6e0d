import { describe, expect, it } from 'vitest';
import { decodePacket, type Packet } from '../../src/chunks/index.ts';
import type { Host, HostOptions, LinkOptions } from '../../src/simulation/index.ts';
import { flawIn, messages } from '../support/messages.ts';
import { type EstablishedPair, endingOf, establishedPair, eventsOf } from '../support/pair.ts';

/** Only A speaks up, and both are on Ethernet. */
const ethernet = { a: { mtu: 1_500 }, z: { hbIntervalMs: 0 } } as const;

function pathMtus(host: Host): string[] {
  return eventsOf(host, 'pathChange')
    .map(({ reason }) => reason)
    .filter((reason) => reason.includes('MTU is now'));
}

/** A pair whose paths are probed to the end, on a clean ladder. */
function probed(a: Partial<HostOptions> = {}): EstablishedPair {
  const two = establishedPair({ a: { ...ethernet.a, ...a }, z: ethernet.z });
  two.network.run({ forMs: 100 });
  two.network.clearLadder();
  two.a.events.length = 0;
  return two;
}

/** Sizes of the IP packets with DATA that `a` has sent. */
function dataSizes({ network }: EstablishedPair): number[] {
  return network.packets
    .filter(({ from, packet }) => from.ip === '10.0.0.1' && decodePacket(packet)?.chunks.some((c) => c.kind === 'DATA'))
    .map(({ packet }) => packet.length + 28);
}

describe('path MTU discovery (RFC 8899 §6.2)', () => {
  it("raises the path MTU to the link's within a round trip; data meanwhile goes in packets of the base size", () => {
    const two = establishedPair(ethernet);
    const { network, a, z } = two;
    a.feed(a.association, messages(4, 5_000));
    network.run({ until: () => a.association.bufferedAmount === 0 });
    // 1200 bytes of SCTP in 28 of UDP and IPv4
    expect(network.ladder().slice(0, 5)).toEqual([
      'a > DATA 1',
      'a > DATA 2',
      'a > DATA 3',
      'a > DATA 4',
      'a > HEARTBEAT + PAD',
    ]);
    expect(dataSizes(two).slice(0, 4)).toEqual([1_228, 1_228, 1_228, 1_228]);
    expect(Math.max(...dataSizes(two))).toBe(1_500);
    expect(pathMtus(a)).toEqual(['the path MTU is now 1500']);
    expect(a.association.paths[0]).toMatchObject({ pathMtu: 1_500 });
    expect(flawIn(z.received(), messages(4, 5_000), true)).toBeUndefined();
  });

  it('leaves an association alone that has nothing to send and may end soon', () => {
    const { network, a } = establishedPair(ethernet);
    network.run({ forMs: 30 });
    a.association.abort(undefined, network.now);
    network.run({ forMs: 5_000 });
    expect(network.ladder()).toEqual(['a > ABORT User-Initiated Abort']);
    expect(a.association.metrics().pathMtuProbesSent).toBe(0);
  });

  it('takes a 65,535-byte link for what it is', () => {
    const { network, a, z } = probed({ mtu: 65_536 });
    expect(a.association.paths[0]?.pathMtu).toBe(65_532);
    a.feed(a.association, messages(3, 60_000));
    network.run({ until: () => z.received().length === 3 });
    expect(network.ladder().slice(0, 2)).toEqual(['a > DATA 1 + DATA 2', 'z > SACK 2']);
    expect(a.association.metrics().pathMtuProbesSent).toBe(1);
  });

  it('stays below maxPathMtu', () => {
    expect(probed({ mtu: 9_000, maxPathMtu: 1_400 }).a.association.paths[0]?.pathMtu).toBe(1_400);
    expect(probed({ mtu: 9_000, maxPathMtu: 600 }).a.association.paths[0]?.pathMtu).toBe(600);
  });

  it.each([{ pmtud: false }, { pathMtu: 1_500 }, { defaults: 'webrtc' }] as const)(
    'is not there with %j',
    (options) => {
      const { network, a } = establishedPair({ ...ethernet, a: { mtu: 1_500, hbIntervalMs: 0, ...options } });
      network.run({ forMs: 1_000_000 });
      expect(network.ladder()).toEqual([]);
      expect(a.association.paths[0]?.pathMtu).toBe('defaults' in options ? 1_228 : 1_500);
    },
  );

  it('asks an idle path that is at its end nothing any more', () => {
    const { network, a } = probed({ hbIntervalMs: 0 });
    expect(a.endpoint.nextTimeout).toBe(Number.POSITIVE_INFINITY);
    network.run({ forMs: 2_000_000 });
    expect(network.ladder()).toEqual([]);
  });

  it('counts lost probes neither as congestion nor as a failure of the path, and leaves the RTO alone (§3 7, §6.2.1.2)', () => {
    const { network, a, z } = establishedPair(ethernet);
    network.link(a, z).set({ mtu: 1_300 });
    const before = a.association.paths[0];
    network.run({ forMs: 20_000 });
    expect(network.ladder().filter((line) => line.startsWith('a x')).length).toBeGreaterThan(9);
    expect(a.association.paths[0]).toEqual({ ...before, pathMtu: 1_280 });
    expect(eventsOf(a, 'pathChange').map(({ reason }) => reason)).toEqual(['the path MTU is now 1280']);
  });

  it('never lets the congestion window grow with the path MTU (§3 7)', () => {
    const { a } = probed({ mtu: 9_000 });
    expect(a.association.paths[0]).toMatchObject({ pathMtu: 9_000, cwnd: 4_404 });
  });

  it('cuts no chunk that would fill the window of its peer', () => {
    const two = establishedPair({ a: { mtu: 65_536 }, z: { hbIntervalMs: 0, receiveBufferSize: 40_000 } });
    const { network, a, z } = two;
    network.run({ forMs: 100 });
    network.clearLadder();
    a.feed(a.association, messages(2, 39_000));
    network.run({ until: () => z.received().length === 2 });
    // a quarter of 40,000
    expect(Math.max(...dataSizes(two))).toBeLessThanOrEqual(4 * 10_000 + 40);
    expect(a.association.metrics().retransmissionTimeouts).toBe(0);
    expect(network.now).toBeLessThan(1_000);
  });
});

describe('a path whose MTU shrinks (RFC 8899 §4.3, RFC 9260 §6.9)', () => {
  it('loses no data that was cut for the larger one: IP fragments it', () => {
    const { network, a, z } = probed();
    network.link(a, z).set({ mtu: 1_300 });
    const sent = messages(3, 1_400);
    a.feed(a.association, sent);
    network.run({ until: () => z.received().length === 3 });
    expect(network.ladder({ times: true }).map((line) => line.trim())).toEqual([
      '140.000 a x DATA 1',
      '140.000 a x DATA 2',
      '140.000 a x DATA 3',
      // T3-rtx: does the base size pass?
      '1140.000 a > HEARTBEAT + PAD',
      '1140.000 a x DATA 1',
      '1150.000 z > HEARTBEAT ACK',
      // It does. And the size that we use?
      '1160.000 a x HEARTBEAT + PAD',
      '2160.000 a x HEARTBEAT + PAD',
      // T3-rtx again: no. Padded beyond 1500 bytes, packets are fragmented on their way.
      '3140.000 a x HEARTBEAT + PAD',
      '3140.000 a > PAD + DATA 1',
      '3150.000 z > SACK 1',
      '3160.000 a > PAD + DATA 2',
      '3160.000 a > PAD + DATA 3',
      '3170.000 z > SACK 3',
    ]);
    expect(pathMtus(a)).toEqual(['the path MTU is now 1228']);
    expect(network.packets.at(-2)?.packet.length).toBe(1_476);
    expect(flawIn(z.received(), sent, true)).toBeUndefined();
    expect(a.association.paths[0]).toMatchObject({ state: 'active', errorCount: 0 });
    network.clearLadder();
    // What is cut from now on fits.
    a.feed(a.association, messages(3, 1_400));
    network.run({ until: () => z.received().length === 6 });
    expect(network.ladder().some((line) => line.includes('DATA') && line.includes('PAD'))).toBe(false);
    network.run({ forMs: 60_000 });
    expect(pathMtus(a)).toEqual(['the path MTU is now 1228', 'the path MTU is now 1280']);
    expect(endingOf(a)).toBeUndefined();
  });

  it('keeps the order of a large transfer, with small messages that always pass between', () => {
    const { network, a, z } = probed({ mtu: 9_000 });
    const sent = Array.from({ length: 60 }, (_, i) => messages(60, i % 3 === 0 ? 20_000 : 50)[i]!);
    network.at(network.now + 15, () => network.link(a, z).set({ mtu: 1_400 }));
    a.feed(a.association, sent);
    network.run({ until: () => z.received().length === 60, forMs: 60_000 });
    expect(flawIn(z.received(), sent, true)).toBeUndefined();
    expect(pathMtus(a)[0]).toBe('the path MTU is now 1228');
  });

  it('that can carry more again does so after 600 seconds (PMTU_RAISE_TIMER)', () => {
    const { network, a, z } = probed();
    network.link(a, z).set({ mtu: 1_300 });
    a.feed(a.association, messages(3, 1_400));
    network.run({ forMs: 60_000 });
    network.link(a, z).set({ mtu: 1_500 });
    network.run({ forMs: 500_000 });
    expect(a.association.paths[0]?.pathMtu).toBe(1_280);
    a.feed(a.association, messages(1, 100));
    network.run({ forMs: 700_000 });
    expect(a.association.paths[0]?.pathMtu).toBe(1_500);
  });

  it('ends neither path nor association with the default limits, and shuts down gracefully', () => {
    const { network, a, z } = probed({ mtu: 9_000 });
    network.link(a, z).set({ mtu: 1_280 });
    a.feed(a.association, messages(20, 30_000));
    a.shutdown(a.association);
    network.run({ until: () => endingOf(a) !== undefined, forMs: 300_000 });
    expect(z.received().length).toBe(20);
    expect(endingOf(a)).toBe('graceful');
    expect(eventsOf(a, 'pathChange').some(({ path }) => path.state === 'inactive')).toBe(false);
  });

  it.each([600, 700, 1_000, 1_100, 1_226])(
    'below the base size, of %d bytes, is searched from 576 up, and left again when it grows',
    (mtu) => {
      const { network, a, z } = probed();
      network.link(a, z).set({ mtu });
      a.feed(a.association, messages(3, 1_400));
      network.run({ until: () => z.received().length === 3, forMs: 60_000 });
      network.run({ forMs: 20_000 });
      a.feed(a.association, messages(3, 1_400));
      network.run({ until: () => z.received().length === 6, forMs: 60_000 });
      expect(a.association.paths[0]!.pathMtu).toBeLessThanOrEqual(mtu);
      expect(a.association.paths[0]!.pathMtu).toBeGreaterThan(mtu - 28);
      network.link(a, z).set({ mtu: 1_500 });
      network.run({ forMs: 31_000 });
      expect(a.association.paths[0]?.pathMtu).toBe(1_500);
    },
  );

  it('below the base size from the beginning is found with the first data', () => {
    const { network, a, z } = establishedPair(ethernet);
    network.link(a, z).set({ mtu: 1_000 });
    network.run({ forMs: 20_000 });
    // Probes alone make nothing smaller: they may be lost for what they are.
    expect(a.association.paths[0]?.pathMtu).toBe(1_228);
    const sent = messages(50, 3_000);
    a.feed(a.association, sent);
    network.run({ until: () => z.received().length === 50, forMs: 10_000 });
    expect(flawIn(z.received(), sent, true)).toBeUndefined();
    expect(a.association.metrics().retransmissionTimeouts).toBe(1);
    network.run({ forMs: 20_000 });
    expect(a.association.paths[0]?.pathMtu).toBe(1_000);
  });

  it('below the base size is kept by SACK chunks, too, whatever they have to report', () => {
    const z = { ...ethernet.z, maxBurst: 0, initialCwndPackets: 1_000 };
    const { network, a, z: peer } = establishedPair({ a: ethernet.a, z });
    network.link(a, peer).set({ mtu: 600 });
    a.feed(a.association, messages(3, 1_400));
    network.run({ until: () => peer.received().length === 3, forMs: 60_000 });
    network.clearLadder();
    // Every other packet of Z's is lost, which makes for hundreds of gaps.
    network.link(peer, a).set({ drop: (packet, index) => packet.chunks[0]?.kind === 'DATA' && index % 2 === 0 });
    peer.feed(peer.association, messages(800, 1_180));
    network.run({ forMs: 60_000 });
    const sacks = network.packets.filter(
      ({ from, packet }) => from.ip === '10.0.0.1' && decodePacket(packet)?.chunks[0]?.kind === 'SACK',
    );
    expect(Math.max(...sacks.map(({ packet }) => packet.length))).toBeGreaterThan(500);
    for (const { packet, lost } of sacks) {
      expect(packet.length + 28).toBeLessThanOrEqual(600);
      expect(lost).toBeUndefined();
    }
  });

  it.each([1_300, 1_100])(
    'to %d bytes in the middle of a transfer, and grows again, costs seconds and no data',
    (mtu) => {
      const { network, a, z, association } = probed();
      network.linkBoth(a, z).set({ rateBitsPerSecond: 20e6, queueBytes: 60_000 });
      const sent = messages(2_500, 20_000);
      network.at(1_000, () => network.link(a, z).set({ mtu }));
      network.at(20_000, () => network.link(a, z).set({ mtu: 1_500 }));
      a.feed(association, sent);
      network.run({ untilMs: 1_000, maxEvents: 10_000_000 });
      const before = z.received().length;
      network.run({ untilMs: 9_000, maxEvents: 10_000_000 });
      expect(z.received().length - before).toBeGreaterThan(100);
      network.run({ until: () => z.received().length === 2_500, forMs: 60_000, maxEvents: 10_000_000 });
      expect(flawIn(z.received(), sent, true)).toBeUndefined();
      // Above the base size PMTU_RAISE_TIMER asks, below it an interval of 30 seconds does.
      network.run({ forMs: mtu > 1_228 ? 1_000 : 31_000 });
      expect(association.paths[0]?.pathMtu).toBe(mtu > 1_228 ? 1_280 : 1_500);
      expect(endingOf(a)).toBeUndefined();
    },
  );

  it('is found although no packet was ever as large as the base size', () => {
    const { network, a, z } = probed();
    network.run({ forMs: 100 });
    network.link(a, z).set({ mtu: 600 });
    a.feed(a.association, messages(1, 545));
    network.run({ until: () => z.received().length === 1, forMs: 60_000 });
    expect(z.received()).toHaveLength(1);
  });

  it('is not mistaken for one that is down for a while', () => {
    const { network, a, z } = probed();
    network.linkBoth(a, z).cut();
    a.feed(a.association, messages(3, 1_400));
    network.run({ forMs: 12_000 });
    network.linkBoth(a, z).restore();
    network.run({ until: () => z.received().length === 3 });
    expect(pathMtus(a)).toEqual([]);
  });
});

describe('a peer that drops packets for what is in them', () => {
  const drops = {
    'PAD chunks': ({ chunks }: Packet) => chunks.some(({ kind }) => kind === 'PAD'),
    'large HEARTBEAT chunks': ({ chunks }: Packet) =>
      chunks.some((chunk) => chunk.kind === 'PAD' || (chunk.kind === 'HEARTBEAT' && chunk.value.length > 200)),
  };

  /** A pair whose link loses A's probes, because Z does not like them. */
  function pairThatDrops(kind: keyof typeof drops, link: Partial<LinkOptions> = {}): EstablishedPair {
    const two = establishedPair({ a: ethernet.a, z: ethernet.z });
    two.network.link(two.a, two.z).set({ drop: drops[kind], ...link });
    return two;
  }

  describe.each(Object.keys(drops) as (keyof typeof drops)[])('%s', (kind) => {
    it.each([0, 8_000])(
      'gets packets of the base size, for which data vouches, %d ms after the handshake',
      (idleMs) => {
        const { network, a, z, association } = pairThatDrops(kind, { rateBitsPerSecond: 20e6, queueBytes: 60_000 });
        network.run({ forMs: idleMs });
        a.feed(association, messages(2_000, 20_000));
        network.run({ forMs: 5_000, maxEvents: 10_000_000 });
        // Outages of one timeout, and of several.
        for (const outageMs of [1_300, 8_000]) {
          network.link(a, z).cut();
          network.run({ forMs: outageMs, maxEvents: 10_000_000 });
          network.link(a, z).restore();
          network.run({ forMs: 10_000, maxEvents: 10_000_000 });
        }
        expect(pathMtus(a)).toEqual([]);
        expect(association.paths[0]).toMatchObject({ pathMtu: 1_228, state: 'active' });
        expect(association.metrics().retransmissionTimeouts).toBeGreaterThan(2);
      },
    );

    it('does not starve of them: data goes on beside probes that nobody answers', () => {
      const { network, a, z, association } = pairThatDrops(kind);
      a.feed(association, messages(100, 1_000));
      network.run({ until: () => z.received().length === 100, forMs: 1_000 });
      expect(association.metrics().retransmissionTimeouts).toBe(0);
    });
  });

  it('is not taken for a black hole when data is lost once: its retransmission arrives in as large a packet', () => {
    const { network, a, z, association } = establishedPair({ a: ethernet.a, z: ethernet.z });
    let lost = 0;
    // Small probes are answered, so that they tell of sizes; large ones are not.
    const hasLargePad = ({ chunks }: Packet) => chunks.some((chunk) => chunk.kind === 'PAD' && chunk.length > 600);
    network.link(a, z).set({
      drop: (packet) =>
        hasLargePad(packet) || (packet.chunks[0]?.kind === 'DATA' && network.now > 60_000 && lost++ === 0),
    });
    a.feed(association, messages(4, 1_172));
    network.run({ untilMs: 60_001 });
    expect(association.paths[0]?.pathMtu).toBe(1_228);
    a.feed(association, messages(1, 1_172));
    network.run({ forMs: 20_000 });
    expect(association.metrics().retransmissionTimeouts).toBe(1);
    expect(z.received()).toHaveLength(5);
    expect(pathMtus(a)).toEqual([]);
  });

  it('that drops PAD chunks, on a path below the base size, gets its data with 576 bytes after some timeouts, and with more when the path grows', () => {
    const { network, a, z, association } = pairThatDrops('PAD chunks', { mtu: 1_000 });
    const sent = messages(60, 3_000);
    a.feed(association, sent);
    network.run({ until: () => z.received().length === 60, forMs: 60_000 });
    expect(flawIn(z.received(), sent, true)).toBeUndefined();
    expect(association.paths[0]?.pathMtu).toBe(576);
    network.link(a, z).set({ mtu: 1_500 });
    network.run({ forMs: 60_000 });
    a.feed(association, messages(3, 3_000));
    network.run({ forMs: 1_000 });
    expect(association.paths[0]?.pathMtu).toBe(1_228);
    expect(z.received()).toHaveLength(63);
    expect(association.metrics().retransmissionTimeouts).toBeLessThan(6);
  });
});

describe('a peer with two paths', () => {
  const addresses = { a: ['10.0.0.1', '10.1.0.1'], z: ['10.0.0.2', '10.1.0.2'] };

  // RFC 9260 §7.3: "An endpoint MUST maintain separate PMTU estimates for each destination address of its peer."
  it('has two path MTUs; chunks fit the smaller, packets their own', () => {
    const { network, a, z } = establishedPair({
      a: { mtu: 9_000, addresses: addresses.a },
      z: { addresses: addresses.z, hbIntervalMs: 0 },
    });
    network.link('10.1.0.1', '10.1.0.2').set({ mtu: 1_500 });
    network.run({ forMs: 120_000 });
    const [one, other] = a.association.paths.map(({ pathMtu }) => pathMtu);
    expect(one).toBe(9_000);
    expect(other).toBe(1_500);
    network.clearLadder();
    a.feed(a.association, messages(1, 8_000));
    network.run({ until: () => z.received().length === 1 });
    expect(network.ladder()[0]).toMatch(/^a > DATA 1 \+ DATA 2 \+ DATA 3/);
  });

  it('finds a black hole although small packets keep the path up', () => {
    const { network, a, z } = establishedPair({
      a: { mtu: 9_000, addresses: addresses.a },
      z: { addresses: addresses.z, hbIntervalMs: 0 },
    });
    network.run({ forMs: 5_000 });
    expect(a.association.paths.map(({ pathMtu }) => pathMtu)).toEqual([9_000, 9_000]);
    network.link('10.0.0.1', '10.0.0.2').set({ mtu: 1_500 });
    const sent = messages(40, 8_000);
    a.feed(a.association, sent);
    network.run({ until: () => z.received().length === 40, forMs: 60_000 });
    network.run({ forMs: 60_000 });
    expect(flawIn(z.received(), sent, true)).toBeUndefined();
    expect(a.association.paths[0]?.pathMtu).toBe(1_500);
    expect(a.association.paths[1]?.pathMtu).toBe(9_000);
  });
});
