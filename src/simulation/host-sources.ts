import type { NetAddress } from '../base/address.ts';
import type { SourceLookup } from '../base/source-lookup.ts';
import type { Instant } from '../base/time.ts';
import { type Route, sourceByRoute } from './routes.ts';

/** The addresses and routes of a host whose socket is bound to any address, as its kernel has them and tells of them. */
export class HostSources implements SourceLookup {
  readonly #now: () => Instant;
  readonly #knownAfterMs: number;
  readonly #askedAt = new Map<string, Instant>();
  #addresses: readonly NetAddress[];
  #routes: readonly Route[];
  #version = 0;

  /** @param knownAfterMs how long the system takes to answer */
  constructor(addresses: readonly NetAddress[], routes: readonly Route[], knownAfterMs: number, now: () => Instant) {
    this.#addresses = addresses;
    this.#routes = routes;
    this.#knownAfterMs = knownAfterMs;
    this.#now = now;
  }

  get addresses(): readonly NetAddress[] {
    return this.#addresses;
  }

  get addressesVersion(): number {
    return this.#version;
  }

  /** The host has other addresses or routes from now on. */
  change(addresses: readonly NetAddress[], routes: readonly Route[] = this.#routes): void {
    this.#addresses = addresses;
    this.#routes = routes;
    this.#version++;
  }

  /** Where a packet does leave from, whoever knows. */
  choose(to: NetAddress): NetAddress | undefined {
    return sourceByRoute(this.#addresses, this.#routes, to.ip);
  }

  sourceOf(to: NetAddress): NetAddress | undefined {
    if (!this.#askedAt.has(to.ip)) this.#askedAt.set(to.ip, this.#now());
    return this.knownSourceOf(to);
  }

  knownSourceOf(to: NetAddress): NetAddress | undefined {
    const askedAt = this.#askedAt.get(to.ip) ?? this.#now();
    return this.#now() - askedAt >= this.#knownAfterMs ? this.choose(to) : undefined;
  }

  doubt(): void {}

  versionAt(): number {
    return this.#version;
  }
}
