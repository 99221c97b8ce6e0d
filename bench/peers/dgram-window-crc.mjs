// The limit of any SCTP in JavaScript over node:dgram: packets in a window on connected sockets, every second one acknowledged,
// CRC32c computed on both sides by crc-32, and nothing else. The payload is the packet without sequence number and CRC.

import { createSocket } from 'node:dgram';
import crc32c from 'crc-32/crc32c.js';

const headerSize = 8;
const socketBufferSize = 4 * 1024 * 1024;
/** As much as the sockets' buffers take: more would only be lost in them. */
const windowBytes = 256 * 1024;
const mostPackets = 256;
const patienceMs = 100;

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

/**
 * A packet to send again and again, under one sequence number after the other: number and CRC32c, both with the least
 * significant byte first, written by a view that is kept.
 */
class OutgoingPacket {
  bytes;
  #view;

  constructor(size) {
    this.bytes = Buffer.alloc(size, 1);
    this.#view = new DataView(this.bytes.buffer, this.bytes.byteOffset, size);
  }

  seal(sequence) {
    this.#view.setUint32(0, sequence, true);
    this.#view.setInt32(4, 0, true);
    this.#view.setInt32(4, crc32c.buf(this.bytes), true);
    return this.bytes;
  }
}

const readInt32 = (packet, at) => packet[at] | (packet[at + 1] << 8) | (packet[at + 2] << 16) | (packet[at + 3] << 24);

function isIntact(packet) {
  const crc = readInt32(packet, 4);
  packet[4] = packet[5] = packet[6] = packet[7] = 0;
  return crc32c.buf(packet) === crc;
}

const sequenceOf = (packet) => readInt32(packet, 0) >>> 0;

export async function listen(_options, onConnection) {
  const socket = await openSocket();
  let handle = () => {};
  let expected = 0;
  const acknowledgements = Array.from({ length: mostPackets }, () => new OutgoingPacket(headerSize));
  const acknowledge = () => socket.send(acknowledgements[expected % mostPackets].seal(expected));
  // What is received is counted, and not looked at.
  const payload = { length: 0 };
  const receive = (packet) => {
    if (!isIntact(packet)) return;
    if (sequenceOf(packet) !== expected) return acknowledge();
    expected = (expected + 1) >>> 0;
    if (expected % 2 === 0) acknowledge();
    payload.length = packet.length - headerSize;
    handle(payload);
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
  const packets = Array.from({ length: window }, () => new OutgoingPacket(packetSize));
  let acknowledged = 0;
  let sent = 0;
  const sendMore = () => {
    for (; sent - acknowledged < window; sent++) socket.send(packets[sent % window].seal(sent));
  };
  let acknowledgedBefore = -1;
  return {
    flood: () => {
      socket.on('message', (packet) => {
        if (!isIntact(packet)) return;
        const upTo = sequenceOf(packet);
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
