import { padded, readUint16, writeUint16 } from '../base/bytes.ts';

/** What is wrong with bytes that do not decode, in a few words: hostile bytes return a verdict, they never throw. */
export type Flaw = string;

/** Bytes of a chunk, parameter or cause before its value (RFC 9260 §3.2, §3.2.1, §3.3.10). */
export const tlvHeaderLength = 4;

/**
 * The length of the chunk, parameter or cause at `offset`, as it says; 0 where it says less than its own header or more
 * than there is, and nothing behind can be found. The one judgement of all of them.
 */
export function tlvLength(bytes: Uint8Array, offset: number, end: number): number {
  if (end - offset < tlvHeaderLength) return 0;
  const length = readUint16(bytes, offset + 2);
  return length < tlvHeaderLength || length > end - offset ? 0 : length;
}

/**
 * The one walk over a sequence of chunks, parameters or causes: all three have their length, which counts the header
 * and leaves out the padding, in the third and fourth byte.
 *
 * Stops at a length below 4 or past `end`; the missing padding of the last one is forgiven.
 * @returns whether all of the bytes were understood
 */
export function walkTlvs(
  bytes: Uint8Array,
  start: number,
  end: number,
  visit: (offset: number, length: number) => void,
): boolean {
  let offset = start;
  while (offset < end) {
    const length = tlvLength(bytes, offset, end);
    if (length === 0) return false;
    visit(offset, length);
    // §3.2, §3.2.1: "The receiver MUST ignore the padding bytes."
    offset += padded(length);
  }
  return true;
}

/** How one parameter or cause looks on the wire. Byte arrays of what `decode` returns are views. */
export interface TlvCodec<T> {
  /** Parameter Type or Cause Code. */
  readonly type: number;
  /** Reads the value in `bytes` from `start` to `end`. */
  decode(bytes: Uint8Array, start: number, end: number): T | Flaw;
  valueLength(item: T): number;
  /** Writes every byte of the value: the buffer may hold old ones. */
  encode(item: T, bytes: Uint8Array, offset: number): void;
}

/** How all parameters, or all causes, look on the wire: their codecs and the way of the unknown ones. */
export interface TlvFormat<T> {
  decode(type: number, bytes: Uint8Array, start: number, end: number): T | Flaw;
  typeOf(item: T): number;
  valueLength(item: T): number;
  encode(item: T, bytes: Uint8Array, offset: number): void;
}

export function decodeTlvs<T extends object>(
  format: TlvFormat<T>,
  bytes: Uint8Array,
  start: number,
  end: number,
): T[] | Flaw {
  const items: T[] = [];
  let flaw: Flaw | undefined;
  const whole = walkTlvs(bytes, start, end, (offset, length) => {
    if (flaw !== undefined) return;
    const item = format.decode(readUint16(bytes, offset), bytes, offset + tlvHeaderLength, offset + length);
    if (typeof item === 'string') flaw = item;
    else items.push(item);
  });
  return flaw ?? (whole ? items : 'a length below 4 or past the end');
}

/**
 * RFC 9260 §3.2: the Chunk Length "does include any padding of variable-length parameters other than the last
 * parameter in the chunk".
 */
export function tlvsLength<T>(format: TlvFormat<T>, items: readonly T[]): number {
  let length = 0;
  for (const item of items) length = padded(length) + tlvHeaderLength + format.valueLength(item);
  return length;
}

export function writeTlvs<T>(format: TlvFormat<T>, items: readonly T[], bytes: Uint8Array, start: number): void {
  let offset = start;
  for (let i = 0; i < items.length; i++) {
    const item = items[i] as T;
    const length = tlvHeaderLength + format.valueLength(item);
    writeUint16(bytes, offset, format.typeOf(item));
    writeUint16(bytes, offset + 2, length);
    format.encode(item, bytes, offset + tlvHeaderLength);
    // §3.2.1: "The total length of a parameter […] MUST be a multiple of 4 bytes."; "A sender MUST NOT pad with more
    // than 3 bytes."
    const next = offset + padded(length);
    if (i < items.length - 1) bytes.fill(0, offset + length, next);
    offset = next;
  }
}

export function encodeTlvs<T>(format: TlvFormat<T>, items: readonly T[]): Uint8Array {
  const bytes = new Uint8Array(tlvsLength(format, items));
  writeTlvs(format, items, bytes, 0);
  return bytes;
}

/** Joins whole TLVs with the padding between them, none after the last. */
export function joinTlvs(tlvs: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const tlv of tlvs) length = padded(length) + tlv.length;
  const joined = new Uint8Array(length);
  let offset = 0;
  for (const tlv of tlvs) {
    joined.set(tlv, offset);
    offset += padded(tlv.length);
  }
  return joined;
}
