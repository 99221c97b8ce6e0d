import { expect, it } from 'vitest';
import type { SctpAssociation } from '../../../src/index.ts';
import type { Pattern } from '../usrsctp/pattern.ts';
import { eitherConnects, establish } from './established.ts';
import type { KernelPeer } from './kernel-peer.ts';
import { describeWithKernel } from './setting.ts';
import { receivePattern, sendPattern } from './traffic.ts';

const pattern: Pattern = { seed: 13, messages: 64, streams: 8, minSize: 1, maxSize: 20_000 };
const performed = 'performed';

async function bothWays(association: SctpAssociation, peer: KernelPeer, streams = 8): Promise<void> {
  const ours = { ...pattern, streams, messages: 8 * streams };
  const theirs = { ...ours, seed: 14 };
  await peer.expect(ours);
  await peer.send(theirs);
  await Promise.all([
    sendPattern(association, ours),
    receivePattern(association, theirs),
    peer.event('complete', { messages: ours.messages }),
  ]);
}

function nextReset(association: SctpAssociation): Promise<unknown> {
  return new Promise((resolve) => {
    association.once('streamsReset', resolve);
  });
}

/** The kernel refuses to ask for anything while data is in flight: until our SACK has come. */
async function asks(peer: KernelPeer, command: string): Promise<void> {
  for (let attempt = 0; attempt < 50; attempt++) {
    await peer.tell(command);
    const { error } = await peer.event('asked');
    if (error === '') return;
    expect(error).toBe('Resource temporarily unavailable');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${command}: not taken`);
}

describeWithKernel('streams that begin anew, and more of them', (setting) => {
  it.each(eitherConnects)(
    'we reset streams of either direction, and all of them; %s connecting',
    async (connecting) => {
      const { association, peer } = await establish(setting, connecting, { outboundStreams: 64 });
      await bothWays(association, peer);
      await association.resetStreams({ outgoing: [1, 3] });
      await peer.event('streamReset', { incoming: true, denied: false, failed: false });
      await bothWays(association, peer);
      await association.resetStreams({ incoming: [2] });
      await peer.event('streamReset', { outgoing: true, denied: false, failed: false });
      await bothWays(association, peer);
      await association.resetStreams({ outgoing: 'all', incoming: 'all' });
      await bothWays(association, peer);
      await association.close();
      await peer.event('ended');
    },
  );

  it.each(eitherConnects)('the kernel resets streams of either direction; %s connecting', async (connecting) => {
    const { association, peer } = await establish(setting, connecting, { outboundStreams: 64 });
    await bothWays(association, peer);
    const outgoing = nextReset(association);
    await asks(peer, 'reset-outgoing 1 3');
    expect(await outgoing).toMatchObject({ direction: 'incoming', streamIds: [1, 3], result: performed });
    await peer.event('streamReset', { outgoing: true, denied: false, failed: false });
    await bothWays(association, peer);
    const incoming = nextReset(association);
    await asks(peer, 'reset-incoming 2');
    expect(await incoming).toMatchObject({ direction: 'outgoing', streamIds: [2] });
    await peer.event('streamReset', { incoming: true, denied: false, failed: false });
    await bothWays(association, peer);
    await association.close();
    await peer.event('ended');
  });

  it.each(eitherConnects)('the association is reset by us; %s connecting', async (connecting) => {
    const { association, peer } = await establish(setting, connecting, { outboundStreams: 64 });
    await bothWays(association, peer);
    await association.resetAssociation();
    await peer.event('associationReset');
    await bothWays(association, peer);
    await association.close();
    await peer.event('ended');
  });

  it.each(eitherConnects)('the association is reset by the kernel; %s connecting', async (connecting) => {
    const { association, peer } = await establish(setting, connecting, { outboundStreams: 64 });
    await bothWays(association, peer);
    const reset = new Promise((resolve) => association.once('associationReset', resolve));
    await asks(peer, 'reset-association');
    expect(await reset).toMatchObject({ by: 'peer' });
    await peer.event('associationReset');
    await bothWays(association, peer);
    await association.close();
    await peer.event('ended');
  });

  it.each(eitherConnects)('we add streams of either direction and of both; %s connecting', async (connecting) => {
    const { association, peer } = await establish(setting, connecting, { outboundStreams: 64 });
    const outbound = association.outboundStreams;
    const inbound = association.inboundStreams;
    await association.addStreams({ outgoing: 2 });
    expect(association.outboundStreams).toBe(outbound + 2);
    await peer.event('streamChange', { incoming: 2, outgoing: 0 });
    await association.addStreams({ incoming: 3 });
    expect(association.inboundStreams).toBe(inbound + 3);
    await peer.event('streamChange', { incoming: 0, outgoing: 3 });
    await association.addStreams({ outgoing: 4, incoming: 5 });
    expect([association.outboundStreams, association.inboundStreams]).toEqual([outbound + 6, inbound + 8]);
    await bothWays(association, peer, 70);
    await association.close();
    await peer.event('ended');
  });

  it.each(eitherConnects)(
    'the kernel adds streams of either direction and of both; %s connecting',
    async (connecting) => {
      const { association, peer } = await establish(setting, connecting, { outboundStreams: 64 });
      const outbound = association.outboundStreams;
      const inbound = association.inboundStreams;
      await asks(peer, 'add 2 0');
      await expect.poll(() => association.inboundStreams).toBe(inbound + 2);
      await peer.event('streamChange', { incoming: 0, outgoing: 2 });
      await asks(peer, 'add 0 3');
      await expect.poll(() => association.outboundStreams).toBe(outbound + 3);
      await peer.event('streamChange', { incoming: 3, outgoing: 0 });
      await asks(peer, 'add 4 5');
      await expect
        .poll(() => [association.inboundStreams, association.outboundStreams])
        .toEqual([inbound + 6, outbound + 8]);
      await bothWays(association, peer, 70);
      await association.close();
      await peer.event('ended');
    },
  );
});
