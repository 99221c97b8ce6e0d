import type { NetAddress } from '../base/address.ts';
import { readUint8 } from '../base/bytes.ts';
import { Ring } from '../base/ring.ts';
import { chunkTypes, commonHeaderLength, decodePacket, type Packet } from '../chunks/index.ts';
import { type LadderOptions, type LadderPacket, ladder, TsnOrigins } from '../trace/index.ts';
import type { LossReason } from './link.ts';

/** A packet that was sent, and what became of it. */
export interface RecordedPacket extends LadderPacket {
  readonly lost?: LossReason;
}

/** The first chunks of packets that teach the origins of TSNs; AUTH may stand before any of them. */
const handshakeTypes: ReadonlySet<number> = new Set([
  chunkTypes.INIT,
  chunkTypes['INIT ACK'],
  chunkTypes['COOKIE ECHO'],
  chunkTypes.AUTH,
]);

/** The latest packets of a simulation, in the order in which they were sent. */
export class Recording {
  readonly #limit: number;
  readonly #packets = new Ring<RecordedPacket>();
  readonly #origins = new TsnOrigins();

  constructor(limit: number) {
    this.#limit = limit;
  }

  get packets(): readonly RecordedPacket[] {
    return [...this.#packets];
  }

  /** Sees a packet that is about to be sent. */
  observe(bytes: Uint8Array): void {
    if (bytes.length <= commonHeaderLength || !handshakeTypes.has(readUint8(bytes, commonHeaderLength))) return;
    const packet = decodePacket(bytes);
    if (packet) this.#origins.observe(packet);
  }

  add(packet: RecordedPacket): void {
    this.#packets.push(packet);
    if (this.#packets.length > this.#limit) this.#packets.shift();
  }

  /** Forgets the packets, but not where TSNs began. */
  clear(): void {
    this.#packets.clear();
  }

  /** The packet with TSNs counted from 1 on each side. */
  decode(bytes: Uint8Array): Packet | undefined {
    const packet = decodePacket(bytes);
    return packet && this.#origins.relative(packet);
  }

  ladder(name: (from: NetAddress) => string, options: LadderOptions): string[] {
    return ladder(this.#packets, { name, relativeTsns: this.#origins, ...options });
  }
}
