// What does it cost to hand over 2,000 messages of 100 bytes at once without awaiting any of them? The time until the last call has
// returned, for each call. The next 2,000 follow when these are delivered, or after 200 ms where that takes a stack longer. Both ends
// in one process, over loopback.
import { setTimeout as sleep } from 'node:timers/promises';
import { runTask } from './harness/processes.mjs';

const count = 2_000;
const messageSize = 100;
const patienceMs = 200;
const send = (stack) => (options) => runTask(import.meta.url, 'sends', { ...options, stack });

export const questions = [
  {
    rows: [{ name: 'scale/unawaited-sends', unit: 'ns/send' }],
    ours: ({ cpuProfile, ...options }) =>
      runTask(import.meta.url, 'sends', { ...options, stack: 'sctp-ts' }, { cpuProfile }),
    peers: { tcp: send('tcp'), sctp: send('sctp') },
  },
];

export async function sends({ stack, seconds, warmUp }) {
  const { listen, connect } = await import(`./peers/${stack}.mjs`);
  let arrived = 0;
  const { port } = await listen({}, (connection) =>
    connection.onMessage((data) => {
      arrived += data.length;
    }),
  );
  const connection = await connect({}, port);
  const data = Buffer.alloc(messageSize, 1);
  let sent = 0;
  let elapsedMs = 0;
  let calls = 0;
  const begin = performance.now() + warmUp * 1_000;
  const end = begin + seconds * 1_000;
  // The calls are a small part of what runs: the time is that of everything, delivery included.
  for (let at = 0; at < end || calls === 0; ) {
    at = performance.now();
    for (let n = 0; n < count; n++) connection.send(data);
    if (at >= begin) {
      elapsedMs += performance.now() - at;
      calls += count;
    }
    sent += count * messageSize;
    const later = performance.now() + patienceMs;
    while ((arrived < sent || !connection.isDrained) && performance.now() < later) await sleep(1);
  }
  return (elapsedMs * 1e6) / calls;
}
