import { readFile, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SctpClosed } from '../../src/index.ts';
import { accept, echo, exchange } from './echo.ts';
import { badPackets, hasTshark } from './tshark.ts';
import { fullPattern, type Pattern, patternMessage } from './usrsctp/pattern.ts';
import { hasPeer, patternOptions } from './usrsctp/peer.ts';
import { Setting } from './usrsctp/setting.ts';

/** DATA, INIT, INIT ACK, SACK, COOKIE ECHO, COOKIE ACK: what every association has that carries messages. */
const livelyChunks = [0, 1, 2, 3, 10, 11];
/** SHUTDOWN, SHUTDOWN ACK, SHUTDOWN COMPLETE. */
const shutdownChunks = [7, 8, 14];
const abortChunk = 6;

const shortPattern: Pattern = { ...fullPattern, messages: 500 };

/** In each direction. */
const badNetwork = { seed: 1, lossRate: 0.02, duplicateRate: 0.01, reorderRate: 0.02 };
/** Short timers: a retransmission timeout costs the time of the test, and on loopback it is always too long. */
const impatience = { rtoInitialMs: 200, rtoMinMs: 100 };
const usrsctpImpatience = { 'rto-initial': 200, 'rto-min': 100 };

/** The text of the one cause that ended an association by the will of its user. */
function abortReason({ causes }: SctpClosed): string {
  const [cause] = causes;
  if (causes.length !== 1 || cause?.kind !== 'User-Initiated Abort') return `other causes: ${JSON.stringify(causes)}`;
  return Buffer.from(cause.reason).toString();
}

