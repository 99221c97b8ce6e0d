import { describe, expect, it } from 'vitest';
import { distance } from '../../../src/base/serial.ts';
import { decodePacket, type ForwardTsnChunk } from '../../../src/chunks/index.ts';
import type { OutgoingMessage } from '../../../src/simulation/index.ts';
import { messages, pattern } from '../../support/messages.ts';
import { establishedPair, eventsOf } from '../../support/pair.ts';
import type { RawPeer } from '../../support/raw-peer.ts';
import { allPackets, connected, dataTo, ipv4, kindsOf, type Stage } from '../stage.ts';

const supported = { kind: 'Forward-TSN-Supported' } as const;
const once = (streamId = 0, more: Partial<OutgoingMessage> = {}): OutgoingMessage => ({
  data: pattern(0, 100),
  streamId,
  maxRetransmits: 0,
  ...more,
});

/** Sends these, of which the peer says nothing until T3-rtx has given them up. */
function lost(list: readonly OutgoingMessage[], options: Parameters<typeof connected>[0] = {}): Stage {
  const all = connected(options, { parameters: [supported] });
  for (const message of list) all.z.send(all.z.association, message);
  all.network.run({ forMs: 1_100 });
  return all;
}

const forwards = (peer: RawPeer): ForwardTsnChunk[] =>
  peer.received.filter((chunk): chunk is ForwardTsnChunk => chunk.kind === 'FORWARD-TSN');
/** New Cumulative TSNs, counted from 1. */
const points = (peer: RawPeer): number[] =>
  forwards(peer).map(({ newCumulativeTsn }) => distance(newCumulativeTsn, peer.peerInitialTsn) + 1);

describe('a SACK chunk', () => {
  it('A4: "it MUST first process the SACK using the normal procedures as defined in Section 6.2.1 of RFC 2960 [2]." "The data sender MUST then perform the following additional steps:"', () => {
    const { network, peer } = lost([once(), once()]);
    expect(points(peer)).toEqual([2]);
    // It acknowledges what would be skipped: then there is nothing left to skip.
    peer.send(peer.sack(2));
    network.run({ forMs: 10_000 });
    expect(points(peer)).toEqual([2]);
  });

  it('C3: "the data sender MUST send the data receiver a FORWARD TSN chunk containing the latest value"', () => {
    const { network, z, peer } = connected({}, { parameters: [supported] });
    z.send(z.association, { data: pattern(0, 100) });
    network.run({ forMs: 15 });
    peer.send(peer.sack(1)); // a round trip is known from here on
    network.run({ forMs: 15 });
    for (const message of [once(), once(), once(), { data: pattern(0, 100) }]) z.send(z.association, message);
    network.run({ until: () => points(peer).length > 0 });
    expect(points(peer)).toEqual([4]);
    network.run({ forMs: 100 });
    peer.send(peer.sack(2));
    network.run({ forMs: 30 });
    expect(points(peer)).toEqual([4, 4]);
    expect(z.association.metrics().retransmissionTimeouts).toBe(1);
  });

  it('F4: "the comparison MUST NOT be made against "Advanced.Peer.Ack.Point""', () => {
    const { network, z, peer } = lost([once(), once(), once()]);
    expect(points(peer)).toEqual([3]);
    const { sacksDropped } = z.association.metrics();
    for (const [number, dropped] of [
      [1, 0],
      [2, 0],
      [1, 1],
    ] as const) {
      peer.send(peer.sack(number));
      network.run({ forMs: 30 });
      expect(z.association.metrics().sacksDropped - sacksDropped).toBe(dropped);
    }
  });
});

