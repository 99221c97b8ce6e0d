import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readCapture } from '../../../src/trace/index.ts';
import { CommandLine, run, startListener } from './command-line.ts';

describe('listen and connect', () => {
  it('carry lines both ways; the end of the input closes both', async () => {
    const { listener, where } = await startListener();
    const client = new CommandLine('connect', ...where);
    listener.type('from the listener\n');
    client.type('from the client\n');
    await client.shows(/from the listener\n/);
    await listener.shows(/from the client\n/);
    expect(await client.finish('without a newline')).toMatchObject({ code: 0, stdout: 'from the listener\n' });
    expect(await listener.ended).toMatchObject({ code: 0, stdout: 'from the client\nwithout a newline' });
  });

  it('deliver everything that was piped in', async () => {
    const { listener, where } = await startListener();
    const text = Array.from({ length: 20_000 }, (_, i) => `line ${i}\n`).join('');
    expect((await new CommandLine('connect', ...where).finish(text)).code).toBe(0);
    const { code, stdout } = await listener.ended;
    expect(code).toBe(0);
    expect(stdout).toBe(text);
  });

  it('echo every message on its stream with its ppid, to one peer after the other', async () => {
    const { listener, where } = await startListener('--echo');
    for (const word of ['one', 'two']) {
      const client = new CommandLine('connect', ...where, '--json', '--stream', '7', '--ppid', '51', '--unordered');
      client.type(`${word}\n`);
      const [line] = await client.shows(/.*"event":"message".*/);
      expect(JSON.parse(line)).toEqual({
        event: 'message',
        streamId: 7,
        ppid: 51,
        unordered: true,
        length: 4,
        text: `${word}\n`,
      });
      expect((await client.finish()).code).toBe(0);
    }
    expect(await listener.interrupt()).toMatchObject({ code: 0, stdout: '' });
  });

  it('send each read as a message with --binary', async () => {
    const { where } = await startListener('--echo');
    const client = new CommandLine('connect', ...where, '--binary', '--json');
    client.type('two\nlines');
    const [line] = await client.shows(/.*"event":"message".*/);
    expect(JSON.parse(line)).toMatchObject({ text: 'two\nlines' });
    expect((await client.finish()).code).toBe(0);
  });

  it('discard, and count', async () => {
    const { listener, where } = await startListener('--discard');
    expect((await new CommandLine('connect', ...where).finish('x'.repeat(1_000_000))).code).toBe(0);
    await listener.shows(/closed/);
    expect(await listener.interrupt('SIGTERM')).toMatchObject({ code: 0, stdout: '' });
  });

  it('serve one peer after the other with --keep-open', async () => {
    const { listener, where } = await startListener('--keep-open');
    for (const word of ['one\n', 'two\n']) {
      expect((await new CommandLine('connect', ...where).finish(word)).code).toBe(0);
      await listener.shows(new RegExp(word));
    }
    expect(await listener.interrupt()).toMatchObject({ code: 0, stdout: 'one\ntwo\n' });
  });

  it('close gracefully when interrupted', async () => {
    const { listener, where } = await startListener();
    const client = new CommandLine('connect', ...where);
    await client.shows(/connected/);
    const [here, there] = await Promise.all([client.interrupt(), listener.ended]);
    expect([here.code, there.code]).toEqual([0, 0]);
    const idle = await startListener();
    expect((await idle.listener.interrupt()).code).toBe(0);
  });

  it('print one JSON object a line', async () => {
    const { listener, where } = await startListener('--json');
    const client = await new CommandLine('connect', ...where, '--json').finish('hi\n');
    const { stdout } = await listener.ended;
    const events = (text: string): string[] =>
      text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).event);
    expect(events(client.stdout)).toEqual(['connected', 'closed']);
    expect(events(stdout)).toEqual(['listening', 'connected', 'message', 'closed']);
  });

  it('record to a file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sctp-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const { where } = await startListener();
    const file = join(folder, 'client.pcapng');
    await new CommandLine('connect', ...where, '--pcap', file).finish('recorded\n');
    const packets = [...readCapture(await readFile(file))];
    expect(packets.some(({ packet }) => Buffer.from(packet).includes('recorded'))).toBe(true);
  });

  it('say in one line what keeps them from starting or going on', async () => {
    const { listener, where } = await startListener();
    const [, , , udpPort = ''] = where;
    const taken = await run('listen', '0', '--host', '127.0.0.1', '--udp-port', udpPort);
    expect(taken).toMatchObject({ code: 1, stderr: expect.stringMatching(/^sctp-ts: [^\n]*in use[^\n]*\n$/) });
    const client = new CommandLine('connect', ...where);
    await client.shows(/connected/);
    listener.process.kill('SIGINT');
    await client.ended;
  });
});
