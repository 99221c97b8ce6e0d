import { padded, readUint16, readUint32, readUint32LittleEndian } from '../base/bytes.ts';
import type { Slab } from '../base/slab.ts';
import { type Chunk, chunkLength, decodeChunk } from './chunk.ts';
import { PacketBuilder } from './packet-builder.ts';
import { tlvHeaderLength, tlvLength } from './tlv.ts';

/** Bytes before the first chunk. */
export const commonHeaderLength = 12;

/**
 * What every packet begins with (RFC 9260 §3.1).
 *
 * ```
 * |      Source Port Number       |    Destination Port Number    |
 * |                       Verification Tag                        |
 * |                           Checksum                            |
 * ```
 */
export interface CommonHeader {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly verificationTag: number;
}

export interface Packet extends CommonHeader {
  /** Bytes of the whole packet. */
  readonly byteLength: number;
  /** As received, comparable with `computeCrc32c`; nobody has checked it yet. */
  readonly checksum: number;
  /** At least one, unless `truncated`. */
  readonly chunks: readonly Chunk[];
  /** The chunks end in bytes that are no chunk (a length below 4 or past the end); these are left out. */
  readonly truncated: boolean;
}

export interface DecodeOptions {
  /**
   * Whether parameters of INIT and INIT ACK chunks that no receiver has a use for are left out: who answers strangers does so
   * at a cost that has a bound. Default false.
   */
  readonly sparing?: boolean | undefined;
}

const everything: DecodeOptions = {};

/**
 * Takes a packet apart. Byte arrays of the chunks are views into `bytes`. Does not look at the checksum.
 * @returns undefined when there is no room for a common header and a chunk header
 */
export function decodePacket(bytes: Uint8Array, { sparing = false }: DecodeOptions = everything): Packet | undefined {
  if (bytes.length < commonHeaderLength + tlvHeaderLength) return undefined;
  const end = bytes.length;
  let length = tlvLength(bytes, commonHeaderLength, end);
  const chunks: Chunk[] = length === 0 ? [] : [decodeChunk(bytes, commonHeaderLength, length, sparing)];
  let offset = commonHeaderLength + padded(length);
  while (length > 0 && offset < end) {
    length = tlvLength(bytes, offset, end);
    if (length > 0) chunks.push(decodeChunk(bytes, offset, length, sparing));
    // §3.2: "The receiver MUST ignore the padding bytes."
    offset += padded(length);
  }
  return {
    sourcePort: readUint16(bytes, 0),
    destinationPort: readUint16(bytes, 2),
    verificationTag: readUint32(bytes, 4),
    byteLength: bytes.length,
    checksum: readUint32LittleEndian(bytes, 8),
    chunks,
    truncated: length === 0,
  };
}

export interface EncodeOptions {
  /** False leaves the checksum zero (RFC 9653). Default true. */
  readonly checksum?: boolean | undefined;
  /** Where to take memory from. Default: memory of its own. */
  readonly slab?: Slab | undefined;
}

const builder = new PacketBuilder();

/** A whole packet in bytes that nothing else is written to. */
export function encodePacket(
  { sourcePort, destinationPort, verificationTag }: CommonHeader,
  chunks: readonly Chunk[],
  { checksum, slab }: EncodeOptions = {},
): Uint8Array {
  let length = commonHeaderLength;
  for (const chunk of chunks) length += chunkLength(chunk);
  const buffer = slab?.take(length) ?? new Uint8Array(length);
  builder.begin(buffer, slab?.offset ?? 0, sourcePort, destinationPort, verificationTag);
  slab?.keep(length);
  for (const chunk of chunks) builder.append(chunk);
  return builder.finish(checksum);
}
