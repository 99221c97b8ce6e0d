import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { accept, echo, exchange } from './echo.ts';
import { fullPattern, type Pattern, patternMessages } from './usrsctp/pattern.ts';
import { hasPeer, patternOptions } from './usrsctp/peer.ts';
import { Setting } from './usrsctp/setting.ts';

const pattern: Pattern = { ...fullPattern, messages: 1_000, maxSize: 50_000 };
const few: Pattern = { ...pattern, messages: 400 };
const small: Pattern = { ...fullPattern, messages: 2_000, maxSize: 2_000 };

const badNetwork = { seed: 1, lossRate: 0.03, duplicateRate: 0.01, reorderRate: 0.02 };
/** The answer to a packet takes longer than `lifetime`, so that what is lost has outlived it by the time that anybody knows. */
const slowBadNetwork = { ...badNetwork, delayMs: 15 };
const lifetime = { 'pr-ttl': 20 };
const impatience = { rtoInitialMs: 200, rtoMinMs: 100 };
const usrsctpImpatience = { 'rto-initial': 200, 'rto-min': 100 };

/** Schedulers of usrsctp. */
const [perPacket, prioritized] = [2, 3] as const;

/** I-DATA, FORWARD-TSN, I-FORWARD-TSN, RE-CONFIG. */
const [iDataChunk, forwardTsnChunk, iForwardTsnChunk, reconfigChunk] = [64, 192, 194, 130] as const;

