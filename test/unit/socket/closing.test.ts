import { describe, expect, it, vi } from 'vitest';
import type { SctpClosed } from '../../../src/socket/closed.ts';
import { pair, quiet, readAll } from './pair.ts';

describe('close', () => {
  it('ends both sides gracefully, and both know who did it', async () => {
    const { client, server } = await pair();
    await client.close();
    expect(await client.closed).toMatchObject({ graceful: true, by: 'local', error: undefined, undelivered: [] });
    expect(await server.closed).toMatchObject({ graceful: true, by: 'peer', error: undefined, undelivered: [] });
    expect([client.state, server.state]).toEqual(['CLOSED', 'CLOSED']);
  });

  it('returns only when the peer has acknowledged everything, waiting sends included', async () => {
    const { client, server } = await pair({ sendBufferSize: 5_000 }, { receiveBufferSize: 5_000 });
    for (let i = 0; i < 50; i++) void client.send(`${i}`.padEnd(1_000));
    const texts = readAll(server);
    await client.close();
    expect(client.bufferedAmount).toBe(0);
    expect((await texts).map(Number)).toEqual(Array.from({ length: 50 }, (_, i) => i));
  });

  it('takes no new messages', async () => {
    const { client } = await pair();
    const closing = client.close();
    await expect(client.send('late')).rejects.toMatchObject({ code: 'SCTP_ERR_SHUTTING_DOWN' });
    await closing;
    await expect(client.send('later')).rejects.toMatchObject({ code: 'SCTP_ERR_CLOSED' });
  });

  it('can be called as often as one likes, before and after the end', async () => {
    const { client, server } = await pair();
    await Promise.all([client.close(), client.close(), server.close(), server.close()]);
    await client.close();
    await server.close();
  });

  it('rejects with what ended the association instead', async () => {
    const { client, server } = await pair();
    server.abort('no');
    await expect(client.close()).rejects.toMatchObject({ code: 'SCTP_ERR_ABORTED_BY_PEER' });
    await expect(client.close()).rejects.toMatchObject({ code: 'SCTP_ERR_ABORTED_BY_PEER' });
  });

  it('is what `await using` does', async () => {
    const { client, server } = await pair();
    void client.send('in time');
    await client[Symbol.asyncDispose]();
    expect(await readAll(server)).toEqual(['in time']);
    expect((await server.closed).graceful).toBe(true);
  });

  it('is told to listeners', async () => {
    const { client, server } = await pair();
    const closed = new Promise<SctpClosed>((resolve) => server.once('close', resolve));
    const error = vi.fn();
    server.on('error', error);
    await client.close();
    expect(await closed).toBe(await server.closed);
    expect(error).not.toHaveBeenCalled();
  });
});

describe('abort', () => {
  it('ends both sides at once, with the reason', async () => {
    const { client, server } = await pair();
    client.abort('for a good reason');
    const [here, there] = await Promise.all([client.closed, server.closed]);
    expect(here).toMatchObject({ graceful: false, by: 'local', error: { code: 'SCTP_ERR_ABORTED' } });
    expect(there).toMatchObject({ graceful: false, by: 'peer', error: { code: 'SCTP_ERR_ABORTED_BY_PEER' } });
    expect(there.causes).toMatchObject([{ kind: 'User-Initiated Abort' }]);
    expect(there.error?.message).toContain('10.0.0.1');
  });

  it('returns what the peer has not acknowledged', async () => {
    const { client, wire } = await pair();
    wire.isCut = true;
    await client.send('lost', { streamId: 4, ppid: 46 });
    client.abort();
    const { undelivered } = await client.closed;
    expect(undelivered).toMatchObject([{ streamId: 4, ppid: 46 }]);
    expect(new TextDecoder().decode(undelivered[0]?.data)).toBe('lost');
  });

  it('twice, or after the end, does nothing', async () => {
    const { client } = await pair();
    client.abort();
    client.abort();
    await client.closed;
    client.abort();
    await client[Symbol.asyncDispose]();
  });

  it('needs no listener for its error, and tells one that is there', async () => {
    const { client, server } = await pair();
    const errors: unknown[] = [];
    server.on('error', (error) => errors.push(error.code));
    client.abort();
    await Promise.all([client.closed, server.closed]);
    await quiet();
    expect(errors).toEqual(['SCTP_ERR_ABORTED_BY_PEER']);
  });
});

describe('a dead peer', () => {
  it('is reported, with what it did not get', async () => {
    const { client, wire } = await pair({ rtoInitialMs: 20, rtoMinMs: 20, rtoMaxMs: 40, associationMaxRetrans: 2 });
    wire.isCut = true;
    void client.send('anybody there?');
    const { graceful, error, undelivered } = await client.closed;
    expect(graceful).toBe(false);
    expect(error).toMatchObject({
      code: 'SCTP_ERR_PEER_UNREACHABLE',
      message: expect.stringContaining('10.0.0.2:5000'),
    });
    expect(undelivered).toHaveLength(1);
    await expect(client.close()).rejects.toBe(error);
  });
});
