import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { Pattern } from '../usrsctp/pattern.ts';
import { eitherConnects, establish } from './established.ts';
import { impatience, kernelImpatience } from './impatience.ts';
import { describeWithKernel } from './setting.ts';
import { receivePattern, sendPattern } from './traffic.ts';

/** Several times what the receiver's buffer takes. */
const pattern: Pattern = { seed: 11, messages: 600, streams: 8, minSize: 1, maxSize: 65_536 };
const large: Pattern = { seed: 12, messages: 4, streams: 2, minSize: 1_000_000, maxSize: 1_048_576 };

/** Waits until `value` has been the same for a second: longer than the sender's RTO. */
async function settled(value: () => number): Promise<void> {
  for (let before = Number.NaN, now = value(); before !== now; ) {
    await sleep(1_000);
    before = now;
    now = value();
  }
}

describeWithKernel('a reader that stops', (setting) => {
  it.each(eitherConnects)('we stop: the kernel waits, and all arrives; %s connecting', async (connecting) => {
    await setting.guest.set(kernelImpatience);
    const { association, peer } = await establish(setting, connecting, { ...impatience, receiveBufferSize: 65_536 });
    await peer.send(pattern);
    const windowOfKernel = async (): Promise<unknown> => {
      await peer.tell('status');
      return (await peer.event('status'))['rwnd'];
    };
    await expect.poll(windowOfKernel, { timeout: 10_000, interval: 200 }).toBeLessThan(1_500);
    // It probes: some chunks are taken, as they are the next, and some are not.
    const arrived = (): number => association.metrics().dataChunksReceived + association.metrics().dataChunksDropped;
    const before = arrived();
    await expect.poll(arrived, { timeout: 10_000 }).toBeGreaterThan(before + 2);
    expect(association.state).toBe('ESTABLISHED');
    await receivePattern(association, pattern);
    await association.close();
    await peer.event('ended');
  });

  it.each([
    ['many messages', pattern],
    ['messages larger than its window', large],
  ])('the kernel stops: we wait, and all arrives: %s', async (_, sent) => {
    for (const connecting of eitherConnects) {
      const { association, peer } = await establish(setting, connecting, impatience);
      await peer.tell('pause');
      await peer.expect(sent);
      const sending = sendPattern(association, sent);
      await settled(() => association.bufferedAmount);
      expect(association.bufferedAmount).toBeGreaterThan(0);
      expect(association.state).toBe('ESTABLISHED');
      await peer.tell('resume');
      await sending;
      await peer.event('complete', { messages: sent.messages });
      await association.close();
      await peer.event('ended');
      await setting.clean();
    }
  });
});
