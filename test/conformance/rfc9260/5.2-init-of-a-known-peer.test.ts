import { describe, expect, it } from 'vitest';
import { addressParameter } from '../../../src/chunks/index.ts';
import { type Host, Network, type RawHost } from '../../../src/simulation/index.ts';
import { RawPeer } from '../../support/raw-peer.ts';
import { kindsOf } from '../stage.ts';

const second = '10.0.1.9';

interface Scene {
  readonly network: Network;
  readonly host: Host;
  readonly peer: RawPeer;
  /** The peer's second address. */
  readonly other: RawHost;
}

/** A host, and a peer with two addresses to which it is to connect, or which has connected to it. */
function scene(state: 'COOKIE-WAIT' | 'COOKIE-ECHOED' | 'ESTABLISHED', isOurs: boolean): Scene {
  const network = new Network();
  const host = network.addHost('z', { addresses: ['10.0.0.2'], port: 5001, listening: true, hbIntervalMs: 0 });
  const peer = new RawPeer(network, host, { parameters: [addressParameter(second)] });
  const other = network.addRawHost('s', { addresses: [second] });
  if (!isOurs) {
    peer.connect();
    network.run({ forMs: 20 });
  } else {
    host.connect({ addresses: [...peer.addresses, ...other.addresses], port: peer.port });
    network.run({ until: () => peer.received.length > 0 });
    if (state === 'COOKIE-ECHOED') peer.send(peer.initAck());
    if (state === 'ESTABLISHED') peer.accept();
    network.run({ until: () => host.association.state === state });
    network.run({ forMs: 20 });
  }
  return { network, host, peer, other };
}

/** All of an association that an INIT chunk must leave as it is. */
function snapshot({ association, endpoint }: Host) {
  const { state, myVerificationTag, peerVerificationTag, paths, placeVersion, capabilities, nextTimeout } = association;
  const { packetsSent: _, bytesSent: __, ...metrics } = association.metrics();
  const streams = [association.inboundStreams, association.outboundStreams];
  const known = { state, myVerificationTag, peerVerificationTag, paths, placeVersion, capabilities, nextTimeout };
  return structuredClone({ ...known, metrics, streams, associations: endpoint.associationCount });
}

describe('an INIT chunk of a peer that we know, from its second address', () => {
  it.each([
    ['COOKIE-WAIT', true],
    ['COOKIE-ECHOED', true],
    ['ESTABLISHED', true],
    ['ESTABLISHED', false],
  ] as const)(
    '§5.1: "An endpoint MUST send the INIT ACK chunk to the IP address from which it received the INIT chunk." in %s, begun by us: %s; nothing else changes',
    (state, isOurs) => {
      const { network, host, peer, other } = scene(state, isOurs);
      other.arrivals.length = 0;
      peer.host.arrivals.length = 0;
      const before = snapshot(host);
      // Its first address is listed, as a peer does that restarts.
      const init = peer.init({
        initiateTag: 0xabcd,
        parameters: [addressParameter('10.0.0.9'), addressParameter(second)],
      });
      other.send(peer.packet(0, [init]), host.addresses[0]!);
      network.run({ forMs: 21 });
      // §5.1.2: "The packet containing the INIT ACK chunk MUST be sent to the source address of the packet containing the INIT
      // chunk."
      expect(other.arrivals.map(({ packet }) => [packet?.verificationTag, ...kindsOf(packet!)])).toEqual([
        [0xabcd, 'INIT ACK'],
      ]);
      expect(peer.host.arrivals).toEqual([]);
      expect(snapshot(host)).toEqual(before);
    },
  );
});

describe('the primary path of an association that we begin', () => {
  /** The host has named both addresses; what is said to the first gets lost where `isFirstLost`. */
  function begun(isFirstLost: boolean): Scene {
    const network = new Network();
    const host = network.addHost('z', { addresses: ['10.0.0.2'], port: 5001 });
    const peer = new RawPeer(network, host, { parameters: [addressParameter('10.0.0.9'), addressParameter(second)] });
    const other = network.addRawHost('s', { addresses: [second] });
    if (isFirstLost) network.link('10.0.0.2', '10.0.0.9').set({ drop: ({ chunks }) => chunks[0]?.kind === 'INIT' });
    host.connect({ addresses: [...peer.addresses, ...other.addresses], port: peer.port });
    const asked = isFirstLost ? other : peer.host;
    network.run({ until: () => asked.arrivals.length > 0 });
    const init = asked.arrivals[0]!.packet!.chunks[0]!;
    if (init.kind !== 'INIT') throw new Error(init.kind);
    asked.send(peer.packet(init.initiateTag, [peer.initAck()]), host.addresses[0]!);
    network.run({ until: () => host.association.state === 'COOKIE-ECHOED' });
    asked.send(peer.packet(init.initiateTag, [{ kind: 'COOKIE ACK' }]), host.addresses[0]!);
    network.run({ until: () => host.association.state === 'ESTABLISHED' });
    return { network, host, peer, other };
  }

  it.each([
    [false, '10.0.0.9'],
    [true, second],
  ])('is the CONFIRMED address that has answered: the first one lost %s', (isFirstLost, primary) => {
    const { network, host } = begun(isFirstLost);
    expect(host.association.paths.filter(({ isPrimary }) => isPrimary).map(({ address }) => address.ip)).toEqual([
      primary,
    ]);
    network.clearLadder();
    host.send(host.association, { data: Uint8Array.of(1) });
    network.run({ forMs: 15 });
    const data = network.packets.filter(({ packet }) => packet[12] === 0);
    expect(data.map(({ to }) => to.ip)).toEqual([primary]);
  });

  it('is not an address that our user has not named, whoever answered', () => {
    const network = new Network();
    const host = network.addHost('z', { addresses: ['10.0.0.2'], port: 5001 });
    const peer = new RawPeer(network, host, { parameters: [addressParameter('10.0.0.9')] });
    const other = network.addRawHost('s', { addresses: [second] });
    host.connect(peer);
    network.run({ until: () => peer.received.length > 0 });
    other.send(peer.packet(peer.peerTag, [peer.initAck()]), host.addresses[0]!);
    network.run({ until: () => host.association.state === 'COOKIE-ECHOED' });
    expect(host.association.paths.map(({ address, state, isPrimary }) => [address.ip, state, isPrimary])).toEqual([
      ['10.0.0.9', 'active', true],
      [second, 'unconfirmed', false],
    ]);
  });
});
