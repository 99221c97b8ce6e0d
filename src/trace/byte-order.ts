import { readUint8, readUint16, readUint32, readUint32LittleEndian } from '../base/bytes.ts';

/** How the machine that wrote a capture orders its bytes. */
export interface ByteOrder {
  uint16(bytes: Uint8Array, offset: number): number;
  uint32(bytes: Uint8Array, offset: number): number;
}

export const bigEndian: ByteOrder = { uint16: readUint16, uint32: readUint32 };

export const littleEndian: ByteOrder = {
  uint16: (bytes, offset) => readUint8(bytes, offset) | (readUint8(bytes, offset + 1) << 8),
  uint32: readUint32LittleEndian,
};
