import { beforeAll, expect, it } from 'vitest';
import { Gate } from '../../support/gate.ts';
import type { Pattern } from '../usrsctp/pattern.ts';
import { eitherConnects, establish } from './established.ts';
import { impatience, kernelImpatience } from './impatience.ts';
import { type Rules, setRules } from './network.ts';
import { describeWithKernel } from './setting.ts';
import { receivePattern, sendPattern } from './traffic.ts';

const pattern: Pattern = { seed: 21, messages: 2_000, streams: 8, minSize: 1, maxSize: 100_000 };
const stage = 1_000_000;

const large = 'oifname "link*" meta length > 1300';
/** Nobody is told of what disappears: all that is larger, or what a router may not fragment. */
const hole: Rules = { arriving: ['iifname "link*" meta length > 1300 drop'], leaving: [`${large} drop`] };
const silentRouter: Rules = { ...hole, leaving: [`${large} ip frag-off & 0x4000 != 0 drop`] };

describeWithKernel('a black hole for packets of more than 1,300 bytes, made and healed in mid-transfer', (setting) => {
  beforeAll(() => setting.guest.set(kernelImpatience));

  // Three probes of a second each show that it is a black hole; till then nothing may have been given up.
  const ours = { ...impatience, associationMaxRetrans: 50, pathMaxRetrans: 50, sendBufferSize: 262_144 };

  it.each([
    ['through a router that fragments what it may, we find a size that passes', 'we', silentRouter],
    ['through a router that fragments what it may, we find a size that passes', 'the kernel', silentRouter],
    ['where nothing large passes at all, we go on when it is healed', 'we', hole],
    ['where nothing large passes at all, we go on when it is healed', 'the kernel', hole],
  ] as const)('%s; %s connecting', async (_, connecting, rules) => {
    const { association, peer } = await establish(setting, connecting, ours);
    await expect.poll(() => association.paths[0]?.pathMtu).toBe(1_500);
    await peer.expect(pattern);
    const gate = new Gate();
    const disturb = async (): Promise<void> => {
      gate.open(stage);
      await gate.after(stage / 2);
      setRules(rules);
      gate.open(stage);
      // What was cut for larger packets is in the way where it cannot pass.
      if (rules === silentRouter) await gate.after(stage);
      await expect.poll(() => association.paths[0]?.pathMtu, { timeout: 15_000 }).toBeLessThanOrEqual(1_300);
      setRules();
      gate.open(Number.POSITIVE_INFINITY);
    };
    await Promise.all([sendPattern(association, pattern, {}, gate), disturb()]);
    await peer.event('complete', { messages: pattern.messages });
    await association.close();
    await peer.event('ended');
  });

  /** How often the kernel's T3-rtx has expired, since it was booted. */
  async function kernelTimeouts(): Promise<number> {
    return Number((await setting.guest.run('grep T3Retransmits /proc/net/sctp/snmp')).split('\t').at(-1));
  }

  // Without probes of its own it keeps its size, and sends the same again and again.
  it.each(eitherConnects)('the kernel goes on when it is healed; %s connecting', async (connecting) => {
    const { association, peer } = await establish(setting, connecting, impatience);
    await peer.send(pattern);
    // Our window bounds what it can send before the hole is there.
    const gate = new Gate();
    const disturb = async (): Promise<void> => {
      gate.open(stage);
      await gate.after(stage / 2);
      const before = await kernelTimeouts();
      setRules(hole);
      gate.open(Number.POSITIVE_INFINITY);
      await expect.poll(kernelTimeouts, { timeout: 10_000 }).toBeGreaterThan(before + 2);
      setRules();
    };
    await Promise.all([receivePattern(association, pattern, {}, gate), disturb()]);
    expect(association.state).toBe('ESTABLISHED');
    await association.close();
    await peer.event('ended');
  });
});
