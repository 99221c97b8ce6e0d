import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import { describe, expect, it, onTestFinished } from 'vitest';
import { tsn } from '../../../src/base/serial.ts';
import { type Chunk, decodePacket, encodePacket, isAddressParameter, type Packet } from '../../../src/chunks/index.ts';
import type { SctpAssociation } from '../../../src/socket/association.ts';
import { connect } from '../../../src/socket/connect.ts';
import type { SctpEndpoint } from '../../../src/socket/endpoint.ts';
import { listen } from '../../../src/socket/listen.ts';
import type { ConnectOptions, ListenOptions } from '../../../src/socket/options.ts';
import { tap } from '../../../src/transport/tap.ts';
import { UdpTransport } from '../../../src/transport/udp.ts';
import { read } from './pair.ts';

const port = 5001;
const hasIpv6 = Object.values(networkInterfaces()).some((list) => list?.some((entry) => entry.address === '::1'));

/** Short timers, and a delay of SACKs that is shorter than the RTO. */
const impatience = { rtoInitialMs: 200, rtoMinMs: 100, sackDelayMs: 20 };

async function server(options: Partial<ListenOptions> = {}): Promise<SctpEndpoint> {
  const endpoint = await listen({ port, udpPort: 0, host: ['127.0.0.1', '127.0.0.2'], ...impatience, ...options });
  onTestFinished(() => endpoint.abort());
  return endpoint;
}

/** What has gone through a socket: `source > destination chunk`. */
type Log = string[];

interface Ends {
  readonly client: SctpAssociation;
  readonly server: SctpAssociation;
  /** What the client has sent and received. */
  readonly log: Log;
}

/** Connects from `localHost` to the first address of `endpoint`. */
async function ends(
  endpoint: SctpEndpoint,
  localHost: readonly string[] = ['127.0.0.3', '127.0.0.4'],
  options: Partial<ConnectOptions> = {},
): Promise<Ends> {
  const log: Log = [];
  const transport = tap(new UdpTransport({ host: localHost, udpPort: 0 }), (_direction, bytes, from, to) => {
    for (const { kind } of decodePacket(bytes)!.chunks) log.push(`${from?.ip} > ${to?.ip} ${kind}`);
  });
  const client = await connect({
    host: endpoint.addresses[0]!,
    port,
    remoteUdpPort: endpoint.udpPort,
    transport,
    ...impatience,
    ...options,
  });
  onTestFinished(() => client.abort());
  const { value } = await endpoint[Symbol.asyncIterator]().next();
  return { client, server: value!, log };
}

/** `local > remote state` for each path. */
function pathsOf(association: SctpAssociation): string[] {
  return association.paths.map(({ localAddress, address, state }) => `${localAddress?.ip} > ${address.ip} ${state}`);
}

function primaryOf(association: SctpAssociation): string | undefined {
  return association.paths.find(({ isPrimary }) => isPrimary)?.address.ip;
}

/** What a UDP socket on `from` gets back for one chunk, and from where. */
async function ask(
  endpoint: SctpEndpoint,
  to: string,
  chunk: Chunk,
  verificationTag: number,
): Promise<{ readonly packet: Packet; readonly from: RemoteInfo }> {
  const socket = createSocket('udp4');
  onTestFinished(() => void socket.close());
  socket.bind(0, '127.0.0.9');
  await once(socket, 'listening');
  socket.send(encodePacket({ sourcePort: 7, destinationPort: port, verificationTag }, [chunk]), endpoint.udpPort, to);
  const [answer, from] = (await once(socket, 'message')) as [Buffer, RemoteInfo];
  return { packet: decodePacket(answer)!, from };
}

