import { type Tsn, tsn } from '../base/serial.ts';
import type { Chunk, Packet } from '../chunks/index.ts';

/**
 * Makes TSNs readable: relative to the initial TSN of the side that counts with them, whose first chunk becomes 1 (so
 * that a SACK of nothing says 0). Learns from INIT and INIT ACK and tells sides apart by their Verification Tags alone,
 * so that several paths, restarts and INIT collisions do not confuse it.
 */
export class TsnOrigins {
  /** The initial TSN of the side that chose a tag. */
  readonly #initialTsns = new Map<number, Tsn>();
  /** From the tag of one side to the tag of the other. */
  readonly #peers = new Map<number, number>();

  /** Learns from a packet; those before the handshake are out of reach. */
  observe(packet: Packet): void {
    const { verificationTag } = packet;
    for (const chunk of packet.chunks) {
      if (chunk.kind === 'INIT' || chunk.kind === 'INIT ACK')
        this.#initialTsns.set(chunk.initiateTag, chunk.initialTsn);
      if (chunk.kind === 'INIT ACK') {
        this.#peers.set(verificationTag, chunk.initiateTag);
        this.#peers.set(chunk.initiateTag, verificationTag);
      } else if (chunk.kind === 'COOKIE ECHO') {
        // Of several INIT ACKs (one for each INIT that was sent), this one counts.
        const sender = this.#peers.get(verificationTag);
        if (sender !== undefined) this.#peers.set(sender, verificationTag);
      }
    }
  }

  /** The packet with relative TSNs; they stay as they are where the initial TSN is not known. */
  relative(packet: Packet): Packet {
    const { verificationTag } = packet;
    const peerTag = this.#peers.get(verificationTag);
    const receiver = this.#initialTsns.get(verificationTag);
    const sender = peerTag === undefined ? undefined : this.#initialTsns.get(peerTag);
    if (sender === undefined && receiver === undefined) return packet;
    return { ...packet, chunks: packet.chunks.map((chunk) => relativeChunk(chunk, sender, receiver)) };
  }
}

/** `sender` and `receiver`: the initial TSNs of the two sides of the packet that holds the chunk. */
function relativeChunk(chunk: Chunk, sender: Tsn | undefined, receiver: Tsn | undefined): Chunk {
  switch (chunk.kind) {
    case 'DATA':
    case 'I-DATA':
      return { ...chunk, tsn: from(sender, chunk.tsn) };
    case 'FORWARD-TSN':
    case 'I-FORWARD-TSN':
      return { ...chunk, newCumulativeTsn: from(sender, chunk.newCumulativeTsn) };
    case 'SACK':
      return {
        ...chunk,
        cumulativeTsnAck: from(receiver, chunk.cumulativeTsnAck),
        duplicateTsns: chunk.duplicateTsns.map((duplicate) => from(receiver, duplicate)),
      };
    case 'SHUTDOWN':
      return { ...chunk, cumulativeTsnAck: from(receiver, chunk.cumulativeTsnAck) };
    // RFC 5061 §5.1 A2: "initialized at the start of the association to the same value as the Initial […] (TSN)".
    case 'ASCONF':
      return { ...chunk, serialNumber: from(sender, tsn(chunk.serialNumber)) };
    case 'ASCONF-ACK':
      return { ...chunk, serialNumber: from(receiver, tsn(chunk.serialNumber)) };
    default:
      return chunk;
  }
}

function from(initialTsn: Tsn | undefined, absolute: Tsn): Tsn {
  return initialTsn === undefined ? absolute : tsn(absolute - initialTsn + 1);
}
