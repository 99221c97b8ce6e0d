// A bare datagram socket, for the echo: no protocol at all.
import { createSocket } from 'node:dgram';

class Connection {
  constructor(socket, send) {
    this.socket = socket;
    this.send = send;
  }

  onMessage(handle) {
    this.socket.on('message', handle);
  }
}

const createUdpSocket = () => createSocket({ type: 'udp4', lookup: (ip, _options, done) => done(null, ip, 4) });

export async function listen(_options, onConnection) {
  const socket = createUdpSocket();
  await new Promise((resolve) => {
    socket.bind(0, '127.0.0.1', resolve);
  });
  // It answers whoever has spoken last.
  let remote;
  socket.on('message', (_data, from) => {
    remote = from;
  });
  onConnection(new Connection(socket, (data) => socket.send(data, remote.port, remote.address)));
  return { port: socket.address().port };
}

export async function connect(_options, port) {
  const socket = createUdpSocket();
  await new Promise((resolve) => {
    socket.connect(port, '127.0.0.1', resolve);
  });
  return new Connection(socket, (data) => socket.send(data));
}
