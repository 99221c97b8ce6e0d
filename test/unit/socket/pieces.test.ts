import { describe, expect, it } from 'vitest';
import { SctpError } from '../../../src/base/errors.ts';
import type { SctpAssociation } from '../../../src/socket/association.ts';
import type { IncomingMessage } from '../../../src/socket/incoming-message.ts';
import { pattern } from '../../support/messages.ts';
import { pair, quiet, read } from './pair.ts';

const mebibyte = 1024 * 1024;
const smallBuffers = [{ sendBufferSize: mebibyte }, { receiveBufferSize: mebibyte }] as const;

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.catch((reason: unknown) => reason);
  return error instanceof SctpError ? error.code : String(error);
}

/** The next message, whole or not. */
async function nextOf(messages: AsyncIterator<IncomingMessage, undefined>): Promise<IncomingMessage> {
  const { value } = await messages.next();
  if (value === undefined) throw new Error('there is no message');
  return value;
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

describe('a message that is written in pieces', () => {
  it('arrives as one', async () => {
    const { client, server } = await pair();
    const writer = client.openMessage({ streamId: 3, ppid: 51 });
    await writer.write('one ');
    await writer.write(new TextEncoder().encode('two '));
    await writer.end('three');
    const { value } = await server[Symbol.asyncIterator]().next();
    expect(value).toMatchObject({ streamId: 3, ppid: 51, unordered: false });
    expect(text(value!.data)).toBe('one two three');
  });

  it('keeps its place among the others, and is not larger than it is', async () => {
    const { client, server } = await pair();
    void client.send('before');
    const writer = client.openMessage();
    void client.send('after');
    void writer.write('in between');
    void writer.end();
    expect(await read(server, 3)).toEqual(['before', 'in between', 'after']);
    await expect.poll(() => client.bufferedAmount).toBe(0);
  });

  it('keeps its place behind those that wait for room, too', async () => {
    const { client, server } = await pair({ sendBufferSize: 10 });
    const sent = [client.send('0123456789'), client.send('before')];
    const writer = client.openMessage();
    sent.push(writer.write('mine'), writer.end(), client.send('after'));
    expect(await read(server, 4)).toEqual(['0123456789', 'before', 'mine', 'after']);
    await Promise.all(sent);
  });

  it('is refused when it is empty at its end (RFC 9260 §3.3.1), and nothing waits for it', async () => {
    const { client, server } = await pair();
    const writer = client.openMessage();
    void client.send('next');
    expect(await codeOf(writer.end())).toBe('SCTP_ERR_EMPTY_MESSAGE');
    expect(await read(server, 1)).toEqual(['next']);
    await client.close();
  });

  it('may be ended once, and not written to afterwards', async () => {
    const { client } = await pair();
    const writer = client.openMessage();
    await writer.end('all');
    expect(await codeOf(writer.write('more'))).toBe('SCTP_ERR_INVALID_ARGUMENT');
    expect(await codeOf(writer.end())).toBe('SCTP_ERR_INVALID_ARGUMENT');
  });

  it('tells when the peer has it, if it is asked to', async () => {
    const { client, wire } = await pair();
    const writer = client.openMessage({ until: 'delivered' });
    void writer.write('x');
    wire.isCut = true;
    let isDelivered = false;
    const delivered = writer.end('y').then(() => {
      isDelivered = true;
    });
    await quiet();
    expect(isDelivered).toBe(false);
    wire.isCut = false;
    await delivered;
    expect(client.bufferedAmount).toBe(0);
  });

  it('can be given up, and the peer gets nothing of it (RFC 3758)', async () => {
    const { client, server } = await pair();
    const writer = client.openMessage();
    await writer.write(pattern(1, 100_000));
    await quiet();
    writer.abandon();
    expect(await codeOf(writer.write('more'))).toBe('SCTP_ERR_ABANDONED');
    await client.send('next');
    expect(await read(server, 1)).toEqual(['next']);
  });

  it('cannot be given up any more where the peer does not speak FORWARD TSN', async () => {
    const { client } = await pair({ partialReliability: false });
    const writer = client.openMessage();
    await writer.write('xyz');
    await quiet();
    expect(() => writer.abandon()).toThrow(expect.objectContaining({ code: 'SCTP_ERR_NOT_SUPPORTED' }));
    await writer.end();
    await client.close();
  });

  it('holds back a close until it has ended (RFC 9260 §9.2)', async () => {
    const { client, server } = await pair();
    const writer = client.openMessage();
    await writer.write('first');
    const closing = client.close();
    expect(() => client.openMessage()).toThrow(expect.objectContaining({ code: 'SCTP_ERR_SHUTTING_DOWN' }));
    await quiet();
    expect(client.state).toBe('SHUTDOWN-PENDING');
    await writer.end(' last');
    expect(await read(server, 1)).toEqual(['first last']);
    await closing;
  });

  it('fails with the association, which tells what was left of it', async () => {
    const { client, server, wire } = await pair();
    const writer = client.openMessage();
    await writer.write('there');
    await quiet();
    wire.isCut = true;
    await writer.write(' not there');
    client.abort();
    expect(await codeOf(writer.write('more'))).toBe('SCTP_ERR_CLOSED');
    const { undelivered } = await client.closed;
    // The last byte that was written waits for the next one.
    expect(undelivered.map(({ data }) => text(data))).toEqual(['e not there']);
    server.abort();
  });

  it('goes on while others have filled the send buffer, which wait for its end', async () => {
    const { client, server } = await pair({ sendBufferSize: 1_000 });
    const writer = client.openMessage();
    await writer.write('begin ');
    await quiet();
    const others = [1, 2, 3].map((n) => client.send(pattern(n, 1_000), { streamId: n }));
    for (let i = 0; i < 20; i++) await writer.write(`${i} `);
    await writer.end('end');
    expect((await read(server, 4))[0]).toMatch(/^begin 0 1 2 .* 19 end$/);
    await Promise.all(others);
  });

  it('comes from an async iterable, or a ReadableStream, as well', async () => {
    const { client, server } = await pair();
    async function* source(): AsyncGenerator<string> {
      yield 'a';
      yield 'b';
    }
    await client.send(source(), { streamId: 1 });
    await client.send(new Blob(['from a ', 'blob']).stream(), { streamId: 2 });
    expect(await read(server, 2)).toEqual(['ab', 'from a blob']);
  });

  it('is given up when its source fails, or the signal aborts', async () => {
    const { client, server } = await pair();
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield pattern(1, 10_000);
      await quiet();
      throw new Error('out of ideas');
    }
    await expect(client.send(broken())).rejects.toThrow('out of ideas');
    const controller = new AbortController();
    async function* endless(): AsyncGenerator<string> {
      yield 'xyz';
      controller.abort();
      await new Promise(() => {});
    }
    expect(await codeOf(client.send(endless(), { signal: controller.signal }))).toBe('SCTP_ERR_CANCELLED');
    await client.send('next');
    expect(await read(server, 1)).toEqual(['next']);
  });

  it('is a WHATWG stream, too', async () => {
    const { client, server } = await pair();
    await new Blob(['piped']).stream().pipeTo(client.openMessage().writable);
    expect(await read(server, 1)).toEqual(['piped']);
  });
});

