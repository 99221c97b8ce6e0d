import { createSocket, type Socket } from 'node:dgram';
import { onTestFinished } from 'vitest';

/** A NAT on loopback between one client and one server: it shows the server a port of its own, and may change it. */
export class Nat {
  readonly #serverUdpPort: number;
  #inside!: Socket;
  #outside!: Socket;
  #clientUdpPort = 0;

  private constructor(serverUdpPort: number) {
    this.#serverUdpPort = serverUdpPort;
  }

  /** Closed when the test has finished. */
  static async open(serverUdpPort: number): Promise<Nat> {
    const nat = new Nat(serverUdpPort);
    nat.#inside = await bound((packet, port) => {
      nat.#clientUdpPort = port;
      nat.#outside.send(packet, serverUdpPort, '127.0.0.1');
    });
    await nat.rebind();
    onTestFinished(() => {
      nat.#inside.close();
      nat.#outside.close();
    });
    return nat;
  }

  /** Where the client sends to. */
  get udpPort(): number {
    return this.#inside.address().port;
  }

  /** Where its packets come from, for the server. */
  get outerUdpPort(): number {
    return this.#outside.address().port;
  }

  /** Forgets its mapping: the next packet reaches the server from another port. */
  async rebind(): Promise<void> {
    const before = this.#outside;
    this.#outside = await bound((packet, port) => {
      if (port === this.#serverUdpPort) this.#inside.send(packet, this.#clientUdpPort, '127.0.0.1');
    });
    before?.close();
  }
}

function bound(handle: (packet: Uint8Array, fromPort: number) => void): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.on('message', (packet, { port }) => handle(packet, port));
  return new Promise((resolve) => socket.bind(0, '127.0.0.1', () => resolve(socket)));
}
