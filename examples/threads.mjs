// An echo server on every core, with threads: as examples/cluster.mjs, in one process.
//
//   node examples/threads.mjs [workers] [SCTP port] [UDP port]
import { availableParallelism } from 'node:os';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { joinWorkers, listen, WorkerRelay } from 'sctp-ts';

if (isMainThread) lead();
else await work(workerData);

function lead() {
  const count = Number(process.argv[2] ?? availableParallelism());
  const port = Number(process.argv[3] ?? 9999);
  const udpPort = Number(process.argv[4] ?? 9899);
  const relay = new WorkerRelay(count);
  const threads = new Set();
  const start = (index) => {
    const thread = new Worker(new URL(import.meta.url), { workerData: { index, count, port, udpPort } });
    relay.attach(index, thread);
    threads.add(thread);
    thread.once('error', (error) => console.error(`thread ${index}: ${error.message}`));
    thread.once('exit', (code) => {
      threads.delete(thread);
      if (code !== 0) setTimeout(start, 1_000, index);
    });
  };
  for (let index = 0; index < count; index++) start(index);
  const close = () => {
    for (const thread of threads) thread.postMessage('close');
  };
  process.once('SIGINT', close);
  process.once('SIGTERM', close);
}

async function work({ index, count, port, udpPort }) {
  const endpoint = await listen({ port, udpPort, reusePort: true, workers: joinWorkers({ index, count }) });
  parentPort.on('message', async (message) => {
    if (message !== 'close') return;
    await endpoint.close();
    parentPort.close();
  });
  console.log(`thread ${index} of ${count} listens on SCTP port ${port}, UDP port ${udpPort}`);
  for await (const association of endpoint) {
    const { ip, udpPort: remotePort } = association.paths[0].address;
    console.log(`thread ${index} has ${ip} UDP port ${remotePort}`);
    echo(association).catch((error) => console.log(`thread ${index} has lost ${remotePort}: ${error.message}`));
  }
}

async function echo(association) {
  for await (const { data, streamId, ppid } of association) await association.send(data, { streamId, ppid });
}
