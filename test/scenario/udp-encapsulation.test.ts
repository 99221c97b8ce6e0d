import { describe, expect, it } from 'vitest';
import type { Chunk } from '../../src/chunks/index.ts';
import { Network } from '../../src/simulation/index.ts';
import { endingOf, establishedPair, isQuiet } from '../support/pair.ts';
import { rawPair } from '../support/raw-peer.ts';

const one = (number: number) => ({ data: Uint8Array.of(number) });

describe('the UDP port of the peer (RFC 6951 §5.4)', () => {
  // RFC 6951 §5.4: "the UDP source port MUST be stored as the encapsulation port for the destination address the SCTP
  // packet is received from".
  it('is followed when a verified packet comes from another', () => {
    const two = establishedPair();
    const { network, a, z } = two;
    a.rebind(40_000);
    a.send(a.association, one(1));
    network.run({ until: () => z.received().length === 1 });
    expect(z.association.paths[0]?.address).toEqual({ ip: '10.0.0.1', udpPort: 40_000 });
    z.send(z.association, one(2));
    network.run({ until: () => a.received().length === 1 });
    a.shutdown();
    network.run({ until: () => isQuiet(two) });
    expect([endingOf(a), endingOf(z)]).toEqual(['graceful', 'graceful']);
  });

  it('heartbeats of an idle peer keep it up to date', () => {
    const { network, a, z } = establishedPair({ z: { hbIntervalMs: 0 } });
    a.rebind(40_000);
    network.run({ until: () => a.association.metrics().heartbeatAcksReceived === 1 });
    z.send(z.association, one(2));
    network.run({ until: () => a.received().length === 1 });
  });

  it('is not followed on the word of a packet under a wrong tag, with a bad checksum, or with a reflected tag', () => {
    const { network, z } = establishedPair();
    const peer = rawPair(network, z);
    const attacker = network.addRawHost('m', { addresses: ['10.0.0.66'] });
    const from = { ip: '10.0.0.9', udpPort: 666 };
    const damaged = peer.packet(peer.peerTag, [peer.data(1)]);
    damaged[30] = damaged[30]! ^ 1;
    const packets = [
      damaged,
      peer.packet(peer.peerTag ^ 1, [peer.data(1)]),
      peer.packet(peer.tag, [peer.data(1)]),
      peer.packet(peer.tag, [{ kind: 'SHUTDOWN COMPLETE', tagReflected: true }]),
      peer.packet(0, [peer.init()]),
      peer.packet(peer.peerTag, [{ kind: 'COOKIE ECHO', cookie: new Uint8Array(80) }]),
    ];
    for (const packet of packets) attacker.send(packet, z.addresses[0]!, from);
    network.run({ forMs: 50 });
    expect(z.association.paths[0]?.address).toEqual({ ip: '10.0.0.9', udpPort: 9899 });
    expect(z.association.state).toBe('ESTABLISHED');
  });

  it('of an address that is not confirmed yet is asked at once, once it is known', () => {
    const network = new Network();
    const z = network.addHost('z', { addresses: ['10.0.0.2'], port: 5001, listening: true });
    // Behind a NAT, each address of the peer has a port of its own.
    const other = network.addRawHost('nat', { addresses: ['10.0.0.66'], udpPort: 40_000 });
    const peer = rawPair(network, z, { parameters: [{ kind: 'IPv4 Address', address: '10.0.0.66' }] });
    network.run({ forMs: 50 });
    expect([other.arrivals.length, z.association.paths[1]?.state]).toEqual([0, 'unconfirmed']);
    const heartbeat: Chunk = { kind: 'HEARTBEAT', value: Uint8Array.of(0, 1, 0, 4) };
    other.send(peer.packet(peer.peerTag, [heartbeat]), z.addresses[0]!);
    network.run({ forMs: 50 });
    const asked = other.arrivals.flatMap(({ packet }) => packet?.chunks ?? []);
    expect(asked.map(({ kind }) => kind)).toEqual(['HEARTBEAT ACK', 'HEARTBEAT']);
    const { value } = asked[1] as Extract<Chunk, { kind: 'HEARTBEAT' }>;
    other.send(peer.packet(peer.peerTag, [{ kind: 'HEARTBEAT ACK', value }]), z.addresses[0]!);
    network.run({ forMs: 50 });
    expect(z.association.paths[1]?.state).toBe('active');
  });

  it('an answer to a stranger goes to where the question came from', () => {
    const { network, z } = establishedPair();
    const stranger = network.addRawHost('s', { addresses: ['10.0.0.50'], udpPort: 1234 });
    const peer = rawPair(network, z);
    stranger.send(peer.packet(77, [peer.data(1)]), z.addresses[0]!);
    network.run({ forMs: 50 });
    expect(stranger.arrivals.map(({ packet }) => packet?.chunks)).toMatchObject([
      [{ kind: 'ABORT', tagReflected: true }],
    ]);
  });
});
