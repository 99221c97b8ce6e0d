import type { NetAddress } from '../base/address.ts';

/** A NAT between some addresses and the rest of the network: it shows one address for all of them, and a port for each. */
export class Nat {
  readonly insides: readonly string[];
  readonly #shown = new Map<string, NetAddress>();
  readonly #hidden = new Map<number, NetAddress>();
  #outside: string;
  #nextPort = 40_000;

  constructor(insides: readonly string[], outside: string) {
    this.insides = insides;
    this.#outside = outside;
  }

  /** The address that it shows. */
  get outside(): string {
    return this.#outside;
  }

  /** It shows another address from now on, and knows no flow of before. */
  move(outside: string): void {
    this.#outside = outside;
    this.#shown.clear();
    this.#hidden.clear();
  }

  /** Where a packet from `inside` seems to come from. */
  show(inside: NetAddress): NetAddress {
    const key = `${inside.ip} ${inside.udpPort}`;
    let shown = this.#shown.get(key);
    if (shown === undefined) {
      shown = Object.freeze({ ip: this.#outside, udpPort: this.#nextPort++ });
      this.#shown.set(key, shown);
      this.#hidden.set(shown.udpPort, inside);
    }
    return shown;
  }

  /** Whom a packet to this port of `outside` is for; undefined for nobody. */
  restore({ ip, udpPort }: NetAddress): NetAddress | undefined {
    return ip === this.#outside ? this.#hidden.get(udpPort) : undefined;
  }
}
