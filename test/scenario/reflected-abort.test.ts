import { describe, expect, it } from 'vitest';
import { addressParameter, type Chunk } from '../../src/chunks/index.ts';
import { type Host, type HostOptions, Network, type RawHost } from '../../src/simulation/index.ts';
import { endingOf, eventsOf } from '../support/pair.ts';
import { RawPeer } from '../support/raw-peer.ts';

const abort = (tagReflected: boolean): Chunk => ({ kind: 'ABORT', tagReflected, causes: [] });

interface Scene {
  readonly network: Network;
  readonly z: Host;
  readonly peer: RawPeer;
  /** Whoever is at the second address that the peer lists. */
  readonly second: RawHost;
  /** The HEARTBEATs that came there, in milliseconds. */
  heartbeats(): number[];
  /** An ABORT to z from an address, under the peer's own tag with the T bit, or under z's tag without. */
  abortFrom(from: RawHost, tagReflected: boolean): void;
}

/** z has an association with a peer that lists a second address. */
function scene(options: Partial<HostOptions> = {}, furtherAddresses: readonly string[] = []): Scene {
  const network = new Network();
  const z = network.addHost('z', {
    addresses: ['10.0.0.2'],
    port: 5001,
    listening: true,
    hbIntervalMs: 1_000,
    rtoInitialMs: 100,
    rtoMinMs: 50,
    pathMaxRetrans: 2,
    ...options,
  });
  const second = network.addRawHost('s', { addresses: ['192.168.0.9'] });
  const peer = new RawPeer(network, z, {
    parameters: ['192.168.0.9', ...furtherAddresses].map(addressParameter),
    onPacket: answerHeartbeats,
  });
  function answerHeartbeats({ chunks }: { readonly chunks: readonly Chunk[] }): void {
    for (const chunk of chunks) if (chunk.kind === 'HEARTBEAT') peer.send({ ...chunk, kind: 'HEARTBEAT ACK' });
  }
  peer.connect();
  return {
    network,
    z,
    peer,
    second,
    heartbeats: () =>
      second.arrivals.filter(({ packet }) => packet?.chunks[0]?.kind === 'HEARTBEAT').map(({ timeMs }) => timeMs),
    abortFrom(from, tagReflected) {
      from.send(peer.packet(tagReflected ? peer.tag : peer.peerTag, [abort(tagReflected)]), z.addresses[0]!);
      network.run({ forMs: 20 });
    },
  };
}

const stateOf = (z: Host, ip: string) => z.association.paths.find(({ address }) => address.ip === ip)?.state;

describe('an ABORT with the T bit that answers a HEARTBEAT to an UNCONFIRMED address (not as RFC 9260 §8.5.1 B has it)', () => {
  it('fails that path and not the association; the address is asked again at the rate of heartbeats', () => {
    const { network, z, second, abortFrom, heartbeats } = scene();
    network.run({ until: () => heartbeats().length === 1 });
    abortFrom(second, true);
    expect([z.association.state, stateOf(z, '192.168.0.9')]).toEqual(['ESTABLISHED', 'inactive']);
    expect(eventsOf(z, 'pathChange').map(({ path, reason }) => [path.address.ip, path.state, reason])).toEqual([
      ['192.168.0.9', 'inactive', 'a heartbeat was answered with ABORT'],
    ]);
    network.run({ forMs: 900 });
    expect(heartbeats()).toHaveLength(1);
    network.run({ until: () => heartbeats().length === 2 });
    abortFrom(second, true);
    network.run({ forMs: 10_000 });
    expect(endingOf(z)).toBeUndefined();
  });

  it('one that comes twice, or late, fails the path once', () => {
    const { network, z, second, abortFrom, heartbeats } = scene();
    network.run({ until: () => heartbeats().length === 2 });
    for (let i = 0; i < 3; i++) abortFrom(second, true);
    expect([z.association.state, stateOf(z, '192.168.0.9')]).toEqual(['ESTABLISHED', 'inactive']);
  });

  it('the address is used once it answers after all', () => {
    const { network, z, peer, second, abortFrom, heartbeats } = scene();
    network.run({ until: () => heartbeats().length === 1 });
    abortFrom(second, true);
    network.run({ until: () => heartbeats().length === 2 });
    const asked = second.arrivals.at(-1)!.packet!.chunks[0]!;
    if (asked.kind !== 'HEARTBEAT') throw new Error(asked.kind);
    second.send(peer.packet(peer.peerTag, [{ ...asked, kind: 'HEARTBEAT ACK' }]), z.addresses[0]!);
    network.run({ forMs: 50 });
    expect(stateOf(z, '192.168.0.9')).toBe('active');
  });

  // §8.5.1 B: "MUST accept the packet if the Verification Tag field of the packet matches its own tag and the T bit is not set".
  it('without the T bit it ends the association', () => {
    const { network, z, second, abortFrom, heartbeats } = scene();
    network.run({ until: () => heartbeats().length === 1 });
    abortFrom(second, false);
    expect(endingOf(z)).toBe('SCTP_ERR_ABORTED_BY_PEER');
  });

  // §8.5.1 B: "OR if it is set to its Peer's Tag and the T bit is set in the Chunk Flags."
  it('from a CONFIRMED address it ends the association', () => {
    const { network, z, peer, abortFrom, heartbeats } = scene();
    network.run({ until: () => heartbeats().length === 1 });
    // To which heartbeats went, too.
    network.run({ until: () => peer.received.some(({ kind }) => kind === 'HEARTBEAT') });
    abortFrom(peer.host, true);
    expect(endingOf(z)).toBe('SCTP_ERR_ABORTED_BY_PEER');
  });

  it('from an UNCONFIRMED address to which nothing was sent yet it ends the association', () => {
    const { network, z, peer, abortFrom, heartbeats } = scene({ hbMaxBurst: 1 }, ['192.168.1.9']);
    const third = network.addRawHost('t', { addresses: ['192.168.1.9'] });
    network.run({ until: () => heartbeats().length === 1 });
    expect(third.arrivals).toEqual([]);
    abortFrom(third, true);
    expect([endingOf(z), peer.received.length]).toEqual(['SCTP_ERR_ABORTED_BY_PEER', 0]);
  });

  it('under another tag, or from a stranger, it is nothing', () => {
    const { network, z, peer, second, abortFrom, heartbeats } = scene();
    network.run({ until: () => heartbeats().length === 1 });
    second.send(peer.packet(peer.tag ^ 1, [abort(true)]), z.addresses[0]!);
    abortFrom(network.addRawHost('m', { addresses: ['10.0.0.66'] }), true);
    expect([z.association.state, stateOf(z, '192.168.0.9')]).toEqual(['ESTABLISHED', 'unconfirmed']);
  });
});
