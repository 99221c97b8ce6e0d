import { once } from 'node:events';
import { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { describe, expect, it } from 'vitest';
import type { SctpStream } from '../../../src/socket/sctp-stream.ts';
import { pattern } from '../../support/messages.ts';
import { pair, quiet, read } from './pair.ts';

/** The next so many bytes. */
async function textOf(stream: SctpStream, length: number): Promise<string> {
  let received = '';
  for await (const bytes of stream.iterator({ destroyOnReturn: false })) {
    received += Buffer.from(bytes).toString();
    if (received.length >= length) break;
  }
  return received;
}

describe('one stream as an object', () => {
  it('sends a message for each write, and reads bytes', async () => {
    const { client, server } = await pair();
    const stream = client.stream(3, { ppid: 51 });
    stream.write('one');
    stream.write('two');
    const messages = server[Symbol.asyncIterator]();
    const first = await messages.next();
    expect(first.value).toMatchObject({ streamId: 3, ppid: 51, data: new Uint8Array(Buffer.from('one')) });
    await messages.return?.();
    const peer = server.stream(3);
    await server.send('hello ', { streamId: 3 });
    peer.write('world');
    expect(await textOf(stream, 11)).toBe('hello world');
    expect(await textOf(peer, 3)).toBe('two');
  });

  it('gets the messages of its stream, those that waited already too, and nobody else does', async () => {
    const { client, server } = await pair();
    await client.send('early', { streamId: 3 });
    await quiet();
    const stream = server.stream(3);
    const others = read(server, 1);
    await client.send(' late', { streamId: 3 });
    await client.send('for others', { streamId: 4 });
    expect(await others).toEqual(['for others']);
    const reading = text(stream);
    await client.close();
    expect(await reading).toBe('early late');
  });

  it('is there once at a time', async () => {
    const { client } = await pair();
    const stream = client.stream(3);
    expect(() => client.stream(3)).toThrow(expect.objectContaining({ code: 'SCTP_ERR_INVALID_ARGUMENT' }));
    stream.destroy();
    await once(stream, 'close');
    client.stream(3);
  });

  it('leaves to others what it has not read when it is destroyed', async () => {
    const { client, server } = await pair();
    const stream = server.stream(3);
    await client.send('x', { streamId: 3 });
    await client.send('y', { streamId: 3 });
    await quiet();
    stream.destroy();
    expect(await read(server, 2)).toEqual(['x', 'y']);
  });

  it('waits for its reader, and others go on meanwhile', async () => {
    const { client, server } = await pair({ sendBufferSize: 1_000_000 }, { receiveBufferSize: 1_000_000 });
    const slow = server.stream(1);
    const sender = client.stream(1);
    for (let i = 0; i < 10; i++) sender.write(pattern(i, 50_000));
    await client.send('others', { streamId: 2 });
    expect(await read(server, 1)).toEqual(['others']);
    sender.end();
    const reading = buffer(slow);
    await once(sender, 'finish');
    await client.close();
    expect((await reading).length).toBe(500_000);
  });

  it('carries any amount, in messages that are larger than the receive buffer', async () => {
    const { client, server } = await pair({ sendBufferSize: 100_000 }, { receiveBufferSize: 100_000 });
    const data = pattern(7, 3_000_000);
    const sending = pipeline(Readable.from([data.subarray(0, 1_500_000), data.subarray(1_500_000)]), client.stream(5));
    const reading = buffer(server.stream(5));
    await sending;
    await client.close();
    expect(Buffer.compare(await reading, data)).toBe(0);
  });

  it('ends for the peer when it resets the outgoing stream at its end (RFC 6525), behind what was written', async () => {
    const { client, server } = await pair();
    const stream = client.stream(3, { resetOnEnd: true });
    const reading = text(server.stream(3));
    stream.write('all that ');
    stream.end('there is');
    expect(await reading).toBe('all that there is');
    // What comes then is of the next one.
    await client.send('afterwards', { streamId: 3 });
    expect(await read(server, 1)).toEqual(['afterwards']);
  });

  it('ends on both sides where nobody leaves it half open', async () => {
    const { client, server } = await pair();
    const peer = server.stream(3, { resetOnEnd: true, allowHalfOpen: false });
    peer.resume();
    const stream = client.stream(3, { resetOnEnd: true });
    stream.resume();
    stream.end('bye');
    await Promise.all([once(stream, 'close'), once(peer, 'close')]);
    expect([stream.readableEnded, peer.writableFinished]).toEqual([true, true]);
  });

  it('is destroyed with the error that ended the association', async () => {
    const { client, server } = await pair();
    const stream = server.stream(3);
    stream.resume();
    client.abort();
    const [error] = await once(stream, 'error');
    expect(error).toMatchObject({ code: 'SCTP_ERR_ABORTED_BY_PEER' });
  });

  it('is destroyed when the peer gives up a message that has begun to come', async () => {
    const { client, server } = await pair({}, { partialDeliveryPoint: 1_000 });
    const stream = server.stream(3);
    stream.resume();
    const writer = client.openMessage({ streamId: 3 });
    await writer.write(pattern(1, 10_000));
    await once(stream, 'data');
    writer.abandon();
    const [error] = await once(stream, 'error');
    expect(error).toMatchObject({ code: 'SCTP_ERR_ABANDONED' });
  });

  it('fails to write on a stream that there is not', async () => {
    const { client } = await pair({ outboundStreams: 2 });
    const stream = client.stream(7);
    stream.write('x');
    const [error] = await once(stream, 'error');
    expect(error).toMatchObject({ code: 'SCTP_ERR_INVALID_STREAM' });
  });

  it('is a pair of WHATWG streams, too', async () => {
    const { client, server } = await pair();
    const { readable } = server.webStream(3);
    const { writable } = client.webStream(3, { resetOnEnd: true });
    const writer = writable.getWriter();
    await writer.write(new TextEncoder().encode('through the web'));
    await writer.close();
    let received = '';
    for await (const bytes of readable) received += new TextDecoder().decode(bytes);
    expect(received).toBe('through the web');
  });
});
