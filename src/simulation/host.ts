import type { Association } from '../association/association.ts';
import type { AssociationEvent } from '../association/events.ts';
import type { AssociationOptions } from '../association/options.ts';
import type { NetAddress } from '../base/address.ts';
import type { Environment } from '../base/environment.ts';
import { SctpError } from '../base/errors.ts';
import type { Instant } from '../base/time.ts';
import { Endpoint, type EndpointOptions } from '../endpoint/endpoint.ts';
import { HostSources } from './host-sources.ts';
import type { Network } from './network.ts';
import type { Route } from './routes.ts';
import type { Station } from './station.ts';

/** What `Association.send` takes, and what `receive` gives. */
export type OutgoingMessage = Parameters<Association['send']>[0];
export type IncomingMessage = NonNullable<ReturnType<Association['receive']>>;

/** Endpoint and association options, and what belongs to the host. The transport is UDP over IPv4 where nothing is said. */
export interface HostOptions extends Partial<EndpointOptions> {
  /** The SCTP port. */
  readonly port: number;
  /** IP addresses: several for a multi-homed host. */
  readonly addresses: readonly string[];
  /** The UDP port on all of them; 9899 by default. */
  readonly udpPort?: number;
  /** Whether its socket is bound to any address, so that the host chooses sources by its routes; otherwise to each by name. */
  readonly bindsAny?: boolean;
  /** Its routes, where it binds any: the longest one counts. Without one, the source is the own address most like the destination. */
  readonly routes?: readonly Route[];
  /** How long the system takes to tell the source towards a destination, where it binds any; 0 by default. */
  readonly sourcesKnownAfterMs?: number;
  /** The MTU of the host's own link: with it, it discovers path MTUs. Links further on have an `mtu` of their own. */
  readonly mtu?: number;
  /** Whether messages are read as they come (the default); otherwise by `receive`, so that the window may close. */
  readonly autoRead?: boolean;
  /** Called for each event, after the host has taken note of it; may give commands. */
  readonly onEvent?: (association: Association, event: AssociationEvent) => void;
}

export interface HostEvent {
  readonly timeMs: Instant;
  readonly association: Association;
  readonly event: AssociationEvent;
}

/** A host on a simulated network: one endpoint, drained after every input and every command. */
export class Host implements Station {
  readonly name: string;
  readonly mtu: number | undefined;
  readonly endpoint: Endpoint;
  /** All associations so far, those of peers too. */
  readonly associations: Association[] = [];
  readonly events: HostEvent[] = [];
  readonly #network: Network;
  readonly #options: HostOptions;
  readonly #received = new Map<Association, IncomingMessage[]>();
  readonly #feeds = new Map<Association, Feed>();
  readonly #sources: HostSources | undefined;
  #addresses: readonly NetAddress[];
  #isDraining = false;

