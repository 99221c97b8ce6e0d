import { describe, expect, it } from 'vitest';
import { computeCrc32c, hasValidChecksum, useCrc32c, writeChecksum } from '../../../src/base/checksum.ts';
import { hex, unhex } from '../../support/hex.ts';

describe('the checksum (RFC 9260 §6.8, Appendix A)', () => {
  it('is CRC32c: the check value, and the vectors of RFC 3720 B.4', () => {
    expect(computeCrc32c(Buffer.from('123456789'))).toBe(0xe306_9283);
    expect(computeCrc32c(new Uint8Array(32))).toBe(0x8a91_36aa);
    expect(computeCrc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8_ab43);
  });

  it('covers the whole packet with its own field taken as 0, and leaves the packet as it was', () => {
    const packet = unhex('1388 1389 01020304 deadbeef 0b000004');
    writeChecksum(packet);
    const written = hex(packet);
    expect(hasValidChecksum(packet)).toBe(true);
    expect(hex(packet)).toBe(written);
  });

  it('can be computed by another implementation, which has to be one', () => {
    const table = Int32Array.from({ length: 256 }, (_, byte) => {
      let value = byte;
      for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? 0x82f6_3b78 : 0);
      return value;
    });
    let calls = 0;
    const byTheByte = (bytes: Uint8Array): number => {
      calls++;
      let crc = -1;
      for (const byte of bytes) crc = (crc >>> 8) ^ table[(crc ^ byte) & 0xff]!;
      return ~crc;
    };
    const bytes = Uint8Array.from({ length: 1000 }, (_, i) => i * 7);
    const expected = computeCrc32c(bytes);
    useCrc32c(byTheByte);
    expect(computeCrc32c(bytes)).toBe(expected);
    expect(calls).toBe(2);
    expect(() => useCrc32c(() => 0)).toThrow('the check value is wrong');
    expect(computeCrc32c(bytes)).toBe(expected);
    useCrc32c(undefined);
    expect(computeCrc32c(bytes)).toBe(expected);
    expect(calls).toBe(3);
  });

  it('sees every flipped bit', () => {
    const packet = unhex('1388 1389 01020304 00000000 0b000004');
    writeChecksum(packet);
    for (let bit = 0; bit < packet.length * 8; bit++) {
      packet[bit >> 3]! ^= 1 << (bit & 7);
      expect(hasValidChecksum(packet)).toBe(false);
      packet[bit >> 3]! ^= 1 << (bit & 7);
    }
  });
});
