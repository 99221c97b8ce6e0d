import type { ListenOptions, SctpAssociation } from '../../../src/index.ts';
import { accept } from '../echo.ts';
import type { KernelPeer, PeerOptions } from './kernel-peer.ts';
import type { KernelSetting } from './setting.ts';

/** Who sends INIT. */
export type Connecting = 'we' | 'the kernel';
export const eitherConnects: readonly Connecting[] = ['we', 'the kernel'];

export interface Established {
  readonly association: SctpAssociation;
  readonly peer: KernelPeer;
}

/** Whether our socket is bound to its IPv4 addresses, or to any: then IPv6 ones are there, too. */
export type Binding = 'named addresses' | 'default binding';

/** An association of ours with a kernel peer; options are those that `listen` and `connect` have in common. */
export async function establish(
  setting: KernelSetting,
  connecting: Connecting,
  ours: Omit<Partial<ListenOptions>, 'host' | 'signal' | 'port'> = {},
  theirs: PeerOptions = {},
  binding: Binding = 'named addresses',
): Promise<Established> {
  const isNamed = binding === 'named addresses';
  if (connecting === 'we') {
    const peer = await setting.kernelListens(theirs);
    const association = await setting.connect(isNamed ? ours : { localHost: undefined, ...ours });
    await peer.event('up');
    return { association, peer };
  }
  const endpoint = await setting.listen(isNamed ? ours : { host: undefined, ...ours });
  const peer = setting.kernelConnects(undefined, theirs);
  const association = await accept(endpoint);
  await peer.event('up');
  return { association, peer };
}
