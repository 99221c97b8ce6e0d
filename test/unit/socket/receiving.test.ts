import { describe, expect, it } from 'vitest';
import type { SctpMessage } from '../../../src/socket/messages.ts';
import { pair, quiet, read, readAll } from './pair.ts';

const text = ({ data }: SctpMessage): string => new TextDecoder().decode(data);

describe('reading', () => {
  it('iterates until the peer has closed', async () => {
    const { client, server } = await pair();
    for (const word of ['one', 'two', 'three']) void client.send(word);
    void client.close();
    expect(await readAll(server)).toEqual(['one', 'two', 'three']);
  });

  it('finds what arrived before anybody looked, even after the end', async () => {
    const { client, server } = await pair();
    void client.send('early');
    await client.close();
    await server.closed;
    expect(await readAll(server)).toEqual(['early']);
  });

  it('throws what ended the association, after the messages before it', async () => {
    const { client, server } = await pair();
    await client.send('last words');
    const messages = server[Symbol.asyncIterator]();
    const first = await messages.next();
    client.abort('bye');
    expect(first.value && text(first.value)).toBe('last words');
    await expect(messages.next()).rejects.toMatchObject({ name: 'SctpError', code: 'SCTP_ERR_ABORTED_BY_PEER' });
    expect((await messages.next()).done).toBe(true);
  });

  it('gives each message to one of several iterators', async () => {
    const { client, server } = await pair();
    const readers = [readAll(server), readAll(server), readAll(server)];
    for (let i = 0; i < 30; i++) void client.send(`${i}`);
    await client.close();
    const texts = (await Promise.all(readers)).flat();
    expect(texts.map(Number).sort((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, i) => i));
  });

  it('goes on after a break', async () => {
    const { client, server } = await pair();
    for (let i = 0; i < 5; i++) void client.send(`${i}`);
    expect(await read(server, 2)).toEqual(['0', '1']);
    expect(await read(server, 3)).toEqual(['2', '3', '4']);
    expect(server.state).toBe('ESTABLISHED');
  });

  it('hands messages to listeners, also those that waited for them', async () => {
    const { client, server } = await pair();
    await client.send('early');
    await quiet();
    const seen: string[] = [];
    server.on('message', (message) => seen.push(text(message)));
    void client.send('later');
    await client.close();
    await server.closed;
    expect(seen).toEqual(['early', 'later']);
  });

  it('gives everything to the listeners while there are any, then to the iterators', async () => {
    const { client, server } = await pair();
    const seen: string[] = [];
    const listener = (message: SctpMessage): void => {
      seen.push(text(message));
      if (seen.length === 2) server.off('message', listener);
    };
    const iterated = readAll(server);
    server.on('message', listener);
    for (let i = 0; i < 4; i++) void client.send(`${i}`);
    await client.close();
    expect(seen).toEqual(['0', '1']);
    expect(await iterated).toEqual(['2', '3']);
  });

  it('takes one message for a listener that listens once', async () => {
    const { client, server } = await pair();
    for (let i = 0; i < 3; i++) void client.send(`${i}`);
    const first = await new Promise<SctpMessage>((resolve) => server.once('message', resolve));
    expect(text(first)).toBe('0');
    expect(await read(server, 2)).toEqual(['1', '2']);
  });

  it('holds the peer back when nobody reads, and never loses anything', async () => {
    const { client, server } = await pair({ sendBufferSize: 10_000 }, { receiveBufferSize: 20_000 });
    let accepted = 0;
    const sends = Array.from({ length: 200 }, async (_, i) => {
      await client.send(`${i}`.padEnd(1_000));
      accepted++;
    });
    await quiet();
    expect(accepted).toBeLessThan(60);
    expect((await read(server, 200)).map(Number)).toEqual(Array.from({ length: 200 }, (_, i) => i));
    await Promise.all(sends);
  });

  it('survives a listener that throws', async () => {
    const { client, server } = await pair();
    const uncaught: unknown[] = [];
    const others = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (error) => uncaught.push(error));
    const seen: string[] = [];
    server.on('message', (message) => {
      seen.push(text(message));
      if (seen.length === 1) throw new Error('a mistake of the user');
    });
    for (let i = 0; i < 3; i++) void client.send(`${i}`);
    await client.close();
    process.removeAllListeners('uncaughtException');
    for (const listener of others) process.on('uncaughtException', listener);
    expect(seen).toEqual(['0', '1', '2']);
    expect(uncaught).toEqual([new Error('a mistake of the user')]);
  });

  it('can answer from inside a listener', async () => {
    const { client, server } = await pair();
    server.on('message', ({ data, streamId }) => void server.send(data, { streamId }));
    const answers = read(client, 3);
    for (const word of ['a', 'b', 'c']) await client.send(word, { streamId: 5 });
    expect(await answers).toEqual(['a', 'b', 'c']);
  });
});
