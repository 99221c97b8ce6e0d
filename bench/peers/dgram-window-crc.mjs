// The limit of any SCTP in JavaScript over node:dgram: packets in a window on connected sockets, every second one acknowledged,
// CRC32c computed on both sides by crc-32, and nothing else. The payload is the packet without sequence number and CRC.

import { createSocket } from 'node:dgram';
import crc32c from 'crc-32/crc32c.js';

const headerSize = 8;
const socketBufferSize = 4 * 1024 * 1024;
/** As much as the sockets' buffers take: more would only be lost in them. */
const windowBytes = 256 * 1024;
const mostPackets = 256;
const patienceMs = 20;

async function openSocket() {
  const socket = createSocket({ type: 'udp4', lookup: (ip, _options, done) => done(null, ip, 4) });
  await new Promise((resolve) => {
    socket.bind(0, '127.0.0.1', resolve);
  });
  socket.setRecvBufferSize(socketBufferSize);
  socket.setSendBufferSize(socketBufferSize);
  return socket;
}

const connected = (socket, port) =>
  new Promise((resolve) => {
    socket.connect(port, '127.0.0.1', resolve);
  });

/** Sequence number and CRC32c, both with the least significant byte first. */
function seal(packet, sequence) {
  packet.writeUInt32LE(sequence, 0);
  packet.writeInt32LE(0, 4);
  packet.writeInt32LE(crc32c.buf(packet), 4);
}

function isIntact(packet) {
  const crc = packet.readInt32LE(4);
  packet.writeInt32LE(0, 4);
  return crc32c.buf(packet) === crc;
}

export async function listen(_options, onConnection) {
  const socket = await openSocket();
  let handle = () => {};
  let expected = 0;
  const acknowledgements = Array.from({ length: mostPackets }, () => Buffer.alloc(headerSize));
  const acknowledge = () => {
    const packet = acknowledgements[expected % mostPackets];
    seal(packet, expected);
    socket.send(packet);
  };
  const receive = (packet) => {
    if (!isIntact(packet)) return;
    if (packet.readUInt32LE(0) !== expected) return acknowledge();
    expected = (expected + 1) >>> 0;
    if (expected % 2 === 0) acknowledge();
    handle(packet.subarray(headerSize));
  };
  socket.once('message', async (first, { port }) => {
    const early = [first];
    const keep = (packet) => early.push(packet);
    socket.on('message', keep);
    await connected(socket, port);
    socket.off('message', keep);
    socket.on('message', receive);
    for (const packet of early) receive(packet);
  });
  onConnection({
    onMessage: (given) => {
      handle = given;
    },
  });
  return { port: socket.address().port };
}

export async function connect({ packetSize }, port) {
  const socket = await openSocket();
  await connected(socket, port);
  const window = Math.max(2, Math.min(mostPackets, Math.floor(windowBytes / packetSize)) & ~1);
  const packets = Array.from({ length: window }, () => Buffer.alloc(packetSize, 1));
  let acknowledged = 0;
  let sent = 0;
  const sendMore = () => {
    for (; sent - acknowledged < window; sent++) {
      const packet = packets[sent % window];
      seal(packet, sent);
      socket.send(packet);
    }
  };
  let acknowledgedBefore = -1;
  return {
    flood: () => {
      socket.on('message', (packet) => {
        if (!isIntact(packet)) return;
        const upTo = packet.readUInt32LE(0);
        if (upTo <= acknowledged || upTo > sent) return;
        acknowledged = upTo;
        sendMore();
      });
      // Something was lost in a full buffer: all of the window again.
      setInterval(() => {
        if (acknowledged === acknowledgedBefore) {
          sent = acknowledged;
          sendMore();
        }
        acknowledgedBefore = acknowledged;
      }, patienceMs);
      sendMore();
      return new Promise(() => {});
    },
  };
}
