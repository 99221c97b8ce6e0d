import type { Pattern } from '../usrsctp/pattern.ts';
import type { Guest, GuestProcess } from './guest.ts';

/** One line of what guest/peer.c prints; `event` says which of the other members are there. */
export interface PeerEvent {
  readonly event: string;
  readonly [member: string]: string | number | boolean | readonly number[];
}

/** Long options of guest/peer.c without their dashes; `true` stands for a flag. */
export type PeerOptions = Readonly<Record<string, string | number | true>>;

/** How a pattern travels, besides in order and whole: as guest/peer.c says it. */
export type Manner = 'unordered' | 'partial' | `ttl ${number}` | `rtx ${number}`;

const eventMs = 20_000;

/** guest/peer.c in a guest: a socket of the kernel's SCTP that does as it is told. */
export class KernelPeer {
  readonly #process: GuestProcess;
  readonly #events: PeerEvent[] = [];
  #parsed = 0;

  constructor(guest: Guest, role: string, options: PeerOptions = {}) {
    const flags = Object.entries(options).map(([name, value]) => (value === true ? `--${name}` : `--${name} ${value}`));
    this.#process = guest.start(`exec peer ${[role, ...flags].join(' ')}`);
  }

  /** The next event of that name that no call has returned yet. */
  event(name: string, matches: Partial<PeerEvent> = {}, ms: number = eventMs): Promise<PeerEvent> {
    const wanted = Object.entries(matches);
    return this.#process.until(
      `'${name}' ${JSON.stringify(matches)}`,
      () => {
        this.#parse();
        const fault = this.#events.find(({ event }) => event === 'mismatch' || event === 'error');
        if (fault !== undefined) throw new Error(`the kernel peer says ${JSON.stringify(fault)}`);
        const at = this.#events.findIndex(
          (event) => event.event === name && wanted.every(([member, value]) => event[member] === value),
        );
        return at < 0 ? undefined : this.#events.splice(at, 1)[0];
      },
      ms,
    );
  }

  /** Whether there was an event of that name that no call has returned. */
  has(name: string): boolean {
    this.#parse();
    return this.#events.some(({ event }) => event === name);
  }

  /** Resolves when it has done one of the commands of guest/peer.c. */
  async tell(command: string): Promise<void> {
    this.#process.write(command);
    await this.event('done');
  }

  /** Lets it send a pattern; `sent` is the event when the kernel has taken all of it. */
  async send(pattern: Pattern, ...manners: Manner[]): Promise<void> {
    await this.tell(`send ${numbersOf(pattern)} ${manners.join(' ')}`);
  }

  /** Lets it compare what arrives with a pattern; `complete` is the event when all is there. */
  async expect(pattern: Pattern, ...manners: Manner[]): Promise<void> {
    await this.tell(`expect ${numbersOf(pattern)} ${manners.join(' ')}`);
  }

  kill(): void {
    this.#process.kill();
  }

  /** Kills it, and resolves when it is gone and its ports are free. */
  async end(): Promise<void> {
    this.kill();
    await this.#process.exited;
  }

  #parse(): void {
    for (; this.#parsed < this.#process.lines.length; this.#parsed++) {
      this.#events.push(JSON.parse(this.#process.lines[this.#parsed]!) as PeerEvent);
    }
  }
}

function numbersOf({ seed, messages, streams, minSize, maxSize }: Pattern): string {
  return [seed, messages, streams, minSize, maxSize].join(' ');
}