  constructor(network: Network, name: string, options: HostOptions, environment: Environment) {
    const {
      addresses,
      udpPort = 9899,
      mtu,
      bindsAny = false,
      routes = [],
      sourcesKnownAfterMs = 0,
      ...others
    } = options;
    const { autoRead: _autoRead, onEvent: _onEvent, ...endpointOptions } = others;
    const linkMtu = mtu === undefined ? undefined : () => mtu;
    this.name = name;
    this.mtu = mtu;
    this.#network = network;
    this.#options = options;
    this.#addresses = addresses.map((ip) => Object.freeze({ ip, udpPort }));
    if (bindsAny) this.#sources = new HostSources(this.#addresses, routes, sourcesKnownAfterMs, () => network.now);
    const local = bindsAny ? { sources: this.#sources } : { localAddresses: this.#addresses };
    this.endpoint = new Endpoint(
      { overhead: 28, maxPacketSize: 65_507, linkMtu, ...local, ...endpointOptions },
      environment,
    );
  }

  get addresses(): readonly NetAddress[] {
    return this.#addresses;
  }

  /** The SCTP port. */
  get port(): number {
    return this.endpoint.port;
  }

  get nextTimeout(): Instant {
    return this.endpoint.nextTimeout;
  }

  /** The latest association. */
  get association(): Association {
    const latest = this.associations.at(-1);
    if (latest === undefined) throw new Error(`${this.name} has no association`);
    return latest;
  }

  /** The messages read so far, of the latest association unless one is given. */
  received(association: Association = this.association): readonly IncomingMessage[] {
    return this.#received.get(association) ?? [];
  }

  /** Opens an association to another host: to all of its addresses, or to those given. */
  connect(
    remote: { readonly addresses: readonly NetAddress[]; readonly port: number },
    options: Partial<AssociationOptions> = {},
  ): Association {
    const { addresses, port } = remote;
    return this.command((now) => {
      const association = this.endpoint.connect({ addresses, port }, options, now);
      this.#meet(association);
      return association;
    });
  }

  send(association: Association, message: OutgoingMessage): void {
    this.command((now) => association.send(message, now));
  }

  /** Sends all messages, as fast as the send buffer takes them. */
  feed(association: Association, messages: Iterable<OutgoingMessage>): void {
    this.command((now) => {
      const feed = new Feed(messages);
      this.#feeds.set(association, feed);
      feed.pump(association, now);
    });
  }

  /** Reads one message where `autoRead` is false. */
  receive(association: Association = this.association): IncomingMessage | undefined {
    return this.command((now) => association.receive(now));
  }

  shutdown(association: Association = this.association): void {
    this.command((now) => association.shutdown(now));
  }

  abort(association: Association = this.association, reason?: Uint8Array): void {
    this.command((now) => association.abort(reason, now));
  }

  /** Any other command to the core, followed by what it brings about. */
  command<T>(give: (now: Instant) => T): T {
    const result = give(this.#network.now);
    this.#drain();
    return result;
  }

  /** The same addresses on another UDP port, as after a NAT lost its mapping. */
  rebind(udpPort: number): void {
    this.#addresses = this.#addresses.map(({ ip }) => Object.freeze({ ip, udpPort }));
    this.#sources?.change(this.#addresses);
  }

  /** Its interfaces have other addresses from now on, or its routes lead elsewhere; for a host that binds any. */
  readdress(addresses: readonly string[], routes?: readonly Route[]): void {
    const udpPort = this.#addresses[0]?.udpPort ?? 9899;
    for (const { ip } of this.#addresses) this.#network.unbind(ip);
    this.#addresses = addresses.map((ip) => Object.freeze({ ip, udpPort }));
    for (const ip of addresses) this.#network.bind(ip, this);
    this.#sources?.change(this.#addresses, routes);
  }

  handlePacket(packet: Uint8Array, from: NetAddress, to: NetAddress, now: Instant): void {
    // Sockets that are bound to any do not tell.
    this.endpoint.handlePacket(packet, from, this.#sources === undefined ? to : undefined, now);
    this.#drain();
  }

  handleTimeout(now: Instant): void {
    this.endpoint.handleTimeout(now);
    this.#drain();
  }

  #drain(): void {
    if (this.#isDraining) return; // a command from within `onEvent`: the loop below goes on with it
    this.#isDraining = true;
    try {
      while (this.#drainTransmit() || this.#drainEvent());
    } finally {
      this.#isDraining = false;
    }
  }

  #drainTransmit(): boolean {
    const transmit = this.endpoint.pollTransmit(this.#network.now);
    if (transmit === undefined) return false;
    const { packet, to, from } = transmit;
    const source = this.#sources?.choose(to) ?? (from && this.#addresses.find(({ ip }) => ip === from.ip));
    // Where there is no way, the system refuses the packet.
    if (source !== undefined || this.#sources === undefined) this.#network.transmit(this, packet, to, source);
    return true;
  }

  #drainEvent(): boolean {
    const polled = this.endpoint.pollEvent();
    if (polled === undefined) return false;
    const { association, event } = polled;
    const now = this.#network.now;
    this.#meet(association);
    this.events.push({ timeMs: now, association, event });
    if (event.kind === 'readable' && this.#options.autoRead !== false) this.#readAll(association, now);
    if (event.kind === 'writable' || event.kind === 'established') this.#feeds.get(association)?.pump(association, now);
    this.#options.onEvent?.(association, event);
    return true;
  }

  #meet(association: Association): void {
    if (this.#received.has(association)) return;
    this.#received.set(association, []);
    this.associations.push(association);
  }

  #readAll(association: Association, now: Instant): void {
    const messages = this.#received.get(association);
    for (let message = association.receive(now); message !== undefined; message = association.receive(now)) {
      messages?.push(message);
    }
  }
}

/** Messages that wait for room in the send buffer. */
class Feed {
  readonly #messages: Iterator<OutgoingMessage>;
  #next: IteratorResult<OutgoingMessage>;

  constructor(messages: Iterable<OutgoingMessage>) {
    this.#messages = messages[Symbol.iterator]();
    this.#next = this.#messages.next();
  }

  pump(association: Association, now: Instant): void {
    while (!this.#next.done) {
      try {
        association.send(this.#next.value, now);
      } catch (error) {
        if (error instanceof SctpError && error.code === 'SCTP_ERR_SEND_BUFFER_FULL') return;
        throw error;
      }
      this.#next = this.#messages.next();
    }
  }
}
