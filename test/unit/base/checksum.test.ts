import { describe, expect, it } from 'vitest';
import { computeCrc32c, hasValidChecksum, writeChecksum } from '../../../src/base/checksum.ts';
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
