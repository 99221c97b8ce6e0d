import { emptyBytes, padded, readUint8, writeUint8, writeUint16 } from '../base/bytes.ts';
import { type AbortChunk, abortCodec } from './abort.ts';
import { type AsconfAckChunk, type AsconfChunk, asconfAckCodec, asconfCodec } from './asconf.ts';
import { type AuthChunk, authCodec } from './auth.ts';
import type { ChunkCodec } from './chunk-codec.ts';
import { type CookieAckChunk, type CookieEchoChunk, cookieAckCodec, cookieEchoCodec } from './cookie.ts';
import { type DataChunk, dataCodec } from './data.ts';
import { type ErrorChunk, errorCodec } from './error.ts';
import { type ForwardTsnChunk, forwardTsnCodec } from './forward-tsn.ts';
import { type HeartbeatAckChunk, type HeartbeatChunk, heartbeatAckCodec, heartbeatCodec } from './heartbeat.ts';
import { type IDataChunk, iDataCodec } from './i-data.ts';
import { type IForwardTsnChunk, iForwardTsnCodec } from './i-forward-tsn.ts';
import { type InitAckChunk, type InitChunk, initAckCodec, initCodec } from './init.ts';
import { type PadChunk, padCodec } from './pad.ts';
import { type ReconfigChunk, reconfigCodec } from './re-config.ts';
import { type SackChunk, sackCodec } from './sack.ts';
import {
  type ShutdownAckChunk,
  type ShutdownChunk,
  type ShutdownCompleteChunk,
  shutdownAckCodec,
  shutdownCodec,
  shutdownCompleteCodec,
} from './shutdown.ts';
import { type Flaw, tlvHeaderLength } from './tlv.ts';

/** Every chunk of the RFCs that this package implements. */
export type KnownChunk =
  | DataChunk
  | IDataChunk
  | InitChunk
  | InitAckChunk
  | SackChunk
  | HeartbeatChunk
  | HeartbeatAckChunk
  | AbortChunk
  | ErrorChunk
  | ShutdownChunk
  | ShutdownAckChunk
  | ShutdownCompleteChunk
  | CookieEchoChunk
  | CookieAckChunk
  | AuthChunk
  | AsconfChunk
  | AsconfAckChunk
  | ReconfigChunk
  | PadChunk
  | ForwardTsnChunk
  | IForwardTsnChunk;

/** A chunk of another type, as it came. */
export interface UnknownChunk {
  readonly kind: 'unknown';
  readonly type: number;
  readonly flags: number;
  readonly value: Uint8Array;
}

/** A chunk of a known type whose value does not follow its format, as it came. */
export interface MalformedChunk {
  readonly kind: 'malformed';
  readonly type: number;
  readonly flags: number;
  readonly value: Uint8Array;
  /** What is wrong with it, for people. */
  readonly reason: string;
}

/** What a packet can contain, discriminated by the RFC's name in `kind`. */
export type Chunk = KnownChunk | UnknownChunk | MalformedChunk;

type ChunkCodecs = { readonly [K in KnownChunk['kind']]: ChunkCodec<Extract<KnownChunk, { kind: K }>> };

const codecs: ChunkCodecs = {
  DATA: dataCodec,
  'I-DATA': iDataCodec,
  INIT: initCodec,
  'INIT ACK': initAckCodec,
  SACK: sackCodec,
  HEARTBEAT: heartbeatCodec,
  'HEARTBEAT ACK': heartbeatAckCodec,
  ABORT: abortCodec,
  ERROR: errorCodec,
  SHUTDOWN: shutdownCodec,
  'SHUTDOWN ACK': shutdownAckCodec,
  'SHUTDOWN COMPLETE': shutdownCompleteCodec,
  'COOKIE ECHO': cookieEchoCodec,
  'COOKIE ACK': cookieAckCodec,
  AUTH: authCodec,
  ASCONF: asconfCodec,
  'ASCONF-ACK': asconfAckCodec,
  'RE-CONFIG': reconfigCodec,
  PAD: padCodec,
  'FORWARD-TSN': forwardTsnCodec,
  'I-FORWARD-TSN': iForwardTsnCodec,
};

const codecByType: (ChunkCodec<KnownChunk> | undefined)[] = new Array(256).fill(undefined);
for (const codec of Object.values(codecs)) codecByType[codec.type] = codec as ChunkCodec<KnownChunk>;

/** The Chunk Type of every known kind. */
export const chunkTypes: { readonly [K in KnownChunk['kind']]: number } = Object.fromEntries(
  Object.entries(codecs).map(([kind, codec]) => [kind, codec.type]),
) as { [K in KnownChunk['kind']]: number };

