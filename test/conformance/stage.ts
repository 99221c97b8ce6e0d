import { type Chunk, decodePacket, type Packet, type Parameter } from '../../src/chunks/index.ts';
import { type Host, type HostOptions, Network } from '../../src/simulation/index.ts';
import { RawPeer, type RawPeerOptions } from '../support/raw-peer.ts';

export interface Stage {
  readonly network: Network;
  /** The host under test, at 10.0.0.2; it listens. */
  readonly z: Host;
  /** A peer made by hand, at 10.0.0.9. */
  readonly peer: RawPeer;
}

/** A host and a peer that have not met yet. */
export function stage(host: Partial<HostOptions> = {}, peer: RawPeerOptions = {}): Stage {
  const network = new Network();
  const z = network.addHost('z', { addresses: ['10.0.0.2'], port: 5001, listening: true, ...host });
  return { network, z, peer: new RawPeer(network, z, peer) };
}

/** The same with an association that the peer has begun. */
export function connected(host: Partial<HostOptions> = {}, peer: RawPeerOptions = {}): Stage {
  const all = stage(host, peer);
  all.peer.connect();
  return all;
}

/** The packets that the peer has received, the latest only from `clear` on. */
export function packetsTo(peer: RawPeer): Packet[] {
  return peer.host.arrivals.flatMap(({ packet }) => packet ?? []);
}

/** What every packet of the network was, whoever sent it. */
export function allPackets(network: Network): Packet[] {
  return network.packets.flatMap(({ packet }) => decodePacket(packet) ?? []);
}

export function kindsOf({ chunks }: Packet): string[] {
  return chunks.map(({ kind }) => kind);
}

/** The DATA chunks that the peer has received. */
export function dataTo(peer: RawPeer): Extract<Chunk, { kind: 'DATA' }>[] {
  return peer.received.filter((chunk) => chunk.kind === 'DATA');
}

export function ipv4(address: string): Parameter {
  return { kind: 'IPv4 Address', address };
}
