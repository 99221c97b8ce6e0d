import type { NetAddress } from '../base/address.ts';
import { Ring } from '../base/ring.ts';

const mappedPrefix = '::ffff:';

/** `::ffff:192.0.2.1` (how a dual-stack socket spells an IPv4 peer) as `192.0.2.1`; any other address as it is. */
export function unmapped(ip: string): string {
  return ip.startsWith(mappedPrefix) && ip.includes('.') ? ip.slice(mappedPrefix.length) : ip;
}

/** An IPv4 address in the form that an IPv6 socket sends to. */
export function mapped(ip: string): string {
  return mappedPrefix + ip;
}

/**
 * One frozen `NetAddress` for each recent remote, so that the packets of a peer carry the very same object and nothing
 * is allocated for them. Bounded: a flood from forged sources costs a lookup and evicts the oldest.
 */
export class RemoteAddresses {
  readonly #capacity: number;
  readonly #known = new Map<string, NetAddress>();
  /** Their keys, the oldest first. */
  readonly #order = new Ring<string>();
  #lastIp = '';
  #lastPort = -1;
  #last: NetAddress | undefined;

  constructor(capacity = 1024) {
    this.#capacity = capacity;
  }

  /** The address for what the socket reported: `ip` may be IPv4-mapped. */
  get(ip: string, udpPort: number): NetAddress {
    if (this.#last !== undefined && udpPort === this.#lastPort && ip === this.#lastIp) return this.#last;
    this.#lastIp = ip;
    this.#lastPort = udpPort;
    this.#last = this.#lookUp(`${ip} ${udpPort}`, ip, udpPort);
    return this.#last;
  }

  #lookUp(key: string, ip: string, udpPort: number): NetAddress {
    const known = this.#known.get(key);
    if (known) return known;
    if (this.#order.length === this.#capacity) this.#known.delete(this.#order.shift()!);
    const address = Object.freeze({ ip: unmapped(ip), udpPort });
    this.#known.set(key, address);
    this.#order.push(key);
    return address;
  }
}
