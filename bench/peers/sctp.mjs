// The npm package `sctp` over UDP: one association for each UDP socket.
import { createSocket } from 'node:dgram';
import { EventEmitter } from 'node:events';
import { sctp } from './packages.mjs';

const serverPort = 5_000;
const clientPort = 5_001;
const socketBufferSize = 4 * 1024 * 1024;
/** Its receive window follows from the stream's mark; the default of 16 KiB is less than a large message. */
const highWaterMark = 4 * 1024 * 1024;

/** A `udpTransport` that learns its peer from what it receives. */
class SocketTransport extends EventEmitter {
  #socket;
  #remote;

  constructor(socket, remote) {
    super();
    this.#socket = socket;
    this.#remote = remote;
    socket.on('message', (packet, from) => {
      this.#remote = from;
      this.emit('message', packet, from);
    });
    socket.on('close', () => this.emit('close'));
  }

  send(packet, _port, _address, callback) {
    this.#socket.send(packet, this.#remote.port, this.#remote.address, callback);
  }
}

class Connection {
  constructor(socket) {
    this.socket = socket;
  }

  onMessage(handle) {
    this.socket.on('data', handle);
  }

  send(data) {
    this.socket.write(data);
  }

  get isDrained() {
    return this.socket.writableLength === 0 && this.socket.association.flightsize === 0;
  }

  async flood(data) {
    for (;;) {
      if (this.socket.write(data)) continue;
      await new Promise((resolve) => {
        this.socket.once('drain', resolve);
      });
    }
  }
}

async function openSocket() {
  const socket = createSocket({ type: 'udp4', lookup: (ip, _options, done) => done(null, ip, 4) });
  await new Promise((resolve) => {
    socket.bind(0, '127.0.0.1', resolve);
  });
  socket.setRecvBufferSize(socketBufferSize);
  socket.setSendBufferSize(socketBufferSize);
  return socket;
}

function open(options, transport, ports, passive) {
  // Its PMTU counts the headers of IP (20 bytes), not those of UDP (8 bytes).
  if (options.pathMtu !== undefined) sctp().defaults({ PMTU: options.pathMtu - 8 });
  const udpPeer = { address: '127.0.0.1', port: 1 };
  const socket = sctp().connect({
    ...ports,
    passive,
    udpTransport: transport,
    udpPeer,
    highWaterMark,
    OS: 10,
    MIS: 10,
  });
  socket.on('error', () => {});
  return socket;
}

export async function listen(options, onConnection) {
  const socket = await openSocket();
  const ports = { localPort: serverPort, port: clientPort };
  onConnection(new Connection(open(options, new SocketTransport(socket), ports, true)));
  return { port: socket.address().port };
}

export async function connect(options, port) {
  const transport = new SocketTransport(await openSocket(), { address: '127.0.0.1', port });
  return await established(open(options, transport, { localPort: clientPort, port: serverPort }, false));
}

async function established(socket) {
  await new Promise((resolve) => {
    socket.once('connect', resolve);
  });
  return new Connection(socket);
}

/** Two ends with a pipe in memory between them, under port numbers of their own. */
export async function connectInMemory(options) {
  const one = new EventEmitter();
  const other = new EventEmitter();
  const pipe = (to) => (packet, _port, _address, callback) =>
    queueMicrotask(() => {
      to.emit('message', packet, { address: '127.0.0.1', port: 1 });
      callback?.();
    });
  one.send = pipe(other);
  other.send = pipe(one);
  const server = open(options, other, { localPort: serverPort, port: clientPort }, true);
  // The passive end is there a turn later.
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
  const client = await established(open(options, one, { localPort: clientPort, port: serverPort }, false));
  return { client, server: new Connection(server) };
}
