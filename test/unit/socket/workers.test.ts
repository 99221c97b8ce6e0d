import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, it, onTestFinished } from 'vitest';
import { connect } from '../../../src/socket/connect.ts';
import { joinWorkers } from '../../../src/socket/join-workers.ts';
import { listen } from '../../../src/socket/listen.ts';
import { type StartedWorker, WorkerRelay } from '../../../src/socket/worker-relay.ts';
import { memoryPair } from '../../../src/transport/memory.ts';

const library = new URL('../../../dist/index.js', import.meta.url).href;

/**
 * Worker 0 and 1 of 2, without sockets: worker 0 forwards so many packets to worker 1 as soon as it is told to, and worker
 * 1 says what has come. `receive` is what an endpoint calls when it has opened.
 */
function source(index: number): string {
  return `
    const say = (message) => (parentPort === null ? process.send(message) : parentPort.postMessage(message));
    const channel = parentPort ?? process;
    import('${library}').then(({ joinWorkers }) => {
      const group = joinWorkers({ index: ${index}, count: 2 });
      let count = 0;
      let bytes = 0;
      const stop = group.receive(({ packet, from, to }) => {
        count++;
        bytes += packet.length;
        if (packet[0] === 255) say({ count, bytes, from, to: to ?? null, isPlain: packet.constructor === Uint8Array });
      });
      channel.on('message', function handle(message) {
        if (message.forward !== undefined) {
          const from = { ip: '192.0.2.1', udpPort: 1234 };
          let accepted = 0;
          for (let n = 0; n < message.forward; n++) {
            const packet = new Uint8Array(60_000).fill(n + 1 === message.forward ? 255 : 1);
            if (group.forward(1, { packet, from, to: undefined })) accepted++;
          }
          say({ accepted });
        }
        if (message === 'end') {
          stop();
          channel.off('message', handle);
          if (parentPort === null) process.disconnect();
        }
      });
      say('ready');
    });
  `;
}

const startProcess = (index: number): StartedWorker => {
  const code = `const parentPort = null; ${source(index)}`;
  return spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
};
const startThread = (index: number): StartedWorker =>
  new Worker(`const { parentPort } = require('node:worker_threads'); ${source(index)}`, { eval: true });

/** The next message of the program of a worker that has such a member, or is that text. */
function told(worker: StartedWorker, what: string): Promise<unknown> {
  return new Promise((resolve) => {
    const emitter: NodeJS.EventEmitter = worker;
    emitter.on('message', function handle(message: string | object) {
      if (message !== what && !(typeof message === 'object' && what in message)) return;
      emitter.off('message', handle);
      resolve(message);
    });
  });
}

function ended(worker: StartedWorker): Promise<unknown[]> {
  return once(worker as NodeJS.EventEmitter, 'exit');
}

function tell(worker: StartedWorker, message: string | object): void {
  if ('postMessage' in worker) worker.postMessage(message);
  else worker.send(message);
}

describe.each([
  ['processes', startProcess],
  ['threads', startThread],
])('workers that are %s', (_, start) => {
  it('get the packets that others forward to them through the relay, and end when they are done', async () => {
    const relay = new WorkerRelay(2);
    const workers = [start(0), start(1)] as const;
    workers.forEach((worker, index) => {
      relay.attach(index, worker);
    });
    await Promise.all(workers.map((worker) => told(worker, 'ready')));
    const summary = told(workers[1], 'count');
    tell(workers[0], { forward: 20 });
    expect(await summary).toEqual({
      count: 20,
      bytes: 20 * 60_000,
      from: { ip: '192.0.2.1', udpPort: 1234 },
      to: null,
      isPlain: true,
    });
    expect(relay.counters).toEqual({ relayed: 20, dropped: 0 });

    const ends = workers.map((worker) => ended(worker));
    for (const worker of workers) tell(worker, 'end');
    expect((await Promise.all(ends)).map(([code]) => code)).toEqual([0, 0]);
    // Their places are free.
    const next = start(1);
    relay.attach(1, next);
    await told(next, 'ready');
    tell(next, 'end');
    await ended(next);
  });

  it('forward no more than may wait, and to nobody who is not there', async () => {
    const relay = new WorkerRelay(2);
    const worker = start(0);
    relay.attach(0, worker);
    await told(worker, 'ready');
    const accepted = told(worker, 'accepted');
    tell(worker, { forward: 200 });
    // 80,000 bytes of Base64 each: 53 of them reach 4 MiB while the relay has no turn to take any.
    expect(await accepted).toEqual({ accepted: 53 });
    await expect.poll(() => relay.counters).toEqual({ relayed: 0, dropped: 53 });
    tell(worker, 'end');
    await ended(worker);
  });
});

describe('a group of workers', () => {
  it('has one worker for each index', () => {
    const relay = new WorkerRelay(1);
    const worker = startThread(0);
    onTestFinished(async () => {
      await (worker as Worker).terminate();
    });
    relay.attach(0, worker);
    expect(() => relay.attach(0, worker)).toThrow('worker 0 is there already');
    expect(() => relay.attach(1, worker)).toThrow('workers.index must be an integer 0 to 0, not 1');
    expect(() => new WorkerRelay(0)).toThrow('workers.count must be an integer 1 to 256, not 0');
  });

  it('is none where nobody has started this process', () => {
    const { send } = process;
    Reflect.deleteProperty(process, 'send');
    onTestFinished(() => {
      if (send !== undefined) process.send = send;
    });
    expect(() => joinWorkers({ index: 0, count: 2 })).toThrow(
      expect.objectContaining({ code: 'SCTP_ERR_NOT_SUPPORTED' }),
    );
  });

  it('needs a port that all know', async () => {
    const workers = { index: 0, count: 1, forward: () => false, receive: () => () => {} };
    await expect(listen({ port: 0, workers })).rejects.toMatchObject({ code: 'SCTP_ERR_INVALID_ARGUMENT' });
    await expect(listen({ port: 5000, udpPort: 0, reusePort: true, workers })).rejects.toMatchObject({
      code: 'SCTP_ERR_INVALID_ARGUMENT',
    });
  });

  it('tells what was forwarded', async () => {
    const [outside, inside] = memoryPair();
    const workers = { index: 1, count: 2, forward: () => true, receive: () => () => {} };
    const endpoint = await listen({ port: 5000, transport: inside, workers });
    onTestFinished(() => endpoint.abort());
    const client = await connect({ host: '10.0.0.2', port: 5000, transport: outside });
    expect(endpoint.forwarding).toEqual({ forwarded: 0, dropped: 0, received: 0 });
    await client.close();
  });
});
