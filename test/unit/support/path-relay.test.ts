import { createSocket, type Socket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isIpv6 } from '../../../src/base/address.ts';
import { hasValidChecksum } from '../../../src/base/checksum.ts';
import { tsn } from '../../../src/base/serial.ts';
import {
  addressParameter,
  decodePacket,
  encodePacket,
  type InitAckChunk,
  type InitChunk,
  isAddressParameter,
} from '../../../src/chunks/index.ts';
import { type PathRelay, type PathRelayOptions, type RelayRoute, startPathRelay } from '../../support/path-relay.ts';

const ipv4Routes: readonly RelayRoute[] = [
  { server: '127.0.0.1', serverAlias: '127.0.0.21', client: '127.0.0.3', clientAlias: '127.0.0.31' },
  { server: '127.0.0.2', serverAlias: '127.0.0.22', client: '127.0.0.4', clientAlias: '127.0.0.32' },
];
const mixedRoutes: readonly RelayRoute[] = [
  { server: '127.0.0.1', serverAlias: '127.0.0.21', client: '127.0.0.3', clientAlias: '127.0.0.31' },
  { server: '::1', serverAlias: '::1', client: '::1', clientAlias: '::1' },
];

const hasIpv6 = Object.values(networkInterfaces()).some((list) => list?.some((entry) => entry.address === '::1'));

/** A datagram, where it came from, and which of a host's sockets got it. */
interface Arrival {
  readonly data: Buffer;
  readonly from: string;
  readonly port: number;
  readonly to: string;
}

class Host {
  readonly arrivals: Arrival[] = [];
  readonly #sockets = new Map<string, Socket>();

  static async at(...ips: string[]): Promise<Host> {
    const host = new Host();
    onTestFinished(() => host.close());
    let port = 0;
    for (const ip of ips) port = await host.#bind(ip, port);
    return host;
  }

  get udpPort(): number {
    const [socket] = this.#sockets.values();
    return socket!.address().port;
  }

  get last(): Arrival | undefined {
    return this.arrivals.at(-1);
  }

  send(from: string, data: Uint8Array | string, to: string, port: number): void {
    this.#sockets.get(from)!.send(data, port, to);
  }

  close(): void {
    for (const socket of this.#sockets.values()) socket.close();
  }

  async #bind(ip: string, port: number): Promise<number> {
    const socket = createSocket(isIpv6(ip) ? { type: 'udp6', ipv6Only: true } : { type: 'udp4' });
    socket.on('message', (data, from) => this.arrivals.push({ data, from: from.address, port: from.port, to: ip }));
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(port, ip, resolve);
    });
    this.#sockets.set(ip, socket);
    return socket.address().port;
  }
}

interface Scene {
  readonly client: Host;
  readonly server: Host;
  readonly relay: PathRelay;
}

async function scene(options: Partial<PathRelayOptions> = {}): Promise<Scene> {
  const routes = options.routes ?? ipv4Routes;
  const server = await Host.at(...routes.map((route) => route.server));
  const client = await Host.at(...routes.map((route) => route.client));
  const relay = await startPathRelay({ routes, serverUdpPort: server.udpPort, ...options });
  onTestFinished(() => relay.close());
  return { client, server, relay };
}

/** Sends one datagram on each path. */
function greet({ client, relay }: Scene): void {
  for (const { client: from, serverAlias } of ipv4Routes) client.send(from, 'hello', serverAlias, relay.udpPort);
}

const init = {
  initiateTag: 1,
  aRwnd: 65_536,
  outboundStreams: 1,
  inboundStreams: 1,
  initialTsn: tsn(7),
} as const;

function packetOf(kind: 'INIT' | 'INIT ACK', ips: readonly string[]): Uint8Array {
  const parameters = [
    ...ips.map(addressParameter),
    ...(kind === 'INIT ACK' ? [{ kind: 'State Cookie', cookie: Uint8Array.of(1, 2, 3) } as const] : []),
  ];
  return encodePacket({ sourcePort: 1, destinationPort: 2, verificationTag: 3 }, [{ kind, ...init, parameters }]);
}

function listedIn(packet: Uint8Array): string[] {
  const chunk = decodePacket(packet)?.chunks[0] as InitChunk | InitAckChunk;
  return chunk.parameters.filter(isAddressParameter).map(({ address }) => address);
}

