import type { ChildProcess } from 'node:child_process';
import type { Worker as ClusterWorker } from 'node:cluster';
import type { EventEmitter } from 'node:events';
import type { Worker as WorkerThread } from 'node:worker_threads';
import { SctpError } from '../base/errors.ts';
import { requireWorkerPlace } from '../endpoint/worker-routing.ts';
import { isWorkerMessage, type PacketMessage, WorkerLink, type WorkerMessage } from './worker-link.ts';

/** What can be started as a worker: by `cluster.fork()`, `child_process.fork()` or `new Worker()`. */
export type StartedWorker = ClusterWorker | ChildProcess | WorkerThread;

export interface RelayCounters {
  /** Packets that went from one worker to another. */
  relayed: number;
  /** Packets for a worker that is not there, or does not keep up. */
  dropped: number;
}

interface Place {
  readonly worker: StartedWorker;
  /** There while the worker takes packets. */
  link: WorkerLink | undefined;
}

/**
 * Carries packets between workers that serve one port, in the process or thread that has started them; each of them calls
 * `joinWorkers`. A worker that ends leaves its place to the next one that is attached under its index.
 */
export class WorkerRelay {
  readonly #name: string;
  readonly #places: (Place | undefined)[];
  readonly #counters: RelayCounters = { relayed: 0, dropped: 0 };

  /**
   * For `count` workers; `name` tells several groups of the same workers apart. Throws SctpError
   * `SCTP_ERR_INVALID_ARGUMENT`.
   */
  constructor(count: number, name = 'sctp') {
    requireWorkerPlace({ index: 0, count });
    this.#name = name;
    this.#places = Array.from({ length: count }, () => undefined);
  }

  /** A copy of the counters. */
  get counters(): RelayCounters {
    return { ...this.#counters };
  }

  /** Gives a worker that was just started its place. Throws SctpError `SCTP_ERR_INVALID_ARGUMENT` if another has it. */
  attach(index: number, worker: StartedWorker): void {
    requireWorkerPlace({ index, count: this.#places.length });
    if (this.#places[index] !== undefined) {
      throw new SctpError('SCTP_ERR_INVALID_ARGUMENT', `worker ${index} is there already`);
    }
    const place: Place = { worker, link: undefined };
    this.#places[index] = place;
    const emitter: EventEmitter = worker;
    emitter.on('message', (message: unknown) => {
      if (isWorkerMessage(message, this.#name)) this.#handleMessage(place, message);
    });
    emitter.once('exit', () => {
      if (this.#places[index] === place) this.#places[index] = undefined;
    });
  }

  #handleMessage(place: Place, message: WorkerMessage): void {
    if (message.kind === 'open') {
      place.link = new WorkerLink(
        this.#name,
        (answer) => post(place.worker, answer),
        (packet) => this.#relay(packet),
      );
    } else if (message.kind === 'closed') place.link = undefined;
    else place.link?.handleMessage(message);
  }

  #relay(packet: PacketMessage): void {
    if (this.#places[packet.worker]?.link?.send(packet) === true) this.#counters.relayed++;
    else this.#counters.dropped++;
  }
}

function post(worker: StartedWorker, message: WorkerMessage): void {
  if ('postMessage' in worker) worker.postMessage(message);
  // One that has just ended takes nothing, which is no error: with a callback, Node tells it there.
  else worker.send(message, () => {});
}
