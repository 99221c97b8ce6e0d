// What does one full DATA packet cost, through both ends, in memory?
// Encoding, CRC32c, decoding, CRC32c again, the record of the TSN, delivery, and a SACK for every second packet; no system calls.
import crc32c from 'crc-32/crc32c.js';
import { nanosecondsPerUnit } from './harness/clock.mjs';
import { CorePair, dataPacketOverhead } from './harness/core-pair.mjs';
import { Missing } from './harness/measure.mjs';
import { runTask } from './harness/processes.mjs';
import { connectInMemory } from './peers/werift.mjs';

const packetSize = 1_452;
const batch = 16;

export const questions = [
  {
    rows: [{ name: 'core/packet/checksum', unit: 'ns/packet' }],
    limit: 'crc32c-twice',
    ours: ({ cpuProfile, ...options }) => runTask(import.meta.url, 'ours', options, { cpuProfile }),
    peers: {
      'crc32c-twice': (options) => runTask(import.meta.url, 'checksumsAlone', options),
      werift: (options) => runTask(import.meta.url, 'weriftPacket', options),
    },
  },
  {
    rows: [{ name: 'core/packet/zero-checksum', unit: 'ns/packet' }],
    ours: ({ cpuProfile, ...options }) =>
      runTask(import.meta.url, 'ours', { ...options, errorDetectionMethod: 1 }, { cpuProfile }),
    peers: {
      'crc32c-twice': (options) => runTask(import.meta.url, 'checksumsAlone', options),
      werift: () => {
        throw new Missing('always computes the checksum');
      },
    },
  },
];

/** One message fills one packet. `errorDetectionMethod` stands for a transport that protects packets itself (RFC 9653). */
export async function ours({ seconds, warmUp, errorDetectionMethod }) {
  const pair = new CorePair({ errorDetectionMethod, maxBurst: 0 });
  const [{ association, peer }] = pair.connect();
  const data = new Uint8Array(packetSize - dataPacketOverhead).fill(1);
  let full = 0;
  pair.intercept = (packet) => {
    if (packet.length === packetSize) full++;
  };
  let received = 0;
  let sent = 0;
  const cost = await nanosecondsPerUnit({ seconds, warmUp }, () => {
    for (let turn = 0; turn < 64; turn++) {
      for (let n = 0; n < batch; n++) association.send({ data }, pair.now);
      pair.now += 0.1;
      pair.settle();
      while (peer.receive(pair.now) !== undefined) received++;
      pair.settle();
    }
    sent += 64 * batch;
    return 64 * batch;
  });
  if (received < sent - batch || full < sent - batch)
    throw new Error(`${sent} sent, ${received} received, ${full} full packets`);
  return cost;
}

/** The two computations of that packet and nothing else. */
export async function checksumsAlone({ seconds, warmUp }) {
  const packets = Array.from({ length: 64 }, (_, n) => new Uint8Array(packetSize).fill(n));
  let sum = 0;
  const cost = await nanosecondsPerUnit({ seconds, warmUp }, () => {
    for (const packet of packets) sum ^= crc32c.buf(packet) ^ crc32c.buf(packet, sum & 1);
    return packets.length;
  });
  return sum === 0.5 ? 0 : cost;
}

/** werift's association over a pipe in memory that hands packets over in the next turn of the event loop. */
export async function weriftPacket({ seconds, warmUp }) {
  const { client, server } = await connectInMemory({ mtu: packetSize });
  const data = Buffer.alloc(packetSize - dataPacketOverhead, 1);
  let received = 0;
  let wake = () => {};
  server.onReceive.subscribe(() => {
    received++;
    wake();
  });
  let sent = 0;
  return await nanosecondsPerUnit({ seconds, warmUp }, async () => {
    for (let n = 0; n < batch; n++) void client.send(0, 51, data);
    sent += batch;
    while (received < sent) {
      await new Promise((resolve) => {
        wake = resolve;
      });
    }
    return batch;
  });
}