describe.skipIf(!hasPeer)('stream features with usrsctp', () => {
  let setting: Setting;
  beforeEach(() => {
    setting = new Setting();
  });
  afterEach(() => setting.close());

  it.each([
    ['a good network', undefined],
    ['a bad network', badNetwork],
  ])('interleaved messages go both ways through %s, usrsctp being the server (RFC 8260)', async (_, network) => {
    setting = new Setting(network);
    const options = { verify: true, 'i-data': true, ...patternOptions(pattern), ...usrsctpImpatience } as const;
    const { peer, udpPort } = await setting.usrsctpServer(options);
    const ours = { interleaving: true, scheduler: 'round-robin', ...impatience } as const;
    const association = await setting.connect(udpPort, ours);
    expect(association.capabilities.interleaving).toBe(true);
    await exchange(association, pattern);
    if (network !== undefined) setting.relay.calm();
    await association.close();
    expect(await peer.event('result')).toMatchObject({ received: 1_000, orderOk: true, contentOk: true, ok: true });
    expect(await setting.captureDefects(iDataChunk)).toEqual([]);
  });

  it('interleaved messages go both ways, usrsctp being the client', async () => {
    const endpoint = await setting.listen({ interleaving: true, scheduler: 'fair-capacity' });
    const peer = await setting.usrsctpClient(endpoint.udpPort, { 'i-data': true, ...patternOptions(pattern) });
    const association = await accept(endpoint);
    expect(association.capabilities.interleaving).toBe(true);
    await echo(association, pattern);
    expect(await peer.event('result')).toMatchObject({ received: 1_000, orderOk: true, contentOk: true, ok: true });
    await endpoint.close();
    expect(await setting.captureDefects(iDataChunk)).toEqual([]);
  });

  it.each([
    ['FORWARD-TSN', false, forwardTsnChunk],
    ['I-FORWARD-TSN', true, iForwardTsnChunk],
  ])('what we give up usrsctp goes on without: %s (RFC 3758)', async (_, interleaving, chunk) => {
    setting = new Setting(badNetwork);
    const iData = interleaving ? ({ 'i-data': true } as const) : {};
    const { peer, udpPort } = await setting.usrsctpServer({ discard: true, ...iData });
    // Small packets: enough of them to lose some.
    const association = await setting.connect(udpPort, { interleaving, pathMtu: 1_500, ...impatience });
    let given = 0;
    association.on('abandoned', () => given++);
    for (const { data, streamId, ppid } of patternMessages(small)) {
      await association.send(data, { streamId, ppid, maxRetransmits: 0 });
    }
    await association.send('the last', { until: 'delivered' });
    expect(given).toBeGreaterThan(5);
    setting.relay.calm();
    await association.close();
    const { received } = await peer.event('result');
    expect(Number(received)).toBeGreaterThanOrEqual(2_001 - given);
    expect(Number(received)).toBeLessThan(2_001);
    expect(await setting.captureDefects(chunk)).toEqual([]);
  });

  it.each([
    ['FORWARD-TSN', false, forwardTsnChunk, badNetwork, { 'pr-rtx': 0 }],
    ['I-FORWARD-TSN', true, iForwardTsnChunk, badNetwork, { 'pr-rtx': 0 }],
    ['FORWARD-TSN, by time', false, forwardTsnChunk, slowBadNetwork, lifetime],
    ['I-FORWARD-TSN, by time', true, iForwardTsnChunk, slowBadNetwork, lifetime],
  ])(
    'what usrsctp gives up, being the client, we go on without: %s',
    async (_, interleaving, chunk, network, policy) => {
      setting = new Setting(network);
      const endpoint = await setting.listen({ interleaving, ...impatience });
      const iData = interleaving ? ({ 'i-data': true } as const) : {};
      const peer = await setting.usrsctpClient(endpoint.udpPort, {
        ...patternOptions(small),
        ...iData,
        ...usrsctpImpatience,
        ...policy,
        'close-after-ms': 4_000,
        'linger-ms': 2_000,
      });
      const association = await accept(endpoint);
      let received = 0;
      for await (const _message of association) received++;
      expect(received).toBeGreaterThan(1_000);
      expect(received).toBeLessThan(2_000);
      expect(await association.closed).toMatchObject({ graceful: true });
      await peer.event('result');
      await endpoint.close();
      expect(await setting.captureDefects(chunk)).toEqual([]);
    },
  );

  it.each([
    ['FORWARD-TSN', false, forwardTsnChunk],
    ['I-FORWARD-TSN', true, iForwardTsnChunk],
  ])('what usrsctp gives up, being the server, we go on without: %s', async (_, interleaving, chunk) => {
    setting = new Setting(badNetwork);
    const iData = interleaving ? ({ 'i-data': true } as const) : {};
    const { peer, udpPort } = await setting.usrsctpServer({ ...iData, ...usrsctpImpatience, 'pr-rtx': 0 });
    const association = await setting.connect(udpPort, { interleaving, ...impatience });
    let received = 0;
    association.on('message', () => received++);
    for (const { data, streamId, ppid } of patternMessages(small)) await association.send(data, { streamId, ppid });
    for (let before = -1; before < received || before === 0; await sleep(1_000)) before = received;
    expect(received).toBeGreaterThan(1_000);
    expect(received).toBeLessThan(2_000);
    setting.relay.calm();
    await association.close();
    expect(await peer.event('result')).toMatchObject({ received: 2_000 });
    expect(await setting.captureDefects(chunk)).toEqual([]);
  });

  it.each([
    ['default', 0],
    ['round robin', 1],
    ['round robin per packet', perPacket],
    ['priority', prioritized],
    ['fair bandwidth', 4],
    ['first come, first served', 5],
  ])(
    'its schedulers: what usrsctp sends in the order of "%s" arrives, with DATA and with I-DATA',
    async (_, scheduler) => {
      // What changes streams with each packet does so within messages, too, which only I-DATA can carry.
      for (const interleaving of scheduler === perPacket ? [true] : [false, true]) {
        const endpoint = await setting.listen({ interleaving, port: 5001 + Number(interleaving) });
        const peer = await setting.usrsctpClient(endpoint.udpPort, {
          ...patternOptions(few),
          ...(interleaving ? { 'i-data': true } : {}),
          port: endpoint.port,
          scheduler,
          ...(scheduler === prioritized ? { priorities: true } : {}),
        });
        const association = await accept(endpoint);
        expect(association.capabilities.interleaving).toBe(interleaving);
        await echo(association, few);
        expect(await peer.event('result')).toMatchObject({ received: 400, orderOk: true, contentOk: true, ok: true });
        await endpoint.close();
      }
      expect(await setting.captureDefects()).toEqual([]);
    },
  );

  it('changes of the streams that usrsctp has not been told to allow are refused (RFC 6525)', async () => {
    const { udpPort } = await setting.usrsctpServer();
    const association = await setting.connect(udpPort);
    const messages = association[Symbol.asyncIterator]();
    const refused = { code: 'SCTP_ERR_REFUSED' };
    for (let n = 0; n < 3; n++) {
      await association.send(`before ${n}`);
      await expect(association.resetStreams({ outgoing: [0] })).rejects.toMatchObject(refused);
      await association.send(`behind ${n}`);
      for (let each = 0; each < 2; each++) expect((await messages.next()).value?.data).toHaveLength(8);
    }
    await expect(association.resetStreams({ incoming: 'all' })).rejects.toMatchObject(refused);
    await expect(association.addStreams({ outgoing: 1 })).rejects.toMatchObject(refused);
    await expect(association.resetAssociation()).rejects.toMatchObject(refused);
    await association.close();
    expect(await setting.captureDefects(reconfigChunk)).toEqual([]);
  });
});
