import { createSocket, type Socket } from 'node:dgram';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { type Relay, type RelayOptions, startRelay } from '../../support/relay.ts';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function udpSocket(): Promise<Socket> {
  const socket = createSocket('udp4');
  cleanups.push(() => void socket.close());
  await new Promise<void>((resolve) => {
    socket.bind(0, '127.0.0.1', resolve);
  });
  return socket;
}

async function relayTo(server: Socket, options: Partial<RelayOptions>): Promise<Relay> {
  const relay = await startRelay({ target: { port: server.address().port }, seed: 1, ...options });
  cleanups.push(() => relay.close());
  return relay;
}

function received(socket: Socket): number[] {
  const numbers: number[] = [];
  socket.on('message', (datagram) => numbers.push(datagram.readUInt16BE()));
  return numbers;
}

function numbered(n: number): Buffer {
  const datagram = Buffer.alloc(2);
  datagram.writeUInt16BE(n);
  return datagram;
}

/** Sends 0 … count − 1, slowly enough for the system's buffers, and waits until nothing is under way any more. */
async function sendThrough(relay: Relay, count: number): Promise<number> {
  const client = await udpSocket();
  for (let n = 0; n < count; n++) {
    client.send(numbered(n), relay.port, '127.0.0.1');
    if (n % 20 === 19) await sleep(1);
  }
  await sleep(50);
  return client.address().port;
}

describe('the UDP relay', () => {
  it('passes datagrams on to the server and back to the client that sent them', async () => {
    const server = await udpSocket();
    server.on('message', (datagram, { port }) => server.send(datagram, port, '127.0.0.1'));
    const relay = await relayTo(server, {});
    const clients = await Promise.all([udpSocket(), udpSocket()]);
    const echoes = clients.map(received);
    clients.forEach((client, i) => {
      client.send(numbered(i), relay.port, '127.0.0.1');
    });
    await expect.poll(() => echoes).toEqual([[0], [1]]);
    expect(relay.stats).toEqual({ received: 4, forwarded: 4, lost: 0, duplicated: 0, reordered: 0 });
  });

  it('loses, duplicates and reorders about as much as it was told to', async () => {
    const server = await udpSocket();
    const arrived = received(server);
    const relay = await relayTo(server, { lossRate: 0.1, duplicateRate: 0.05, reorderRate: 0.1 });
    await sendThrough(relay, 1000);
    const { stats } = relay;
    expect(stats.received).toBe(1000);
    expect(stats.lost).toBeGreaterThan(50);
    expect(stats.lost).toBeLessThan(200);
    expect(stats.duplicated).toBeGreaterThan(20);
    expect(stats.reordered).toBeGreaterThan(40);
    expect(stats.forwarded).toBe(1000 - stats.lost + stats.duplicated);
    expect(arrived.length).toBe(stats.forwarded);
    expect(new Set(arrived).size).toBe(1000 - stats.lost);
    expect(arrived.some((n, i) => n < (arrived[i - 1] ?? 0))).toBe(true);
  });

  it('deals out the same fates for the same seed', async () => {
    const server = await udpSocket();
    const arrived = received(server);
    const survivors = async (seed: number): Promise<number[]> => {
      arrived.length = 0;
      await sendThrough(await relayTo(server, { seed, lossRate: 0.2, duplicateRate: 0.1, reorderRate: 0.1 }), 200);
      return [...arrived].sort((a, b) => a - b);
    };
    const first = await survivors(7);
    expect(await survivors(7)).toEqual(first);
    expect(await survivors(8)).not.toEqual(first);
  });

  it('keeps every datagram for as long as it was told to, and their order', async () => {
    const server = await udpSocket();
    const arrived = received(server);
    const relay = await relayTo(server, { delayMs: 100 });
    const begun = performance.now();
    await sendThrough(relay, 10);
    await expect.poll(() => arrived).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    // (A timer of Node may run a millisecond early.)
    expect(performance.now() - begun).toBeGreaterThan(98);
  });

  it('leaves everything alone once it is calm', async () => {
    const server = await udpSocket();
    const arrived = received(server);
    const relay = await relayTo(server, { lossRate: 1 });
    await sendThrough(relay, 10);
    expect(arrived).toEqual([]);
    relay.calm();
    await sendThrough(relay, 10);
    expect(arrived).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});
