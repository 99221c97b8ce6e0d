import { networkInterfaces } from 'node:os';
import { describe, expect, it, onTestFinished } from 'vitest';
import { hostAddresses } from '../../../src/transport/host-addresses.ts';
import { SharedUdpTransport } from '../../../src/transport/shared-udp.ts';
import type { Transport } from '../../../src/transport/transport.ts';
import { UdpTransport } from '../../../src/transport/udp.ts';
import { Inbox } from './inbox.ts';

const hasIpv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === '::1'));
const to = (ip: string) => ({ ip, udpPort: 9899 });

async function opened<T extends Transport>(transport: T): Promise<T> {
  await transport.open(new Inbox());
  onTestFinished(() => transport.close());
  return transport;
}

describe('a socket that is bound to any address', () => {
  it.each([
    ['alone', () => new UdpTransport({ udpPort: 0 })],
    ['shared', () => new SharedUdpTransport({ port: 0, udpPort: 0 })],
  ])('tells from where the system would send: %s', async (_name, make) => {
    const transport = await opened<Transport>(make());
    const sources = transport.properties.sources!;
    const { udpPort } = transport.addresses[0]!;
    await sources.learn([to('127.0.0.1')]);
    expect(sources.sourceOf(to('127.0.0.1'))).toEqual({ ip: '127.0.0.1', udpPort });
    if (hasIpv6) {
      await sources.learn([to('::1')]);
      expect(sources.knownSourceOf(to('::1'))).toEqual({ ip: '::1', udpPort });
    }
    expect(sources.addresses.map(({ ip }) => ip)).toContain('127.0.0.1');
  });

  it('does not know at once, nor asks for strangers, and never learns where there is no way', async () => {
    const { properties } = await opened(new UdpTransport({ udpPort: 0 }));
    const sources = properties.sources!;
    expect(sources.knownSourceOf(to('127.0.0.77'))).toBeUndefined();
    expect(sources.sourceOf(to('127.0.0.77'))).toBeUndefined();
    await expect.poll(() => sources.knownSourceOf(to('127.0.0.77'))?.ip).toBe('127.0.0.1');
    // A link-local address without its link.
    await sources.learn([to('fe80::1'), to('not an address')]);
    expect([sources.sourceOf(to('fe80::1')), sources.sourceOf(to('not an address'))]).toEqual([undefined, undefined]);
  });

  it('asks for many at the same time, with few sockets', async () => {
    const { properties } = await opened(new UdpTransport({ udpPort: 0 }));
    const remotes = Array.from({ length: 200 }, (_, i) => to(`127.0.1.${i + 1}`));
    await properties.sources!.learn(remotes);
    expect(remotes.map((remote) => properties.sources!.knownSourceOf(remote)?.ip)).toEqual(
      remotes.map(() => '127.0.0.1'),
    );
  });

  it('says nothing has changed while nothing does', async () => {
    const { properties } = await opened(new UdpTransport({ udpPort: 0 }));
    const sources = properties.sources!;
    await sources.learn([to('127.0.0.1')]);
    const version = sources.versionAt(0);
    sources.doubt(to('127.0.0.1'));
    await sources.learn([to('127.0.0.1'), to('127.0.0.78')]);
    expect(sources.versionAt(Number.POSITIVE_INFINITY)).toBe(version);
    expect(sources.addressesVersion).toBe(sources.addressesVersion);
  });
});

it('one that is bound by name leaves nothing to the system', async () => {
  expect(new UdpTransport({ host: '127.0.0.1', udpPort: 0 }).properties.sources).toBeUndefined();
  expect(
    new SharedUdpTransport({ port: 0, udpPort: 0, host: ['127.0.0.1', '::1'] }).properties.sources,
  ).toBeUndefined();
  for (const host of ['::', '0.0.0.0', '0:0:0:0:0:0:0:0', ['127.0.0.1', '::']]) {
    expect(new UdpTransport({ host, udpPort: 0 }).properties.sources).toBeDefined();
  }
});

it.skipIf(!hasIpv6)('bound to any in one family and by name in the other, it tells both', async () => {
  const { properties } = await opened(new UdpTransport({ host: ['0.0.0.0', '::1'], udpPort: 0 }));
  const sources = properties.sources!;
  await sources.learn([to('127.0.0.2')]);
  expect([sources.sourceOf(to('127.0.0.2'))?.ip, sources.sourceOf(to('::1'))?.ip]).toEqual(['127.0.0.1', '::1']);
  expect(sources.addresses.filter(({ ip }) => ip.includes(':')).map(({ ip }) => ip)).toEqual(['::1']);
});

it('link-local addresses of the host have their zones, and are not where it can be reached from anywhere', async () => {
  const transport = await opened(new UdpTransport({ udpPort: 0 }));
  for (const ip of hostAddresses()) {
    if (ip.startsWith('fe80:')) expect(ip).toMatch(/^fe80:.*%.+/);
  }
  expect(transport.addresses.filter(({ ip }) => ip.includes('%'))).toEqual([]);
});
