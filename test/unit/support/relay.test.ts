import { createSocket, type Socket } from 'node:dgram';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
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

/** Turns of the event loop, until it is so: a test that waits in vain ends by its time limit. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await turn();
}

/** Sends 0 … count − 1, few enough at once for the system's buffers, and waits until the relay has taken the last. */
async function send(relay: Relay, count: number): Promise<void> {
  const client = await udpSocket();
  const before = relay.stats.received;
  for (let n = 0; n < count; n++) {
    client.send(numbered(n), relay.port, '127.0.0.1');
    if (n % 20 === 19 || n === count - 1) await until(() => relay.stats.received === before + n + 1);
  }
}

/** As `send`, and waits until all that is not lost has arrived. */
async function sendThrough(relay: Relay, count: number, arrived: readonly number[]): Promise<void> {
  const before = relay.stats.forwarded - arrived.length;
  await send(relay, count);
  const { stats } = relay;
  await until(() => stats.forwarded === stats.received - stats.lost + stats.duplicated);
  await until(() => arrived.length === stats.forwarded - before);
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
    await sendThrough(relay, 1000, arrived);
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
      const relay = await relayTo(server, { seed, lossRate: 0.2, duplicateRate: 0.1, reorderRate: 0.1 });
      await sendThrough(relay, 200, arrived);
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
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    await send(relay, 10);
    vi.advanceTimersByTime(99);
    expect([relay.stats.received, relay.stats.forwarded]).toEqual([10, 0]);
    vi.advanceTimersByTime(1);
    expect(relay.stats.forwarded).toBe(10);
    await until(() => arrived.length === 10);
    expect(arrived).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('leaves everything alone once it is calm', async () => {
    const server = await udpSocket();
    const arrived = received(server);
    const relay = await relayTo(server, { lossRate: 1 });
    await sendThrough(relay, 10, arrived);
    expect(arrived).toEqual([]);
    relay.calm();
    await sendThrough(relay, 10, arrived);
    expect(arrived).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});