describe.each([
  { family: 'IPv4', hosts: ['127.0.0.1', '127.0.0.2'], localHosts: ['127.0.0.3', '127.0.0.4'], isThere: true },
  { family: 'IPv4 and IPv6', hosts: ['127.0.0.1', '::1'], localHosts: ['127.0.0.1', '::1'], isThere: hasIpv6 },
])('two hosts with two addresses each: $family', ({ hosts, localHosts, isThere }) => {
  const [host0, host1] = hosts;
  const [local0, local1] = localHosts;

  it.skipIf(!isThere)('learn and verify all addresses, and talk in pairs of them', async () => {
    const endpoint = await server({ host: hosts });
    expect(endpoint.addresses).toEqual(hosts);
    const { client, server: peer, log } = await ends(endpoint, localHosts);
    await expect.poll(() => pathsOf(client)).toEqual([`${local0} > ${host0} active`, `${local1} > ${host1} active`]);
    await expect.poll(() => pathsOf(peer)).toEqual([`${host0} > ${local0} active`, `${host1} > ${local1} active`]);
    expect(primaryOf(client)).toBe(host0);
    expect(primaryOf(peer)).toBe(local0);
    for (const path of client.paths) expect(path.address.udpPort).toBe(endpoint.udpPort);
    // §5.4: who asks with a HEARTBEAT is answered where it asked from.
    await expect.poll(() => log).toContain(`${local1} > ${host1} HEARTBEAT ACK`);
    expect(log).toContain(`${local1} > ${host1} HEARTBEAT`);
    expect(log).toContain(`${host1} > ${local1} HEARTBEAT ACK`);
    const pairs = new Set(log.map((line) => line.split(' ').slice(0, 3).join(' ')));
    expect(pairs).toEqual(
      new Set([`${local0} > ${host0}`, `${host0} > ${local0}`, `${local1} > ${host1}`, `${host1} > ${local1}`]),
    );
  });

  it.skipIf(!isThere)('move the traffic to the path that is made the primary one, and back', async () => {
    const endpoint = await server({ host: hosts });
    const { client, server: peer, log } = await ends(endpoint, localHosts, { pmtud: false });
    await expect.poll(() => pathsOf(client).join()).not.toContain('unconfirmed');
    const changes: string[] = [];
    client.on('pathChange', ({ address, isPrimary }, reason) => {
      changes.push(`${address.ip} ${isPrimary ? 'primary' : 'other'}: ${reason}`);
    });
    const carried = async (text: string): Promise<Log> => {
      log.length = 0;
      await client.send(text);
      expect(await read(peer, 1)).toEqual([text]);
      return log.filter((line) => line.endsWith(' DATA'));
    };
    expect(await carried('one')).toEqual([`${local0} > ${host0} DATA`]);
    client.setPrimaryPath(host1!);
    expect(primaryOf(client)).toBe(host1);
    expect(await carried('two')).toEqual([`${local1} > ${host1} DATA`]);
    // §6.4: "transmit reply chunks (e.g., INIT ACK, COOKIE ACK, and HEARTBEAT ACK) in response to control chunks to the
    // same destination transport address"; the SACK as well.
    await expect.poll(() => log).toContain(`${host1} > ${local1} SACK`);
    client.setPrimaryPath(host0!);
    expect(await carried('three')).toEqual([`${local0} > ${host0} DATA`]);
    const reason = 'primary: it was made the primary path';
    expect(changes).toEqual([`${host1} ${reason}`, `${host0} ${reason}`]);
  });
});

describe('a socket with several addresses', () => {
  const init: Chunk = {
    kind: 'INIT',
    initiateTag: 1,
    aRwnd: 65_536,
    outboundStreams: 1,
    inboundStreams: 1,
    initialTsn: tsn(1),
    parameters: [],
  };

  it.each(['127.0.0.1', '127.0.0.2'])('answers from the one that it was asked on: %s', async (ip) => {
    const endpoint = await server();
    const { packet, from } = await ask(endpoint, ip, init, 0);
    expect(from).toMatchObject({ address: ip, port: endpoint.udpPort });
    const [ack] = packet.chunks;
    if (ack?.kind !== 'INIT ACK') throw new Error(`${ack?.kind} is no INIT ACK`);
    expect(ack.parameters.filter(isAddressParameter).map(({ address }) => address)).toEqual(endpoint.addresses);
  });

  it.each(['127.0.0.1', '127.0.0.2'])('refuses from the one that it was asked on: %s', async (ip) => {
    const endpoint = await server();
    const { packet, from } = await ask(endpoint, ip, { kind: 'SHUTDOWN ACK' }, 5);
    expect(from).toMatchObject({ address: ip, port: endpoint.udpPort });
    expect(packet.chunks).toMatchObject([{ kind: 'SHUTDOWN COMPLETE' }]);
  });

  it('names none of them to a peer when nobody chose them', async () => {
    const endpoint = await server();
    const client = await connect({ host: '127.0.0.1', port, remoteUdpPort: endpoint.udpPort, ...impatience });
    onTestFinished(() => client.abort());
    const { value: peer } = await endpoint[Symbol.asyncIterator]().next();
    expect(peer!.paths).toHaveLength(1);
    expect(client.paths.map(({ address }) => address.ip)).toEqual(['127.0.0.1', '127.0.0.2']);
  });
});

describe('a peer with several addresses', () => {
  it('is found under the second one where the first does not answer', async () => {
    const endpoint = await server();
    const client = await connect({
      host: ['127.0.0.99', '127.0.0.2'],
      port,
      remoteUdpPort: endpoint.udpPort,
      localHost: ['127.0.0.3', '127.0.0.4'],
      ...impatience,
    });
    onTestFinished(() => client.abort());
    // The one that nobody lives at is none of the peer's: "The receiver SHOULD use only these" (§5.1.2 C).
    expect(client.paths.map(({ address }) => address.ip).sort()).toEqual(['127.0.0.1', '127.0.0.2']);
    expect(primaryOf(client)).toBe('127.0.0.2');
  });

  it('has no primary path at an address that is none of its own', async () => {
    const { client } = await ends(await server());
    expect(() => client.setPrimaryPath('127.0.0.99')).toThrow(
      expect.objectContaining({ code: 'SCTP_ERR_INVALID_ARGUMENT' }),
    );
    expect(primaryOf(client)).toBe('127.0.0.1');
  });
});
