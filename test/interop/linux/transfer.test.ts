import { afterAll, expect, it } from 'vitest';
import { accept } from '../echo.ts';
import { type Pattern } from '../usrsctp/pattern.ts';
import { kernelIpv4, links, ourIpv4 } from './network.ts';
import { describeWithKernel } from './setting.ts';
import { receivePattern, sendPattern } from './traffic.ts';

const pattern: Pattern = { seed: 7, messages: Number(process.env.MM ?? 1000), streams: 16, minSize: 1, maxSize: 1_048_576 };

describeWithKernel('bulk', (setting) => {
  it('we connect', async () => {
    const peer = await setting.kernelListens();
    const association = await setting.connect({ localHost: ourIpv4 });
    await peer.event('up');
    await peer.expect(pattern);
    const t = Date.now();
    peer.send({ ...pattern, seed: 8 });
    const [, arrivals, complete] = await Promise.all([
      sendPattern(association, pattern),
      receivePattern(association, { ...pattern, seed: 8 }),
      peer.event('complete', {}, 100_000),
    ]);
    console.log(Date.now() - t, arrivals.received, complete);
    await association.close();
    await peer.event('ended');
  });
}, {isCaptured: false});
