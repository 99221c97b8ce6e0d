// What an association costs that nobody uses: memory, and the processor time of its heartbeats.
// The sans-IO core of the built package, driven directly in virtual time; no sockets, no timers of the system.
// node bench/idle.mjs [associations]
import { createHmac, randomFillSync } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Endpoint } from '../dist/core.js';

const count = Number(process.argv[2] ?? 10_000);
const idleMs = 600_000;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc');
const memory = () => {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};

const word = new Uint32Array(1);
const environment = {
  random: { uint32: () => randomFillSync(word)[0] },
  hmac: (key, data) => createHmac('sha256', key).update(data).digest(),
};
let now = 0;
let packets = 0;
const port = 5000;
const one = new Endpoint({ port }, environment);
const other = new Endpoint({ port, listening: true, limits: { maxHandshakesPerSecond: 1e9 } }, environment);

/** Each association has an address of its own, which stands for the peer on both sides. */
function drain(from, to) {
  let any = false;
  for (let sent = from.pollTransmit(now); sent !== undefined; sent = from.pollTransmit(now)) {
    any = true;
    packets++;
    to.handlePacket(sent.packet, sent.to, undefined, now);
  }
  while (from.pollEvent() !== undefined);
  return any;
}

function settle() {
  for (let busy = true; busy; ) {
    const sent = drain(one, other);
    busy = drain(other, one) || sent;
  }
}

const empty = memory();
for (let n = 0; n < count; n++) {
  const ip = `10.${n >>> 16}.${(n >>> 8) & 255}.${n & 255}`;
  one.connect({ addresses: [{ ip, udpPort: 9899 }], port }, {}, now);
  settle();
}
if (one.associationCount !== count || other.associationCount !== count) throw new Error('not all were established');
const bytes = (memory() - empty) / (2 * count);

packets = 0;
const cpuBefore = process.cpuUsage();
for (const end = now + idleMs; ; ) {
  const at = Math.min(one.nextTimeout, other.nextTimeout);
  if (at > end) break;
  now = Math.max(now, at);
  one.handleTimeout(now);
  other.handleTimeout(now);
  settle();
}
const { user, system } = process.cpuUsage(cpuBefore);
const cpuUs = (user + system) / (2 * count) / (idleMs / 1_000);
if (one.associationCount !== count) throw new Error('not all have stayed');

console.log(`${count} associations on each of two endpoints, ${idleMs / 1_000} s of virtual time, default options`);
console.log(`memory     ${Math.round(bytes)} bytes for each association`);
console.log(
  `packets    ${((packets / (2 * count) / idleMs) * 60_000).toFixed(2)} a minute sent by each (heartbeats, answers)`,
);
console.log(
  `processor  ${cpuUs.toFixed(3)} µs a second for each: ${((cpuUs * count) / 10_000).toFixed(2)} % of a core for all`,
);
console.log(`growth     ${Math.round((memory() - empty) / (2 * count) - bytes)} bytes for each in that time`);
