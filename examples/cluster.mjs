// An echo server on every core: one UDP port, one process for each worker (Node.js 23.1 or later, not macOS or Windows).
//
//   node examples/cluster.mjs [workers] [SCTP port] [UDP port]
//   node dist/cli/main.js connect 127.0.0.1 9999            # several of them, in other terminals
import cluster from 'node:cluster';
import { availableParallelism } from 'node:os';
import { joinWorkers, listen, WorkerRelay } from 'sctp-ts';

const count = Number(process.argv[2] ?? availableParallelism());
const port = Number(process.argv[3] ?? 9999);
const udpPort = Number(process.argv[4] ?? 9899);

/** With this code a worker ends that would end so again. */
const cannotListen = 2;

if (cluster.isPrimary) lead();
else await work(Number(process.env.SCTP_WORKER));

/** Starts the workers, carries packets between them, and replaces one that dies by one with the same index. */
function lead() {
  const relay = new WorkerRelay(count);
  const workers = new Set();
  let isClosing = false;
  const start = (index) => {
    const worker = cluster.fork({ SCTP_WORKER: index });
    relay.attach(index, worker);
    workers.add(worker);
    worker.once('exit', (code) => {
      workers.delete(worker);
      if (isClosing || code === 0 || code === cannotListen) return;
      console.log(`worker ${index} has died: its associations are lost, another takes its place`);
      setTimeout(start, 1_000, index);
    });
  };
  for (let index = 0; index < count; index++) start(index);
  const close = () => {
    isClosing = true;
    for (const worker of workers) worker.process.kill('SIGTERM');
  };
  process.once('SIGINT', close);
  process.once('SIGTERM', close);
}

async function work(index) {
  const workers = joinWorkers({ index, count });
  const endpoint = await listen({ port, udpPort, reusePort: true, workers }).catch((error) => {
    console.error(`worker ${index} cannot listen: ${error.message}`);
    process.exit(cannotListen);
  });
  const close = async () => {
    await endpoint.close();
    process.disconnect();
  };
  process.on('SIGINT', () => {}); // from the terminal: the primary tells when to end
  process.once('SIGTERM', close);
  console.log(`worker ${index} of ${count} (process ${process.pid}) listens on SCTP port ${port}, UDP port ${udpPort}`);
  for await (const association of endpoint) {
    const { ip, udpPort: remotePort } = association.paths[0].address;
    console.log(`worker ${index} has ${ip} UDP port ${remotePort}`);
    echo(association).catch((error) => console.log(`worker ${index} has lost ${remotePort}: ${error.message}`));
  }
}

async function echo(association) {
  for await (const { data, streamId, ppid } of association) await association.send(data, { streamId, ppid });
}
