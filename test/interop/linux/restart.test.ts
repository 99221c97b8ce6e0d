import { afterEach, beforeAll, expect, it } from 'vitest';
import type { SctpAssociation } from '../../../src/index.ts';
import { accept } from '../echo.ts';
import type { Pattern } from '../usrsctp/pattern.ts';
import { impatience, kernelImpatience } from './impatience.ts';
import type { KernelPeer } from './kernel-peer.ts';
import { kernelIpv4, type Rules, setRules } from './network.ts';
import { describeWithKernel } from './setting.ts';
import { receivePattern, sendPattern } from './traffic.ts';

const pattern: Pattern = { seed: 17, messages: 200, streams: 8, minSize: 1, maxSize: 50_000 };
const [localPort, ourUdpPort] = [6_001, 9_898] as const;

/** Neither is told that the other has gone, nor that nobody knows it: the type of the first chunk behind UDP's header is ABORT's. */
const noAbort = '@th,160,8 6 drop';
const silence: Rules = { arriving: [`iifname "link*" ${noAbort}`], leaving: [`oifname "link*" ${noAbort}`] };

async function bothWays(association: SctpAssociation, peer: KernelPeer): Promise<void> {
  const theirs = { ...pattern, seed: 18 };
  await peer.expect(pattern);
  await peer.send(theirs);
  await Promise.all([
    sendPattern(association, pattern),
    receivePattern(association, theirs),
    peer.event('complete', { messages: pattern.messages }),
  ]);
}

describeWithKernel('one side begins anew on the same ports', (setting) => {
  beforeAll(() => setting.guest.set(kernelImpatience));

  afterEach(() => setRules());

  it('the kernel connects again: we go on with the same association', async () => {
    const endpoint = await setting.listen(impatience);
    const options = { 'local-port': localPort };
    const first = setting.kernelConnects(undefined, options);
    const association = await accept(endpoint);
    await first.event('up');
    await bothWays(association, first);
    setRules(silence);
    await first.end();
    const restarted = new Promise((resolve) => association.once('restart', resolve));
    const second = setting.kernelConnects(undefined, options);
    await second.event('up');
    await restarted;
    expect(association.metrics().restarts).toBe(1);
    await bothWays(association, second);
    await association.close();
    await second.event('ended');
  });

  it('we connect again: the kernel goes on with the same association', async () => {
    const peer = await setting.kernelListens();
    const options = { ...impatience, localPort, udpPort: ourUdpPort };
    const first = await setting.connect(options);
    await peer.event('up');
    await bothWays(first, peer);
    setRules(silence);
    first.abort();
    await first.closed;
    const second = await setting.connect(options);
    await peer.event('restart');
    await bothWays(second, peer);
    await second.close();
    await peer.event('ended');
  });

  it('our listener begins anew and connects: the kernel goes on with the same association', async () => {
    const endpoint = await setting.listen(impatience);
    const peer = setting.kernelConnects(undefined, { 'local-port': localPort });
    const first = await accept(endpoint);
    await peer.event('up');
    await bothWays(first, peer);
    setRules(silence);
    await endpoint.abort();
    await first.closed;
    const again = await setting.listen(impatience);
    const second = await again.connect({ host: kernelIpv4[0]!, port: localPort });
    await peer.event('restart');
    await bothWays(second, peer);
    await second.close();
    await peer.event('ended');
  });

  it('our listener begins anew: the kernel is told that we know nothing of it', async () => {
    const endpoint = await setting.listen(impatience);
    const peer = setting.kernelConnects(undefined, { 'local-port': localPort });
    const first = await accept(endpoint);
    await peer.event('up');
    setRules(silence);
    await endpoint.abort();
    await first.closed;
    setRules();
    await setting.listen(impatience);
    await peer.send(pattern);
    await peer.event('lost');
  });

  it("the kernel's listener begins anew: we are told that it knows nothing of us", async () => {
    const first = await setting.kernelListens();
    const association = await setting.connect(impatience);
    await first.event('up');
    setRules(silence);
    await first.end();
    const second = await setting.kernelListens();
    setRules();
    // A heartbeat may have asked before.
    await association.send('is anybody there?').catch(() => {});
    expect(await association.closed).toMatchObject({ by: 'peer', error: { code: 'SCTP_ERR_ABORTED_BY_PEER' } });
    const next = await setting.connect(impatience);
    await second.event('up');
    await bothWays(next, second);
    await next.close();
  });
});
