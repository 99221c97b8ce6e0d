// Does a message cost more on an endpoint that has 10,000 other associations, all idle? Through both ends in memory, with its SACKs.
import { nanosecondsPerUnit } from './harness/clock.mjs';
import { CorePair } from './harness/core-pair.mjs';
import { runTask } from './harness/processes.mjs';

const others = 10_000;
const batch = 16;

export const questions = [
  {
    rows: [{ name: 'scale/flat', unit: 'ns/message' }],
    limit: 'with-1',
    ours: ({ cpuProfile, ...options }) => runTask(import.meta.url, 'messages', { ...options, others }, { cpuProfile }),
    peers: { 'with-1': (options) => runTask(import.meta.url, 'messages', { ...options, others: 0 }) },
  },
];

export async function messages({ seconds, warmUp, others }) {
  const pair = new CorePair({ maxBurst: 0 });
  pair.connect(others);
  const [{ association, peer }] = pair.connect(1, others);
  const data = new Uint8Array(100).fill(1);
  let received = 0;
  let sent = 0;
  const cost = await nanosecondsPerUnit({ seconds, warmUp }, () => {
    for (let turn = 0; turn < 64; turn++) {
      // One at a time: each is a packet of its own, as requests of a telephone network are.
      for (let n = 0; n < batch; n++) {
        association.send({ data }, pair.now);
        pair.settle();
      }
      pair.runUntil(pair.now + 0.01);
      while (peer.receive(pair.now) !== undefined) received++;
      pair.settle();
    }
    sent += 64 * batch;
    return 64 * batch;
  });
  if (received !== sent) throw new Error(`${received} of ${sent} messages were received`);
  return cost;
}
