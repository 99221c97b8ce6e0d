import { setImmediate } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { pair, quiet, read, readAll } from './pair.ts';

describe('send', () => {
  it('carries text and bytes with their stream, ppid and order', async () => {
    const { client, server } = await pair();
    await client.send('hello', { streamId: 1, ppid: 51, unordered: true });
    await client.send(Uint8Array.of(0, 255), { streamId: 7, ppid: 0xffff_ffff, sackImmediately: true });
    const messages = server[Symbol.asyncIterator]();
    const [first, second] = [(await messages.next()).value, (await messages.next()).value];
    expect(first).toMatchObject({ streamId: 1, ppid: 51, unordered: true });
    expect(new TextDecoder().decode(first?.data)).toBe('hello');
    expect(second).toMatchObject({ streamId: 7, ppid: 0xffff_ffff, unordered: false });
    expect([...(second?.data ?? [])]).toEqual([0, 255]);
  });

  it('lets the caller write to its memory again at once', async () => {
    const { client, server } = await pair();
    const memory = new Uint8Array(3);
    for (let i = 0; i < 10; i++) {
      memory.fill(0x30 + i);
      void client.send(memory);
    }
    expect(await read(server, 10)).toEqual(Array.from({ length: 10 }, (_, i) => String(i).repeat(3)));
  });

  it('takes 10,000 messages that nobody awaits, in order and soon', async () => {
    const { client, server } = await pair();
    for (let i = 0; i < 10_000; i++) void client.send(`message ${i}`);
    const texts = await read(server, 10_000);
    expect(texts).toEqual(Array.from({ length: 10_000 }, (_, i) => `message ${i}`));
    // What is quadratic takes minutes, and meets the limit of the test.
  }, 60_000);

  it('bundles small messages that are sent in one go, awaited or not', async () => {
    const { client, server } = await pair();
    const before = client.metrics().packetsSent;
    for (let i = 0; i < 50; i++) await client.send('0123456789');
    await read(server, 50);
    expect(client.metrics().packetsSent - before).toBeLessThan(5);
  });

  it('waits while the send buffer is full, and keeps the order', async () => {
    const { client, server } = await pair({ sendBufferSize: 10_000 }, { receiveBufferSize: 10_000 });
    const accepted: number[] = [];
    const sends = Array.from({ length: 100 }, async (_, i) => {
      await client.send(`${i}`.padEnd(1_000));
      accepted.push(i);
    });
    await quiet();
    // The peer's window and our buffer are full: some are in, the rest waits.
    expect(accepted.length).toBeGreaterThan(9);
    expect(accepted.length).toBeLessThan(40);
    expect(client.bufferedAmount).toBeLessThan(12_000);
    const texts = await read(server, 100);
    await Promise.all(sends);
    expect(accepted).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(texts.map(Number)).toEqual(accepted);
  });

  it('is acknowledged in the end', async () => {
    const { client, server } = await pair();
    await client.send('x'.repeat(100_000));
    expect(client.bufferedAmount).toBe(100_000);
    await read(server, 1);
    await vi.waitFor(() => expect(client.bufferedAmount).toBe(0));
  });

  it('takes a message back that waits, when its signal aborts', async () => {
    const { client, server } = await pair({ sendBufferSize: 2_000 }, { receiveBufferSize: 2_000 });
    const controller = new AbortController();
    for (let i = 0; i < 10; i++) void client.send(`${i}`.padEnd(1_000));
    const unwanted = client.send('unwanted', { signal: controller.signal });
    const wanted = client.send('wanted');
    await setImmediate();
    controller.abort();
    await expect(unwanted).rejects.toMatchObject({ name: 'SctpError', code: 'SCTP_ERR_CANCELLED' });
    const texts = await read(server, 11);
    await wanted;
    expect(texts.at(-1)).toBe('wanted');
  });

  it('does not even begin when its signal has aborted already', async () => {
    const { client } = await pair();
    await expect(client.send('x', { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'SCTP_ERR_CANCELLED',
    });
    expect(client.bufferedAmount).toBe(0);
  });

  it('rejects what cannot be sent, and goes on', async () => {
    const { client, server } = await pair({ outboundStreams: 3, maxMessageSize: 10 });
    await expect(client.send('')).rejects.toMatchObject({ code: 'SCTP_ERR_EMPTY_MESSAGE' });
    await expect(client.send('x'.repeat(11))).rejects.toMatchObject({ code: 'SCTP_ERR_MESSAGE_TOO_LARGE' });
    await expect(client.send('x', { streamId: 3 })).rejects.toMatchObject({ code: 'SCTP_ERR_INVALID_STREAM' });
    await expect(client.send('x', { ppid: -1 })).rejects.toMatchObject({ code: 'SCTP_ERR_INVALID_ARGUMENT' });
    await client.send('fine', { streamId: 2 });
    expect(await read(server, 1)).toEqual(['fine']);
  });

  it('rejects everything that waits when the association ends', async () => {
    const { client, server } = await pair({ sendBufferSize: 2_000 }, { receiveBufferSize: 2_000 });
    const sends = Array.from({ length: 10 }, () => client.send('x'.repeat(1_000)));
    await quiet();
    server.abort('enough');
    const outcomes = await Promise.allSettled(sends);
    const rejected = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(rejected.length).toBeGreaterThan(0);
    for (const { reason } of rejected) expect(reason).toMatchObject({ code: 'SCTP_ERR_ABORTED_BY_PEER' });
    await expect(client.send('late')).rejects.toMatchObject({ code: 'SCTP_ERR_ABORTED_BY_PEER' });
  });

  it('never ends the process by a rejection that nobody awaits', async () => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    const { client, server } = await pair({ sendBufferSize: 2_000 }, { receiveBufferSize: 2_000 });
    void client.send('');
    void client.send('x', { signal: AbortSignal.abort() });
    const controller = new AbortController();
    for (let i = 0; i < 10; i++) void client.send('x'.repeat(1_000), { signal: controller.signal });
    await quiet();
    controller.abort();
    void client.close();
    server.abort();
    await client.closed;
    void client.send('late');
    await quiet();
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  it('goes both ways at once', async () => {
    const { client, server } = await pair();
    for (let i = 0; i < 100; i++) {
      void client.send(`to server ${i}`);
      void server.send(`to client ${i}`);
    }
    const [atServer, atClient] = [readAll(server), readAll(client)];
    await client.close();
    expect((await atServer).length).toBe(100);
    expect((await atClient).length).toBe(100);
  });
});
