import { distance, next, previous, type Tsn, tsn } from '../../src/base/serial.ts';
import { type Chunk, decodePacket, encodePacket, findParameter, type SackChunk } from '../../src/chunks/index.ts';

export interface BurstLimitedSenderOptions {
  /** Its packets leave here. */
  readonly send: (packet: Uint8Array) => void;
  /** The SCTP ports of both sides. */
  readonly port: number;
  readonly peerPort: number;
  /** How much it has to send, in messages that fill a packet each. */
  readonly bytes: number;
}

const tag = 0x5e_4d_e2;
/** A packet of 1,200 bytes: common header 12, chunk header 16. */
const payloadLength = 1_172;
const pmdcs = payloadLength + 16;
/** Max.Burst of RFC 9260 §6.1 D, for each SACK chunk. */
const maxBurst = 4;

/**
 * A sender as Linux, usrsctp and dcSCTP are in slow start, written without any of ours but the wire format: for each SACK chunk that
 * acknowledges something new while its window is full, cwnd grows by one packet at most (L = 1 of RFC 3465, RFC 9260 §7.2.1), and
 * four packets at most go out. So it lives on the number of SACK chunks. Nothing is lost here, and nothing is sent twice.
 */
export class BurstLimitedSender {
  /** Packets with DATA that went out. */
  packets = 0;
  /** SACK chunks that came in, with what they told. */
  readonly sacks: SackChunk[] = [];
  /** min(4 MTU, max(2 MTU, 4,404 bytes)) of RFC 9260 §7.2.1 */
  cwnd = 4_404;
  readonly #options: BurstLimitedSenderOptions;
  #peerTag = 0;
  #nextTsn: Tsn = tsn(1);
  #cumulativeTsnAck: Tsn = tsn(0);
  #left: number;

  constructor(options: BurstLimitedSenderOptions) {
    this.#options = options;
    this.#left = Math.ceil(options.bytes / payloadLength);
  }

  get isDone(): boolean {
    return this.#left === 0 && this.#flight === 0;
  }

  get packetsInAll(): number {
    return Math.ceil(this.#options.bytes / payloadLength);
  }

  connect(): void {
    const streams = { outboundStreams: 1, inboundStreams: 1 };
    this.#send(0, {
      kind: 'INIT',
      initiateTag: tag,
      aRwnd: 100_000,
      ...streams,
      initialTsn: this.#nextTsn,
      parameters: [],
    });
  }

  /** The packet that carried, or will carry, the n-th TSN (from 1 on). */
  packetOf(number: number): Uint8Array {
    return this.#encode(this.#peerTag, dataChunk(tsn(number)));
  }

  handlePacket(packet: Uint8Array): void {
    for (const chunk of decodePacket(packet)?.chunks ?? []) this.#handleChunk(chunk);
  }

  get #flight(): number {
    return distance(previous(this.#nextTsn), this.#cumulativeTsnAck) * pmdcs;
  }

  #handleChunk(chunk: Chunk): void {
    if (chunk.kind === 'INIT ACK') {
      this.#peerTag = chunk.initiateTag;
      const { cookie } = findParameter(chunk.parameters, 'State Cookie')!;
      this.#send(this.#peerTag, { kind: 'COOKIE ECHO', cookie });
    } else if (chunk.kind === 'COOKIE ACK') this.#sendBurst();
    else if (chunk.kind === 'SACK') this.#handleSack(chunk);
  }

  #handleSack(sack: SackChunk): void {
    this.sacks.push(sack);
    const wasFull = this.#flight + pmdcs > this.cwnd;
    const acked = distance(sack.cumulativeTsnAck, this.#cumulativeTsnAck);
    if (acked > 0) {
      this.#cumulativeTsnAck = sack.cumulativeTsnAck;
      if (wasFull) this.cwnd += Math.min(acked * pmdcs, pmdcs);
    }
    this.#sendBurst();
  }

  #sendBurst(): void {
    for (let burst = 0; burst < maxBurst && this.#left > 0 && this.#flight < this.cwnd; burst++) {
      this.#send(this.#peerTag, dataChunk(this.#nextTsn));
      this.#nextTsn = next(this.#nextTsn);
      this.#left--;
      this.packets++;
    }
  }

  #send(verificationTag: number, chunk: Chunk): void {
    this.#options.send(this.#encode(verificationTag, chunk));
  }

  #encode(verificationTag: number, chunk: Chunk): Uint8Array {
    const { port, peerPort } = this.#options;
    return encodePacket({ sourcePort: port, destinationPort: peerPort, verificationTag }, [chunk]);
  }
}

/** A message of its own, the n-th of its stream under the n-th TSN. */
function dataChunk(number: Tsn): Chunk {
  const messageId = (number - 1) & 0xffff;
  const fragment = { streamId: 0, unordered: false, beginning: true, ending: true, messageId, fsn: 0, ppid: 0 };
  const payload = new Uint8Array(payloadLength).fill(1);
  return { kind: 'DATA', tsn: number, immediateAck: false, fragment: { ...fragment, payload } };
}
