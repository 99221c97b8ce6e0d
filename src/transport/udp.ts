import { createSocket, type RemoteInfo, type Socket, type SocketOptions } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import createDebug from 'debug';
import { isIpv6, type NetAddress } from '../base/address.ts';
import { SctpError } from '../base/errors.ts';
import { canonicalIp } from '../base/ip.ts';
import { zoneOf } from '../base/ip-scope.ts';
import { ConnectedSocket } from './connected-socket.ts';
import { randomDynamicPort } from './dynamic-port.ts';
import { hostAddresses, hostAddressesVersion } from './host-addresses.ts';
import { linkMtu } from './link-mtu.ts';
import { likelyLocalAddress } from './local-address.ts';
import { PatientTimer } from './patient-timer.ts';
import { mapped, RemoteAddresses, unmapped } from './remote-addresses.ts';
import { requireReusePort, reusePortError } from './shared-port.ts';
import { doubtSystemSource, learnSystemSources, sourcesVersion, systemSource } from './system-sources.ts';
import type { Transport, TransportProperties, TransportReceiver, TransportSources } from './transport.ts';

const debug = createDebug('sctp:udp');

/** RFC 6951 §5.1: "the IANA-assigned UDP port number 9899 (sctp-tunneling)". */
export const sctpTunnelingPort = 9899;

/** How much the sockets' buffers are asked to hold, in bytes; the system may grant less. */
const socketBufferSize = 4 * 1024 * 1024;

/** How often another port is tried when port 0 found one that is not free on every address. */
const portAttempts = 16;

/** What every transport of SCTP in UDP has in common. */
export const udpProperties: TransportProperties = { overhead: 28, maxPacketSize: 65_507 };

/** Receive errors that say something of one earlier packet (as Windows does for ICMP), not of the socket. */
const passingErrors: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EMSGSIZE',
  'EAGAIN',
  'ENOBUFS',
]);

export interface UdpTransportOptions {
  /** Addresses (or names) to bind. Default: all, by one dual-stack socket, or IPv4 alone where there is no IPv6. */
  readonly host?: string | readonly string[] | undefined;
  /** The UDP port on every address: 9899 by default, 0 picks one. */
  readonly udpPort?: number | undefined;
  /**
   * Whether packets are wanted only from those that are sent to, so that a socket with one remote may be connected to it
   * while there is much to send. Default false.
   */
  readonly connects?: boolean | undefined;
  /**
   * Whether other sockets may bind the same port, which has to be named then: the system shares out what arrives by the
   * addresses and ports of its packets. Node.js 23.1 or later, not on macOS and Windows. Default false.
   */
  readonly reusePort?: boolean | undefined;
}

interface BoundSocket extends NetAddress {
  readonly socket: Socket;
  /** Bound to `::` for both families: IPv4 goes out in mapped form. */
  readonly isDualStack: boolean;
  /** Used where packets are wanted from one remote only. */
  readonly connection: ConnectedSocket;
}

/** Where the packets to one remote leave. */
interface Route {
  readonly to: NetAddress;
  readonly from: NetAddress | undefined;
  readonly bound: BoundSocket;
  /** As this socket spells the remote. */
  readonly ip: string;
}

/**
 * SCTP in UDP (RFC 6951) on `node:dgram`: one socket for each bound address, all on one port (§5.1: "a single local UDP
 * encapsulation port number"). ICMP is not looked at: §5.5, "the SCTP stack MUST NOT rely on receiving ICMP or ICMPv6
 * messages".
 */
export class UdpTransport implements Transport {
  readonly properties: TransportProperties;
  readonly #hosts: readonly string[];
  readonly #udpPort: number;
  readonly #reusePort: boolean;
  readonly #remotes = new RemoteAddresses();
  #sockets: readonly BoundSocket[] = [];
  /** As they were when somebody asked last, for those who ask when the sockets are closed. */
  #addresses: readonly NetAddress[] = [];
  #own:
    | {
        readonly host: readonly string[];
        readonly sockets: readonly BoundSocket[];
        readonly addresses: readonly NetAddress[];
      }
    | undefined;
  #route: Route | undefined;
  #connects: boolean;
  #sendErrors = 0;

