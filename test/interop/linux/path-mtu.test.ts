import { expect, it } from 'vitest';
import type { Pattern } from '../usrsctp/pattern.ts';
import { eitherConnects, establish } from './established.ts';
import { describeWithKernel } from './setting.ts';
import { receivePattern } from './traffic.ts';

const pattern: Pattern = { seed: 21, messages: 400, streams: 8, minSize: 1, maxSize: 100_000 };

describeWithKernel('path MTUs', (setting) => {
  it.each(eitherConnects)(
    "the kernel's own probes are answered, so that it finds 1,500; %s connecting",
    async (connecting) => {
      const { association, peer } = await establish(setting, connecting, {}, { 'probe-ms': 5_000 });
      const kernelPathMtu = async (): Promise<unknown> => {
        await peer.tell('status');
        return (await peer.event('status'))['pathMtu'];
      };
      await expect.poll(kernelPathMtu, { timeout: 20_000, interval: 500 }).toBeGreaterThanOrEqual(1_484);
      await peer.send(pattern);
      await receivePattern(association, pattern);
      await association.close();
      await peer.event('ended');
    },
  );
});
