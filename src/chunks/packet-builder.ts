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
  #start = 0;
  #end = 0;

  /** Starts a packet at `offset` of `buffer`, which may hold old bytes, with its common header (RFC 9260 §3.1). */
  begin(buffer: Uint8Array, offset: number, sourcePort: number, destinationPort: number, tag: number): void {
    writeUint16(buffer, offset, sourcePort);
    writeUint16(buffer, offset + 2, destinationPort);
    writeUint32(buffer, offset + 4, tag);
    writeUint32(buffer, offset + 8, 0);
    this.#buffer = buffer;
    this.#start = offset;
    this.#end = offset + 12;
  }

  /** Bytes of the packet so far. */
  get length(): number {
    return this.#end - this.#start;
  }

  append(chunk: Chunk): void {
    this.#end = writeChunk(chunk, this.#buffer, this.#end);
  }

  /**
   * Ends the packet; the result is a view into the buffer. Without a checksum it is left zero, which only a peer that announced so accepts (RFC 9653 §5.2).
   */
  finish(withChecksum = true): Uint8Array {
    const packet = this.#buffer.subarray(this.#start, this.#end);
    if (withChecksum) writeChecksum(packet);
    this.#buffer = emptyBytes;
    return packet;
  }
}
