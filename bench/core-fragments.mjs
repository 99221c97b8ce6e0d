// What does a fragment of one message of 64 MiB cost, from `send` to the whole message at the other end, in memory?
// Beside it the same bytes as messages that need no fragmentation: the difference is fragmentation and reassembly.
import { nanosecondsPerUnit } from './harness/clock.mjs';
import { CorePair, dataPacketOverhead } from './harness/core-pair.mjs';
import { runTask } from './harness/processes.mjs';

const messageSize = 64 * 1024 * 1024;
const fragmentSize = 1_452 - dataPacketOverhead;

export const questions = [
  {
    rows: [{ name: 'core/fragments', unit: 'ns/fragment' }],
    limit: 'unfragmented',
    ours: ({ cpuProfile, ...options }) => runTask(import.meta.url, 'oneMessage', options, { cpuProfile }),
    peers: { unfragmented: (options) => runTask(import.meta.url, 'manyMessages', options) },
  },
];

const createPair = () =>
  // The headers below it are those of IPv6 and UDP, which leaves 1,452 bytes of 1,500.
  new CorePair({
    overhead: 48,
    maxBurst: 0,
    receiveBufferSize: 4 * messageSize,
    sendBufferSize: 2 * messageSize,
    maxMessageSize: messageSize,
  });

export async function oneMessage({ seconds, warmUp }) {
  const pair = createPair();
  const [{ association, peer }] = pair.connect();
  const data = new Uint8Array(messageSize).fill(1);
  return await nanosecondsPerUnit({ seconds, warmUp }, () => {
    const before = association.metrics().dataChunksSent;
    association.send({ data }, pair.now);
    deliver(pair);
    if (peer.receive(pair.now)?.data.length !== messageSize) throw new Error('the message has not arrived');
    pair.settle();
    return association.metrics().dataChunksSent - before;
  });
}

export async function manyMessages({ seconds, warmUp }) {
  const pair = createPair();
  const [{ association, peer }] = pair.connect();
  const data = new Uint8Array(fragmentSize).fill(1);
  const count = Math.floor(messageSize / fragmentSize);
  return await nanosecondsPerUnit({ seconds, warmUp }, () => {
    for (let n = 0; n < count; n++) association.send({ data }, pair.now);
    deliver(pair);
    let received = 0;
    while (peer.receive(pair.now) !== undefined) received++;
    if (received !== count) throw new Error(`${received} of ${count} messages have arrived`);
    pair.settle();
    return count;
  });
}

/** Until all is acknowledged: an odd packet at the end waits for the delayed SACK. */
function deliver(pair) {
  pair.settle();
  pair.runUntil(pair.now + 300);
}
