import { afterEach, beforeAll, expect, it } from 'vitest';
import type { SctpAssociation } from '../../../src/index.ts';
import { accept } from '../echo.ts';
import type { Pattern } from '../usrsctp/pattern.ts';
import { impatience, kernelImpatience } from './impatience.ts';
import type { KernelPeer, Manner } from './kernel-peer.ts';
import { badNetwork, impair } from './netem.ts';
import { describeWithKernel } from './setting.ts';
import { receivePattern, sendPattern } from './traffic.ts';

const pattern: Pattern = { seed: 5, messages: 600, streams: 16, minSize: 1, maxSize: 65_536 };
/** Enough that some are certain to be lost, and some of them more than one packet. */
const perishable: Pattern = { seed: 6, messages: 2_400, streams: 8, minSize: 400, maxSize: 6_000 };

describeWithKernel('loss, delay, reordering and duplication in the guest', (setting) => {
  beforeAll(async () => {
    await setting.guest.set(kernelImpatience);
  });
  afterEach(() => impair(setting.guest));

  async function bothWays(association: SctpAssociation, peer: KernelPeer): Promise<void> {
    const theirs = { ...pattern, seed: 7 };
    await peer.event('up');
    await peer.expect(pattern);
    await peer.send(theirs);
    await Promise.all([
      sendPattern(association, pattern),
      receivePattern(association, theirs),
      peer.event('complete', { messages: pattern.messages, missing: 0 }, 60_000),
    ]);
    await association.close();
    await peer.event('ended');
  }

  it('all arrives both ways, once and in order; we connect', async () => {
    await impair(setting.guest, badNetwork);
    const peer = await setting.kernelListens();
    await bothWays(await setting.connect(impatience), peer);
  });

  it('all arrives both ways, once and in order; the kernel connects', async () => {
    await impair(setting.guest, badNetwork);
    const endpoint = await setting.listen(impatience);
    const peer = setting.kernelConnects();
    await bothWays(await accept(endpoint), peer);
  });

  it.each([
    ['by count, in order', { maxRetransmits: 0 }],
    ['by count, unordered', { maxRetransmits: 0, unordered: true }],
    ['by time, in order', { lifetimeMs: 15 }],
    ['by time, unordered', { lifetimeMs: 15, unordered: true }],
  ])('what we give up the kernel goes on without: %s', async (_, options) => {
    const peer = await setting.kernelListens();
    const association = await setting.connect(impatience);
    await peer.event('up');
    await impair(setting.guest, badNetwork);
    const isUnordered = 'unordered' in options;
    await peer.expect(perishable, 'partial', ...(isUnordered ? (['unordered'] as const) : []));
    let given = 0;
    association.on('abandoned', () => given++);
    await sendPattern(association, perishable, options);
    const { missing } = await peer.event('complete', {}, 60_000);
    expect(given).toBeGreaterThan(5);
    expect(missing).toBeGreaterThan(0);
    // Unordered messages may still be on their way when the last of each stream is there.
    if (!isUnordered) expect(missing).toBeLessThanOrEqual(given);
    await association.close();
    await peer.event('ended');
  });

  it.each<[string, readonly Manner[]]>([
    ['by count, in order', ['rtx 0']],
    ['by count, unordered', ['rtx 0', 'unordered']],
    ['by time, in order', ['ttl 15']],
    ['by time, unordered', ['ttl 15', 'unordered']],
  ])('what the kernel gives up we go on without: %s', async (_, manners) => {
    const peer = await setting.kernelListens();
    const association = await setting.connect(impatience);
    await peer.event('up');
    await impair(setting.guest, badNetwork);
    await peer.send(perishable, ...manners);
    const isUnordered = manners.includes('unordered');
    const arrivals = await receivePattern(association, perishable, { partial: true, unordered: isUnordered });
    expect(arrivals.received).toBeLessThan(perishable.messages);
    await peer.tell('abandoned');
    const { sent, unsent } = await peer.event('abandoned');
    if (!isUnordered)
      expect(perishable.messages - arrivals.received).toBeLessThanOrEqual(Number(sent) + Number(unsent));
    // The association still carries everything.
    await impair(setting.guest);
    await peer.tell('echo');
    await association.send('the last', { streamId: 9 });
    for await (const { streamId, data } of association) {
      if (streamId !== 9) continue;
      expect(Buffer.from(data).toString()).toBe('the last');
      break;
    }
    await association.close();
    await peer.event('ended');
  });
});
