import { setImmediate } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { NetAddress } from '../../../src/base/address.ts';
import { type Chunk, encodePacket } from '../../../src/chunks/index.ts';
import { type ForwardedPacket, type WorkerGroup, WorkerTransport } from '../../../src/driver/worker-transport.ts';
import { Network } from '../../../src/simulation/index.ts';
import { memoryPair } from '../../../src/transport/memory.ts';
import { PatientTimer } from '../../../src/transport/patient-timer.ts';
import { SimulatedLoop } from '../../support/simulated-loop.ts';
import { Inbox } from '../transport/inbox.ts';

const peer: NetAddress = Object.freeze({ ip: '10.0.0.1', udpPort: 9899 });
const local: NetAddress = Object.freeze({ ip: '10.0.0.2', udpPort: 9899 });

function packetOf(verificationTag: number, chunk: Chunk = { kind: 'COOKIE ACK' }): Uint8Array {
  return encodePacket({ sourcePort: 6000, destinationPort: 5000, verificationTag }, [chunk]);
}

/** Worker 1 of 3, and what goes in and out of it. */
async function worker() {
  const [outside, inside] = memoryPair(peer, local);
  const forwarded: { worker: number; packet: ForwardedPacket }[] = [];
  let handle: ((packet: ForwardedPacket) => void) | undefined;
  const transport = new WorkerTransport(inside, {
    index: 1,
    count: 3,
    forward: (to, packet) => forwarded.push({ worker: to, packet }) <= 3,
    receive: (handler) => {
      handle = handler;
      return () => {
        handle = undefined;
      };
    },
  });
  const inbox = new Inbox();
  await transport.open(inbox);
  await outside.open(new Inbox());
  return {
    transport,
    inbox,
    forwarded,
    forwardToUs: (packet: Uint8Array) => handle?.({ packet, from: peer, to: local }),
    isReceiving: () => handle !== undefined,
    async arrive(...packets: Uint8Array[]) {
      for (const packet of packets) outside.send(packet, local);
      await setImmediate(); // the network in memory has delivered when the microtasks are over
    },
  };
}

describe('the transport of a worker', () => {
  it('keeps its own packets and forwards those of others, with the addresses that they came by', async () => {
    const { arrive, inbox, forwarded, transport } = await worker();
    const [own, of2, of0, nobodys] = [packetOf(4), packetOf(5), packetOf(6), packetOf(0)];
    await arrive(own, of2, of0, nobodys);
    expect(inbox.packets.map(({ packet }) => packet)).toEqual([own, nobodys]);
    expect(forwarded).toEqual([
      { worker: 2, packet: { packet: of2, from: peer, to: local } },
      { worker: 0, packet: { packet: of0, from: peer, to: local } },
    ]);
    expect(transport.counters).toEqual({ forwarded: 2, dropped: 0, received: 0 });
  });

  it('never forwards what was forwarded to it, whatever its tag', async () => {
    const { forwardToUs, inbox, forwarded, transport } = await worker();
    for (const tag of [4, 5, 6]) forwardToUs(packetOf(tag));
    expect(inbox.packets.map(({ from, to }) => [from, to])).toEqual([1, 2, 3].map(() => [peer, local]));
    expect(forwarded).toEqual([]);
    expect(transport.counters).toEqual({ forwarded: 0, dropped: 0, received: 3 });
  });

  it('counts what the others do not take', async () => {
    const { arrive, transport } = await worker();
    await arrive(...[5, 5, 5, 5, 5].map((tag) => packetOf(tag)));
    expect(transport.counters).toEqual({ forwarded: 3, dropped: 2, received: 0 });
  });

  it('keeps a reflected tag, and shows it to the worker that gets the other packets of that remote', async () => {
    const { arrive, inbox, forwarded } = await worker();
    const abort = packetOf(5, { kind: 'ABORT', tagReflected: true, causes: [] });
    await arrive(abort);
    expect(inbox.packets).toHaveLength(1);
    expect(forwarded).toEqual([]);
    await arrive(packetOf(6), abort);
    expect(inbox.packets).toHaveLength(2);
    expect(forwarded.map((each) => each.worker)).toEqual([0, 0]);
  });

  it('counts as brought by the sockets what it forwards: a late timer waits for what is behind it', async () => {
    const loop = new SimulatedLoop(new Network());
    onTestFinished(() => loop.end());
    const socket = loop.socket(local.ip);
    let forwarded = 0;
    const group: WorkerGroup = { index: 1, count: 3, forward: () => ++forwarded > 0, receive: () => () => {} };
    await new WorkerTransport(socket, group).open(new Inbox());
    const ends: number[] = [];
    new PatientTimer(() => ends.push(forwarded)).start(100);
    loop.block(200);
    for (let n = 0; n < 40; n++) socket.handlePacket(packetOf(5), peer, local);
    await loop.run(10);
    expect(ends).toEqual([40]);
  });

  it('takes nothing from others once it is closed', async () => {
    const { transport, isReceiving } = await worker();
    expect(isReceiving()).toBe(true);
    await transport.close();
    expect(isReceiving()).toBe(false);
  });
});
