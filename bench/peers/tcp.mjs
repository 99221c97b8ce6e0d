// TCP by node:net: what the system does in the kernel. It has no messages: each is a plain write, and what arrives is counted in
// bytes.
import { connect as connectTcp, createServer } from 'node:net';

class Connection {
  constructor(socket) {
    this.socket = socket;
    socket.on('error', () => {});
  }

  onMessage(handle) {
    this.socket.on('data', handle);
  }

  send(data) {
    this.socket.write(data);
  }

  get isDrained() {
    return this.socket.writableLength === 0;
  }

  async flood(data) {
    for (;;) {
      if (this.socket.write(data)) continue;
      await new Promise((resolve) => {
        this.socket.once('drain', resolve);
      });
    }
  }

  /** By a reset, as an ABORT is: nothing stays behind in TIME-WAIT. */
  async close() {
    this.socket.resetAndDestroy();
  }
}

export async function listen(_options, onConnection) {
  const server = createServer({ noDelay: true }, (socket) => onConnection(new Connection(socket)));
  await new Promise((resolve) => {
    server.listen(0, '127.0.0.1', 1_024, resolve);
  });
  return { port: server.address().port };
}

export async function connect(_options, port) {
  const socket = connectTcp({ host: '127.0.0.1', port, noDelay: true });
  await new Promise((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  return new Connection(socket);
}
