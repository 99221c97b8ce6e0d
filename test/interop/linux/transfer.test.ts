import { expect, it } from 'vitest';
import type { SctpAssociation } from '../../../src/index.ts';
import { accept } from '../echo.ts';
import type { Pattern } from '../usrsctp/pattern.ts';
import type { KernelPeer } from './kernel-peer.ts';
import { links, ourIpv4 } from './network.ts';
import { describeWithKernel } from './setting.ts';
import { receivePattern, sendPattern } from './traffic.ts';

/** At least 100 MiB each way, messages of 1 byte to 1 MiB on 16 streams. */
const large: Pattern = { seed: 1, messages: 8_900, streams: 16, minSize: 1, maxSize: 1_048_576 };
const small: Pattern = { ...large, messages: 900 };
const second = process.env['INTEROP_LONG'] === undefined ? small : large;

const link = links[0];
/** Both families, so that the addresses of either are listed. */
const ourAddresses = [...ourIpv4, ...links.map(({ ours }) => ours.ipv6)];
const kernelAddresses = links.flatMap(({ kernel }) => [kernel.ipv6, kernel.ipv4]);

const minutes = 240_000;

async function bothWays(association: SctpAssociation, peer: KernelPeer, pattern: Pattern): Promise<void> {
  const theirs = { ...pattern, seed: pattern.seed + 1 };
  await peer.expect(pattern);
  await peer.send(theirs);
  await Promise.all([
    sendPattern(association, pattern),
    receivePattern(association, theirs),
    peer.event('complete', { messages: pattern.messages, missing: 0 }, minutes),
  ]);
  expect(association.state).toBe('ESTABLISHED');
}

describeWithKernel(
  'bulk both ways, each byte verified on both sides',
  (setting) => {
    it('the pattern is 100 MiB', async () => {
      const { messageSize } = await import('../usrsctp/pattern.ts');
      for (const seed of [1, 2]) {
        let bytes = 0;
        for (let i = 0; i < large.messages; i++) {
          bytes += messageSize({ ...large, seed }, i % large.streams, Math.floor(i / large.streams));
        }
        expect(bytes).toBeGreaterThanOrEqual(100 * 1_048_576);
      }
    });

    it.each([
      ['default binding, IPv4', undefined, link.kernel.ipv4, large],
      ['default binding, IPv6', undefined, link.kernel.ipv6, second],
      ['named addresses, IPv4', ourAddresses, link.kernel.ipv4, second],
      ['named addresses, IPv6', ourAddresses, link.kernel.ipv6, large],
    ])(
      'we connect: %s',
      async (_, localHost, host, pattern) => {
        const bind = localHost === undefined ? {} : { bind: kernelAddresses.join() };
        const peer = await setting.kernelListens(bind);
        const association = await setting.connect({ host, localHost });
        await peer.event('up');
        await bothWays(association, peer, pattern);
        await association.close();
        await peer.event('ended');
      },
      minutes,
    );

    it.each([
      ['default binding, IPv4', undefined, link.ours.ipv4, second],
      ['default binding, IPv6', undefined, link.ours.ipv6, large],
      ['named addresses, IPv4', ourAddresses, link.ours.ipv4, large],
      ['named addresses, IPv6', ourAddresses, link.ours.ipv6, second],
    ])(
      'the kernel connects: %s',
      async (_, addresses, host, pattern) => {
        const endpoint = await setting.listen({ host: addresses });
        const bind = addresses === undefined ? {} : { bind: kernelAddresses.join() };
        const peer = setting.kernelConnects(host, bind);
        const association = await accept(endpoint);
        await peer.event('up');
        await bothWays(association, peer, pattern);
        await peer.tell('shutdown');
        expect(await association.closed).toMatchObject({ graceful: true, by: 'peer' });
        await peer.event('ended');
      },
      minutes,
    );
  },
  { isCaptured: false },
);
