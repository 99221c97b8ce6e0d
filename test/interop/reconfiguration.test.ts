import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SctpAssociation } from '../../src/index.ts';
import { accept } from './echo.ts';
import { fullPattern, type Pattern, PatternCheck } from './usrsctp/pattern.ts';
import { hasPeer, patternOptions } from './usrsctp/peer.ts';
import { Setting } from './usrsctp/setting.ts';

const reconfigChunk = 130;
const impatience = { rtoInitialMs: 200, rtoMinMs: 100 };
const usrsctpImpatience = { 'rto-initial': 200, 'rto-min': 100 };
const allowing = { 'allow-reconfiguration': true, ...usrsctpImpatience } as const;
const pattern: Pattern = { ...fullPattern, messages: 400, maxSize: 5_000 };
const everything = { received: 400, orderOk: true, contentOk: true, ok: true };
/** It asks when so many have come back, and leaves the end to us: its own would cut its request short. */
const askingEarly = { 'reconfigure-after': 100, 'close-after': 401 };
/** It asks when all have come back. */
const askingLate = { 'reconfigure-after': 400, 'close-after': 401 };
const badNetwork = { seed: 2, lossRate: 0.03, duplicateRate: 0.01, reorderRate: 0.02 };

/** Sends text on some streams and reads what comes back: each stream in order, whatever number it begins with. */
async function converse(association: SctpAssociation, streams: readonly number[], word: string): Promise<void> {
  const messages = association[Symbol.asyncIterator]();
  const sent = streams.flatMap((streamId) => [1, 2, 3].map((n) => ({ streamId, text: `${word} ${streamId} ${n}` })));
  for (const { streamId, text } of sent) await association.send(text, { streamId });
  const received = new Map<number, string[]>(streams.map((streamId) => [streamId, []]));
  for (const _ of sent) {
    const { value } = await messages.next();
    received.get(value!.streamId)!.push(Buffer.from(value!.data).toString());
  }
  for (const streamId of streams) {
    expect(received.get(streamId)).toEqual(sent.filter((each) => each.streamId === streamId).map(({ text }) => text));
  }
}

/** Returns each message of the pattern to where it came from. */
async function echoAll(association: SctpAssociation): Promise<void> {
  const messages = association[Symbol.asyncIterator]();
  for (const check = new PatternCheck(pattern); !check.isComplete; ) {
    const { value } = await messages.next();
    check.take(value!);
    await association.send(value!.data, value);
  }
}

describe.skipIf(!hasPeer)('stream re-configuration with usrsctp (RFC 6525)', () => {
  let setting: Setting;
  beforeEach(() => {
    setting = new Setting();
  });
  afterEach(() => setting.close());

  it.each([
    ['a good network, DATA', undefined, false],
    ['a good network, I-DATA', undefined, true],
    ['a bad network, DATA', badNetwork, false],
  ])('what we ask for, usrsctp being the server: %s', async (_, network, interleaving) => {
    setting = new Setting(network);
    const iData = interleaving ? ({ 'i-data': true } as const) : {};
    const { peer, udpPort } = await setting.usrsctpServer({ ...allowing, ...iData });
    const association = await setting.connect(udpPort, { ...impatience, interleaving, outboundStreams: 16 });
    await converse(association, [0, 1, 2], 'first');
    await association.resetStreams({ outgoing: [0, 2] });
    await converse(association, [0, 1, 2], 'after two of ours');
    await association.resetStreams({ incoming: [1] });
    await converse(association, [0, 1, 2], 'after one of its');
    await association.resetStreams({ outgoing: 'all', incoming: 'all' });
    await converse(association, [0, 1, 2], 'after all');
    await association.addStreams({ outgoing: 8 });
    expect(association.outboundStreams).toBe(24);
    await association.addStreams({ incoming: 8 });
    await converse(association, [0, 15], 'after more');
    setting.calm();
    await association.close();
    const resets = peer.events.filter(({ event }) => event === 'streamReset');
    expect(resets.map(({ result }) => result)).toEqual(resets.map(() => 'performed'));
    expect(await peer.event('streamChange')).toMatchObject({ result: 'performed', inboundStreams: 24 });
    expect(await peer.event('result')).toMatchObject({ errors: 0 });
    expect(await setting.captureDefects(reconfigChunk)).toEqual([]);
  });

  it.each([
    ['reset-outgoing', 'incoming'],
    ['reset-incoming', 'outgoing'],
  ] as const)('what usrsctp asks for, being the server: %s', async (reconfigure, direction) => {
    const { peer, udpPort } = await setting.usrsctpServer({ reconfigure, 'reconfigure-after': 9, ...allowing });
    const association = await setting.connect(udpPort, { ...impatience, outboundStreams: 16 });
    const reset = new Promise((resolve) => association.on('streamsReset', resolve));
    await converse(association, [0, 1, 2], 'first');
    expect(await reset).toMatchObject({ direction, result: 'performed' });
    await converse(association, [0, 1, 2, 15], 'behind');
    expect(await peer.event('streamReset')).toMatchObject({ result: 'performed' });
    await association.close();
    expect(await peer.event('result')).toMatchObject({ sent: 21, errors: 0 });
    expect(await setting.captureDefects(reconfigChunk)).toEqual([]);
  });

  it('what usrsctp asks for in the midst of its messages, being the client: reset-incoming', async () => {
    const endpoint = await setting.listen(impatience);
    const options = { reconfigure: 'reset-incoming', ...askingEarly, ...allowing };
    const peer = await setting.usrsctpClient(endpoint.udpPort, { ...patternOptions(pattern), ...options });
    const association = await accept(endpoint);
    const reset = new Promise((resolve) => association.on('streamsReset', resolve));
    await echoAll(association);
    expect(await reset).toMatchObject({ direction: 'outgoing', result: 'performed' });
    await association.close();
    // While our streams were not drained, it was told 'In progress'.
    const resets = peer.events.filter(({ event }) => event === 'streamReset');
    expect(resets.at(-1)).toMatchObject({ incoming: true, result: 'performed' });
    expect(await peer.event('result')).toMatchObject(everything);
    await endpoint.close();
    expect(await setting.captureDefects(reconfigChunk)).toEqual([]);
  });

  it.each([
    ['add-outgoing', 'incoming', [20, 16]],
    ['add-incoming', 'outgoing', [16, 20]],
  ] as const)('usrsctp asks for more streams, being the client: %s', async (reconfigure, direction, counts) => {
    const endpoint = await setting.listen({ ...impatience, outboundStreams: 16, maxInboundStreams: 64 });
    const options = { reconfigure, ...askingLate, ...allowing };
    const peer = await setting.usrsctpClient(endpoint.udpPort, { ...patternOptions(pattern), ...options });
    const association = await accept(endpoint);
    const added = new Promise((resolve) => association.on('streamsAdded', resolve));
    await echoAll(association);
    expect(await added).toMatchObject({ direction, count: 4, result: 'performed' });
    expect([association.inboundStreams, association.outboundStreams]).toEqual(counts);
    expect(await peer.event('streamChange')).toMatchObject({ result: 'performed' });
    await association.close();
    expect(await peer.event('result')).toMatchObject(everything);
    await endpoint.close();
    expect(await setting.captureDefects(reconfigChunk)).toEqual([]);
  });
});
