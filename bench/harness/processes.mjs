// The processes of a run: started, listened to (one JSON object a line), and ended by closing their input.
import { spawn } from 'node:child_process';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const taskRunner = fileURLToPath(new URL('task.mjs', import.meta.url));
const patienceMs = 60_000;

/** A program that prints `{ "event", "value" }` lines. */
export class Program {
  #child;
  #arrived = new Map();
  #waiting = new Map();
  #failure;
  #complaints = '';
  #name;

  constructor(command, args) {
    this.#name = basename(command === process.execPath ? args.slice(-3, -1).join(' ') : command);
    this.#child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child.stdin.on('error', () => {});
    this.#child.stderr.on('data', (text) => {
      this.#complaints = `${this.#complaints}${text}`.slice(-4_000);
    });
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#handleLine(line));
    this.#child.on('error', (error) => this.#fail(error.message));
    this.#child.on('close', (code, signal) => this.#fail(`ended (${signal ?? code}) ${complaint(this.#complaints)}`));
  }

  /** The value of the next event of that name. */
  async next(event) {
    const value = this.#arrived.get(event)?.shift();
    if (value !== undefined) return value;
    if (this.#failure !== undefined) throw this.#failure;
    return await new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#fail(`said nothing of '${event}' for ${patienceMs / 1_000} s`), patienceMs);
      this.#waiting.set(event, {
        resolve: (found) => {
          clearTimeout(timer);
          resolve(found);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      });
    });
  }

  /** The value of the last event of that name so far, undefined when there was none. */
  latest(event) {
    return this.#arrived.get(event)?.at(-1);
  }

  /** Ends it; resolves when it is gone. */
  async stop() {
    const child = this.#child;
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
    child.stdin.end();
    const timer = setTimeout(() => child.kill('SIGKILL'), 2_000);
    await new Promise((resolve) => {
      child.once('close', resolve);
    });
    clearTimeout(timer);
  }

  #handleLine(line) {
    const { event, value } = parse(line);
    const waiting = this.#waiting.get(event);
    this.#waiting.delete(event);
    if (waiting !== undefined) waiting.resolve(value);
    else this.#arrived.set(event, [...(this.#arrived.get(event) ?? []), value]);
  }

  #fail(what) {
    this.#failure ??= new Error(`${this.#name}: ${what}`);
    for (const { reject } of this.#waiting.values()) reject(this.#failure);
    this.#waiting.clear();
  }
}

/** A function of a module in a process of its own. */
export function startTask(module, name, options, { cpuProfile, nodeOptions = [] } = {}) {
  const profile = cpuProfile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${cpuProfile}`];
  const args = [...nodeOptions, ...profile, taskRunner, fileURLToPath(module), name, JSON.stringify(options)];
  return new Program(process.execPath, args);
}

/** Its result. */
export async function runTask(module, name, options, processOptions) {
  const task = startTask(module, name, options, processOptions);
  try {
    return await task.next('result');
  } finally {
    await task.stop();
  }
}

/** What a library prints for people is none of our events. */
function parse(line) {
  try {
    return JSON.parse(line);
  } catch {
    return { event: 'text', value: line };
  }
}

function complaint(text) {
  const lines = text.split('\n').map((each) => each.trim());
  return lines.find((each) => /error/i.test(each)) ?? lines.find((each) => each !== '') ?? '';
}
