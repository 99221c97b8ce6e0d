import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { freeUdpPort } from '../support/udp-port.ts';
import { fullPattern, type Pattern } from './usrsctp/pattern.ts';
import { hasPeer, Peer, patternOptions } from './usrsctp/peer.ts';

const program = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

describe.skipIf(!hasPeer)('the command line and usrsctp', () => {
  const cleanups: (() => void)[] = [];
  afterEach(() => {
    for (const cleanup of cleanups.splice(0)) cleanup();
  });

  function start(...options: (string | number)[]): ChildProcessWithoutNullStreams {
    const child = spawn(process.execPath, [program, ...options.map(String)]);
    child.stderr.pipe(process.stderr);
    cleanups.push(() => child.kill('SIGKILL'));
    return child;
  }

  function usrsctp(...parameters: ConstructorParameters<typeof Peer>): Peer {
    const peer = new Peer(...parameters);
    cleanups.push(() => peer.kill());
    return peer;
  }

  it('`listen --echo` returns what a usrsctp client sends', async () => {
    const udpPort = await freeUdpPort();
    const ours = start('listen', 5001, '--udp-port', udpPort, '--echo', '--json');
    const lines = createInterface({ input: ours.stdout })[Symbol.asyncIterator]();
    expect(JSON.parse((await lines.next()).value ?? '{}')).toMatchObject({ event: 'listening', port: 5001, udpPort });
    const pattern: Pattern = { ...fullPattern, messages: 1000 };
    const peer = usrsctp('client', {
      'udp-port': await freeUdpPort(),
      'remote-udp-port': udpPort,
      port: 5001,
      ...patternOptions(pattern),
    });
    expect(await peer.event('result')).toMatchObject({ sent: 1000, received: 1000, ok: true });
    expect(await peer.exited).toBe(0);
    ours.kill('SIGINT');
    expect(await once(ours, 'exit')).toEqual([0, null]);
  });

  it('`connect` sends its lines to a usrsctp server and prints what comes back', async () => {
    const udpPort = await freeUdpPort();
    const peer = usrsctp('server', { 'udp-port': udpPort, port: 5001, print: true });
    await peer.event('listening');
    const ours = start('connect', '127.0.0.1', 5001, '--remote-udp-port', udpPort, '--stream', 3, '--ppid', 51);
    const lines = createInterface({ input: ours.stdout })[Symbol.asyncIterator]();
    for (const line of ['hello', 'usrsctp', 'ä'.repeat(5000)]) {
      ours.stdin.write(`${line}\n`);
      expect(await lines.next()).toEqual({ value: line, done: false });
    }
    ours.stdin.end();
    expect(await once(ours, 'exit')).toEqual([0, null]);
    expect(peer.events.filter(({ event }) => event === 'received')).toEqual([
      { event: 'received', stream: 3, ppid: 51, length: 6, unordered: false },
      { event: 'received', stream: 3, ppid: 51, length: 8, unordered: false },
      { event: 'received', stream: 3, ppid: 51, length: 10_001, unordered: false },
    ]);
    await peer.event('shutdown');
    expect(await peer.exited).toBe(0);
  });

  it('`connect` says in one line that a usrsctp server has no such port, and exits 1', async () => {
    const udpPort = await freeUdpPort();
    const peer = usrsctp('server', { 'udp-port': udpPort, port: 5001 });
    await peer.event('listening');
    const ours = start('connect', '127.0.0.1', 5002, '--remote-udp-port', udpPort);
    const errors: string[] = [];
    createInterface({ input: ours.stderr }).on('line', (line) => errors.push(line));
    expect(await once(ours, 'close')).toEqual([1, null]);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toContain('5002');
  });
});
