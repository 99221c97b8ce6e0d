import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const main = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running `sctp-ts`; killed behind the test if it still runs. */
export class CommandLine {
  readonly process: ChildProcessWithoutNullStreams;
  readonly ended: Promise<Outcome>;
  #stdout = '';
  #stderr = '';
  #changed: () => void = () => {};

  constructor(...args: readonly string[]) {
    this.process = spawn(process.execPath, [main, ...args], { env: { ...process.env, NO_COLOR: '1' } });
    this.process.stdout.setEncoding('utf8').on('data', (text) => {
      this.#stdout += text;
      this.#changed();
    });
    this.process.stderr.setEncoding('utf8').on('data', (text) => {
      this.#stderr += text;
      this.#changed();
    });
    // A command that has ended does not read any more.
    this.process.stdin.on('error', () => {});
    this.ended = new Promise((resolve) => {
      this.process.on('close', (code) => resolve({ code, stdout: this.#stdout, stderr: this.#stderr }));
    });
    onTestFinished(() => {
      this.process.kill('SIGKILL');
    });
  }

  get stdout(): string {
    return this.#stdout;
  }

  /** Waits until standard output or standard error matches, and returns the match. */
  async shows(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.#stdout) ?? pattern.exec(this.#stderr);
      if (match !== null) return match;
      const changed = new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
      const ended = this.ended.then(({ code, stderr }) => {
        if (pattern.test(this.#stdout) || pattern.test(this.#stderr)) return;
        throw new Error(`ended with ${code} before it showed ${pattern}: ${stderr}`);
      });
      await Promise.race([changed, ended]);
    }
  }

  type(text: string): void {
    this.process.stdin.write(text);
  }

  /** The end of its input. */
  async finish(text = ''): Promise<Outcome> {
    this.process.stdin.end(text);
    return await this.ended;
  }

  interrupt(signal: 'SIGINT' | 'SIGTERM' = 'SIGINT'): Promise<Outcome> {
    this.process.kill(signal);
    return this.ended;
  }
}

/** Runs a command with nothing on its input to its end. */
export function run(...args: readonly string[]): Promise<Outcome> {
  return new CommandLine(...args).finish();
}

/** A listening command, and what to type to connect to it. */
export async function startListener(...args: readonly string[]): Promise<{ listener: CommandLine; where: string[] }> {
  const listener = new CommandLine('listen', '0', '--host', '127.0.0.1', '--udp-port', '0', ...args);
  const [, port = '', udpPort = ''] = await listener.shows(/port"?[ :](\d+)(?: in UDP port |,"udpPort":)(\d+)/);
  return { listener, where: ['127.0.0.1', port, '--remote-udp-port', udpPort] };
}
