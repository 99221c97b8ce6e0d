import type { NetAddress } from '../base/address.ts';
import { SctpError } from '../base/errors.ts';
import { dynamicPortCount, nextDynamicPort } from './dynamic-port.ts';
import { PatientTimer } from './patient-timer.ts';
import { SharedSocket } from './shared-socket.ts';
import type { Transport, TransportProperties, TransportReceiver, TransportSources } from './transport.ts';
import { bindsAny, UdpTransport, udpProperties } from './udp.ts';

/**
 * How many associations with one remote leave from one UDP port of our choice. Whoever spreads load by UDP ports (`reusePort`, a
 * router with several links) still finds something to go by among the associations of one process.
 */
const mostActive = 16;

/** How many SCTP ports of such a socket may be taken, by what lingers too: a quarter of the dynamic ones, so that one is soon found. */
const mostPorts = 4_096;

export interface SharedUdpOptions {
  /** The SCTP port; 0 picks one. */
  readonly port: number;
  /** Addresses (or names) to bind, as for `UdpTransport`. */
  readonly host?: string | readonly string[] | undefined;
  /** The UDP port; 0 picks one. */
  readonly udpPort: number;
  /** To whom packets are going to be sent, in any spelling; undefined where everybody is to be heard. */
  readonly remote?: string | undefined;
}

/** The sockets that another SCTP port may come to, by what they are bound to and for whom. */
const known = new Map<string, Set<SharedSocket>>();

/**
 * The transport of one SCTP port, on a UDP socket that several of them share. RFC 6951 §5.1: a stack has "a single local UDP
 * encapsulation port number"; the SCTP port tells whose a packet is.
 *
 * Those who name the same UDP port and addresses share one socket, be it to listen or to connect. Those who connect from whatever
 * UDP port share one with others that go to the same remote, so that it can be connected to it. Who listens on whatever UDP port is
 * alone there.
 */
export class SharedUdpTransport implements Transport {
  readonly properties: TransportProperties;
  /** The SCTP port. */
  readonly port: number;
  readonly #options: SharedUdpOptions;
  /** Under which others find the socket; undefined for one that is not shared. */
  readonly #key: string | undefined;
  #socket: SharedSocket | undefined;
  #addresses: readonly NetAddress[] = [];
  #lingering: PatientTimer | undefined;

  /** Throws SctpError `SCTP_ERR_ADDRESS_IN_USE` when there is no SCTP port to pick. */
  constructor(options: SharedUdpOptions) {
    const { port, host, udpPort, remote } = options;
    this.#options = options;
    this.properties = {
      ...udpProperties,
      linkMtu: (to, from) => this.#socket?.transport.properties.linkMtu?.(to, from),
      sources: bindsAny(host) ? this.#sources() : undefined,
      isDrained: () => this.#socket?.transport.properties.isDrained?.() === true,
    };
    if (udpPort !== 0) this.#key = keyOf(host, udpPort);
    else if (remote !== undefined) this.#key = `${keyOf(host, 0)} to ${remote}`;
    this.port = port === 0 ? this.#pickPort() : port;
  }

  get addresses(): readonly NetAddress[] {
    this.#addresses = this.#socket?.transport.addresses ?? this.#addresses;
    return this.#addresses;
  }

  /** Rejects as `UdpTransport.open` does, and with `SCTP_ERR_ADDRESS_IN_USE` when the SCTP port is taken on the UDP port. */
  async open(receiver: TransportReceiver): Promise<void> {
    const socket = this.#findSocket(this.port) ?? this.#createSocket();
    this.#socket = socket;
    if (this.#options.remote === undefined) socket.transport.hearEverybody();
    try {
      await socket.add(this.port, receiver);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  send(packet: Uint8Array, to: NetAddress, from?: NetAddress): void {
    this.#socket?.transport.send(packet, to, from);
  }

  async close(lingerMs = 0): Promise<void> {
    this.#lingering?.stop();
    const socket = this.#socket;
    if (socket === undefined) return;
    if (lingerMs > 0) {
      socket.linger(this.port);
      this.#lingering = new PatientTimer(() => void this.close(), false);
      this.#lingering.start(lingerMs);
      return;
    }
    this.#socket = undefined;
    const closed = socket.remove(this.port);
    if (socket.size === 0 && this.#key !== undefined) forget(this.#key, socket);
    await closed;
  }

  /** Those of the socket, while there is one. */
  #sources(): TransportSources {
    const sources = (): TransportSources | undefined => this.#socket?.transport.properties.sources;
    return {
      get addresses(): readonly NetAddress[] {
        return sources()?.addresses ?? [];
      },
      get addressesVersion(): number {
        return sources()?.addressesVersion ?? 0;
      },
      sourceOf: (to) => sources()?.sourceOf(to),
      knownSourceOf: (to) => sources()?.knownSourceOf(to),
      doubt: (to) => sources()?.doubt(to),
      versionAt: (now) => sources()?.versionAt(now) ?? 0,
      learn: async (remotes) => sources()?.learn(remotes),
    };
  }

  #pickPort(): number {
    const socket = this.#findSocket();
    for (let attempt = 0; attempt < dynamicPortCount; attempt++) {
      const port = nextDynamicPort();
      if (socket?.has(port) !== true) return port;
    }
    throw new SctpError('SCTP_ERR_ADDRESS_IN_USE', 'all dynamic SCTP ports of this UDP port are in use');
  }

  /** A socket that is open already and has room, for `port` at least. */
  #findSocket(port?: number): SharedSocket | undefined {
    for (const socket of (this.#key === undefined ? undefined : known.get(this.#key)) ?? []) {
      const isTaken = port !== undefined && socket.has(port);
      if (this.#options.udpPort === 0) {
        if (!isTaken && socket.active < mostActive && socket.size < mostPorts) return socket;
      } else if (isTaken) {
        const where = `UDP port ${this.#options.udpPort}`;
        throw new SctpError('SCTP_ERR_ADDRESS_IN_USE', `SCTP port ${port} is in use on ${where}`);
      } else return socket;
    }
    return undefined;
  }

  #createSocket(): SharedSocket {
    const { host, udpPort, remote } = this.#options;
    const socket = new SharedSocket(new UdpTransport({ host, udpPort, connects: remote !== undefined }));
    if (this.#key !== undefined) remember(this.#key, socket);
    return socket;
  }
}

function keyOf(host: string | readonly string[] | undefined, udpPort: number): string {
  return `${host ?? 'any'} port ${udpPort}`;
}

function remember(key: string, socket: SharedSocket): void {
  const others = known.get(key);
  if (others === undefined) known.set(key, new Set([socket]));
  else others.add(socket);
}

function forget(key: string, socket: SharedSocket): void {
  const others = known.get(key);
  others?.delete(socket);
  if (others?.size === 0) known.delete(key);
}
