import { expect, it } from 'vitest';
import type { Pattern } from '../usrsctp/pattern.ts';
import { eitherConnects, establish } from './established.ts';
import { ourIpv4 } from './network.ts';
import { describeWithKernel, sctpPort } from './setting.ts';
import { receivePattern, sendPattern } from './traffic.ts';

const pattern: Pattern = { seed: 9, messages: 400, streams: 8, minSize: 1, maxSize: 100_000 };
const userInitiatedAbort = 12;

describeWithKernel('ends of associations', (setting) => {
  it.each(eitherConnects)('our close loses nothing that is on its way; %s connecting', async (connecting) => {
    const { association, peer } = await establish(setting, connecting);
    await peer.expect(pattern);
    await sendPattern(association, pattern);
    await association.close();
    await peer.event('complete', { messages: pattern.messages });
    await peer.event('ended');
    expect(await association.closed).toMatchObject({ graceful: true, by: 'local' });
  });

  it.each(eitherConnects)(
    "the kernel's shutdown loses nothing that is on its way; %s connecting",
    async (connecting) => {
      const { association, peer } = await establish(setting, connecting);
      await peer.send(pattern);
      await peer.event('sent');
      await peer.tell('shutdown');
      await receivePattern(association, pattern);
      expect(await association.closed).toMatchObject({ graceful: true, by: 'peer' });
      await peer.event('ended');
    },
  );

  it.each(eitherConnects)("the kernel's shutdown lets us send what we have; %s connecting", async (connecting) => {
    const { association, peer } = await establish(setting, connecting);
    await peer.expect(pattern);
    await sendPattern(association, pattern);
    await peer.tell('shutdown');
    expect(await association.closed).toMatchObject({ graceful: true });
    await peer.event('complete', { messages: pattern.messages });
    await peer.event('ended');
  });

  it.each(eitherConnects)('both shut down at once; %s connecting', async (connecting) => {
    const { association, peer } = await establish(setting, connecting);
    await Promise.all([association.close(), peer.tell('shutdown')]);
    expect(await association.closed).toMatchObject({ graceful: true });
    await peer.event('ended');
  });

  it.each(eitherConnects)('our abort, in the midst of traffic; %s connecting', async (connecting) => {
    const { association, peer } = await establish(setting, connecting);
    await peer.send(pattern);
    for await (const message of association) {
      expect(message.data.length).toBeGreaterThan(0);
      break;
    }
    association.abort('enough of it');
    await peer.event('lost', { error: userInitiatedAbort });
    expect(await association.closed).toMatchObject({ graceful: false, by: 'local' });
  });

  it.each(eitherConnects)("the kernel's abort, in the midst of traffic; %s connecting", async (connecting) => {
    const { association, peer } = await establish(setting, connecting);
    const sending = sendPattern(association, pattern).catch((error: unknown) => error);
    await peer.tell('abort enough of it');
    const closed = await association.closed;
    expect(closed).toMatchObject({ graceful: false, by: 'peer', error: { code: 'SCTP_ERR_ABORTED_BY_PEER' } });
    expect(closed.causes).toMatchObject([{ kind: 'User-Initiated Abort' }]);
    expect(closed.error?.message).toContain('enough of it');
    await sending;
    await peer.event('lost');
  });

  it.each(eitherConnects)('a kernel peer that is killed aborts; %s connecting', async (connecting) => {
    const { association, peer } = await establish(setting, connecting);
    peer.kill();
    expect(await association.closed).toMatchObject({ graceful: false, by: 'peer' });
  });

  it('we are told at once that nobody listens there', async () => {
    await expect(setting.connect({ port: sctpPort + 1 })).rejects.toMatchObject({ code: 'SCTP_ERR_REFUSED' });
  });

  it('the kernel is told at once that nobody listens here', async () => {
    await setting.listen({ port: sctpPort + 1 });
    await setting.kernelConnects(ourIpv4[0]).event('cantStart');
  });
});