describe('the chunk', () => {
  it('§3.2: "This field MUST NOT report TSN\'s corresponding to DATA chunks that are marked as unordered."; C4: "For each "abandoned" TSN, the sender of the FORWARD TSN MUST determine if the chunk has a valid stream and sequence number (i.e., it was ordered)."', () => {
    const { peer } = lost([once(3, { unordered: true }), once(1), once(4, { unordered: true })]);
    expect(forwards(peer)).toMatchObject([{ streams: [{ streamId: 1, ssn: 0 }] }]);
    expect(points(peer)).toEqual([3]);
  });

  it('C4: "If the chunk has a valid stream and sequence number, the sender MUST include the stream and sequence number in the FORWARD TSN."; "Each stream SHOULD only be reported once"', () => {
    const { peer } = lost([once(1), once(2), once(1), once(2), once(2)]);
    const [first] = forwards(peer);
    expect(first!.streams).toEqual([
      { streamId: 1, ssn: 1 },
      { streamId: 2, ssn: 2 },
    ]);
  });

  it('C4: "If the total size of the FORWARD TSN does NOT fit in a single MTU, then the sender of the FORWARD TSN SHOULD lower the Advanced.Peer.Ack.Point to the last TSN that will fit in a single MTU."', () => {
    const many = Array.from({ length: 200 }, (_, streamId) => once(streamId, { data: pattern(0, 1) }));
    const options = { pathMtu: 512, initialCwndPackets: 100, maxBurst: 0 };
    const { network, z, peer } = connected(options, { parameters: [supported], streams: 200 });
    for (const message of many) z.send(z.association, message);
    network.run({ forMs: 1_100 });
    const [first] = forwards(peer);
    expect(first!.streams.length).toBeLessThan(200);
    expect(points(peer)[0]).toBe(first!.streams.length);
    expect(Math.max(...network.packets.map(({ packet }) => packet.length))).toBeLessThanOrEqual(512 - 28);
  });

  it('"the only restriction being that the address MUST be one that is CONFIRMED."', () => {
    const { network, z } = connected({}, { parameters: [supported, ipv4('10.0.0.9'), ipv4('10.0.0.10')] });
    z.send(z.association, once());
    network.run({ forMs: 20_000 });
    expect(z.association.paths.map(({ state }) => state)).toContain('unconfirmed');
    const told = network.packets.filter(({ packet }) => kindsOf(decodePacket(packet)!).includes('FORWARD-TSN'));
    expect(told.length).toBeGreaterThan(2);
    expect(new Set(told.map(({ to }) => to.ip))).toEqual(new Set(['10.0.0.9']));
  });

  it('C5: "If a FORWARD TSN is sent, the sender MUST assure that at least one T3-rtx timer is running."; A5: "Any time the T3-rtx timer expires, on any destination, the sender SHOULD try to advance the "Advanced.Peer.Ack.Point""', () => {
    const { network, z, peer } = lost([once()]);
    for (const count of [2, 3, 4]) {
      peer.send(peer.sack(0)); // nothing is in flight, and yet there is something to be heard of
      network.run({ until: () => points(peer).length === count, forMs: 10_000 });
      expect(points(peer)).toHaveLength(count);
    }
    expect(z.association.metrics().retransmissionTimeouts).toBe(4);
  });

  it('F1: "An endpoint MUST NOT use the FORWARD TSN for any purposes other than circumstances described in this document."', () => {
    const two = establishedPair({ seed: 7, link: { delayMs: 10, lossRate: 0.2 } });
    const { network, a, z } = two;
    a.feed(a.association, messages(100, 3_000));
    network.run({ until: () => z.received().length === 100, forMs: 600_000 });
    expect(z.received()).toHaveLength(100);
    expect(allPackets(network).flatMap(kindsOf)).not.toContain('FORWARD-TSN');
  });

  it('F3: "Any delay applied to the sending of FORWARD TSN chunk SHOULD NOT exceed 200ms and MUST NOT exceed 500ms."', () => {
    const { z, peer } = lost([once(), once()]);
    const [abandoned] = z.events.filter(({ event }) => event.kind === 'abandoned');
    const [arrival] = peer.host.arrivals.filter(({ packet }) => kindsOf(packet!).includes('FORWARD-TSN'));
    expect(arrival!.timeMs - abandoned!.timeMs).toBeLessThan(200);
  });
});

describe('an abandoned chunk', () => {
  const priorities = { initialCwndPackets: 20, maxBurst: 0, sendBufferSize: 6_000 };

  it('F5: "If the decision to "abandon" a chunk is made, no matter how such a decision is made, the appropriate congestion adjustment MUST be made as specified in RFC 2960 if the chunk would have been marked for retransmission later (e.g., either by T3-Timeout or by Fast Retransmit)."', () => {
    const { network, z, peer } = connected(priorities, { parameters: [supported] });
    const cwnd = (): number => z.association.paths[0]!.cwnd;
    for (let n = 0; n < 6; n++) {
      z.send(z.association, { data: pattern(n, 1_000), priority: n === 0 ? 9 : 5 });
    }
    network.run({ forMs: 20 });
    z.send(z.association, { data: pattern(6, 1_000), priority: 1 });
    expect(eventsOf(z, 'abandoned')).toHaveLength(1);
    const before = cwnd();
    for (const end of [2, 3, 4]) {
      peer.send(peer.sack(0, [[2, end]]));
      network.run({ forMs: 20 });
    }
    expect(cwnd()).toBeLessThan(before);
    expect(dataTo(peer).map(({ tsn }) => distance(tsn, peer.peerInitialTsn) + 1)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it('A2: "MUST NOT advance the cwnd based on this \'abandoned\' data chunk"', () => {
    const { network, z, peer } = connected({}, { parameters: [supported] });
    for (let n = 0; n < 3; n++) z.send(z.association, { data: pattern(n, 1_400), maxRetransmits: 0 });
    network.run({ forMs: 1_500 });
    expect(eventsOf(z, 'abandoned')).toHaveLength(3);
    const { cwnd } = z.association.paths[0]!;
    peer.send(peer.sack(3));
    network.run({ forMs: 50 });
    expect(z.association.paths[0]!.cwnd).toBe(cwnd);
    // What is wanted and arrives does advance it.
    z.send(z.association, { data: pattern(4, cwnd - 16) });
    network.run({ forMs: 50 });
    peer.send(peer.sack(4));
    network.run({ forMs: 50 });
    expect(z.association.paths[0]!.cwnd).toBeGreaterThan(cwnd);
  });

  it('§4.3 G1: "the sender side MUST mark that TSN as eligible for forward TSN, and the rules in Section 3.4 regarding the sending of FORWARD TSN chunks MUST be followed."', () => {
    const { network, z, peer } = connected(priorities, { parameters: [supported] });
    for (let n = 0; n < 6; n++) z.send(z.association, { data: pattern(n, 1_000), priority: 5 });
    network.run({ forMs: 20 });
    z.send(z.association, { data: pattern(6, 6_000), priority: 1 });
    network.run({ forMs: 20 });
    expect(eventsOf(z, 'abandoned')).toHaveLength(6);
    // "the sender side MUST mark that TSN as eligible for forward TSN"; "the rules in Section 3.4 regarding the sending of
    // FORWARD TSN chunks MUST be followed."
    expect(points(peer)).toEqual([6]);
  });
});
