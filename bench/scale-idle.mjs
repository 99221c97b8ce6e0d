// What does an association cost that nobody uses: memory, and the processor time of its heartbeats?
//
// Memory: 10,000 associations of the public Node API, both ends in one process over a network in memory, so that no sockets of the
// system count; bytes of heap and buffers for each end. Peers in the same way, with fewer of them (the cost is linear); TCP has real
// sockets, of which the part in the kernel is not counted.
// Processor time: the sans-IO core in virtual time with default options, nanoseconds for each association and second.
import { setTimeout as sleep } from 'node:timers/promises';
import { listen } from '../dist/index.js';
import { CorePair } from './harness/core-pair.mjs';
import { runTask } from './harness/processes.mjs';
import { connectInMemory as connectSctp } from './peers/sctp.mjs';
import * as tcp from './peers/tcp.mjs';
import { connectInMemory as connectWerift } from './peers/werift.mjs';

const idle = 10_000;
const idlePeers = 1_000;
const idleSeconds = 300;
const port = 5_000;
const withGc = { nodeOptions: ['--expose-gc'] };

export const questions = [
  {
    rows: [{ name: 'scale/idle/heap', unit: 'bytes/association' }],
    limit: 'core-alone',
    ours: ({ cpuProfile }) => runTask(import.meta.url, 'heapOfOurs', {}, { ...withGc, cpuProfile }),
    peers: {
      'core-alone': () => runTask(import.meta.url, 'heapOfCore', {}, withGc),
      tcp: () => runTask(import.meta.url, 'heapOfTcp', {}, withGc),
      werift: () => runTask(import.meta.url, 'heapOfWerift', {}, withGc),
      sctp: () => runTask(import.meta.url, 'heapOfSctp', {}, withGc),
    },
  },
  {
    rows: [{ name: 'scale/idle/cpu', unit: 'ns/association-second' }],
    ours: ({ cpuProfile }) => runTask(import.meta.url, 'processorTime', {}, { cpuProfile }),
    peers: {},
  },
];

/** One end of a pipe in memory. The address of a packet stands for the peer on both sides, as in CorePair. */
class Pipe {
  properties = { overhead: 28, maxPacketSize: 65_507 };
  addresses = [];
  other;
  #receiver;

  async open(receiver) {
    this.#receiver = receiver;
  }

  send(packet, to) {
    queueMicrotask(() => this.other.#receiver.handlePacket(packet, to, undefined));
  }

  async close() {}
}

export async function heapOfOurs() {
  const here = new Pipe();
  const there = new Pipe();
  here.other = there;
  there.other = here;
  const accepting = await listen({ port, transport: there, limits: { maxHandshakesPerSecond: 1e9 } });
  const accepted = [];
  accepting.on('association', (association) => accepted.push(association));
  const connecting = await listen({ port, transport: here });
  const connected = [];
  const bytes = await heapOf(async () => {
    for (let n = 0; n < idle; n++) {
      connected.push(await connecting.connect({ host: `10.1.${n >>> 8}.${n & 255}`, port, remoteUdpPort: 9_899 }));
    }
  });
  if (accepted.length !== idle || connected.length !== idle) throw new Error('not all were established');
  return bytes / (2 * idle);
}

/** The part of it that is sans-IO. */
export async function heapOfCore() {
  const pair = new CorePair();
  return (await heapOf(async () => pair.connect(idle))) / (2 * idle);
}

export function heapOfTcp() {
  return heapOfPairs(async (ends) => {
    const { port } = await tcp.listen({}, (connection) => ends.push(connection));
    return async () => ends.push(await tcp.connect({}, port));
  });
}

export function heapOfWerift() {
  return heapOfPairs((ends) => async () => ends.push(await connectWerift({})));
}

export function heapOfSctp() {
  return heapOfPairs((ends) => async () => ends.push(await connectSctp({})));
}

async function heapOfPairs(prepare) {
  const ends = [];
  const connect = await prepare(ends);
  // The first one loads what all share.
  await connect();
  await sleep(100);
  const endsOfOne = ends.length;
  const bytes = await heapOf(async () => {
    for (let n = 0; n < idlePeers; n++) await connect();
  });
  if (ends.length !== (idlePeers + 1) * endsOfOne) throw new Error('not all were established');
  return bytes / (2 * idlePeers);
}

/** What has been added when `fill` is done and all is at rest. */
async function heapOf(fill) {
  const before = await memoryInUse();
  await fill();
  return (await memoryInUse()) - before;
}

async function memoryInUse() {
  // Timers of the handshakes run out, and buffers are freed behind a collection, at the latest by the next one.
  await sleep(300);
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** Packets go both ways: heartbeats and their answers. */
export function processorTime() {
  const pair = new CorePair();
  pair.connect(idle);
  const before = process.cpuUsage();
  pair.runUntil(pair.now + idleSeconds * 1_000);
  const { user, system } = process.cpuUsage(before);
  if (pair.one.associationCount !== idle) throw new Error('not all have stayed');
  return ((user + system) * 1_000) / (2 * idle * idleSeconds);
}
