import { describe, expect, it } from 'vitest';
import {
  asciiBytes,
  concatBytes,
  equalBytes,
  equalBytesConstantTime,
  padded,
  printable,
  readUint16,
  readUint32,
  readUint32LittleEndian,
  writeUint16,
  writeUint32,
  writeUint32LittleEndian,
} from '../../../src/base/bytes.ts';
import { hex, unhex } from '../../support/hex.ts';

describe('bytes', () => {
  // RFC 9260 §3: "All integer fields in an SCTP packet MUST be transmitted in network byte order".
  it('reads and writes in network byte order, unsigned', () => {
    const bytes = new Uint8Array(6);
    writeUint16(bytes, 0, 0xfedc);
    writeUint32(bytes, 2, 0xfffe_fdfc);
    expect(hex(bytes)).toBe('fedcfffefdfc');
    expect([readUint16(bytes, 0), readUint32(bytes, 2)]).toEqual([0xfedc, 0xfffe_fdfc]);
  });

  it('reads and writes a checksum with its least significant byte first', () => {
    const bytes = new Uint8Array(4);
    writeUint32LittleEndian(bytes, 0, 0x8090_a0b0);
    expect(hex(bytes)).toBe('b0a09080');
    expect(readUint32LittleEndian(bytes, 0)).toBe(0x8090_a0b0);
  });

  it('rounds up to the next multiple of four', () => {
    expect([0, 1, 4, 5, 8].map(padded)).toEqual([0, 4, 4, 8, 8]);
  });

  it('joins and compares', () => {
    expect(hex(concatBytes([unhex('01'), unhex(''), unhex('0203')]))).toBe('010203');
    for (const equal of [equalBytes, equalBytesConstantTime]) {
      expect(equal(unhex('0102'), unhex('0102'))).toBe(true);
      expect(equal(unhex('0102'), unhex('0103'))).toBe(false);
      expect(equal(unhex('0102'), unhex('010200'))).toBe(false);
    }
  });

  it('writes ASCII, and shows what is printable of any bytes', () => {
    expect(hex(asciiBytes('Az €'))).toBe('417a203f');
    expect(printable(unhex('41 00 7e 7f ff 20'))).toBe('A.~.. ');
  });
});
