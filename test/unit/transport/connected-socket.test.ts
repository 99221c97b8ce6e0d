import { createSocket, type Socket } from 'node:dgram';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ConnectedSocket } from '../../../src/transport/connected-socket.ts';

const loopback = '127.0.0.1';
/** Milliseconds that a phase of the event loop takes here. */
const phase = 1;

async function bound(): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', lookup: (ip, _options, callback) => callback(null, ip, 4) });
  await new Promise<void>((resolve) => socket.bind(0, loopback, resolve));
  return socket;
}

function isConnected(socket: Socket): boolean {
  try {
    socket.remoteAddress();
    return true;
  } catch {
    return false;
  }
}

describe('ConnectedSocket', () => {
  let socket: Socket;
  let near: Socket;
  let far: Socket;
  let connected: ConnectedSocket;

  beforeEach(async () => {
    [socket, near, far] = await Promise.all([bound(), bound(), bound()]);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'performance'] });
    connected = new ConnectedSocket(socket);
  });

  afterEach(() => {
    connected.close();
    vi.runAllTimers(); // what waits for a poll phase is the process's
    vi.useRealTimers();
    for (const each of [socket, near, far]) each.close();
  });

  function send(count: number, to: Socket): void {
    for (let i = 0; i < count; i++) connected.send(Uint8Array.of(i), to.address().port, loopback, () => {});
  }

  it('connects to the one that it sends much to and hears from, and all arrives', async () => {
    const arrived: number[] = [];
    near.on('message', (message) => arrived.push(message[0]!));
    connected.handleReceived();
    send(63, near);
    expect(isConnected(socket)).toBe(false);
    send(1, near);
    expect(isConnected(socket)).toBe(true);
    send(10, near);
    await expect.poll(() => arrived.length).toBe(74);
  });

  it('does not connect to one who does not answer', () => {
    send(200, near);
    expect(isConnected(socket)).toBe(false);
  });

  it('lets go for good when there is another remote', async () => {
    const arrived: number[] = [];
    far.on('message', (message) => arrived.push(message[0]!));
    connected.handleReceived();
    send(64, near);
    send(1, far);
    expect(isConnected(socket)).toBe(false);
    await expect.poll(() => arrived.length).toBe(1);
    connected.handleReceived();
    send(200, near);
    expect(isConnected(socket)).toBe(false);
  });

  it('hears a peer whose port has changed again once nothing is heard, or little is sent', async () => {
    connected.handleReceived();
    send(64, near);
    expect(isConnected(socket)).toBe(true);
    vi.advanceTimersByTime(1_000 + phase);
    // A second has passed in which it sent enough and heard something.
    expect(isConnected(socket)).toBe(true);
    send(100, near);
    vi.advanceTimersByTime(1_000 + phase);
    expect(isConnected(socket)).toBe(false);
  });
});
