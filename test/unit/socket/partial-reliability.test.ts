import { describe, expect, it } from 'vitest';
import type { SctpError } from '../../../src/index.ts';
import { pair, quiet, read } from './pair.ts';

/** The code that a promise rejects with; 'resolved' when it does not. */
const outcome = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'resolved',
    (error: SctpError) => error.code,
  );

/** Whether a promise waits for more than all that happens without a timer. */
async function isPending(promise: Promise<unknown>): Promise<boolean> {
  let isSettled = false;
  void promise.finally(() => {
    isSettled = true;
  });
  await quiet();
  return !isSettled;
}

/** Short timers, so that what is lost is found out soon. */
const hasty = { rtoMinMs: 20, rtoInitialMs: 20, rtoMaxMs: 50, sackDelayMs: 10 };

describe('send until delivered', () => {
  it('resolves when the peer has acknowledged the message', async () => {
    const { client, server, wire } = await pair(hasty, hasty);
    await client.send('first', { until: 'delivered' });
    expect([client.bufferedAmount, await read(server, 1)]).toEqual([0, ['first']]);
    wire.isCut = true;
    const accepted = client.send('second');
    const delivered = client.send('third', { until: 'delivered' });
    await accepted;
    expect(await isPending(delivered)).toBe(true);
    wire.isCut = false;
    await delivered;
    expect(await read(server, 2)).toEqual(['second', 'third']);
  });

  it('rejects when the message is given up', async () => {
    const { client, server, wire } = await pair(hasty, hasty);
    const abandoned: [string, boolean][] = [];
    client.on('abandoned', ({ data }, wasSent) => abandoned.push([new TextDecoder().decode(data), wasSent]));
    wire.isCut = true;
    const once = client.send('once', { maxRetransmits: 0, until: 'delivered' });
    const soon = client.send('soon', { lifetimeMs: 10, until: 'delivered', streamId: 1 });
    expect(await Promise.all([outcome(once), outcome(soon)])).toEqual(['SCTP_ERR_ABANDONED', 'SCTP_ERR_ABANDONED']);
    wire.isCut = false;
    await client.send('after', { until: 'delivered' });
    expect(await read(server, 1)).toEqual(['after']);
    expect(abandoned).toEqual([
      ['once', true],
      ['soon', true],
    ]);
    expect([client.abandonedMessages(0), client.abandonedMessages(1), client.abandonedMessages(2)]).toEqual([
      { unsent: 0, sent: 1 },
      { unsent: 0, sent: 1 },
      { unsent: 0, sent: 0 },
    ]);
  });

  it('rejects with the reason when the association ends before', async () => {
    const { client, server, wire } = await pair();
    wire.isCut = true;
    const sent = client.send('lost', { until: 'delivered' });
    wire.isCut = false;
    server.abort();
    expect(await outcome(sent)).toBe('SCTP_ERR_ABORTED_BY_PEER');
    expect(await outcome(client.send('late', { until: 'delivered' }))).toBe('SCTP_ERR_ABORTED_BY_PEER');
  });

  it('rejects with what is wrong with the message, and when it is cancelled before it is accepted', async () => {
    const { client, wire } = await pair({ sendBufferSize: 100 });
    expect(await outcome(client.send('', { until: 'delivered' }))).toBe('SCTP_ERR_EMPTY_MESSAGE');
    wire.isCut = true;
    await client.send('x'.repeat(100));
    const controller = new AbortController();
    const waiting = client.send('y', { until: 'delivered', signal: controller.signal });
    controller.abort();
    expect(await outcome(waiting)).toBe('SCTP_ERR_CANCELLED');
  });

  it('of messages that wait for room, too', async () => {
    const { client, server } = await pair({ sendBufferSize: 1_000 });
    const sends = Array.from({ length: 50 }, (_, n) => client.send(`${n}`.padEnd(500), { until: 'delivered' }));
    const texts = await read(server, 50);
    await Promise.all(sends);
    expect(texts.map(Number)).toEqual(Array.from({ length: 50 }, (_, n) => n));
  });

  it('a graceful close delivers first', async () => {
    const { client, server } = await pair();
    const sent = client.send('last', { until: 'delivered' });
    await client.close();
    expect([await outcome(sent), await read(server, 1)]).toEqual(['resolved', ['last']]);
  });
});

describe('send with a priority', () => {
  it('gives up what is worth less instead of waiting for room', async () => {
    const { client, server, wire } = await pair({ sendBufferSize: 1_000, ...hasty }, hasty);
    wire.isCut = true;
    const low = client.send('low'.padEnd(1_000), { priority: 9, until: 'delivered' });
    const high = client.send('high', { priority: 1, until: 'delivered' });
    expect(await outcome(low)).toBe('SCTP_ERR_ABANDONED');
    wire.isCut = false;
    await high;
    expect(await read(server, 1)).toEqual(['high']);
  });

  it('waits for room where nothing is worth less', async () => {
    const { client, server, wire } = await pair({ sendBufferSize: 1_000, ...hasty }, hasty);
    wire.isCut = true;
    await client.send('x'.repeat(1_000));
    const waiting = client.send('high', { priority: 0 });
    expect(await isPending(waiting)).toBe(true);
    wire.isCut = false;
    await waiting;
    expect((await read(server, 2))[1]).toBe('high');
  });
});

it.each([
  ['maxRetransmits', { maxRetransmits: -1 }],
  ['maxRetransmits', { maxRetransmits: 0.5 }],
  ['priority', { priority: 2 ** 32 }],
  ['lifetimeMs', { lifetimeMs: Number.NaN }],
  ['until', { until: 'sent' as 'accepted' }],
])('%s must be valid', async (name, options) => {
  const { client } = await pair();
  await expect(client.send('x', options)).rejects.toMatchObject({
    code: 'SCTP_ERR_INVALID_ARGUMENT',
    message: expect.stringContaining(name),
  });
});
