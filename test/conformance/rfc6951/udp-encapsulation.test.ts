import { expect, it } from 'vitest';
import { parseIp } from '../../../src/base/ip.ts';
import { messages } from '../../support/messages.ts';
import { establishedPair, pair } from '../../support/pair.ts';
import { allPackets, connected, ipv4, stage } from '../stage.ts';

/** The addresses in the INIT and the INIT ACK chunk of two hosts. */
function listed(a: readonly string[], z: readonly string[]): string[] {
  const all = pair({ a: { addresses: a }, z: { addresses: z } });
  all.a.connect(all.z);
  all.network.run({ forMs: 100 });
  return allPackets(all.network).flatMap(({ chunks }) =>
    chunks.flatMap((chunk) => {
      if (chunk.kind !== 'INIT' && chunk.kind !== 'INIT ACK') return [];
      return chunk.parameters.flatMap((parameter) => ('address' in parameter ? [String(parameter.address)] : []));
    }),
  );
}

it('§3.2: "For single-homed associations, IP addresses MUST NOT be listed in the INIT and INIT-ACK chunks."', () => {
  expect(listed(['10.0.0.1'], ['10.0.0.2'])).toEqual([]);
});

it('§3.2: "For multihomed SCTP associations, the address management as described in Section 5.7 MUST be performed."', () => {
  expect(listed(['10.0.0.1', '10.0.1.1'], ['10.0.0.2'])).toEqual(['10.0.0.1', '10.0.1.1']);
});

it('§5.7: "When using UDP encapsulation for legacy NAT traversal, IP addresses that might require translation MUST NOT be put into any SCTP packet."', () => {
  const own = ['10.0.0.1', '192.168.1.1', '100.64.0.1', 'fd00::1', '203.0.113.1', '2001:db8::1'];
  // Towards a public address there may be a NAT; private ones are then its concern.
  expect(listed(own, ['192.0.2.2'])).toEqual(['203.0.113.1', '2001:db8::1']);
  expect(listed(own.slice(0, 4), ['192.0.2.2'])).toEqual([]);
  expect(listed(own, ['10.0.0.2'])).toEqual(own);
  // Nor into the State Cookie, whoever chooses the source.
  for (const bindsAny of [false, true]) {
    const { network, z, peer } = stage(
      { addresses: ['192.168.1.1', '172.16.0.1'], bindsAny },
      { address: '192.0.2.9' },
    );
    // It came through a NAT that forwards a port.
    peer.host.send(peer.packet(0, [peer.init()]), z.addresses[0]!);
    network.run({ forMs: 50 });
    expect(peer.latest('INIT ACK').parameters.map(({ kind }) => kind)).not.toContain('IPv4 Address');
    for (const { packet } of network.packets) {
      for (const ip of ['192.168.1.1', '172.16.0.1']) {
        expect(Buffer.from(packet).includes(ip)).toBe(false);
        expect(Buffer.from(packet).includes(Buffer.from(parseIp(ip)!))).toBe(false);
      }
    }
  }
});

it('§5.1: "An SCTP implementation supporting UDP encapsulation MUST maintain a remote UDP encapsulation port number per destination address for each SCTP association."', () => {
  const { network, z, peer } = stage({}, { parameters: [ipv4('10.0.1.9')] });
  const other = network.addRawHost('r2', { addresses: ['10.0.1.9'], udpPort: 40_000 });
  peer.connect();
  other.send(peer.packet(peer.peerTag, [peer.data(1)]), z.addresses[0]!);
  network.run({ forMs: 50 });
  expect(z.association.paths.map(({ address }) => address)).toEqual([
    { ip: '10.0.0.9', udpPort: 9899 },
    { ip: '10.0.1.9', udpPort: 40_000 },
  ]);
  // §5.3: "the destination port MUST be the remote UDP encapsulation port number maintained for the association and the
  // destination address to which the packet is sent"
  network.clearLadder();
  network.run({ forMs: 10_000 });
  const ports = network.packets.filter(({ to }) => to.ip === '10.0.1.9').map(({ to }) => to.udpPort);
  expect(new Set(ports)).toEqual(new Set([40_000]));
});

it('§5.6: "it MUST decrease the Path MTU of that path by the size of the UDP header."', () => {
  const { network, a } = establishedPair({ a: { pathMtu: 1_500 } });
  a.feed(a.association, messages(1, 20_000));
  network.run({ forMs: 500 });
  // IPv4 header 20 bytes, UDP header 8
  expect(Math.max(...network.packets.map(({ packet }) => packet.length))).toBe(1_500 - 20 - 8);
});

it('§5.3: "The SCTP checksum MUST be computed for IPv4 and IPv6": a packet without it is not taken', () => {
  const { network, z, peer } = connected();
  const bytes = peer.packet(peer.peerTag, [peer.data(1)]);
  bytes.fill(0, 8, 12);
  peer.sendBytes(bytes);
  network.run({ forMs: 50 });
  expect([z.received().length, z.endpoint.counters.badChecksum]).toEqual([0, 1]);
});

it('§5.6: "it MUST be taken into account that one cannot rely on the feedback provided by ICMP or ICMPv6": silence is enough', () => {
  const { network, a, z } = establishedPair({ a: { mtu: 1_500 } });
  network.run({ forMs: 100 });
  expect(a.association.paths[0]?.pathMtu).toBe(1_500);
  network.link(a, z).set({ mtu: 1_300 });
  a.feed(a.association, messages(3, 1_400));
  network.run({ until: () => z.received().length === 3, forMs: 5_000 });
  expect(a.association.paths[0]?.pathMtu).toBe(1_228);
});

it('§5.7: "When using UDP encapsulation for legacy NAT traversal, IP addresses that might require translation MUST NOT be put into any SCTP packet."', () => {
  for (const [own, listed] of [
    [['10.0.0.2', '10.0.1.2', '192.168.7.2'], []],
    [
      ['10.0.0.2', '192.0.2.2', '192.0.2.3'],
      ['192.0.2.2', '192.0.2.3'],
    ],
  ]) {
    const { network, z, peer } = stage({ addresses: own! }, { address: '198.51.100.9' });
    peer.sendUnder(0, peer.init());
    network.run({ forMs: 50 });
    z.connect({ addresses: peer.addresses, port: 1_000 });
    network.run({ forMs: 50 });
    for (const { parameters } of [peer.latest('INIT ACK'), peer.latest('INIT')]) {
      expect(parameters.flatMap((each) => (each.kind === 'IPv4 Address' ? [each.address] : []))).toEqual(listed);
    }
  }
});
