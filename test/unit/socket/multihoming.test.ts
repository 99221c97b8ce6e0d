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

describe('two hosts with two addresses each, over UDP', () => {
  it.each([
    { family: 'IPv4', host: ['127.0.0.1', '127.0.0.2'], localHost: ['127.0.0.3', '127.0.0.4'], isThere: true },
    { family: 'IPv4 and IPv6', host: ['127.0.0.1', '::1'], localHost: ['127.0.0.1', '::1'], isThere: hasIpv6 },
  ])('find and verify each other\'s addresses: $family', async ({ host, localHost, isThere, skip }) => {
  });
});
