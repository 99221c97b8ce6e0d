import type { Association } from '../../src/association/association.ts';
import type { AssociationEvent } from '../../src/association/events.ts';
import { type Host, type HostOptions, Network, type NetworkOptions } from '../../src/simulation/index.ts';

export interface PairOptions extends NetworkOptions {
  readonly a?: Partial<HostOptions>;
  readonly z?: Partial<HostOptions>;
}

/** The two ends of RFC 9260's ladders: "Endpoint A" (10.0.0.1) and "Endpoint Z" (10.0.0.2), 10 ms apart; Z listens. */
export interface Pair {
  readonly network: Network;
  readonly a: Host;
  readonly z: Host;
}

export interface EstablishedPair extends Pair {
  /** A's association; its events and the ladder begin behind the handshake. */
  readonly association: Association;
  /** Z's association. */
  readonly peer: Association;
}

export function pair(options: PairOptions = {}): Pair {
  const { a, z, ...networkOptions } = options;
  const network = new Network(networkOptions);
  return {
    network,
    a: network.addHost('a', { addresses: ['10.0.0.1'], port: 5000, ...a }),
    z: network.addHost('z', { addresses: ['10.0.0.2'], port: 5001, listening: true, ...z }),
  };
}

/** A pair behind the handshake, which went over a perfect link. */
export function establishedPair(options: PairOptions = {}): EstablishedPair {
  const { link, ...others } = options;
  const two = pair(others);
  const { network, a, z } = two;
  const association = a.connect(z);
  network.run({ until: () => association.state === 'ESTABLISHED' && z.associations.length === 1 });
  network.clearLadder();
  a.events.length = 0;
  z.events.length = 0;
  if (link !== undefined) network.linkBoth(a, z).set(link);
  return { ...two, association, peer: z.association };
}

/** The events so far of one kind. */
export function eventsOf<K extends AssociationEvent['kind']>(
  host: Host,
  kind: K,
): Extract<AssociationEvent, { kind: K }>[] {
  const events: Extract<AssociationEvent, { kind: K }>[] = [];
  for (const { event } of host.events) {
    if (event.kind === kind) events.push(event as Extract<AssociationEvent, { kind: K }>);
  }
  return events;
}

export function eventKinds(host: Host): string[] {
  return host.events.map(({ event }) => event.kind);
}

/** How the association ended, undefined while it stands; the code of the error, or 'graceful'. */
export function endingOf(host: Host): string | undefined {
  const ending = eventsOf(host, 'closed').at(-1)?.ending;
  return ending && (ending.error?.code ?? 'graceful');
}

/** Whether nothing is left of any association on either side: no timer, no entry, no packet. */
export function isQuiet({ network, a, z }: Pair): boolean {
  const isBare = ({ endpoint }: Host): boolean =>
    endpoint.associationCount === 0 && endpoint.nextTimeout === Number.POSITIVE_INFINITY;
  return network.isIdle && isBare(a) && isBare(z);
}