/** The chunk at `offset`, whose Chunk Length is known to be sound. */
export function decodeChunk(bytes: Uint8Array, offset: number, length: number, isSparing: boolean): Chunk {
  const type = readUint8(bytes, offset);
  // Nearly all chunks are DATA, and a call whose target is known can be inlined.
  if (type === dataCodec.type) return decodeWith(dataCodec, bytes, offset, length, isSparing);
  const codec = codecByType[type];
  if (codec !== undefined) return decodeWith(codec, bytes, offset, length, isSparing);
  const flags = readUint8(bytes, offset + 1);
  const value = length === tlvHeaderLength ? emptyBytes : bytes.subarray(offset + tlvHeaderLength, offset + length);
  return { kind: 'unknown', type, flags, value };
}

function decodeWith<C>(
  codec: ChunkCodec<C>,
  bytes: Uint8Array,
  offset: number,
  length: number,
  isSparing: boolean,
): C | MalformedChunk {
  const flags = readUint8(bytes, offset + 1);
  const start = offset + tlvHeaderLength;
  const end = offset + length;
  const chunk =
    end - start < codec.minimumLength
      ? tooShort(codec.minimumLength + tlvHeaderLength)
      : codec.decode(bytes, start, end, flags, isSparing);
  if (typeof chunk !== 'string') return chunk;
  const value = start === end ? emptyBytes : bytes.subarray(start, end);
  return { kind: 'malformed', type: codec.type, flags, value, reason: chunk };
}

const flaws: string[] = [];

/** One text for all chunks that are too short in the same way: a packet may hold thousands. */
function tooShort(length: number): Flaw {
  flaws[length] ??= `shorter than ${length} bytes`;
  return flaws[length];
}

/** Bytes of `chunk` on the wire, with its padding. */
export function chunkLength(chunk: Chunk): number {
  // §3.2: "The total length of a chunk (including Type, Length, and Value fields) MUST be a multiple of 4 bytes."
  return padded(tlvHeaderLength + (isRaw(chunk) ? chunk.value.length : codecOf(chunk).valueLength(chunk)));
}

/**
 * Writes `chunk` with its padding; every byte is written, whatever the buffer held.
 * @returns the offset behind it
 */
export function writeChunk(chunk: Chunk, bytes: Uint8Array, offset: number): number {
  if (chunk.kind === 'DATA') return writeWith(dataCodec, chunk, bytes, offset);
  if (!isRaw(chunk)) return writeWith(codecOf(chunk), chunk, bytes, offset);
  const length = tlvHeaderLength + chunk.value.length;
  writeHeader(bytes, offset, chunk.type, chunk.flags, length);
  bytes.set(chunk.value, offset + tlvHeaderLength);
  return writePadding(bytes, offset, length);
}

function writeWith<C>(codec: ChunkCodec<C>, chunk: C, bytes: Uint8Array, offset: number): number {
  const length = tlvHeaderLength + codec.valueLength(chunk);
  writeHeader(bytes, offset, codec.type, codec.flags(chunk), length);
  codec.encode(chunk, bytes, offset + tlvHeaderLength);
  return writePadding(bytes, offset, length);
}

/**
 * §3.2: "the sender MUST pad the chunk with all zero bytes, and this padding is not included in the Chunk Length field.";
 * "The sender MUST NOT pad with more than 3 bytes."
 * @returns the offset behind it
 */
function writePadding(bytes: Uint8Array, offset: number, length: number): number {
  const end = offset + padded(length);
  for (let at = offset + length; at < end; at++) writeUint8(bytes, at, 0);
  return end;
}

/** One chunk as it stands on the wire, with its padding. */
export function encodeChunk(chunk: Chunk): Uint8Array {
  const bytes = new Uint8Array(chunkLength(chunk));
  writeChunk(chunk, bytes, 0);
  return bytes;
}

/**
 * What to do with a chunk of an unknown type (RFC 9260 §3.2): "the highest-order 2 bits specify the action".
 * `stop`: leave the rest of the packet alone; `report`: send an ERROR with 'Unrecognized Chunk Type'.
 */
export function unrecognizedChunkAction(type: number): { readonly stop: boolean; readonly report: boolean } {
  return { stop: (type & 0x80) === 0, report: (type & 0x40) !== 0 };
}

/** The RFC's name of a Chunk Type, undefined for an unknown one. */
export function chunkKind(type: number): KnownChunk['kind'] | undefined {
  for (const kind of Object.keys(codecs) as KnownChunk['kind'][]) if (codecs[kind].type === type) return kind;
  return undefined;
}

/** RFC 9260 §3.2: `|  Chunk Type   |  Chunk Flags  |         Chunk Length          |` */
function writeHeader(bytes: Uint8Array, offset: number, type: number, flags: number, length: number): void {
  writeUint8(bytes, offset, type);
  writeUint8(bytes, offset + 1, flags);
  writeUint16(bytes, offset + 2, length);
}

function isRaw(chunk: Chunk): chunk is UnknownChunk | MalformedChunk {
  return chunk.kind === 'unknown' || chunk.kind === 'malformed';
}

function codecOf(chunk: KnownChunk): ChunkCodec<KnownChunk> {
  return codecs[chunk.kind] as ChunkCodec<KnownChunk>;
}