  constructor(options: UdpTransportOptions = {}) {
    const { host = [], udpPort = sctpTunnelingPort, connects = false, reusePort = false } = options;
    if (!Number.isInteger(udpPort) || udpPort < 0 || udpPort > 65_535) {
      throw new SctpError('SCTP_ERR_INVALID_ARGUMENT', `udpPort must be 0 to 65535, not ${udpPort}`);
    }
    if (reusePort && udpPort === 0) {
      throw new SctpError('SCTP_ERR_INVALID_ARGUMENT', 'reusePort needs a udpPort: the one that all are to share');
    }
    this.#hosts = typeof host === 'string' ? [host] : [...host];
    this.#udpPort = udpPort;
    this.#connects = connects;
    this.#reusePort = reusePort;
    this.properties = {
      ...udpProperties,
      linkMtu: (to, from) => linkMtu(to, from, this.#sockets[0]?.socket.getRecvBufferSize()),
      sources: bindsAny(host) ? this.#sources() : undefined,
      // What the system takes at once never waits in the socket.
      isDrained: () => this.#route !== undefined && this.#route.bound.socket.getSendQueueSize() === 0,
    };
  }

  /** The bound addresses; for a wildcard those of the host's interfaces, as they are now, without link-local ones. */
  get addresses(): readonly NetAddress[] {
    const own = this.#ownAddresses();
    const isNamed = this.properties.sources === undefined;
    if (own.length > 0) this.#addresses = isNamed ? own : own.filter(({ ip }) => zoneOf(ip) === '');
    return this.#addresses;
  }

  /** Packets that the system refused to send: lost, as UDP loses packets. */
  get sendErrors(): number {
    return this.#sendErrors;
  }

  async open(receiver: TransportReceiver): Promise<void> {
    if (this.#reusePort) requireReusePort();
    const hosts = await Promise.all(this.#hosts.map(resolveHost));
    this.#sockets = await this.#bindAll([...new Set(hosts)]);
    for (const bound of this.#sockets) this.#receive(bound, receiver);
    debug('bound %o', this.addresses);
  }

  send(packet: Uint8Array, to: NetAddress, from?: NetAddress): void {
    if (this.#route?.to !== to || this.#route.from !== from) this.#route = this.#findRoute(to, from);
    const route = this.#route;
    // A port of 0 can be forged but not sent to: Node would throw.
    if (route === undefined || to.udpPort === 0) this.#onSent(new Error(`no way to ${to.ip} port ${to.udpPort}`));
    // RFC 6951 §5.3: "the source port MUST be the local UDP encapsulation port number of the SCTP stack, and the
    // destination port MUST be the remote UDP encapsulation port number"; "the length of the UDP packet MUST be the
    // length of the SCTP packet plus the size of the UDP header."
    else if (this.#connects) route.bound.connection.send(packet, to.udpPort, route.ip, this.#onSent);
    else route.bound.socket.send(packet, to.udpPort, route.ip, this.#onSent);
  }

  async close(lingerMs = 0): Promise<void> {
    if (lingerMs > 0) {
      for (const { socket } of this.#sockets) socket.unref();
      new PatientTimer(() => void this.close(), false).start(lingerMs);
      return;
    }
    const sockets = this.#sockets;
    this.#sockets = [];
    this.#route = undefined;
    for (const { connection } of sockets) connection.close();
    await Promise.all(sockets.map(({ socket }) => closed(socket)));
  }

  /** From now on packets are wanted from everybody, whatever the option `connects` said. */
  hearEverybody(): void {
    this.#connects = false;
    for (const { connection } of this.#sockets) connection.close();
  }

  /** Whether the process goes on as long as this is open; it does unless told otherwise. */
  set keepsAlive(keepsAlive: boolean) {
    for (const { socket } of this.#sockets) {
      if (keepsAlive) socket.ref();
      else socket.unref();
    }
  }

  readonly #onSent = (error: Error | null): void => {
    if (error === null) return;
    this.#sendErrors++;
    if (debug.enabled) debug('lost a packet: %s', error.message);
  };

  async #bindAll(hosts: readonly string[]): Promise<readonly BoundSocket[]> {
    for (let attempt = 1; ; attempt++) {
      const bound: BoundSocket[] = [];
      const udpPort = this.#portFor(attempt);
      try {
        if (hosts.length === 0) bound.push(await bindWildcard(udpPort, this.#reusePort));
        for (const host of hosts) {
          const isDualStack = host === '::' && !hosts.some((other) => !isIpv6(other));
          bound.push(await bind(host, bound[0]?.udpPort ?? udpPort, isDualStack, this.#reusePort));
        }
        return bound;
      } catch (error) {
        await Promise.all(bound.map(({ socket }) => closed(socket)));
        // RFC 9260 §1.3: "A transport address used by an SCTP endpoint MUST NOT be used by another SCTP endpoint."
        if (this.#reusePort && errorCode(error) === 'ENOTSUP') throw reusePortError(error);
        const isTaken = errorCode(error) === 'EADDRINUSE';
        // EACCES: Windows keeps ranges of ports for itself.
        const isElsewherePossible = this.#udpPort === 0 && (isTaken || errorCode(error) === 'EACCES');
        if (isElsewherePossible && attempt < portAttempts) continue;
        const code = isTaken ? 'SCTP_ERR_ADDRESS_IN_USE' : 'SCTP_ERR_TRANSPORT';
        const where = hosts.length === 0 ? 'any address' : hosts.join(', ');
        throw new SctpError(code, `cannot bind UDP port ${this.#udpPort} on ${where}: ${describe(error)}`, {
          cause: error,
        });
      }
    }
  }

  /**
   * Port 0 is a port of the system's choice, which Linux takes away again from a socket that is connected and disconnected.
   * Where that is going to happen, the choice is ours: any at all (RFC 6056 §3.3.1), and the system's if those are taken.
   */
  #portFor(attempt: number): number {
    if (this.#udpPort !== 0 || !this.#connects || attempt === portAttempts) return this.#udpPort;
    return randomDynamicPort();
  }

  #receive(bound: BoundSocket, receiver: TransportReceiver): void {
    const to = isWildcard(bound.ip) ? undefined : Object.freeze({ ip: bound.ip, udpPort: bound.udpPort });
    const remotes = this.#remotes;
    bound.socket.on('message', (message: Uint8Array, remote: RemoteInfo) => {
      // A plain Uint8Array: a Buffer's subarray is slower and its slice means something else.
      bound.connection.handleReceived();
      const packet = new Uint8Array(message.buffer, message.byteOffset, message.byteLength);
      receiver.handlePacket(packet, remotes.get(remote.address, remote.port), to);
    });
    bound.socket.on('error', (error) => {
      if (passingErrors.has(errorCode(error) ?? '')) debug('ignored: %s', error.message);
      else receiver.handleError(new SctpError('SCTP_ERR_TRANSPORT', describe(error), { cause: error }));
    });
  }

  /** The addresses that packets may leave from; the same list for as long as it does not change. */
  #ownAddresses(): readonly NetAddress[] {
    const host = hostAddresses();
    if (this.#own?.host !== host || this.#own.sockets !== this.#sockets) {
      const sockets = this.#sockets;
      this.#own = { host, sockets, addresses: sockets.flatMap((bound) => ownAddresses(bound, host)) };
    }
    return this.#own.addresses;
  }

  #sources(): TransportSources {
    const own = (): readonly NetAddress[] => this.#ownAddresses();
    return {
      get addresses(): readonly NetAddress[] {
        return own();
      },
      get addressesVersion(): number {
        return hostAddressesVersion();
      },
      sourceOf: (to) => this.#sourceOf(to, true),
      knownSourceOf: (to) => this.#sourceOf(to, false),
      doubt: ({ ip }) => doubtSystemSource(ip),
      versionAt: sourcesVersion,
      learn: (remotes) => learnSystemSources(remotes.map(({ ip }) => ip)),
    };
  }

  #sourceOf(to: NetAddress, asks: boolean): NetAddress | undefined {
    const bound = this.#findRoute(to, undefined)?.bound;
    if (bound === undefined || !isWildcard(bound.ip)) return bound;
    const ip = systemSource(to.ip, asks);
    return ip === undefined ? undefined : { ip, udpPort: bound.udpPort };
  }

  #findRoute(to: NetAddress, from: NetAddress | undefined): Route | undefined {
    const isV6 = isIpv6(to.ip);
    const bound =
      this.#sockets.find(({ ip }) => ip === from?.ip && isIpv6(ip) === isV6) ??
      likelyLocalAddress(this.#sockets, to) ??
      this.#sockets.find(({ isDualStack }) => isDualStack);
    if (bound === undefined) return undefined;
    return { to, from, bound, ip: bound.isDualStack && !isV6 ? mapped(to.ip) : to.ip };
  }
}

async function resolveHost(host: string): Promise<string> {
  const ip = unmapped(host);
  if (isIP(ip) !== 0) return ip;
  try {
    return (await lookup(ip)).address;
  } catch (error) {
    throw new SctpError('SCTP_ERR_HOST_NOT_FOUND', `cannot resolve ${host}`, { cause: error });
  }
}

/** One socket for both families where the system has both. */
async function bindWildcard(udpPort: number, reusePort: boolean): Promise<BoundSocket> {
  try {
    return await bind('::', udpPort, true, reusePort);
  } catch (error) {
    if (errorCode(error) === 'EADDRINUSE' || errorCode(error) === 'EACCES') throw error;
    return await bind('0.0.0.0', udpPort, false, reusePort);
  }
}

function bind(host: string, udpPort: number, isDualStack: boolean, reusePort: boolean): Promise<BoundSocket> {
  const options: SocketOptions & { readonly reusePort: boolean } = {
    type: isIpv6(host) ? 'udp6' : 'udp4',
    ipv6Only: isIpv6(host) && !isDualStack,
    reusePort,
    // Every destination is an address: without this, each packet would wait a tick for the resolver.
    lookup: (ip, _options, callback) => callback(null, ip, isIpv6(ip) ? 6 : 4),
  };
  const socket = createSocket(options);
  return new Promise((resolve, reject) => {
    socket.once('error', (error) => {
      socket.close();
      reject(error);
    });
    socket.bind({ address: host, port: udpPort, exclusive: true }, () => {
      socket.removeAllListeners('error');
      enlargeBuffers(socket);
      const { address, port } = socket.address();
      resolve({ socket, ip: address, udpPort: port, isDualStack, connection: new ConnectedSocket(socket) });
    });
  });
}

function enlargeBuffers(socket: Socket): void {
  try {
    socket.setRecvBufferSize(socketBufferSize);
    socket.setSendBufferSize(socketBufferSize);
  } catch (error) {
    debug('socket buffers stay as they are: %s', describe(error));
  }
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.close(resolve);
  });
}

function ownAddresses({ ip, udpPort, isDualStack }: BoundSocket, host: readonly string[]): readonly NetAddress[] {
  if (!isWildcard(ip)) return [{ ip, udpPort }];
  return host
    .filter((own) => (isIpv6(own) ? isIpv6(ip) : isDualStack || !isIpv6(ip)))
    .map((own) => ({ ip: own, udpPort }));
}

/** Whether a transport with this option chooses its sources itself, or leaves that to the system. */
export function bindsAny(host: string | readonly string[] = []): boolean {
  const hosts = typeof host === 'string' ? [host] : host;
  return hosts.length === 0 || hosts.some((each) => isWildcard(canonicalIp(each) ?? each));
}

function isWildcard(ip: string): boolean {
  return ip === '::' || ip === '0.0.0.0';
}

function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
