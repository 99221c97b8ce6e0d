// werift's SCTP, below its data channels: what a process of a benchmark does with it.
import { createSocket } from 'node:dgram';
import { werift } from './packages.mjs';

const sctpPort = 5_000;
const ppid = 51;
/** Unsent messages while it floods: `send` resolves when the message has left its queue. */
const inFlight = 64;
const socketBufferSize = 4 * 1024 * 1024;

/** What carries the packets of one association over a shared socket. */
class SocketTransport {
  onData = undefined;
  #socket;
  #remote;

  constructor(socket, remote) {
    this.#socket = socket;
    this.#remote = remote;
  }

  send(packet) {
    return new Promise((resolve) => {
      this.#socket.send(packet, this.#remote.port, this.#remote.address, () => resolve());
    });
  }

  close() {}
}

class Connection {
  constructor(association, close) {
    this.association = association;
    this.close = close;
  }

  onMessage(handle) {
    this.association.onReceive.subscribe((_streamId, _ppid, data) => handle(data));
  }

  send(data) {
    void this.association.send(0, ppid, data);
  }

  get isDrained() {
    return this.association.outboundQueue.length === 0 && this.association.sentQueue.length === 0;
  }

  async flood(data) {
    const send = async () => {
      for (;;) await this.association.send(0, ppid, data);
    };
    await Promise.all(Array.from({ length: inFlight }, send));
  }
}

/** Its MTU is of SCTP packets: what is left of ours behind IP (20 bytes) and UDP (8 bytes). */
const associationOptions = ({ pathMtu }) => (pathMtu === undefined ? {} : { mtu: pathMtu - 28 });

async function openSocket(port) {
  const socket = createSocket({ type: 'udp4', lookup: (ip, _options, done) => done(null, ip, 4) });
  await new Promise((resolve) => {
    socket.bind(port, '127.0.0.1', resolve);
  });
  socket.setRecvBufferSize(socketBufferSize);
  socket.setSendBufferSize(socketBufferSize);
  return socket;
}

/** One association for each remote UDP port. */
export async function listen(options, onConnection) {
  const SCTP = werift();
  const socket = await openSocket(0);
  const transports = new Map();
  socket.on('message', (packet, remote) => {
    let transport = transports.get(remote.port);
    if (transport === undefined) {
      transport = new SocketTransport(socket, remote);
      transports.set(remote.port, transport);
      const association = SCTP.server(transport, sctpPort, associationOptions(options));
      association.stateChanged.connected.once(() => onConnection(new Connection(association, () => {})));
      association.stateChanged.closed.once(() => transports.delete(remote.port));
      void association.start(sctpPort);
    }
    void transport.onData?.(packet);
  });
  return { port: socket.address().port };
}

export async function connect(options, port) {
  const SCTP = werift();
  const socket = await openSocket(0);
  const transport = new SocketTransport(socket, { address: '127.0.0.1', port });
  socket.on('message', (packet) => void transport.onData?.(packet));
  const association = SCTP.client(transport, sctpPort, associationOptions(options));
  const connected = association.stateChanged.connected.asPromise();
  void association.start(sctpPort);
  await connected;
  return new Connection(association, async () => {
    await association.abort();
    socket.close();
  });
}

/** Two associations with a pipe between them: what is sent arrives in the next turn of the event loop. */
export async function connectInMemory(options) {
  const SCTP = werift();
  const one = { onData: undefined, close() {} };
  const other = { onData: undefined, close() {} };
  one.send = async (packet) => void setImmediate(() => void other.onData?.(packet));
  other.send = async (packet) => void setImmediate(() => void one.onData?.(packet));
  const server = SCTP.server(other, sctpPort, options);
  const client = SCTP.client(one, sctpPort, options);
  const connected = Promise.all([server, client].map(({ stateChanged }) => stateChanged.connected.asPromise()));
  await server.start(sctpPort);
  await client.start(sctpPort);
  await connected;
  return { client, server };
}
