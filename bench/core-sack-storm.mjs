// What does a SACK with as many gap blocks as a packet holds cost its receiver? The peer repeats it, as after a loss.
import { decodePacket, encodePacket } from '../dist/chunks/index.js';
import { nanosecondsPerUnit } from './harness/clock.mjs';
import { CorePair } from './harness/core-pair.mjs';
import { runTask } from './harness/processes.mjs';

/** (1,452 - 12 - 16) / 4: what fits behind the common header and the fixed part of a SACK (RFC 9260 §3.3.4). */
const mostBlocks = 356;
const outstanding = 4_000;

export const questions = [
  {
    rows: [{ name: 'core/sack-storm', unit: 'ns/SACK' }],
    ours: ({ cpuProfile, ...options }) =>
      runTask(import.meta.url, 'sacks', { ...options, blocks: mostBlocks }, { cpuProfile }),
    peers: {
      'one-block': (options) => runTask(import.meta.url, 'sacks', { ...options, blocks: 1 }),
    },
  },
];

export async function sacks({ seconds, warmUp, blocks }) {
  const pair = new CorePair({ maxBurst: 0, initialCwndPackets: 1_000 });
  const [{ association }] = pair.connect();
  let firstTsn;
  // Nothing arrives: what is outstanding stays so.
  pair.intercept = (packet) => {
    const [chunk] = decodePacket(packet).chunks;
    if (chunk.kind === 'DATA') firstTsn ??= chunk.tsn;
    return true;
  };
  for (let n = 0; n < outstanding; n++) {
    association.send({ data: new Uint8Array(16).fill(1) }, pair.now);
    pair.settle();
  }
  const [{ address }] = association.paths;
  // Every second TSN was received.
  const gapAckBlocks = Array.from({ length: blocks }, (_, n) => ({ start: 2 * n + 2, end: 2 * n + 2 }));
  const sack = encodePacket(
    {
      sourcePort: association.remotePort,
      destinationPort: association.localPort,
      verificationTag: association.myVerificationTag,
    },
    [{ kind: 'SACK', cumulativeTsnAck: (firstTsn - 1) >>> 0, aRwnd: 4 * 1024 * 1024, gapAckBlocks, duplicateTsns: [] }],
  );
  const before = association.metrics().sacksReceived;
  let handled = 0;
  const cost = await nanosecondsPerUnit({ seconds, warmUp }, () => {
    for (let n = 0; n < 100; n++) {
      pair.one.handlePacket(sack, address, undefined, pair.now);
      pair.settle();
    }
    handled += 100;
    return 100;
  });
  const { sacksReceived, sacksDropped } = association.metrics();
  if (sacksReceived - before !== handled || sacksDropped > 0) throw new Error(`${sacksDropped} SACKs were dropped`);
  return cost;
}
