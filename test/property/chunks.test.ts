import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasValidChecksum } from '../../src/base/checksum.ts';
import {
  chunkLength,
  decodePacket,
  decodeParameters,
  describeChunk,
  encodeChunk,
  encodePacket,
  encodeParameters,
  PacketBuilder,
} from '../../src/chunks/index.ts';
import {
  arbitraryChunk,
  arbitraryChunks,
  arbitraryParameter,
  arbitraryUnknownChunk,
} from '../support/arbitrary-chunks.ts';
import { goldenCaptures } from '../support/golden.ts';

const header = { sourcePort: 5000, destinationPort: 5001, verificationTag: 0x01020304 };

describe.each(Object.entries({ ...arbitraryChunks, unknown: arbitraryUnknownChunk }))('%s', (_kind, arbitrary) => {
  it('decodes to what was encoded, in chunkLength bytes', () => {
    fc.assert(
      fc.property(arbitrary, (chunk) => {
        expect(encodeChunk(chunk).length).toBe(chunkLength(chunk));
        const packet = decodePacket(encodePacket(header, [chunk]));
        expect(packet?.chunks).toEqual([chunk]);
        expect(packet?.truncated).toBe(false);
      }),
      { numRuns: 60 },
    );
  });
});

describe('a packet', () => {
  it('keeps its header and the order of its chunks', () => {
    fc.assert(
      fc.property(fc.array(arbitraryChunk, { minLength: 1, maxLength: 6 }), (chunks) => {
        const bytes = encodePacket(header, chunks);
        expect(hasValidChecksum(bytes)).toBe(true);
        expect(decodePacket(bytes)).toMatchObject({ ...header, chunks, truncated: false });
      }),
    );
  });

  it('does not depend on what its buffer held', () => {
    fc.assert(
      fc.property(fc.array(arbitraryChunk, { minLength: 1, maxLength: 4 }), (chunks) => {
        const expected = encodePacket(header, chunks);
        const builder = new PacketBuilder();
        builder.begin(new Uint8Array(expected.length + 7).fill(0xff), 4, 5000, 5001, 0x01020304);
        for (const chunk of chunks) builder.append(chunk);
        expect(builder.length).toBe(expected.length);
        expect(builder.finish()).toEqual(expected);
      }),
    );
  });

  it('decodes from any bytes without throwing, in no more chunks than the bytes have room for', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), expectVerdict), { numRuns: 2000 });
  });

  it('decodes after any damage to a packet of a real stack', () => {
    const packets = goldenCaptures().flatMap((capture) => capture.packets.map((packet) => packet.bytes));
    const damage = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(fc.constantFrom(...packets), damage, fc.option(fc.nat()), (original, changes, cut) => {
        const bytes = original.slice(0, cut === null ? original.length : cut % original.length);
        for (const [at, value] of changes)
          if (bytes.length > 0) bytes[12 + (at % Math.max(1, bytes.length - 12))] = value;
        expectVerdict(bytes);
      }),
      { numRuns: 2000 },
    );
  });
});

it('parameters decode to what was encoded', () => {
  fc.assert(
    fc.property(fc.array(arbitraryParameter, { maxLength: 5 }), (parameters) => {
      expect(decodeParameters(encodeParameters(parameters))).toEqual(parameters);
    }),
  );
});

function expectVerdict(bytes: Uint8Array): void {
  const packet = decodePacket(bytes);
  expect(packet === undefined).toBe(bytes.length < 16);
  if (packet === undefined || packet.chunks.length === 0) return;
  expect(4 * packet.chunks.length).toBeLessThanOrEqual(bytes.length - 12);
  for (const chunk of packet.chunks) expect(describeChunk(chunk, { verbose: true })).not.toBe('');
  // What was understood can be said again.
  expect(decodePacket(encodePacket(packet, packet.chunks))?.chunks).toEqual(packet.chunks);
}
