import { readUint16, readUint32, writeUint16, writeUint32 } from '../base/bytes.ts';
import { type Tsn, tsn } from '../base/serial.ts';
import { type ChunkCodec, noFlags } from './chunk-codec.ts';
import { type Parameter, parameterFormat } from './parameters/parameter.ts';
import { decodeSetUpList, decodeSetUpListSparingly, mostInInit, mostInInitAck } from './parameters/set-up-list.ts';
import { tlvsLength, writeTlvs } from './tlv.ts';

/** What INIT and INIT ACK have in common. */
interface InitFields {
  readonly initiateTag: number;
  /** Advertised Receiver Window Credit in bytes. */
  readonly aRwnd: number;
  /** Number of Outbound Streams (OS). */
  readonly outboundStreams: number;
  /** Number of Inbound Streams (MIS). */
  readonly inboundStreams: number;
  readonly initialTsn: Tsn;
  /** In the order of the wire, also those that do not belong here. */
  readonly parameters: readonly Parameter[];
}

/**
 * Initiation (RFC 9260 §3.3.2). Fields with forbidden values (a tag or stream count of 0) and flawed parameters decode as
 * they are: what answers them depends on the state.
 *
 * ```
 * |   Type = 1    |  Chunk Flags  |      Chunk Length             |
 * |                         Initiate Tag                          |
 * |          Advertised Receiver Window Credit (a_rwnd)           |
 * |  Number of Outbound Streams   |   Number of Inbound Streams   |
 * |                          Initial TSN                          |
 * /              Optional/Variable-Length Parameters              /
 * ```
 */
export interface InitChunk extends InitFields {
  readonly kind: 'INIT';
}

/** Initiation Acknowledgement (RFC 9260 §3.3.3): the format of INIT with type 2. */
export interface InitAckChunk extends InitFields {
  readonly kind: 'INIT ACK';
}

export const initCodec: ChunkCodec<InitChunk> = {
  type: 1,
  minimumLength: 16,
  decode: (bytes, start, end, _flags, isSparing) => ({
    kind: 'INIT',
    ...decodeFields(bytes, start, end, isSparing ? mostInInit : undefined),
  }),
  valueLength,
  // §3.3.2: "The Chunk Flags field in INIT chunks is reserved, and all bits in it SHOULD be set to 0 by the sender and
  // ignored by the receiver."
  flags: noFlags,
  encode,
};

export const initAckCodec: ChunkCodec<InitAckChunk> = {
  type: 2,
  minimumLength: 16,
  decode: (bytes, start, end, _flags, isSparing) => ({
    kind: 'INIT ACK',
    ...decodeFields(bytes, start, end, isSparing ? mostInInitAck : undefined),
  }),
  valueLength,
  // §3.3.3: "The Chunk Flags field in INIT ACK chunks is reserved, and all bits in it SHOULD be set to 0".
  flags: noFlags,
  encode,
};

/** With a `most`, so many parameters are looked at. */
function decodeFields(bytes: Uint8Array, start: number, end: number, most: number | undefined): InitFields {
  const at = start + 16;
  return {
    initiateTag: readUint32(bytes, start),
    aRwnd: readUint32(bytes, start + 4),
    outboundStreams: readUint16(bytes, start + 8),
    inboundStreams: readUint16(bytes, start + 10),
    initialTsn: tsn(readUint32(bytes, start + 12)),
    parameters: most === undefined ? decodeSetUpList(bytes, at, end) : decodeSetUpListSparingly(bytes, at, end, most),
  };
}

function valueLength(init: InitFields): number {
  return 16 + tlvsLength(parameterFormat, init.parameters);
}

function encode(init: InitFields, bytes: Uint8Array, offset: number): void {
  writeUint32(bytes, offset, init.initiateTag);
  writeUint32(bytes, offset + 4, init.aRwnd);
  writeUint16(bytes, offset + 8, init.outboundStreams);
  writeUint16(bytes, offset + 10, init.inboundStreams);
  writeUint32(bytes, offset + 12, init.initialTsn);
  // §3.3.2.1: "Any Type-Length-Value fields MUST be placed after the fixed-length fields."
  writeTlvs(parameterFormat, init.parameters, bytes, offset + 16);
}