describe.skipIf(!hasPeer)('usrsctp', () => {
  let setting: Setting;
  beforeEach(() => {
    setting = new Setting();
  });
  afterEach(() => setting.close());

  describe('10,000 messages of 1 byte to 256 KiB on 16 streams', () => {
    const everything = { sent: 10_000, received: 10_000, orderOk: true, contentOk: true, errors: 0, ok: true };

    it('come back from the usrsctp server as we sent them', async () => {
      const { peer, udpPort } = await setting.usrsctpServer({ verify: true, ...patternOptions(fullPattern) });
      const association = await setting.connect(udpPort);
      const { bytes } = await exchange(association, fullPattern);
      await association.close();
      expect(await peer.event('result')).toMatchObject({ ...everything, bytes });
      expect(await peer.exited).toBe(0);
      expect(await setting.captureDefects(...livelyChunks, ...shutdownChunks)).toEqual([]);
    });

    it('come back to the usrsctp client as it sent them', async () => {
      const endpoint = await setting.listen();
      const peer = await setting.usrsctpClient(endpoint.udpPort, patternOptions(fullPattern));
      const association = await accept(endpoint);
      const { bytes, received } = await echo(association, fullPattern);
      expect(received).toBe(10_000);
      expect(await association.closed).toMatchObject({ graceful: true, by: 'peer' });
      expect(await peer.event('result')).toMatchObject({ ...everything, bytes });
      expect(await peer.exited).toBe(0);
      await endpoint.close();
      expect(await setting.captureDefects(...livelyChunks, ...shutdownChunks)).toEqual([]);
    });

    it('come back from the usrsctp server through a bad network', async () => {
      setting = new Setting(badNetwork);
      const { peer, udpPort } = await setting.usrsctpServer({
        verify: true,
        ...patternOptions(fullPattern),
        ...usrsctpImpatience,
      });
      const association = await setting.connect(udpPort, impatience);
      const { bytes } = await exchange(association, fullPattern);
      expect(setting.relay.stats.lost).toBeGreaterThan(100);
      expect(setting.relay.stats.duplicated).toBeGreaterThan(50);
      expect(setting.relay.stats.reordered).toBeGreaterThan(100);
      expect(association.metrics().dataChunksRetransmitted).toBeGreaterThan(100);
      // Whoever sends the last SHUTDOWN COMPLETE is gone then: its loss would be no failure, and must not look like one.
      setting.relay.calm();
      await association.close();
      expect(await peer.event('result')).toMatchObject({ ...everything, bytes });
      expect(await peer.exited).toBe(0);
      expect(await setting.captureDefects(...livelyChunks, ...shutdownChunks)).toEqual([]);
    });

    it('come back to the usrsctp client through a bad network', async () => {
      setting = new Setting(badNetwork);
      const endpoint = await setting.listen(impatience);
      const peer = await setting.usrsctpClient(endpoint.udpPort, {
        ...patternOptions(fullPattern),
        ...usrsctpImpatience,
        // It answers a repeated SHUTDOWN ACK as long as it is there.
        'linger-ms': 3000,
      });
      const association = await accept(endpoint);
      const { bytes, received } = await echo(association, fullPattern);
      expect(received).toBe(10_000);
      expect(setting.relay.stats.lost).toBeGreaterThan(100);
      expect(await association.closed).toMatchObject({ graceful: true, by: 'peer' });
      expect(await peer.event('result')).toMatchObject({ ...everything, bytes });
      expect(await peer.exited).toBe(0);
      await endpoint.close();
      expect(await setting.captureDefects(...livelyChunks, ...shutdownChunks)).toEqual([]);
    });
  });

  describe('a graceful shutdown', () => {
    it('by us, the client', async () => {
      const { peer, udpPort } = await setting.usrsctpServer();
      const association = await setting.connect(udpPort);
      await exchange(association, shortPattern);
      await association.close();
      expect(await association.closed).toMatchObject({ graceful: true, by: 'local', error: undefined });
      expect(association.state).toBe('CLOSED');
      await peer.event('shutdownReceived');
      await peer.event('shutdown');
      expect(await peer.exited).toBe(0);
      expect(await setting.captureDefects(...livelyChunks, ...shutdownChunks)).toEqual([]);
    });

    it('by us, the server', async () => {
      const endpoint = await setting.listen();
      // It never closes by itself: it waits for more messages than there are.
      const peer = await setting.usrsctpClient(endpoint.udpPort, {
        ...patternOptions(shortPattern),
        'close-after': 501,
      });
      const association = await accept(endpoint);
      const messages = association[Symbol.asyncIterator]();
      for (let received = 0; received < shortPattern.messages; received++) {
        const { value } = await messages.next();
        if (value !== undefined) await association.send(value.data, value);
      }
      await association.close();
      expect(await association.closed).toMatchObject({ graceful: true, by: 'local', error: undefined });
      await peer.event('shutdownReceived');
      expect(await peer.event('result')).toMatchObject({ sent: 500, received: 500, ok: true });
      expect(await peer.exited).toBe(0);
      await endpoint.close();
      expect(await setting.captureDefects(...livelyChunks, ...shutdownChunks)).toEqual([]);
    });

    it('by the usrsctp client', async () => {
      const endpoint = await setting.listen();
      const peer = await setting.usrsctpClient(endpoint.udpPort, patternOptions(shortPattern));
      const association = await accept(endpoint);
      expect((await echo(association, shortPattern)).received).toBe(500);
      expect(await association.closed).toMatchObject({ graceful: true, by: 'peer', error: undefined });
      await peer.event('shutdown');
      expect(await peer.exited).toBe(0);
      await endpoint.close();
      expect(await setting.captureDefects(...livelyChunks, ...shutdownChunks)).toEqual([]);
    });

    it('by the usrsctp server', async () => {
      const { peer, udpPort } = await setting.usrsctpServer({ 'close-after': shortPattern.messages });
      const association = await setting.connect(udpPort);
      await exchange(association, shortPattern);
      expect(await association.closed).toMatchObject({ graceful: true, by: 'peer', error: undefined });
      await expect(association.send('too late')).rejects.toMatchObject({ code: 'SCTP_ERR_CLOSED' });
      await peer.event('shutdown');
      expect(await peer.exited).toBe(0);
      expect(await setting.captureDefects(...livelyChunks, ...shutdownChunks)).toEqual([]);
    });
  });

  describe('an abort with a reason, while messages are under way', () => {
    it('by us, the client', async () => {
      const { peer, udpPort } = await setting.usrsctpServer();
      const association = await setting.connect(udpPort);
      const exchanging = expect(exchange(association, fullPattern)).rejects.toMatchObject({ code: 'SCTP_ERR_ABORTED' });
      await expect.poll(() => association.metrics().messagesReceived, { interval: 1 }).toBeGreaterThan(0);
      association.abort('enough');
      await exchanging;
      const closed = await association.closed;
      expect(closed).toMatchObject({ graceful: false, by: 'local', error: { code: 'SCTP_ERR_ABORTED' } });
      expect(abortReason(closed)).toBe('enough');
      expect(await peer.event('aborted')).toMatchObject({ by: 'peer', cause: 12, reason: 'enough' });
      await peer.exited;
      expect(await setting.captureDefects(...livelyChunks, abortChunk)).toEqual([]);
    });

    it('by us, the server', async () => {
      const endpoint = await setting.listen();
      const peer = await setting.usrsctpClient(endpoint.udpPort, patternOptions(shortPattern));
      const association = await accept(endpoint);
      const { value } = await association[Symbol.asyncIterator]().next();
      // With a SACK chunk on the way, and answered by one.
      if (value !== undefined) await association.send(value.data, { ...value, until: 'delivered' });
      association.abort('sorry');
      const closed = await association.closed;
      expect(closed).toMatchObject({ graceful: false, by: 'local', error: { code: 'SCTP_ERR_ABORTED' } });
      expect(await peer.event('aborted')).toMatchObject({ by: 'peer', cause: 12, reason: 'sorry' });
      await peer.exited;
      await endpoint.close();
      expect(await setting.captureDefects(...livelyChunks, abortChunk)).toEqual([]);
    });

    it('by the usrsctp client', async () => {
      const endpoint = await setting.listen();
      const peer = await setting.usrsctpClient(endpoint.udpPort, {
        ...patternOptions(shortPattern),
        'abort-after': 100,
        reason: 'fed up',
      });
      const association = await accept(endpoint);
      await expect(echo(association, shortPattern)).rejects.toMatchObject({ code: 'SCTP_ERR_ABORTED_BY_PEER' });
      const closed = await association.closed;
      expect(closed).toMatchObject({ graceful: false, by: 'peer', error: { code: 'SCTP_ERR_ABORTED_BY_PEER' } });
      expect(abortReason(closed)).toBe('fed up');
      expect(await peer.exited).toBe(0);
      await endpoint.close();
      expect(await setting.captureDefects(...livelyChunks, abortChunk)).toEqual([]);
    });

    it('by the usrsctp server', async () => {
      const { peer, udpPort } = await setting.usrsctpServer({ 'abort-after': 100, reason: 'closing time' });
      const association = await setting.connect(udpPort);
      await expect(exchange(association, shortPattern)).rejects.toMatchObject({ code: 'SCTP_ERR_ABORTED_BY_PEER' });
      const closed = await association.closed;
      expect(closed).toMatchObject({ graceful: false, by: 'peer', error: { code: 'SCTP_ERR_ABORTED_BY_PEER' } });
      expect(abortReason(closed)).toBe('closing time');
      expect(await peer.exited).toBe(0);
      expect(await setting.captureDefects(...livelyChunks, abortChunk)).toEqual([]);
    });
  });

  describe('where nobody listens', () => {
    it('our connect is refused', async () => {
      const { udpPort } = await setting.usrsctpServer();
      await expect(setting.connect(udpPort, { port: 5002 })).rejects.toMatchObject({ code: 'SCTP_ERR_REFUSED' });
      expect(await setting.captureDefects(1, abortChunk)).toEqual([]);
    });

    it('the usrsctp client is refused', async () => {
      const endpoint = await setting.listen();
      const peer = await setting.usrsctpClient(endpoint.udpPort, { port: 5002, 'expect-refused': true });
      expect(await peer.event('cantstart')).toMatchObject({ refused: true });
      expect(await peer.exited).toBe(0);
      await endpoint.close();
      expect(await setting.captureDefects(1, abortChunk)).toEqual([]);
    });
  });

  it.skipIf(!hasTshark)('would not get away with a damaged packet: tshark sees one flipped bit', async () => {
    const { udpPort } = await setting.usrsctpServer();
    const association = await setting.connect(udpPort);
    await exchange(association, { ...shortPattern, messages: 16 });
    await association.close();
    expect(await setting.captureDefects(...livelyChunks)).toEqual([]);
    const [capture] = setting.captures;
    const bytes = await readFile(capture!.file);
    const { data } = patternMessage(shortPattern, 1, 0);
    const position = bytes.indexOf(data.subarray(0, 100));
    bytes[position]! ^= 1;
    await writeFile(capture!.file, bytes);
    expect(await badPackets(capture!.file, capture!.udpPort)).toHaveLength(1);
  });
});
