import { describe, expect, it } from 'vitest';
import { hasValidChecksum } from '../../../src/base/checksum.ts';
import { tsn } from '../../../src/base/serial.ts';
import { type Chunk, decodePacket, encodePacket, PacketBuilder } from '../../../src/chunks/index.ts';
import { hex, unhex } from '../../support/hex.ts';

const header = { sourcePort: 9, destinationPort: 5001, verificationTag: 0x11223344 };
const headerBytes = '0009 1389 11223344 00000000';
const shutdown: Chunk = { kind: 'SHUTDOWN', cumulativeTsnAck: tsn(0x01020304) };

describe('decodePacket', () => {
  it('reads the common header and every chunk', () => {
    const packet = decodePacket(unhex('0009 1389 11223344 78563412 0b000004 07000008 01020304'));
    expect(packet).toEqual({
      ...header,
      byteLength: 24,
      checksum: 0x12345678,
      chunks: [{ kind: 'COOKIE ACK' }, shutdown],
      truncated: false,
    });
  });

  it('has no verdict on less than a common header and a chunk header', () => {
    expect(decodePacket(unhex(`${headerBytes} 0b0000`))).toBeUndefined();
    expect(decodePacket(new Uint8Array(0))).toBeUndefined();
  });

  it.each([
    ['a length of 0', '0b000000'],
    ['a length of 3', '0b000003'],
    ['a length past the end', '0b000008'],
    ['half a header', '0b00'],
  ])('stops at %s and keeps what came before', (_what, tail) => {
    const packet = decodePacket(unhex(`${headerBytes} 07000008 01020304 ${tail}`));
    expect(packet?.chunks).toEqual([shutdown]);
    expect(packet?.truncated).toBe(true);
  });

  it('has no chunks when the first one is broken', () => {
    expect(decodePacket(unhex(`${headerBytes} 07000000`))).toMatchObject({ chunks: [], truncated: true });
  });

  it('forgives the missing padding of the last chunk', () => {
    const packet = decodePacket(unhex(`${headerBytes} 0a000005 aa`));
    expect(packet).toMatchObject({ chunks: [{ kind: 'COOKIE ECHO', cookie: unhex('aa') }], truncated: false });
  });

  it('gives views of its bytes, not copies', () => {
    const bytes = unhex(`${headerBytes} 0a000008 aabbccdd`);
    const chunk = decodePacket(bytes)?.chunks[0];
    expect(chunk?.kind === 'COOKIE ECHO' && chunk.cookie.buffer === bytes.buffer).toBe(true);
  });
});

describe('encodePacket', () => {
  // RFC 9260 §6.8: "MUST strengthen the data integrity of the transmission by including the CRC32c checksum value
  // calculated on the packet"; "After the packet is constructed […], the transmitter MUST". RFC 6951 §5.3: "The SCTP
  // checksum MUST be computed for IPv4 and IPv6".
  it('writes the checksum', () => {
    const bytes = encodePacket(header, [shutdown]);
    expect(hasValidChecksum(bytes)).toBe(true);
    expect(hex(bytes.subarray(12))).toBe('0700000801020304');
  });

  it('leaves the checksum zero when it is told to', () => {
    expect(hex(encodePacket(header, [shutdown], { checksum: false }))).toBe(
      hex(unhex(`${headerBytes} 07000008 01020304`)),
    );
  });
});

describe('PacketBuilder', () => {
  it('writes one packet after the other, each into its buffer, whatever that held', () => {
    const builder = new PacketBuilder();
    for (const cookie of [unhex('aabbcc'), unhex('dd')]) {
      const buffer = new Uint8Array(64).fill(0xee);
      builder.begin(buffer, 0, 9, 5001, 0x11223344);
      expect(builder.length).toBe(12);
      builder.append({ kind: 'COOKIE ECHO', cookie });
      expect(builder.length).toBe(20);
      const packet = builder.finish();
      expect(packet.buffer).toBe(buffer.buffer);
      expect(packet).toEqual(encodePacket(header, [{ kind: 'COOKIE ECHO', cookie }]));
      expect(buffer[20]).toBe(0xee);
    }
  });
});
