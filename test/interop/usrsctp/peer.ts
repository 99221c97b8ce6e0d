import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Pattern } from './pattern.ts';

/** Where scripts/interop.mjs puts the compiled peer.c. */
const program = fileURLToPath(new URL('../../../build/interop/peer', import.meta.url));

export const hasPeer = existsSync(program);

/** One line of what the peer prints; `event` says which of the other members are there. */
export interface PeerEvent {
  readonly event: string;
  readonly [member: string]: string | number | boolean;
}

/** Long options of peer.c without their dashes; `true` stands for a flag. */
export type PeerOptions = Readonly<Record<string, string | number | true>>;

/** A running usrsctp process. */
export class Peer {
  readonly events: PeerEvent[] = [];
  /** The exit code, once it has ended; null when it was killed. */
  readonly exited: Promise<number | null>;
  readonly #process: ChildProcess;
  readonly #waiting: (() => void)[] = [];
  #hasEnded = false;

  constructor(role: 'server' | 'client', options: PeerOptions) {
    const flags = Object.entries(options).flatMap(([name, value]) =>
      value === true ? [`--${name}`] : [`--${name}`, String(value)],
    );
    this.#process = spawn(program, [role, ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
    const lines = createInterface({ input: this.#process.stdout! });
    lines.on('line', (line) => {
      this.events.push(JSON.parse(line) as PeerEvent);
      this.#wake();
    });
    this.exited = new Promise((resolve, reject) => {
      this.#process.on('error', reject);
      this.#process.on('close', (code) => {
        this.#hasEnded = true;
        resolve(code);
        this.#wake();
      });
    });
  }

  /** The first event of that name, waited for if need be; rejects when the peer ends without it. */
  async event(name: string): Promise<PeerEvent> {
    for (;;) {
      const found = this.events.find(({ event }) => event === name);
      if (found !== undefined) return found;
      if (this.#hasEnded) throw new Error(`the peer ended without '${name}': ${JSON.stringify(this.events)}`);
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    }
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** The peer's options for a pattern. */
export function patternOptions(pattern: Pattern): PeerOptions {
  return {
    seed: pattern.seed,
    messages: pattern.messages,
    streams: pattern.streams,
    'min-size': pattern.minSize,
    'max-size': pattern.maxSize,
  };
}
