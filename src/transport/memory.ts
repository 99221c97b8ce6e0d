import { formatAddress, type NetAddress } from '../base/address.ts';
import { SctpError } from '../base/errors.ts';
import { Ring } from '../base/ring.ts';
import type { Transport, TransportProperties, TransportReceiver } from './transport.ts';

interface Datagram {
  readonly packet: Uint8Array;
  readonly to: NetAddress;
  readonly from: NetAddress;
}

/**
 * A network in memory: every transport made by one hub reaches every other by its address. Nothing is lost or
 * reordered; what is sent arrives in a later microtask, never inside of `send`. Runs in a browser as it is.
 */
export class MemoryHub {
  readonly #receivers = new Map<string, TransportReceiver>();
  readonly #queue = new Ring<Datagram>();
  #scheduled = false;

  /** A transport that will live at these addresses (one or several, as a multi-homed host has) once it is opened. */
  transport(...addresses: readonly [NetAddress, ...NetAddress[]]): Transport {
    return new MemoryTransport(this, addresses);
  }

  /** @internal */
  attach(addresses: readonly NetAddress[], receiver: TransportReceiver): void {
    const taken = addresses.find((address) => this.#receivers.has(formatAddress(address)));
    if (taken) throw new SctpError('SCTP_ERR_ADDRESS_IN_USE', `${formatAddress(taken)} is in use`);
    for (const address of addresses) this.#receivers.set(formatAddress(address), receiver);
  }

  /** @internal */
  detach(addresses: readonly NetAddress[]): void {
    for (const address of addresses) this.#receivers.delete(formatAddress(address));
  }

  /** @internal */
  carry(packet: Uint8Array, from: NetAddress, to: NetAddress): void {
    this.#queue.push({ packet, from, to });
    if (this.#scheduled) return;
    this.#scheduled = true;
    void Promise.resolve().then(() => this.#deliver());
  }

  /** Delivers what is queued now; the answers go into a microtask of their own. */
  #deliver(): void {
    this.#scheduled = false;
    for (let rest = this.#queue.length; rest > 0; rest--) {
      const { packet, from, to } = this.#queue.shift()!;
      this.#receivers.get(formatAddress(to))?.handlePacket(packet, from, to);
    }
  }
}

/** Two transports with a pipe between them. */
export function memoryPair(
  one: NetAddress = { ip: '10.0.0.1', udpPort: 9899 },
  other: NetAddress = { ip: '10.0.0.2', udpPort: 9899 },
): readonly [Transport, Transport] {
  const hub = new MemoryHub();
  return [hub.transport(one), hub.transport(other)];
}

class MemoryTransport implements Transport {
  readonly properties: TransportProperties = { overhead: 0, maxPacketSize: 65_535 };
  readonly addresses: readonly [NetAddress, ...NetAddress[]];
  readonly #hub: MemoryHub;
  #open = false;

  constructor(hub: MemoryHub, addresses: readonly [NetAddress, ...NetAddress[]]) {
    this.#hub = hub;
    this.addresses = addresses;
  }

  async open(receiver: TransportReceiver): Promise<void> {
    this.#hub.attach(this.addresses, receiver);
    this.#open = true;
  }

  send(packet: Uint8Array, to: NetAddress, from: NetAddress = this.addresses[0]): void {
    if (this.#open && packet.length <= this.properties.maxPacketSize) this.#hub.carry(packet, from, to);
  }

  async close(): Promise<void> {
    if (this.#open) this.#hub.detach(this.addresses);
    this.#open = false;
  }
}
