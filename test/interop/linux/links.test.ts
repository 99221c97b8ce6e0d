import { beforeAll, expect, it } from 'vitest';
import type { SctpAssociation } from '../../../src/index.ts';
import { Gate } from '../../support/gate.ts';
import { exchange } from '../echo.ts';
import type { Pattern } from '../usrsctp/pattern.ts';
import { type Binding, type Connecting, eitherConnects, establish } from './established.ts';
import { impatience, kernelImpatience } from './impatience.ts';
import type { KernelPeer } from './kernel-peer.ts';
import { impair } from './netem.ts';
import { type Link, links, setLink, setRules } from './network.ts';
import { describeWithKernel } from './setting.ts';

/** About 10 MiB, of which a part goes out at each stage. */
const pattern: Pattern = { seed: 15, messages: 2_500, streams: 16, minSize: 1, maxSize: 262_144 };
const stage = 1_500_000;
/** Far below what is sent between two events, so that these fall into the midst of it. */
const sendBufferSize = 262_144;

interface Manner {
  cut(link: Link): unknown;
  heal(link: Link): unknown;
}

describeWithKernel('each link is cut and healed, in the midst of traffic both ways', (setting) => {
  beforeAll(() => setting.guest.set(kernelImpatience));

  /** What passes is lost without a word; the system refuses to send; the device is down, and with it the way. */
  const manners: Readonly<Record<string, Manner>> = {
    silently: {
      cut: (link) => impair(setting.guest, 'loss 100%', [link]),
      heal: (link) => impair(setting.guest, undefined, [link]),
    },
    'by our firewall': {
      cut: ({ tap }) => setRules({ arriving: [`iifname ${tap} drop`], leaving: [`oifname ${tap} drop`] }),
      heal: () => setRules(),
    },
    'with our device': { cut: (link) => setLink(link, 'down'), heal: (link) => setLink(link, 'up') },
  };

  /** Waits until both sides have noticed that the path over a link has failed, or works again. */
  async function noticed(
    association: SctpAssociation,
    peer: KernelPeer,
    link: Link,
    now: 'down' | 'up',
  ): Promise<void> {
    const state = (): string | undefined =>
      association.paths.find(({ address }) => address.ip === link.kernel.ipv4)?.state;
    await Promise.all([
      expect.poll(state, { timeout: 10_000 }).toBe(now === 'down' ? 'inactive' : 'active'),
      peer.event('path', { address: link.ours.ipv4, state: now === 'down' ? 'unreachable' : 'available' }, 10_000),
    ]);
  }

  const cases = Object.keys(manners).flatMap((name) =>
    (['named addresses', 'default binding'] as const).flatMap((binding) =>
      eitherConnects.map((connecting): [string, Binding, Connecting] => [name, binding, connecting]),
    ),
  );
  it.each(cases)('%s; %s; %s connecting', async (name, binding, connecting) => {
    const manner = manners[name]!;
    const { association, peer } = await establish(setting, connecting, { ...impatience, sendBufferSize }, {}, binding);
    await peer.tell('echo');
    const confirmed = (): boolean =>
      links.every(({ kernel }) =>
        association.paths.some(({ address, state }) => address.ip === kernel.ipv4 && state === 'active'),
      );
    await expect.poll(confirmed, { timeout: 10_000 }).toBe(true);
    await peer.event('path', { address: links[1].ours.ipv4, state: 'confirmed' });
    const gate = new Gate();
    const disturb = async (): Promise<void> => {
      for (const link of links) {
        gate.open(stage);
        await gate.after(stage / 4);
        await manner.cut(link);
        setting.onClean(() => manner.heal(link));
        await noticed(association, peer, link, 'down');
        gate.open(stage);
        await gate.after(stage / 4);
        await manner.heal(link);
        await noticed(association, peer, link, 'up');
      }
      gate.open(Number.POSITIVE_INFINITY);
    };
    const [{ received }] = await Promise.all([exchange(association, pattern, gate), disturb()]);
    expect(received).toBe(pattern.messages);
    await association.close();
    await peer.event('ended');
  });
});
