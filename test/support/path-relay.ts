import { createSocket, type Socket } from 'node:dgram';
import { isIpv6 } from '../../src/base/address.ts';
import { type RandomSource, randomFraction, seededRandom } from '../../src/base/random.ts';
import {
  addressParameter,
  decodePacket,
  encodePacket,
  isAddressParameter,
  type Parameter,
} from '../../src/chunks/index.ts';

/** One address of each end, and the addresses of the relay that stand for them on the other side. All are IP addresses. */
export interface RelayRoute {
  readonly server: string;
  /** What the client takes for `server`. */
  readonly serverAlias: string;
  readonly client: string;
  /** What the server takes for `client`. */
  readonly clientAlias: string;
}

export interface PathRelayOptions {
  readonly routes: readonly RelayRoute[];
  /** The UDP port of the server, on all of its addresses. That of the client is where its packets come from. */
  readonly serverUdpPort: number;
  /** One seed, one fate for the n-th packet on each path. 1 by default. */
  readonly seed?: number;
  /** Whether each address of the client has a UDP port of its own for the server, as if it were behind so many NATs. */
  readonly isNat?: boolean;
}

/**
 * The path to the n-th address of either end. A packet is on the path of its destination address: which source it
 * has does not matter.
 */
export interface RelayedPath {
  /** The fraction of the packets that get lost, 0 … 1. 0 at first. */
  lossRate: number;
  readonly isCut: boolean;
  /** Packets that were forwarded to the n-th address of the server and of the client, and those of both that were lost. */
  readonly toServer: number;
  readonly toClient: number;
  readonly lost: number;
  /** From now on everything on this path is lost. */
  cut(): void;
  heal(): void;
}

/** What lies between the addresses of two multi-homed hosts, on loopback. */
export interface PathRelay {
  /** The UDP port for the client to send to, on every `serverAlias`. */
  readonly udpPort: number;
  readonly paths: readonly RelayedPath[];
  close(): Promise<void>;
}

/** How often another port is tried where one is not free on every address. */
const portAttempts = 16;

/**
 * Binds the aliases and forwards every packet, byte for byte, but for the addresses in INIT and INIT ACK chunks: these
 * become aliases, and those of no route are left out. It serves one client.
 */
export async function startPathRelay(options: PathRelayOptions): Promise<PathRelay> {
  const { routes, serverUdpPort, seed = 1, isNat = false } = options;
  const fronts = await boundTogether(routes.map(({ serverAlias }) => serverAlias));
  const clientAliases = routes.map(({ clientAlias }) => clientAlias);
  const backs = isNat ? await Promise.all(clientAliases.map((ip) => bound(ip, 0))) : await boundTogether(clientAliases);
  const paths = routes.map((_, i) => new CountedPath(seededRandom(seed + i)));
  const serverAliases = new Map(routes.map(({ server, serverAlias }) => [server, serverAlias]));
  const aliasesOfClient = new Map(routes.map(({ client, clientAlias }) => [client, clientAlias]));
  /** The UDP port of each of the client's addresses, as soon as a packet has come from it. */
  const clientPorts: number[] = [];
  let lastClientPort = 0;

  const toServer = (packet: Uint8Array, route: number, from: { address: string; port: number }): void => {
    const source = routes.findIndex(({ client }) => client === from.address);
    if (source < 0) return;
    clientPorts[source] = from.port;
    lastClientPort = from.port;
    if (!paths[route]!.take('toServer')) return;
    backs[source]!.send(translated(packet, aliasesOfClient), serverUdpPort, routes[route]!.server);
  };

  const toClient = (packet: Uint8Array, route: number, from: { address: string }): void => {
    const source = routes.findIndex(({ server }) => server === from.address);
    const port = clientPorts[route] ?? lastClientPort;
    if (source < 0 || port === 0 || !paths[route]!.take('toClient')) return;
    fronts[source]!.send(translated(packet, serverAliases), port, routes[route]!.client);
  };

  fronts.forEach((front, route) => {
    front.on('message', (packet, from) => toServer(packet, route, from));
  });
  backs.forEach((back, route) => {
    back.on('message', (packet, from) => toClient(packet, route, from));
  });
  return {
    udpPort: fronts[0]!.address().port,
    paths,
    async close() {
      await Promise.all([...fronts, ...backs].map(closed));
    },
  };
}

class CountedPath implements RelayedPath {
  lossRate = 0;
  readonly #random: RandomSource;
  #isCut = false;
  #toServer = 0;
  #toClient = 0;
  #lost = 0;

  constructor(random: RandomSource) {
    this.#random = random;
  }

  get isCut(): boolean {
    return this.#isCut;
  }

  get toServer(): number {
    return this.#toServer;
  }

  get toClient(): number {
    return this.#toClient;
  }

  get lost(): number {
    return this.#lost;
  }

  cut(): void {
    this.#isCut = true;
  }

  heal(): void {
    this.#isCut = false;
  }

  /** Whether the next packet gets through. */
  take(direction: 'toServer' | 'toClient'): boolean {
    // Always a draw, so that the fate of a packet does not depend on the fates before it.
    if (randomFraction(this.#random) < this.lossRate || this.#isCut) {
      this.#lost++;
      return false;
    }
    if (direction === 'toServer') this.#toServer++;
    else this.#toClient++;
    return true;
  }
}

/** The packet with the addresses in its INIT or INIT ACK chunk replaced; any other packet as it is. */
function translated(bytes: Uint8Array, aliases: ReadonlyMap<string, string>): Uint8Array {
  const packet = decodePacket(bytes);
  const chunk = packet?.chunks[0];
  if (packet === undefined || (chunk?.kind !== 'INIT' && chunk?.kind !== 'INIT ACK')) return bytes;
  const parameters = chunk.parameters.flatMap((parameter): Parameter[] => {
    if (!isAddressParameter(parameter)) return [parameter];
    const alias = aliases.get(parameter.address);
    return alias === undefined ? [] : [addressParameter(alias)];
  });
  return encodePacket(packet, [{ ...chunk, parameters }, ...packet.chunks.slice(1)]);
}

/** One socket on each address, all on one port that is free on all of them. */
async function boundTogether(ips: readonly string[]): Promise<Socket[]> {
  for (let attempt = 1; ; attempt++) {
    const sockets: Socket[] = [];
    try {
      for (const ip of ips) sockets.push(await bound(ip, sockets[0]?.address().port ?? 0));
      return sockets;
    } catch (error) {
      await Promise.all(sockets.map(closed));
      if (attempt === portAttempts) throw error;
    }
  }
}

function bound(ip: string, port: number): Promise<Socket> {
  const socket = createSocket({
    type: isIpv6(ip) ? 'udp6' : 'udp4',
    ipv6Only: isIpv6(ip),
    // Every destination is an address: without this, each packet would wait a tick for the resolver.
    lookup: (host, _options, callback) => callback(null, host, isIpv6(host) ? 6 : 4),
  });
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(port, ip, () => {
      socket.removeListener('error', reject);
      // ICMP errors of a peer that is gone are no concern of a network.
      socket.on('error', () => {});
      socket.setRecvBufferSize(4 * 1024 * 1024);
      resolve(socket);
    });
  });
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.close(resolve);
  });
}
