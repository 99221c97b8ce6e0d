import { readUint8, readUint16, readUint32, writeUint8, writeUint16, writeUint32 } from '../base/bytes.ts';
import type { TlvCodec } from './tlv.ts';

/** A parameter or cause that says all by being there. */
export function emptyTlv<T>(type: number, item: T): TlvCodec<T> {
  return {
    type,
    decode: (_bytes, start, end) => (start === end ? item : 'a value where there is none'),
    valueLength: () => 0,
    encode: () => {},
  };
}

/** One field of any length whose bytes are passed on as they are. */
export function opaqueTlv<T>(
  type: number,
  make: (value: Uint8Array) => T,
  fieldOf: (item: T) => Uint8Array,
): TlvCodec<T> {
  return {
    type,
    decode: (bytes, start, end) => make(bytes.subarray(start, end)),
    valueLength: (item) => fieldOf(item).length,
    encode: (item, bytes, offset) => bytes.set(fieldOf(item), offset),
  };
}

/** One 32-bit number. */
export function uint32Tlv<T>(type: number, make: (value: number) => T, fieldOf: (item: T) => number): TlvCodec<T> {
  return {
    type,
    decode: (bytes, start, end) => (end - start === 4 ? make(readUint32(bytes, start)) : 'not 4 bytes'),
    valueLength: () => 4,
    encode: (item, bytes, offset) => writeUint32(bytes, offset, fieldOf(item)),
  };
}

/** A list of 16-bit numbers that fills the value. */
export function uint16ListTlv<T>(
  type: number,
  make: (values: readonly number[]) => T,
  fieldOf: (item: T) => readonly number[],
): TlvCodec<T> {
  return {
    type,
    decode: (bytes, start, end) =>
      (end - start) % 2 === 0 ? make(readUint16List(bytes, start, end)) : 'half of a 16-bit number',
    valueLength: (item) => 2 * fieldOf(item).length,
    encode: (item, bytes, offset) => writeUint16List(fieldOf(item), bytes, offset),
  };
}

/** A list of bytes, one chunk type each. */
export function uint8ListTlv<T>(
  type: number,
  make: (values: readonly number[]) => T,
  fieldOf: (item: T) => readonly number[],
): TlvCodec<T> {
  return {
    type,
    decode(bytes, start, end) {
      const values: number[] = [];
      for (let offset = start; offset < end; offset++) values.push(readUint8(bytes, offset));
      return make(values);
    },
    valueLength: (item) => fieldOf(item).length,
    encode(item, bytes, offset) {
      let at = offset;
      for (const value of fieldOf(item)) writeUint8(bytes, at++, value);
    },
  };
}

/** Zeros that fill up: only their number counts. */
export function paddingTlv<T>(type: number, make: (length: number) => T, fieldOf: (item: T) => number): TlvCodec<T> {
  return {
    type,
    decode: (_bytes, start, end) => make(end - start),
    valueLength: fieldOf,
    encode: (item, bytes, offset) => bytes.fill(0, offset, offset + fieldOf(item)),
  };
}

export function readUint16List(bytes: Uint8Array, start: number, end: number): number[] {
  const values: number[] = [];
  for (let offset = start; offset < end; offset += 2) values.push(readUint16(bytes, offset));
  return values;
}

export function writeUint16List(values: readonly number[], bytes: Uint8Array, start: number): void {
  let offset = start;
  for (const value of values) {
    writeUint16(bytes, offset, value);
    offset += 2;
  }
}
