import { describe, expect, it } from 'vitest';
import { hasValidChecksum } from '../../src/base/checksum.ts';
import {
  type Chunk,
  chunkLength,
  decodePacket,
  describeChunk,
  encodePacket,
  type Packet,
} from '../../src/chunks/index.ts';
import { goldenCaptures } from '../support/golden.ts';
import { hex } from '../support/hex.ts';

const captures = goldenCaptures();

describe.each(captures)('$name', ({ name, packets }) => {
  it('contains packets', () => {
    expect(packets.length).toBeGreaterThan(0);
  });

  it('decodes without an unknown or malformed chunk', () => {
    for (const { number, bytes } of packets) {
      const { chunks, truncated } = decode(bytes);
      expect(truncated, `packet ${number}`).toBe(false);
      expect(chunks.filter(isStrange).map(describeVerbose), `packet ${number}`).toEqual([]);
    }
  });

  it('has the checksums that its name promises', () => {
    const bad = packets.filter(({ bytes }) => !hasValidChecksum(bytes));
    if (name.endsWith('bad-checksum')) expect(bad.length).toBeGreaterThan(0);
    else if (name.endsWith('zero-csum')) expect(packets.every(({ bytes }) => decode(bytes).checksum === 0)).toBe(true);
    else expect(bad.map(({ number }) => number)).toEqual([]);
  });

  it('encodes to the same bytes again', () => {
    for (const { number, bytes } of packets) {
      const packet = decode(bytes);
      const encoded = encodePacket(packet, packet.chunks, { checksum: packet.checksum !== 0 });
      const expected = hasValidChecksum(bytes) ? bytes : withChecksumOf(encoded, bytes);
      expect(hex(encoded), `packet ${number}: ${packet.chunks.map(describeVerbose).join('; ')}`).toBe(hex(expected));
      expect(packet.chunks.reduce((length, chunk) => length + chunkLength(chunk), 12)).toBe(bytes.length);
    }
  });
});

function decode(bytes: Uint8Array): Packet {
  const packet = decodePacket(bytes);
  if (packet === undefined) throw new Error('too short for a packet');
  return packet;
}

function isStrange(chunk: Chunk): boolean {
  return chunk.kind === 'unknown' || chunk.kind === 'malformed';
}

function describeVerbose(chunk: Chunk): string {
  return describeChunk(chunk, { verbose: true });
}

/** A packet whose checksum was wrong on purpose cannot be asked to have it again. */
function withChecksumOf(source: Uint8Array, bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  copy.set(source.subarray(8, 12), 8);
  return copy;
}
