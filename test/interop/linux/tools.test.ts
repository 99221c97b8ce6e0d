import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { within } from './deadline.ts';
import type { GuestProcess } from './guest.ts';
import { kernelIpv4, ourIpv4 } from './network.ts';
import { describeWithKernel, type KernelSetting, sctpPort } from './setting.ts';

const program = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));
const toKernel = ['connect', kernelIpv4[0]!, `${sctpPort}`, '--stream', '3', '--ppid', '51'];
const ours = ourIpv4[0]!;
const theirs = kernelIpv4[0]!;
const long = 'x'.repeat(5_000);

/** Our command line, as a person would run it: its output by lines, its input, and its end. */
class CommandLine {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;

  constructor(setting: KernelSetting, ...options: string[]) {
    this.#child = spawn(process.execPath, [program, ...options]);
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
    setting.onClean(() => this.#child.kill('SIGKILL'));
  }

  async line(): Promise<string> {
    return (await within(20_000, 'a line of our command', this.#lines.next())).value ?? '';
  }

  /** The next JSON line of that event. */
  async event(name: string): Promise<Record<string, unknown>> {
    for (;;) {
      const event = JSON.parse(await this.line());
      if (event.event === name) return event;
    }
  }

  write(line: string): void {
    this.#child.stdin.write(`${line}\n`);
  }

  /** Ends its input; resolves with its exit code. */
  async end(): Promise<unknown> {
    const exited = once(this.#child, 'exit');
    this.#child.stdin.end();
    return (await within(20_000, 'the end of our command', exited))[0];
  }
}

/** A message of sctp_test: digits, and a zero byte at the end. */
function digits(length: number): string {
  return `${'0123456789'.repeat(Math.ceil(length / 10)).slice(0, length - 1)}\0`;
}

/** It prints the ppid as its processor does, and puts it on the wire in the same order of bytes. */
function swapped(ppid: string): number {
  return Buffer.from(new Uint32Array([Number(ppid)]).buffer).readUInt32BE();
}

function sentBySctpTest(lines: readonly string[]): unknown[] {
  const text = lines.join('\n');
  const sent = /sendmsg\(sk=\d+, assoc=\d+\)\s+(\d+) bytes\.\s+SNDRCV\(stream=(\d+) flags=0x(\d) ppid=(\d+)/g;
  return [...text.matchAll(sent)].map(([, length, streamId, flags, ppid]) => ({
    event: 'message',
    streamId: Number(streamId),
    ppid: swapped(ppid!),
    unordered: flags === '1',
    length: Number(length),
    text: digits(Number(length)),
  }));
}

describeWithKernel('the programs that people use, and our command line', (setting) => {
  function start(script: string): GuestProcess {
    const process = setting.guest.start(script);
    setting.onClean(() => process.kill());
    return process;
  }

  /** Waits until a program in the guest listens on the port of these tests. */
  async function listening(): Promise<void> {
    await expect.poll(() => setting.guest.run('ss -HSln'), { timeout: 10_000 }).toContain(`:${sctpPort}`);
  }

  async function until(process: GuestProcess, text: string): Promise<void> {
    await process.until(text, () => (process.lines.some((line) => line.includes(text)) ? true : undefined));
  }

  it('`ncat --sctp` connects: `listen --echo` returns its lines', async () => {
    const listen = new CommandLine(setting, 'listen', `${sctpPort}`, '--echo', '--json');
    await listen.event('listening');
    const ncat = start(`exec ncat --sctp ${ours} ${sctpPort}`);
    await listen.event('connected');
    for (const line of ['hello', 'x'.repeat(1_400), 'again']) {
      ncat.write(line);
      await until(ncat, line);
    }
    ncat.kill();
    expect(await listen.event('closed')).toMatchObject({ messagesSent: 3, messagesReceived: 3 });
  });

  it('`connect` and `ncat --sctp -l` exchange lines', async () => {
    const ncat = start(`exec ncat --sctp -l ${sctpPort}`);
    await listening();
    const connect = new CommandLine(setting, ...toKernel);
    for (const line of ['hello', long]) {
      connect.write(line);
      await until(ncat, line);
      ncat.write(`${line.length} to you`);
      expect(await connect.line()).toBe(`${line.length} to you`);
    }
    expect(await connect.end()).toBe(0);
    expect(await ncat.exited).toBe(0);
  });

  it('`sctp_test` connects and sends: each message is what it says', async () => {
    const listen = new CommandLine(setting, 'listen', `${sctpPort}`, '--keep-open', '--json');
    await listen.event('listening');
    const test = start(`exec sctp_test -H ${theirs} -P 6000 -h ${ours} -p ${sctpPort} -s -c 4 -x 2 -o 2 -M 4`);
    const received: unknown[] = [];
    while (received.length < 20) received.push(await listen.event('message'));
    await listen.event('closed');
    expect(await within(20_000, 'the end of sctp_test', test.exited)).toBe(0);
    const sent = sentBySctpTest(test.lines);
    expect(sent).toHaveLength(20);
    // Unordered ones may overtake others.
    for (const message of sent) expect(received).toContainEqual(message);
  });

  it('`connect` sends to `sctp_test`', async () => {
    const test = start(`exec sctp_test -H ${theirs} -P ${sctpPort} -l`);
    await listening();
    const connect = new CommandLine(setting, ...toKernel);
    connect.write('hello');
    await until(test, 'Data 6 bytes. First 6 bytes: hello');
    connect.write(long);
    await until(test, 'Data 5001 bytes. First 10 bytes: xxxxxxxxx');
    expect(await connect.end()).toBe(0);
    await until(test, 'SHUTDOWN_COMPLETE');
  });

  it('`sctp_darn` connects and sends', async () => {
    const listen = new CommandLine(setting, 'listen', `${sctpPort}`, '--keep-open', '--json');
    await listen.event('listening');
    for (const line of ['hello', 'again']) {
      const darn = start(`exec sctp_darn -H ${theirs} -P 6001 -h ${ours} -p ${sctpPort} -s`);
      darn.write(line);
      expect(await listen.event('message')).toMatchObject({ length: line.length + 2, text: `${line}\n\0` });
      darn.kill();
      await listen.event('closed');
    }
  });

  it('`connect` sends to `sctp_darn`', async () => {
    const darn = start(`exec sctp_darn -H ${theirs} -P ${sctpPort} -l`);
    await listening();
    const connect = new CommandLine(setting, ...toKernel);
    // It writes out when it has 4,096 bytes to write.
    for (const line of ['hello', long, long]) connect.write(line);
    await until(darn, 'DATA(6):  hello');
    await until(darn, 'DATA(5001):');
    expect(await connect.end()).toBe(0);
    // As the kernel's processor reads it.
    expect(darn.lines.join('\n')).toMatch(/sinfo_stream 3\n {3}sinfo_ssn 1\n.*\n {3}sinfo_ppid 855638016/);
  });
});
