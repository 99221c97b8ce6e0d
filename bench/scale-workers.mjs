// What does a second worker bring? Echoes a second of one port that is served by two processes, beside the same with one.
//
// Two client processes hold eight associations each, with sixteen messages of 1 KiB under way in each. Clients and workers
// share the cores: two workers can be twice as fast only where there are four cores and more. With two cores the figure
// says what sharing a port costs, and how the cores are shared out, not how it scales.
//
// Needs Node.js 23.1 (reusePort); an older one fetches Node.js 24 from npm for the processes that are measured.
import { execFileSync, spawn } from 'node:child_process';
import cluster from 'node:cluster';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const port = 9999;
const udpPort = 29_899;
const clients = 2;
const associationsPerClient = 8;
const window = 16;
const messageSize = 1_024;
const thisFile = fileURLToPath(import.meta.url);

export const questions = [
  {
    rows: [{ name: 'scale/workers', unit: 'echoes/s' }],
    limit: undefined,
    ours: (settings) => run(2, settings),
    peers: { 'one-worker': (settings) => run(1, settings) },
  },
];

let capableNode;

/** A Node.js that can share a port: this one if it can. */
function findNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 23 || (major === 23 && minor >= 1)) return process.execPath;
  const arguments_ = ['-y', 'node@24', '-p', 'process.execPath'];
  return execFileSync('npx', arguments_, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
}

/** One run: echoes a second, counted by the clients. */
async function run(workers, { seconds, warmUp }) {
  capableNode ??= findNode();
  const server = start('serve', workers);
  const started = [server];
  try {
    await server.line();
    const tasks = Array.from({ length: clients }, () => start('ask', warmUp, seconds));
    started.push(...tasks);
    const rates = await Promise.all(tasks.map(async (task) => Number(await task.line())));
    return rates.reduce((sum, rate) => sum + rate);
  } finally {
    await Promise.all(started.map((each) => each.stop()));
  }
}

function start(...role) {
  const child = spawn(capableNode, [thisFile, ...role.map(String)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ended = once(child, 'exit');
  return {
    async line() {
      const { value, done } = await lines.next();
      if (done) throw new Error(`'${role.join(' ')}' has ended`);
      return value;
    },
    async stop() {
      child.stdin.end();
      await ended;
    },
  };
}

/** Says 'ready' when all workers listen; lives as long as its input is open. */
async function serve(count) {
  const { joinWorkers, listen, WorkerRelay } = await import('../dist/index.js');
  if (!cluster.isPrimary) {
    const workers = joinWorkers({ index: Number(process.env.WORKER), count });
    const endpoint = await listen({ port, host: '127.0.0.1', udpPort, reusePort: true, workers });
    process.send('ready');
    endpoint.on('association', (association) => {
      association.on('message', ({ data, streamId }) => void association.send(data, { streamId }));
    });
    return;
  }
  const relay = new WorkerRelay(count);
  let waiting = count;
  for (let index = 0; index < count; index++) {
    const worker = cluster.fork({ WORKER: index });
    relay.attach(index, worker);
    worker.on('message', (message) => {
      if (message === 'ready' && --waiting === 0) console.log('ready');
    });
  }
  process.stdin.resume().once('end', () => {
    for (const worker of Object.values(cluster.workers)) worker.process.kill('SIGKILL');
    process.exit();
  });
}

/** Prints the echoes a second of `seconds`, which begin when `warmUp` seconds have passed. */
async function ask(warmUp, seconds) {
  const { connect } = await import('../dist/index.js');
  let echoes = 0;
  const data = new Uint8Array(messageSize).fill(1);
  for (let n = 0; n < associationsPerClient; n++) {
    const association = await connect({ host: '127.0.0.1', port, remoteUdpPort: udpPort });
    association.on('message', () => {
      echoes++;
      void association.send(data);
    });
    for (let i = 0; i < window; i++) void association.send(data);
  }
  await new Promise((resolve) => setTimeout(resolve, warmUp * 1_000));
  const [before, beginMs] = [echoes, performance.now()];
  await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
  const rate = (echoes - before) / ((performance.now() - beginMs) / 1_000);
  console.log(Math.round(rate));
  process.stdin.resume().once('end', () => process.exit());
}

if (process.argv[1] === thisFile) {
  const [role, first, second] = process.argv.slice(2);
  if (role === 'serve') await serve(Number(first));
  else if (role === 'ask') await ask(Number(first), Number(second));
}
