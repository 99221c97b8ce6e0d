import { describe, expect, it } from 'vitest';
import { Network } from '../../src/simulation/index.ts';
import { messages } from '../support/messages.ts';
import { establishedPair, pair } from '../support/pair.ts';
import { RawPeer, rawPair } from '../support/raw-peer.ts';

describe('windows and strangers', () => {
  it('fast retransmit: "SHOULD ignore the value of cwnd", also when a SACK takes its place in the packet', () => {
    const { network, a } = pair({ a: { initialCwndPackets: 12, maxBurst: 0 } });
    const peer = new RawPeer(network, a);
    a.connect(peer);
    peer.accept();
    a.feed(a.association, messages(40, 1_444));
    network.run({ forMs: 20 });
    network.clearLadder();
    peer.send(peer.sack(0, [[2, 2]]));
    peer.send(peer.sack(0, [[2, 3]]));
    peer.send(peer.sack(0, [[2, 4]]), peer.data(1));
    network.run({ forMs: 30 });
    expect(network.ladder().slice(-2)).toEqual(['a > SACK 1', 'a > DATA 1']);
  });

  it('cwnd "MUST NOT be increased" when it is not used: only the first SACK finds it full', () => {
    const { network, a } = pair({ a: { initialCwndPackets: 10, maxBurst: 0 } });
    const peer = new RawPeer(network, a);
    a.connect(peer);
    peer.accept();
    a.feed(a.association, messages(10, 1_444));
    network.run({ forMs: 20 });
    for (let tsn = 1; tsn <= 10; tsn++) {
      peer.send(peer.sack(tsn));
      network.run({ forMs: 20 });
    }
    expect(a.association.paths[0]?.cwnd).toBe(11 * 1_460);
  });

  it('a packet from a known peer under another tag is silently discarded (§8.5)', () => {
    const network = new Network();
    const z = network.addHost('z', { addresses: ['10.0.0.2'], port: 5001, listening: true });
    const peer = rawPair(network, z, { name: 'p', address: '10.0.0.8' });
    network.run({ forMs: 100 });
    const before = peer.host.arrivals.length;
    peer.sendUnder(peer.peerTag ^ 1, peer.data(1));
    network.run({ forMs: 100 });
    expect(peer.host.arrivals.length).toBe(before);
    expect(z.endpoint.counters.badVerificationTag).toBe(1);
  });

  it('a peer that we connect to cannot make us restart an association with somebody else', () => {
    const { network, a, z, association } = establishedPair();
    const evil = new RawPeer(network, a, { port: 5001 });
    a.connect(evil);
    network.run({ until: () => evil.received.length > 0 });
    const lie = (...chunks: Parameters<RawPeer['packet']>[1]) =>
      evil.host.send(evil.packet(evil.peerTag, chunks), a.addresses[0]!, z.addresses[0]!);
    lie(evil.initAck());
    network.run({ forMs: 30 });
    lie({ kind: 'ERROR', causes: [{ kind: 'Stale Cookie', measureOfStalenessUs: 1 }] });
    network.run({ forMs: 200 });
    expect(z.events.map(({ event }) => event.kind)).not.toContain('restart');
    a.feed(association, messages(3, 100));
    network.run({ forMs: 3_000 });
    expect(z.received()).toHaveLength(3);
  });
});
