import type { NetAddress } from '../../src/base/address.ts';
import { withoutZone } from '../../src/base/ip-scope.ts';
import type { Instant } from '../../src/base/time.ts';
import { type Chunk, decodePacket, encodePacket, isAddressParameter, type Packet } from '../../src/chunks/index.ts';
import { derivedSeed, seededEnvironment } from '../../src/simulation/environment.ts';
import { Host, type HostOptions, type Network } from '../../src/simulation/index.ts';

/** What a strict host has refused: from where, and its first chunk. */
export interface Refused {
  readonly from: string;
  readonly kind: Chunk['kind'];
}

/**
 * A host that, as kernels do, knows its peers by the addresses that INIT and INIT ACK list, and the source of that packet. What
 * comes from elsewhere under a tag of its own is out of the blue for it, and answered with ABORT (RFC 9260 §8.4 8).
 */
export class StrictHost extends Host {
  readonly refused: Refused[] = [];
  readonly #network: Network;
  /** The addresses of each peer, by its SCTP port and its Initiate Tag. */
  readonly #told = new Map<number, Set<string>>();

  constructor(network: Network, name: string, options: HostOptions) {
    super(network, name, options, seededEnvironment(derivedSeed(network.seed, name)));
    this.#network = network;
  }

  /** The addresses that INIT and INIT ACK chunks of the peer at that port have told, their sources first. */
  toldBy(port: number): string[] {
    return [...(this.#told.get(port) ?? [])];
  }

  override handlePacket(bytes: Uint8Array, from: NetAddress, to: NetAddress, now: Instant): void {
    const packet = decodePacket(bytes);
    const first = packet?.chunks[0];
    if (packet === undefined || first === undefined) return;
    if (first.kind === 'INIT' || first.kind === 'INIT ACK') {
      const listed = first.parameters.filter(isAddressParameter).map(({ address }) => address);
      this.#told.set(packet.sourcePort, new Set([withoutZone(from.ip), ...listed]));
    } else if (this.#told.get(packet.sourcePort)?.has(withoutZone(from.ip)) === false) {
      this.#refuse(packet, first.kind, from, to);
      return;
    }
    super.handlePacket(bytes, from, to, now);
  }

  #refuse(packet: Packet, kind: Chunk['kind'], from: NetAddress, to: NetAddress): void {
    this.refused.push({ from: from.ip, kind });
    if (kind === 'ABORT') return;
    const header = {
      sourcePort: packet.destinationPort,
      destinationPort: packet.sourcePort,
      verificationTag: packet.verificationTag,
    };
    this.#network.transmit(this, encodePacket(header, [{ kind: 'ABORT', tagReflected: true, causes: [] }]), from, to);
  }
}

export function addStrictHost(network: Network, name: string, options: HostOptions): StrictHost {
  return network.attach(new StrictHost(network, name, options));
}