describe.each([
  { family: 'IPv4', routes: ipv4Routes, isThere: true },
  { family: 'IPv4 and IPv6', routes: mixedRoutes, isThere: hasIpv6 },
])('the path relay on $family', ({ routes, isThere }) => {
  it.skipIf(!isThere)('stands for each end on the other side, whichever of its addresses are used', async () => {
    const { client, server, relay } = await scene({ routes });
    for (const to of routes) {
      for (const from of routes.filter(({ client }) => isIpv6(client) === isIpv6(to.server))) {
        client.send(from.client, 'question', to.serverAlias, relay.udpPort);
        await expect.poll(() => server.last).toMatchObject({ from: from.clientAlias, to: to.server });
        server.send(to.server, 'answer', from.clientAlias, server.last!.port);
        await expect.poll(() => client.last).toMatchObject({ from: to.serverAlias, to: from.client });
        expect(client.last!.port).toBe(relay.udpPort);
        server.arrivals.length = 0;
        client.arrivals.length = 0;
      }
    }
    const pairs = isIpv6(routes[1]!.server) ? 1 : 2;
    expect(relay.paths.map(({ toServer, toClient, lost }) => [toServer, toClient, lost])).toEqual([
      [pairs, pairs, 0],
      [pairs, pairs, 0],
    ]);
  });

  it.skipIf(!isThere)('gives each side the addresses it can reach, and leaves out the others', async () => {
    const { client, server, relay } = await scene({ routes });
    const [first, second] = routes;
    client.send(
      first!.client,
      packetOf('INIT', [first!.client, second!.client, '10.0.0.1']),
      first!.serverAlias,
      relay.udpPort,
    );
    await expect.poll(() => server.arrivals.length).toBe(1);
    const { data, from, port } = server.arrivals[0]!;
    expect(listedIn(data)).toEqual([first!.clientAlias, second!.clientAlias]);
    expect(hasValidChecksum(data)).toBe(true);
    server.send(first!.server, packetOf('INIT ACK', [second!.server, first!.server]), from, port);
    await expect.poll(() => client.arrivals.length).toBe(1);
    expect(listedIn(client.last!.data)).toEqual([second!.serverAlias, first!.serverAlias]);
    expect(decodePacket(client.last!.data)).toMatchObject({
      verificationTag: 3,
      chunks: [{ ...init, parameters: [{}, {}, { kind: 'State Cookie' }] }],
    });
  });
});

describe('the path relay', () => {
  it('cuts one path in both directions, and heals it', async () => {
    const stage = await scene();
    const { client, server, relay } = stage;
    greet(stage);
    await expect.poll(() => server.arrivals.length).toBe(2);
    const { port } = server.arrivals[0]!;
    relay.paths[0]!.cut();
    expect(relay.paths.map(({ isCut }) => isCut)).toEqual([true, false]);
    greet(stage);
    await expect.poll(() => server.arrivals.length).toBe(3);
    expect(server.last).toMatchObject({ to: '127.0.0.2' });
    server.send('127.0.0.1', 'lost', '127.0.0.31', port);
    server.send('127.0.0.1', 'by the other path', '127.0.0.32', port);
    await expect.poll(() => client.arrivals.length).toBe(1);
    expect(client.last).toMatchObject({ from: '127.0.0.21', to: '127.0.0.4' });
    expect(relay.paths.map(({ lost }) => lost)).toEqual([2, 0]);
    relay.paths[0]!.heal();
    server.send('127.0.0.1', 'there again', '127.0.0.31', port);
    await expect.poll(() => client.last).toMatchObject({ from: '127.0.0.21', to: '127.0.0.3' });
  });

  it('loses about as much on one path as it was told to, and the same for the same seed', async () => {
    const survivors = async (seed: number): Promise<number[]> => {
      const { client, server, relay } = await scene({ seed });
      relay.paths[1]!.lossRate = 0.2;
      for (let n = 0; n < 200; n++) client.send('127.0.0.4', Uint8Array.of(n), '127.0.0.22', relay.udpPort);
      const { paths } = relay;
      await expect.poll(() => paths[1]!.toServer + paths[1]!.lost).toBe(200);
      await expect.poll(() => server.arrivals.length).toBe(paths[1]!.toServer);
      expect(paths[1]!.lost).toBeGreaterThan(20);
      expect(paths[1]!.lost).toBeLessThan(60);
      return server.arrivals.map(({ data }) => data[0]!);
    };
    const first = await survivors(7);
    expect(await survivors(7)).toEqual(first);
    expect(await survivors(8)).not.toEqual(first);
  });

  it('shows the client under one UDP port, or behind NATs under several', async () => {
    const plain = await scene();
    greet(plain);
    await expect.poll(() => plain.server.arrivals.length).toBe(2);
    expect(new Set(plain.server.arrivals.map(({ port }) => port)).size).toBe(1);
    const natted = await scene({ isNat: true });
    greet(natted);
    await expect.poll(() => natted.server.arrivals.length).toBe(2);
    expect(new Set(natted.server.arrivals.map(({ port }) => port)).size).toBe(2);
  });

  it('knows no way back to a client that it has not seen, and ignores strangers', async () => {
    const { client, server, relay } = await scene();
    const stranger = await Host.at('127.0.0.9');
    stranger.send('127.0.0.9', 'hello', '127.0.0.21', relay.udpPort);
    client.send('127.0.0.3', 'hello', '127.0.0.21', relay.udpPort);
    await expect.poll(() => server.arrivals.length).toBe(1);
    expect(server.last).toMatchObject({ from: '127.0.0.31' });
    expect(relay.paths[0]!.toServer).toBe(1);
  });
});
