import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { SctpMessage } from '../../../src/index.ts';
import { listen } from '../../../src/socket/listen.ts';

const library = new URL('../../../dist/index.js', import.meta.url).href;
const sctpPort = 7_000;

/** A UDP port on loopback that nobody has at the moment. */
async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => {
    socket.bind(0, '127.0.0.1', resolve);
  });
  const { port } = socket.address();
  await new Promise<void>((resolve) => {
    socket.close(resolve);
  });
  return port;
}

/** A process of its own that connects and then does what `source` says; it prints a line when it is connected. */
function peer(udpPort: number, remote: { port: number; udpPort: number }, source: string): ChildProcess {
  const code = `
    import { connect } from '${library}';
    const association = await connect({
      host: '127.0.0.1', port: ${remote.port}, remoteUdpPort: ${remote.udpPort},
      localHost: '127.0.0.1', localPort: ${sctpPort}, udpPort: ${udpPort}, receiveBufferSize: 50_000,
    });
    console.log('connected');
    ${source}
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

/** What the process prints, a piece at a time. */
async function printed(child: ChildProcess): Promise<string> {
  const [text] = (await once(child.stdout!, 'data')) as [Buffer];
  return text.toString().trim();
}

describe('a peer process that is killed in the middle of a transfer and comes back on the same ports', () => {
  it('is seen to have restarted, with what it did not get, and is served as before (RFC 9260 §5.2)', async () => {
    const endpoint = await listen({ port: 0, host: '127.0.0.1', udpPort: 0 });
    onTestFinished(() => endpoint.abort());
    const udpPort = await freeUdpPort();

    const first = peer(udpPort, endpoint, 'setInterval(() => {}, 1_000);');
    const association = (await endpoint[Symbol.asyncIterator]().next()).value!;
    expect(await printed(first)).toBe('connected');
    const restarted = new Promise<readonly SctpMessage[]>((resolve) => {
      association.on('restart', resolve);
    });
    // More than the peer, which does not read, has room for.
    for (let n = 0; n < 20; n++) await association.send(new Uint8Array(10_000).fill(n), { streamId: n, ppid: n });
    await association.send('the last one', { ppid: 99 });
    const gone = once(first, 'exit');
    first.kill('SIGKILL');
    await gone;

    const second = peer(
      udpPort,
      endpoint,
      `await association.send('here I am again');
       for await (const { data } of association) { console.log(new TextDecoder().decode(data)); break; }
       await association.close();`,
    );
    const undelivered = await restarted;
    expect(undelivered.length).toBeGreaterThan(10);
    expect(undelivered).toContainEqual(
      expect.objectContaining({ ppid: 99, data: new TextEncoder().encode('the last one') }),
    );

    const { value: message } = await association[Symbol.asyncIterator]().next();
    expect(new TextDecoder().decode(message!.data)).toBe('here I am again');
    const replies: string[] = [];
    second.stdout!.on('data', (text: Buffer) => replies.push(text.toString()));
    const ended = once(second, 'exit');
    await association.send('welcome back');
    expect(await association.closed).toMatchObject({ graceful: true });
    expect(await ended).toEqual([0, null]);
    expect(replies.join('')).toContain('welcome back');
    expect(association.metrics().restarts).toBe(1);
    expect(endpoint.associations.size).toBe(0);
  });
});
