import { expect, it } from 'vitest';
import type { SctpAssociation, SctpMessage } from '../../../src/index.ts';
import type { Pattern } from '../usrsctp/pattern.ts';
import { eitherConnects, establish } from './established.ts';
import type { KernelPeer } from './kernel-peer.ts';
import { describeWithKernel } from './setting.ts';
import { receivePattern, sendPattern } from './traffic.ts';

const pattern: Pattern = { seed: 3, messages: 1_280, streams: 64, minSize: 1, maxSize: 131_072 };

/** Around what fills a packet, with IPv4 and with IPv6, around powers of two, and the least and the largest. */
const sizes = [
  ...[1, 2, 3, 4, 5, 1_152, 1_153, 1_423, 1_424, 1_425, 1_443, 1_444, 1_445, 1_452, 1_453, 2_887, 2_888, 2_889],
  ...[4_095, 4_096, 4_097, 32_768, 65_535, 65_536, 65_537, 106_496, 212_992, 262_144, 524_288, 1_048_575, 1_048_576],
];

async function bothWays(
  association: SctpAssociation,
  peer: KernelPeer,
  { unordered = false }: { readonly unordered?: boolean } = {},
): Promise<void> {
  const theirs = { ...pattern, seed: 4 };
  const manners = unordered ? (['unordered'] as const) : [];
  await peer.expect(pattern, ...manners);
  await peer.send(theirs, ...manners);
  await Promise.all([
    sendPattern(association, pattern, { unordered }),
    receivePattern(association, theirs, { unordered }),
    peer.event('complete', { messages: pattern.messages, missing: 0 }),
  ]);
}

describeWithKernel('messages of 1 byte to 1 MiB', (setting) => {
  it.each(eitherConnects)('on 64 streams in order, both ways at once; %s connecting', async (connecting) => {
    const { association, peer } = await establish(setting, connecting);
    await bothWays(association, peer);
    await association.close();
    await peer.event('ended');
  });

  it.each(eitherConnects)('unordered, both ways at once; %s connecting', async (connecting) => {
    const { association, peer } = await establish(setting, connecting);
    await bothWays(association, peer, { unordered: true });
    await association.close();
    await peer.event('ended');
  });

  it.each(eitherConnects)('each size comes back as it was; %s connecting', async (connecting) => {
    const { association, peer } = await establish(setting, connecting);
    await peer.tell('echo');
    const messages = association[Symbol.asyncIterator]();
    for (const [index, size] of sizes.entries()) {
      const message = { data: Buffer.alloc(size, index + 1), streamId: index, ppid: size, unordered: index % 2 === 1 };
      const { data, ...options } = message;
      await association.send(data, options);
      const { value } = (await messages.next()) as { readonly value: SctpMessage };
      expect({ ...value, data: value.data.length }).toMatchObject({ ...options, data: size });
      expect(Buffer.compare(value.data, data)).toBe(0);
    }
    await association.close();
  });

  it.each(eitherConnects)(
    'interleaving is not agreed upon, as Linux numbers fragments otherwise; %s connecting',
    async (connecting) => {
      const theirs = { interleaving: true } as const;
      const { association, peer } = await establish(setting, connecting, { interleaving: true }, theirs);
      expect(association.capabilities.interleaving).toBe(false);
      await bothWays(association, peer);
      await association.close();
      await peer.event('ended');
    },
  );
});
