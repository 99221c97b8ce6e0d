import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { within } from './deadline.ts';
import { image, kernel } from './image.mjs';
import { type Link, links, openNetwork, udpPort } from './network.ts';

/** The kernel's defaults but for these. UDP encapsulation has to be there before the first socket. */
const settings: Readonly<Record<string, number>> = {
  'net.sctp.udp_port': udpPort,
  'net.sctp.encap_port': udpPort,
  'net.sctp.reconf_enable': 1,
  'net.sctp.intl_enable': 1,
};

/** What a line on the serial port may hold: it loses what is behind 4,095 bytes. */
const longestArgument = 4_000;

const bootMs = 60_000;
const scriptMs = 20_000;

/** A running guest: Linux as a process on two taps. What runs in it is told over its serial port (guest/init). */
export class Guest {
  readonly #process: ChildProcess;
  readonly #folder: string;
  readonly #scripts = new Map<number, GuestProcess>();
  /** What the kernel itself says: the end of it helps when something fails. */
  #console = '';
  #nextId = 1;

  private constructor(process: ChildProcess, folder: string) {
    this.#process = process;
    this.#folder = folder;
  }

  static async boot(): Promise<Guest> {
    openNetwork();
    const folder = await mkdtemp(join(tmpdir(), 'sctp-ts-guest-'));
    const devices = links.map(({ device, tap, mac }) => `${device}=tuntap,${tap},${mac}`);
    const options = [
      'mem=256M',
      `initrd=${resolve(image)}`,
      `uml_dir=${folder}/`,
      ...['quiet', 'panic=1', 'con=null', 'con0=null,fd:2', 'ssl=null', 'ssl0=fd:0,fd:1'],
      ...devices,
    ];
    const guest = new Guest(spawn(kernel, options, { stdio: ['pipe', 'pipe', 'pipe'] }), folder);
    await within(bootMs, 'the guest to come up', guest.#listen());
    await guest.run([...links.map(configuration), ...Object.entries(settings).map(sysctl)].join('\n'));
    return guest;
  }

  /** What a script prints; rejects when its status is not 0. */
  async run(script: string): Promise<string> {
    const process = this.start(`set -e\n${script}`);
    const status = await within(scriptMs, `the guest to run ${script}`, process.exited);
    if (status !== 0) throw new Error(`status ${status} of ${script}: ${process.lines.join('\n')}`);
    return process.lines.join('\n');
  }

  /** Starts a script that goes on by itself. */
  start(script: string): GuestProcess {
    const id = this.#nextId++;
    const process = new GuestProcess((verb, argument) => this.#say(id, verb, argument));
    this.#scripts.set(id, process);
    this.#say(id, 'run', base64(script));
    return process;
  }

  async set(values: Readonly<Record<string, number>>): Promise<void> {
    await this.run(Object.entries(values).map(sysctl).join('\n'));
  }

  async stop(): Promise<void> {
    const { exitCode, signalCode } = this.#process;
    if (exitCode === null && signalCode === null) {
      const exited = once(this.#process, 'exit');
      this.#process.kill('SIGTERM');
      const impatience = setTimeout(() => this.#process.kill('SIGKILL'), 2_000);
      await exited;
      clearTimeout(impatience);
    }
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Resolves when the guest is ready. */
  #listen(): Promise<void> {
    this.#process.stdin!.on('error', () => {});
    this.#process.stderr!.on('data', (text) => {
      this.#console = `${this.#console}${text}`.slice(-4_000);
    });
    return new Promise((resolve, reject) => {
      this.#process.on('error', reject);
      this.#process.on('exit', () => {
        const error = new Error(`the guest has ended:\n${this.#console}`);
        reject(error);
        for (const script of this.#scripts.values()) script.handleExit(-1);
      });
      createInterface({ input: this.#process.stdout! }).on('line', (line) => {
        const [id, kind, ...rest] = line.split(' ');
        if (kind === 'ready') resolve();
        else if (kind === ':') this.#scripts.get(Number(id))?.handleLine(rest.join(' '));
        else if (kind === 'exit') {
          this.#scripts.get(Number(id))?.handleExit(Number(rest[0]));
          this.#scripts.delete(Number(id));
        }
      });
    });
  }

  #say(id: number, verb: string, argument: string): void {
    if (argument.length > longestArgument) throw new Error(`too long for the serial port: ${verb} to script ${id}`);
    this.#process.stdin!.write(`${id} ${verb} ${argument}\n`);
  }
}

/** A script in the guest. */
export class GuestProcess {
  readonly lines: string[] = [];
  /** Its status. */
  readonly exited: Promise<number>;
  readonly #say: (verb: string, argument: string) => void;
  readonly #waiting: (() => void)[] = [];
  #hasExited = false;
  #resolveExited: (status: number) => void = () => {};

  constructor(say: (verb: string, argument: string) => void) {
    this.#say = say;
    this.exited = new Promise((resolve) => {
      this.#resolveExited = resolve;
    });
  }

  /** Writes a line to its standard input. */
  write(line: string): void {
    this.#say('write', base64(`${line}\n`));
  }

  /** Sends a signal to all that the script has started. */
  kill(signal: 'INT' | 'TERM' | 'KILL' = 'KILL'): void {
    if (!this.#hasExited) this.#say('kill', signal);
  }

  /** What `find` finds, which is asked again with every line. */
  async until<T>(what: string, find: () => T | undefined, ms: number = scriptMs): Promise<T> {
    const deadline = Date.now() + ms;
    for (;;) {
      const found = find();
      if (found !== undefined) return found;
      const until = deadline - Date.now();
      if (this.#hasExited || until <= 0) {
        const why = this.#hasExited ? 'it ended' : `it took ${ms} ms`;
        throw new Error(`${why} without ${what}:\n${this.#lastLines()}`);
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, until);
        this.#waiting.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  handleLine(line: string): void {
    this.lines.push(line);
    this.#wake();
  }

  handleExit(status: number): void {
    this.#hasExited = true;
    this.#resolveExited(status);
    this.#wake();
  }

  #lastLines(): string {
    const lines = this.lines.slice(-30);
    return lines.map((line) => line.slice(0, 200)).join('\n');
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

function sysctl([name, value]: readonly [string, number]): string {
  return `sysctl -qw ${name}=${value}`;
}

function configuration({ device, kernel }: Link): string {
  return [
    `ip link set ${device} up`,
    `ip address add ${kernel.ipv4}/24 dev ${device}`,
    `ip address add ${kernel.ipv6}/64 dev ${device} nodad`,
  ].join('\n');
}
