import { describe, expect, it } from 'vitest';
import { Network } from '../../src/simulation/index.ts';
import { messages } from '../support/messages.ts';
import { type EstablishedPair, establishedPair } from '../support/pair.ts';
import { RawPeer } from '../support/raw-peer.ts';

/** What fills one packet, and its DATA chunk: PMDCS. */
const payload = 1_444;
const pmdcs = 1_460;

/** How many packets with DATA `a` has sent since the ladder began. */
function packetsWithData({ network }: EstablishedPair): number {
  return network.ladder().filter((line) => line.startsWith('a') && line.includes('DATA')).length;
}

/** The packets with DATA in each round trip of 20 ms, beginning with the first. */
function perRoundTrip(two: EstablishedPair, count: number): number[] {
  const { network } = two;
  const rounds: number[] = [];
  let before = 0;
  network.run({ forMs: 5 });
  for (let round = 0; round < count; round++) {
    const sent = packetsWithData(two);
    rounds.push(sent - before);
    before = sent;
    network.run({ forMs: 20 });
  }
  return rounds;
}

describe('the congestion window', () => {
  it('begins with min(4 * PMDCS, max(2 * PMDCS, 4404)) bytes (RFC 9260 §7.2.1)', () => {
    const { a } = establishedPair();
    expect(a.association.paths[0]).toMatchObject({ cwnd: 4_404, flightSize: 0 });
    expect(establishedPair({ a: { pathMtu: 9_000 } }).a.association.paths[0]?.cwnd).toBe(2 * (9_000 - 28 - 12));
    expect(establishedPair({ a: { initialCwndPackets: 10 } }).a.association.paths[0]?.cwnd).toBe(10 * pmdcs);
  });

  // §6.1: "MUST NOT transmit new data to a given transport address if it has cwnd + (PMDCS - 1) or more bytes of data
  // outstanding"; "The breach of cwnd MUST constitute one packet only."; "MUST transmit no more DATA chunks until some
  // or all of the outstanding DATA chunks are acknowledged".
  it('is filled to the byte in which it is reached, and no further (§6.1 B)', () => {
    const two = establishedPair();
    two.a.feed(two.a.association, messages(20, payload));
    // 4,404 bytes are three packets and 24 bytes: the fourth may begin.
    expect(packetsWithData(two)).toBe(4);
    expect(two.a.association.paths[0]?.flightSize).toBe(4 * pmdcs);
  });

  // §7.2: "The slow-start and congestion avoidance algorithms MUST be used"; "an SCTP sender MUST NOT be more
  // aggressive than the following algorithms allow." §7.2.1: "then cwnd MUST be increased by, at most, the lesser of".
  it('grows by one PMDCS at most for each SACK in slow start: half as much again in a round trip (§7.2.1)', () => {
    const two = establishedPair({ a: { maxBurst: 0 }, z: { sackFrequency: 2 } });
    two.a.feed(two.a.association, messages(200, payload));
    const rounds = perRoundTrip(two, 6);
    expect(rounds[0]).toBe(4);
    for (let i = 1; i < rounds.length; i++) {
      expect(rounds[i]! / rounds[i - 1]!, rounds.join()).toBeGreaterThan(1.2);
      expect(rounds[i]! / rounds[i - 1]!, rounds.join()).toBeLessThanOrEqual(2);
    }
  });

  // §7.2.1: "Only when these two conditions are met can the cwnd be increased; otherwise, the cwnd MUST NOT be
  // increased."
  it('does not grow while it is not used (§7.2.1)', () => {
    const { network, a } = establishedPair();
    for (let i = 0; i < 50; i++) {
      a.feed(a.association, messages(1, 100));
      network.run({ forMs: 30 });
    }
    expect(a.association.paths[0]?.cwnd).toBe(4_404);
  });

  // §7.2.2: "SCTP MUST NOT increment cwnd by more than PMDCS per RTT."
  it('grows by one PMDCS in a round trip beyond ssthresh (§7.2.2)', () => {
    const two = establishedPair({ a: { initialCwndPackets: 16, maxBurst: 0 } });
    const { network, a, z } = two;
    network.link(a, z).set({ drop: (_, index) => index === 3 });
    a.feed(a.association, messages(600, payload));
    network.run({ until: () => a.association.metrics().fastRetransmits === 1 });
    // The window had grown by two when the loss was seen.
    expect(a.association.paths[0]?.ssthresh).toBe(9 * pmdcs);
    network.run({ forMs: 40 });
    const before = a.association.paths[0]!.cwnd;
    network.run({ forMs: 200 });
    const grown = (a.association.paths[0]!.cwnd - before) / pmdcs;
    expect(grown).toBeGreaterThanOrEqual(8);
    expect(grown).toBeLessThanOrEqual(11);
  });

  it('sends no more than Max.Burst packets at once, and for a SACK as many again as it says have arrived (§6.1 D)', () => {
    const network = new Network();
    const a = network.addHost('a', { addresses: ['10.0.0.1'], port: 5000, initialCwndPackets: 40 });
    const peer = new RawPeer(network, a);
    a.connect(peer);
    peer.accept();
    a.feed(a.association, messages(40, payload));
    for (const acknowledged of [4, 8]) {
      network.run({ forMs: 100 });
      peer.send(peer.sack(acknowledged));
    }
    network.run({ forMs: 100 });
    const burst = (first: number, size: number): string[] =>
      Array.from({ length: size }, (_, n) => `a > DATA ${first + n}`);
    expect(network.ladder()).toEqual([...burst(1, 4), 'r > SACK 4', ...burst(5, 8), 'r > SACK 8', ...burst(13, 8)]);
  });

  it('falls to one PMDCS when T3-rtx expires, and ssthresh to half of it (§7.2.3)', () => {
    const { network, a, z } = establishedPair({ a: { initialCwndPackets: 20, maxBurst: 0 } });
    network.link(a, z).cut();
    a.feed(a.association, messages(30, payload));
    network.run({ until: () => a.association.metrics().retransmissionTimeouts === 1 });
    expect(a.association.paths[0]).toMatchObject({ cwnd: pmdcs, ssthresh: 10 * pmdcs, flightSize: pmdcs });
  });

  it('keeps a rate that the path can carry: loss of a full queue does not end in a timeout', () => {
    const { network, a, z } = establishedPair({
      link: { rateBitsPerSecond: 10_000_000, queueBytes: 30_000, delayMs: 20 },
    });
    const start = network.now;
    a.feed(a.association, messages(1_000, 5_000));
    network.run({ until: () => z.received().length === 1_000 });
    const seconds = (network.now - start) / 1_000;
    const utilization = (1_000 * 5_000 * 8) / seconds / 10_000_000;
    expect(utilization, `${utilization} of the bandwidth`).toBeGreaterThan(0.7);
    expect(a.association.metrics().retransmissionTimeouts).toBeLessThanOrEqual(2);
  });

  it('shrinks while nothing is sent, down to four PMDCS, and ssthresh remembers (§7.2.1)', () => {
    const { network, a, z } = establishedPair({ a: { maxBurst: 0 } });
    a.feed(a.association, messages(200, payload));
    network.run({ until: () => z.received().length === 200 });
    network.run({ forMs: 300 });
    const grown = a.association.paths[0]!.cwnd;
    expect(grown).toBeGreaterThan(20 * pmdcs);
    network.run({ forMs: 60_000 });
    a.feed(a.association, messages(1, 10));
    expect(a.association.paths[0]).toMatchObject({ cwnd: 4 * pmdcs, ssthresh: grown });
  });
});
