import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SctpError } from '../../../src/base/errors.ts';
import { type Pair, pair, quiet } from './pair.ts';

/** A pair whose server has closed its window, and whose client has much left to say. Only timeouts are not real. */
async function stuck(): Promise<Pair> {
  const all = await pair({}, { receiveBufferSize: 5_000 });
  for (let n = 0; n < 20; n++) void all.client.send(new Uint8Array(1_000));
  await quiet();
  expect(all.client.bufferedAmount).toBeGreaterThan(0);
  return all;
}

/** The other way round: the server's endpoint cannot get rid of its data. */
async function stuckServer(): Promise<Pair> {
  const all = await pair({ receiveBufferSize: 5_000 });
  for (let n = 0; n < 20; n++) void all.server.send(new Uint8Array(1_000));
  await quiet();
  return all;
}

const wrong: readonly unknown[] = [
  null,
  5,
  'now',
  { timeoutMs: -1 },
  { timeoutMs: Number.NaN },
  { timeoutMs: '1' },
  { timeoutMs: 2 ** 31 },
  { timeoutMs: null },
  { signal: 1 },
  { signal: null },
  { signal: {} },
];

describe('close with a limit', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
  afterEach(() => void vi.useRealTimers());

  it('aborts when its time is over, and tells both sides what was lost', async () => {
    const { client, server } = await stuck();
    const closing = expect(client.close({ timeoutMs: 1_000 })).rejects.toMatchObject({
      code: 'SCTP_ERR_SHUTDOWN_TIMEOUT',
    });
    await vi.advanceTimersByTimeAsync(999);
    expect(client.state).toBe('SHUTDOWN-PENDING');
    await vi.advanceTimersByTimeAsync(1);
    await closing;
    const { graceful, by, error, undelivered } = await client.closed;
    expect([graceful, by, error?.code]).toEqual([false, 'local', 'SCTP_ERR_SHUTDOWN_TIMEOUT']);
    expect(undelivered.length).toBeGreaterThan(0);
    await quiet();
    expect(await server.closed).toMatchObject({ by: 'peer', error: { code: 'SCTP_ERR_ABORTED_BY_PEER' } });
    await expect(client.close()).rejects.toMatchObject({ code: 'SCTP_ERR_SHUTDOWN_TIMEOUT' });
  });

  it('aborts when its signal does, also where that has happened before', async () => {
    for (const isLater of [true, false]) {
      const { client } = await stuck();
      const controller = new AbortController();
      if (!isLater) controller.abort();
      const closing = expect(client.close({ signal: controller.signal })).rejects.toMatchObject({
        code: 'SCTP_ERR_CANCELLED',
      });
      if (isLater) controller.abort(new Error('enough'));
      await closing;
      expect((await client.closed).error?.code).toBe('SCTP_ERR_CANCELLED');
    }
  });

  it('is graceful as long as the limit is not reached, and leaves no timer', async () => {
    const { client, server } = await pair();
    const { signal } = new AbortController();
    const spy = vi.spyOn(signal, 'removeEventListener');
    await client.close({ timeoutMs: 1_000, signal });
    expect((await server.closed).graceful).toBe(true);
    expect(spy).toHaveBeenCalledOnce();
    await vi.advanceTimersByTimeAsync(2_000);
    expect((await client.closed).error).toBeUndefined();
    await client.close({ timeoutMs: 0 });
  });

  it('may be given later, and tighter', async () => {
    const { client } = await stuck();
    const first = expect(client.close()).rejects.toMatchObject({ code: 'SCTP_ERR_SHUTDOWN_TIMEOUT' });
    const second = expect(client.close({ timeoutMs: 60_000 })).rejects.toMatchObject({
      code: 'SCTP_ERR_SHUTDOWN_TIMEOUT',
    });
    const third = expect(client.close({ timeoutMs: 100 })).rejects.toMatchObject({ code: 'SCTP_ERR_SHUTDOWN_TIMEOUT' });
    await vi.advanceTimersByTimeAsync(100);
    await Promise.all([first, second, third]);
  });

  it('holds for all associations of an endpoint, which resolves', async () => {
    for (const byTime of [true, false]) {
      const { endpoint, server } = await stuckServer();
      const controller = new AbortController();
      const closing = endpoint.close(byTime ? { timeoutMs: 1_000 } : { signal: controller.signal });
      controller.abort();
      await vi.advanceTimersByTimeAsync(byTime ? 1_000 : 0);
      await closing;
      expect((await server.closed).error?.code).toBe(byTime ? 'SCTP_ERR_SHUTDOWN_TIMEOUT' : 'SCTP_ERR_CANCELLED');
    }
  });

  it('is ten seconds for `await using`', async () => {
    const { client } = await stuck();
    const disposing = expect(client[Symbol.asyncDispose]()).rejects.toMatchObject({
      code: 'SCTP_ERR_SHUTDOWN_TIMEOUT',
    });
    await vi.advanceTimersByTimeAsync(9_999);
    expect(client.state).toBe('SHUTDOWN-PENDING');
    await vi.advanceTimersByTimeAsync(1);
    await disposing;
    const { endpoint, server } = await stuckServer();
    const closing = endpoint[Symbol.asyncDispose]();
    await vi.advanceTimersByTimeAsync(10_000);
    await closing;
    expect((await server.closed).error?.code).toBe('SCTP_ERR_SHUTDOWN_TIMEOUT');
  });

  it('takes no nonsense, and does nothing then', async () => {
    const { client, endpoint } = await pair();
    for (const options of wrong) {
      for (const closable of [client, endpoint]) {
        const error: unknown = await closable.close(options as never).catch((reason: unknown) => reason);
        expect(error, String(options)).toBeInstanceOf(SctpError);
        expect(error).toMatchObject({ code: 'SCTP_ERR_INVALID_ARGUMENT' });
      }
    }
    expect(client.state).toBe('ESTABLISHED');
    await client.close();
  });
});

describe('an endpoint that closes without a limit', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
  afterEach(() => void vi.useRealTimers());

  it('gives up a peer that lets its data wait for ten seconds', async () => {
    const { endpoint, server } = await stuckServer();
    const closing = endpoint.close();
    await vi.advanceTimersByTimeAsync(15_000);
    await closing;
    expect((await server.closed).error?.code).toBe('SCTP_ERR_STANDSTILL');
  });

  it('waits for a peer that reads, however slowly', async () => {
    const { endpoint, client, server } = await stuckServer();
    const closing = endpoint.close();
    const messages = client[Symbol.asyncIterator]();
    for (let n = 0; n < 20; n++) {
      await vi.advanceTimersByTimeAsync(2_000);
      expect((await messages.next()).value?.data.length).toBe(1_000);
    }
    await vi.advanceTimersByTimeAsync(5_000);
    await closing;
    expect((await server.closed).graceful).toBe(true);
  });
});
