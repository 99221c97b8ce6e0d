import type { NetAddress } from '../../src/base/address.ts';
import { type RandomSource, randomFraction, seededRandom } from '../../src/base/random.ts';
import { type ForwardedPacket, WorkerTransport } from '../../src/driver/worker-transport.ts';
import { Host, type HostOptions, type Network, type Station, seededEnvironment } from '../../src/simulation/index.ts';
import type { Transport, TransportReceiver } from '../../src/transport/transport.ts';

/** What carries packets to one worker, as its socket would. */
class WorkerSocket implements Transport {
  readonly properties = { overhead: 28, maxPacketSize: 65_507 };
  readonly addresses: readonly NetAddress[] = [];
  receiver: TransportReceiver | undefined;

  async open(receiver: TransportReceiver): Promise<void> {
    this.receiver = receiver;
  }

  send(): void {}

  async close(): Promise<void> {
    this.receiver = undefined;
  }
}

interface Worker {
  host: Host;
  readonly socket: WorkerSocket;
  readonly transport: WorkerTransport;
  handle: ((forwarded: ForwardedPacket) => void) | undefined;
}

export interface SharedAddressOptions extends Partial<HostOptions> {
  /** How many workers. */
  readonly count: number;
  /** Which worker's socket the system gives a packet from there. Default: any, at random for each packet. */
  readonly pick?: (from: NetAddress) => number;
}

/** Several endpoints behind one address: the system gives each packet to any of them, and they pass it on. */
export class SharedAddress implements Station {
  readonly name: string;
  readonly addresses: readonly NetAddress[];
  /** The system's choice; may be changed. */
  pick: (from: NetAddress) => number;
  readonly #network: Network;
  readonly #options: Partial<HostOptions>;
  readonly #workers: Worker[] = [];
  /** When all workers take packets. */
  readonly ready: Promise<unknown>;

  constructor(network: Network, name: string, { count, pick, ...options }: SharedAddressOptions) {
    this.name = name;
    this.#network = network;
    this.#options = options;
    const random: RandomSource = seededRandom(network.seed);
    this.pick = pick ?? (() => Math.floor(randomFraction(random) * count));
    for (let index = 0; index < count; index++) this.#workers.push(this.#createWorker(index, count));
    this.ready = Promise.all(this.#workers.map((worker) => worker.transport.open(this.#receiverFor(worker))));
    this.addresses = this.#workers[0]!.host.addresses;
    network.attach(this);
  }

  get hosts(): readonly Host[] {
    return this.#workers.map(({ host }) => host);
  }

  get transports(): readonly WorkerTransport[] {
    return this.#workers.map(({ transport }) => transport);
  }

  get port(): number {
    return this.hosts[0]!.port;
  }

  get nextTimeout(): number {
    return Math.min(...this.hosts.map(({ nextTimeout }) => nextTimeout));
  }

  /** Worker `index` dies without a word, and another takes its place. */
  replace(index: number): void {
    this.#workers[index]!.host = this.#createHost(index, this.#workers.length, 1);
  }

  handlePacket(packet: Uint8Array, from: NetAddress, to: NetAddress): void {
    this.#workers[this.pick(from)]?.socket.receiver?.handlePacket(packet, from, to);
  }

  handleTimeout(now: number): void {
    for (const { host } of this.#workers) if (host.nextTimeout <= now) host.handleTimeout(now);
  }

  #createWorker(index: number, count: number): Worker {
    const socket = new WorkerSocket();
    const transport = new WorkerTransport(socket, {
      index,
      count,
      forward: (to, forwarded) => {
        // The way from worker to worker takes its time.
        this.#network.after(0.1, () => this.#workers[to]!.handle?.(forwarded));
        return true;
      },
      receive: (handle) => {
        worker.handle = handle;
        return () => {
          worker.handle = undefined;
        };
      },
    });
    const worker: Worker = { host: this.#createHost(index, count, 0), socket, transport, handle: undefined };
    return worker;
  }

  #receiverFor(worker: Worker): TransportReceiver {
    return {
      handlePacket: (packet, from, to) => {
        worker.host.handlePacket(packet, from, to ?? this.addresses[0]!, this.#network.now);
      },
      handleError: (error) => {
        throw error;
      },
    };
  }

  #createHost(index: number, count: number, generation: number): Host {
    const options = { addresses: ['10.0.0.2'], port: 5001, listening: true, ...this.#options };
    const environment = seededEnvironment(this.#network.seed * 1_000 + generation * 100 + index);
    return new Host(this.#network, `${this.name}${index}`, { ...options, workers: { index, count } }, environment);
  }
}