describe('messages that are read in pieces', () => {
  it('are there before they are complete, once they have grown beyond the partial delivery point', async () => {
    const { client, server } = await pair({}, { partialDeliveryPoint: 1_000 });
    const messages = server.incomingMessages();
    const writer = client.openMessage({ streamId: 2, ppid: 7, unordered: true });
    await writer.write(pattern(0, 5_000));
    const message = await nextOf(messages);
    expect(message).toMatchObject({ streamId: 2, ppid: 7, unordered: true });
    const pieces = message[Symbol.asyncIterator]();
    expect((await pieces.next()).value?.[0]).toBe(0);
    const rest = (async () => {
      let length = 0;
      for await (const piece of pieces) length += piece.length;
      return length;
    })();
    await writer.end('x');
    expect(await rest).toBeLessThan(5_001);
  });

  it('are whole when they are small, and both in their order', async () => {
    const { client, server } = await pair();
    void client.send('small');
    void client.send(pattern(1, 300_000));
    void client.send('small again');
    const lengths: number[] = [];
    for await (const message of server.incomingMessages()) {
      lengths.push((await message.bytes()).length);
      if (lengths.length === 3) break;
    }
    expect(lengths).toEqual([5, 300_000, 11]);
  });

  it('pass in any size through small buffers, without growing memory', async () => {
    const { client, server } = await pair(...smallBuffers);
    const total = 256 * mebibyte;
    const piece = pattern(1, mebibyte / 4);
    const writing = (async () => {
      const writer = client.openMessage();
      for (let sent = 0; sent < total; sent += piece.length) await writer.write(piece);
      await writer.end();
    })();
    const message = await nextOf(server.incomingMessages());
    const before = process.memoryUsage();
    let received = 0;
    let most = 0;
    for await (const bytes of message) {
      for (let i = 0; i < bytes.length; i += 1_021) {
        const place = (received + i) % piece.length;
        if (bytes[i] !== piece[place]) throw new Error(`byte ${received + i} is wrong`);
      }
      received += bytes.length;
      if (received % (8 * mebibyte) < bytes.length) {
        const { arrayBuffers, heapUsed } = process.memoryUsage();
        most = Math.max(most, arrayBuffers - before.arrayBuffers, heapUsed - before.heapUsed);
      }
    }
    await writing;
    expect(received).toBe(total);
    // What is garbage is not collected at once.
    expect(most).toBeLessThan(128 * mebibyte);
  }, 60_000);

  it('end the association where nobody reads them so, and the error tells of the way out', async () => {
    const { client, server } = await pair({}, { receiveBufferSize: 50_000 });
    void client.send(pattern(1, 100_000));
    const { error, causes } = await server.closed;
    expect(error?.message).toContain('incomingMessages()');
    expect(causes).toEqual([{ kind: 'Out of Resource' }]);
  });

  it('fail when the peer gives up the rest, after what had come; the next message follows', async () => {
    const { client, server } = await pair({}, { partialDeliveryPoint: 1_000 });
    const messages = server.incomingMessages();
    const writer = client.openMessage();
    await writer.write(pattern(1, 5_000));
    const message = await nextOf(messages);
    await client.send('next');
    writer.abandon();
    expect(await codeOf(message.bytes())).toBe('SCTP_ERR_ABANDONED');
    expect(text(await (await nextOf(messages)).bytes())).toBe('next');
  });

  it('fail with the association', async () => {
    const { client, server } = await pair({}, { partialDeliveryPoint: 1_000 });
    const messages = server.incomingMessages();
    await client.openMessage().write(pattern(1, 5_000));
    const message = await nextOf(messages);
    const bytes = codeOf(message.bytes());
    client.abort();
    expect(await bytes).toBe('SCTP_ERR_ABORTED_BY_PEER');
    expect(await codeOf(messages.next())).toBe('SCTP_ERR_ABORTED_BY_PEER');
  });

  it('let go of what their reader does not want', async () => {
    const { client, server } = await pair({}, { receiveBufferSize: 100_000, partialDeliveryPoint: 1_000 });
    const messages = server.incomingMessages();
    void client.send(pattern(1, 1_000_000));
    void client.send(pattern(2, 1_000_000));
    void client.send('last');
    for await (const _ of await nextOf(messages)) break;
    (await nextOf(messages)).cancel();
    expect(text(await (await nextOf(messages)).bytes())).toBe('last');
  });

  it('are WHATWG streams, too', async () => {
    const { client, server } = await pair();
    void client.send('streamed');
    const { readable } = await nextOf(server.incomingMessages());
    expect(await new Response(readable as globalThis.ReadableStream<Uint8Array>).text()).toBe('streamed');
  });

  it('are whole again for others, when nobody reads them so any more', async () => {
    const { client, server } = await pair({}, { partialDeliveryPoint: 1_000 });
    const messages = server.incomingMessages();
    const writer = client.openMessage();
    await writer.write(pattern(1, 5_000));
    await quiet();
    await messages.return?.();
    const others = lengths(server, 1);
    await writer.end('x');
    expect(await others).toEqual([5_001]);
  });
});

async function lengths(association: SctpAssociation, count: number): Promise<number[]> {
  const all: number[] = [];
  for await (const { data } of association) {
    all.push(data.length);
    if (all.length === count) break;
  }
  return all;
}
