import { networkInterfaces } from 'node:os';
import { describe, expect, it, onTestFinished } from 'vitest';
import { decodePacket, isAddressParameter } from '../../../src/chunks/index.ts';
import { type ConnectOptions, connect, listen, type SctpAssociation } from '../../../src/index.ts';
import { tap, UdpTransport } from '../../../src/transport/index.ts';

const hasIpv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === '::1'));
const both = ['127.0.0.1', '::1'];

/** A server at an address of each family, which echoes; and what came to it from addresses that nobody told. */
async function dualStackServer(): Promise<{
  readonly port: number;
  readonly udpPort: number;
  readonly strangers: string[];
}> {
  const strangers: string[] = [];
  const told = new Map<number, Set<string>>();
  const transport = tap(new UdpTransport({ host: both, udpPort: 0 }), (direction, bytes, from) => {
    const packet = decodePacket(bytes);
    const first = packet?.chunks[0];
    if (direction === 'out' || packet === undefined || from === undefined) return;
    if (first?.kind === 'INIT') {
      const listed = first.parameters.filter(isAddressParameter).map(({ address }) => address);
      told.set(packet.sourcePort, new Set([from.ip, ...listed]));
    } else if (!told.get(packet.sourcePort)?.has(from.ip)) strangers.push(`${from.ip} ${first?.kind}`);
  });
  const endpoint = await listen({ port: 0, transport });
  onTestFinished(() => endpoint.abort());
  endpoint.on('association', (association) => {
    association.on('message', ({ data }) => association.send(data));
  });
  return { port: endpoint.port, udpPort: endpoint.udpPort, strangers };
}

async function echoes(association: SctpAssociation, count: number): Promise<number> {
  let received = 0;
  for (; received < count; received++) {
    await association.send(Uint8Array.of(received));
    const { value } = await association[Symbol.asyncIterator]().next();
    if (value?.data[0] !== received) break;
  }
  return received;
}

describe.skipIf(!hasIpv6)('a server at an IPv4 and an IPv6 address', () => {
  it.each<[string, Partial<ConnectOptions>, readonly string[]]>([
    ['the defaults', {}, ['active', 'unconfirmed']],
    ['IPv6', { host: '::1' }, ['active', 'unconfirmed']],
    ['both addresses of the server', { host: both }, ['active', 'active']],
    ['both own addresses', { localHost: both }, ['active', 'active']],
    ['one own address', { localHost: '127.0.0.1' }, ['active']],
  ])('is reached with %s, and hears nobody whom it was not told of', async (_name, options, states) => {
    const { port, udpPort, strangers } = await dualStackServer();
    const association = await connect({ host: '127.0.0.1', port, remoteUdpPort: udpPort, ...options });
    onTestFinished(() => association.abort());
    expect(await echoes(association, 50)).toBe(50);
    await expect.poll(() => association.paths.map(({ state }) => state)).toEqual(states);
    expect(await echoes(association, 50)).toBe(50);
    expect(strangers).toEqual([]);
    await association.close();
  });
});
