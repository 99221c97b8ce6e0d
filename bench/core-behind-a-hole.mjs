// Does a packet cost more while thousands of TSNs are held behind a hole?
// Both ends in memory: small messages, one a packet, a SACK for each of them in either case. The first TSN never arrives;
// once `held` are held behind it, the next packets are timed.
import { nanosecondsPerUnit } from './harness/clock.mjs';
import { CorePair } from './harness/core-pair.mjs';
import { runTask } from './harness/processes.mjs';

const held = 4_000;
const timed = 1_000;
const messageSize = 16;
/** The one that never arrives is told by its length. */
const lostSize = 200;

export const questions = [
  {
    rows: [{ name: 'core/behind-a-hole', unit: 'ns/packet' }],
    limit: 'without-hole',
    ours: ({ cpuProfile, ...options }) =>
      runTask(import.meta.url, 'packets', { ...options, hasHole: true }, { cpuProfile }),
    peers: { 'without-hole': (options) => runTask(import.meta.url, 'packets', { ...options, hasHole: false }) },
  },
];

export async function packets({ seconds, warmUp, hasHole }) {
  const data = new Uint8Array(messageSize).fill(1);
  const send = (scene, count) => {
    const { pair, association, peer } = scene;
    for (let n = 0; n < count; n++) {
      association.send({ data }, pair.now);
      pair.settle();
      if (peer.receive(pair.now) !== undefined) scene.received++;
    }
    return count;
  };
  const prepare = () => {
    const pair = new CorePair({ sackFrequency: 1, maxBurst: 0, initialCwndPackets: 1_000 });
    const [{ association, peer }] = pair.connect();
    const scene = { pair, association, peer, received: 0 };
    if (hasHole) pair.intercept = (packet) => packet.length > lostSize;
    association.send({ data: new Uint8Array(lostSize) }, pair.now);
    send(scene, held);
    if (scene.received > 0 === hasHole) throw new Error(`${scene.received} messages were received`);
    return scene;
  };
  return await nanosecondsPerUnit({ seconds, warmUp }, (scene) => send(scene, timed), prepare);
}
