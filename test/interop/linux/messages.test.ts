import { expect, it } from 'vitest';
import type { ListenOptions, SctpAssociation, SctpMessage } from '../../../src/index.ts';
import { accept } from '../echo.ts';
import type { Pattern } from '../usrsctp/pattern.ts';
import type { KernelPeer, PeerOptions } from './kernel-peer.ts';
import { describeWithKernel, type KernelSetting } from './setting.ts';
import { receivePattern, sendPattern } from './traffic.ts';

const pattern: Pattern = { seed: 3, messages: 1_280, streams: 64, minSize: 1, maxSize: 1_048_576 };

/** Around what fills a packet, with IPv4 and with IPv6, around powers of two, and the least and the largest. */
const sizes = [
  ...[1, 2, 3, 4, 5, 1_152, 1_153, 1_423, 1_424, 1_425, 1_443, 1_444, 1_445, 1_452, 1_453, 2_887, 2_888, 2_889],
  ...[4_095, 4_096, 4_097, 32_768, 65_535, 65_536, 65_537, 106_496, 212_992, 262_144, 524_288, 1_048_575, 1_048_576],
];

type Ours = Partial<ListenOptions>;

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

async function established(
  setting: KernelSetting,
  connects: 'we' | 'the kernel',
  ours: Pick<Ours, 'interleaving'> = {},
  theirs: PeerOptions = {},
): Promise<{ readonly association: SctpAssociation; readonly peer: KernelPeer }> {
  if (connects === 'we') {
    const peer = await setting.kernelListens(theirs);
    const association = await setting.connect(ours);
    await peer.event('up');
    return { association, peer };
  }
  const endpoint = await setting.listen(ours);
  const peer = setting.kernelConnects(undefined, theirs);
  const association = await accept(endpoint);
  await peer.event('up');
  return { association, peer };
}

describeWithKernel('messages of 1 byte to 1 MiB', (setting) => {
  it.each(['we', 'the kernel'] as const)('on 64 streams in order, both ways at once; %s connect', async (connects) => {
    const { association, peer } = await established(setting, connects);
    await bothWays(association, peer);
    await association.close();
    await peer.event('ended');
  });

  it.each(['we', 'the kernel'] as const)('unordered, both ways at once; %s connect', async (connects) => {
    const { association, peer } = await established(setting, connects);
    await bothWays(association, peer, { unordered: true });
    await association.close();
    await peer.event('ended');
  });

  it.each(['we', 'the kernel'] as const)('each size comes back as it was; %s connect', async (connects) => {
    const { association, peer } = await established(setting, connects);
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

  it.each(['we', 'the kernel'] as const)(
    'interleaving is not agreed upon, as Linux numbers fragments otherwise; %s connect',
    async (connects) => {
      const theirs = { interleaving: true } as const;
      const { association, peer } = await established(setting, connects, { interleaving: true }, theirs);
      expect(association.capabilities.interleaving).toBe(false);
      await bothWays(association, peer);
      await association.close();
      await peer.event('ended');
    },
  );
});
