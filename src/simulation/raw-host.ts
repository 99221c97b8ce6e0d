import type { NetAddress } from '../base/address.ts';
import type { Instant } from '../base/time.ts';
import { decodePacket, type Packet } from '../chunks/index.ts';
import type { Network } from './network.ts';
import type { Station } from './station.ts';

export interface RawHostOptions {
  /** IP addresses. */
  readonly addresses: readonly string[];
  /** 9899 by default. */
  readonly udpPort?: number;
  /** Sees each packet that arrives, and may `send` at once. */
  readonly onPacket?: (packet: Packet | undefined, bytes: Uint8Array, from: NetAddress) => void;
}

/** What arrived, decoded where it can be. */
export interface RawArrival {
  readonly timeMs: Instant;
  readonly bytes: Uint8Array;
  readonly packet: Packet | undefined;
  readonly from: NetAddress;
  readonly to: NetAddress;
}

/** A host without a stack: a test reads its packets and makes its answers, as rude as it likes. */
export class RawHost implements Station {
  readonly name: string;
  readonly addresses: readonly NetAddress[];
  readonly nextTimeout: Instant = Number.POSITIVE_INFINITY;
  readonly arrivals: RawArrival[] = [];
  readonly #network: Network;
  readonly #onPacket: RawHostOptions['onPacket'];

  constructor(network: Network, name: string, { addresses, udpPort = 9899, onPacket }: RawHostOptions) {
    this.#network = network;
    this.name = name;
    this.addresses = addresses.map((ip) => Object.freeze({ ip, udpPort }));
    this.#onPacket = onPacket;
  }

  /** Sends any bytes, from the first address of the right family unless `from` is given (any address: it may lie). */
  send(bytes: Uint8Array, to: NetAddress, from?: NetAddress): void {
    this.#network.transmit(this, bytes, to, from);
  }

  handlePacket(bytes: Uint8Array, from: NetAddress, to: NetAddress, now: Instant): void {
    const packet = decodePacket(bytes);
    this.arrivals.push({ timeMs: now, bytes, packet, from, to });
    this.#onPacket?.(packet, bytes, from);
  }

  handleTimeout(): void {}
}
