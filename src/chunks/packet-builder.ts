import { emptyBytes, writeUint16, writeUint32 } from '../base/bytes.ts';
import { writeChecksum } from '../base/checksum.ts';
import { type Chunk, writeChunk } from './chunk.ts';

/**
 * Writes packets straight into the buffers they are sent from. One builder serves any number of packets, one after the
 * other: `begin`, `append` for every chunk, `finish`. Nothing is checked: whether a chunk still fits, its `chunkLength`
 * tells.
 */
export class PacketBuilder {
  #buffer: Uint8Array = emptyBytes;
  #length = 0;

  /** Starts a packet with its common header (RFC 9260 §3.1). `buffer` may hold old bytes. */
  begin(buffer: Uint8Array, sourcePort: number, destinationPort: number, verificationTag: number): void {
    writeUint16(buffer, 0, sourcePort);
    writeUint16(buffer, 2, destinationPort);
    writeUint32(buffer, 4, verificationTag);
    writeUint32(buffer, 8, 0);
    this.#buffer = buffer;
    this.#length = 12;
  }

  /** Bytes of the packet so far: where the next chunk begins. */
  get length(): number {
    return this.#length;
  }

  append(chunk: Chunk): void {
    this.#length = writeChunk(chunk, this.#buffer, this.#length);
  }

  /**
   * Ends the packet; the result is a view into the buffer. `checksum: false` leaves the checksum zero, which only a
   * peer that announced so accepts (RFC 9653 §5.2).
   */
  finish(options?: { readonly checksum?: boolean }): Uint8Array {
    const packet = this.#buffer.subarray(0, this.#length);
    if (options?.checksum !== false) writeChecksum(packet);
    this.#buffer = emptyBytes;
    return packet;
  }
}
