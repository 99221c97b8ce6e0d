import fc from 'fast-check';
import { readUint8, readUint16, writeUint8, writeUint16, writeUint32 } from '../../src/base/bytes.ts';
import { writeChecksum } from '../../src/base/checksum.ts';
import { commonHeaderLength } from '../../src/chunks/index.ts';

/** A change to a packet; `at` is a place from 0 to 1. */
export type Mutation =
  | { readonly kind: 'flip'; readonly at: number; readonly bits: number }
  | { readonly kind: 'length'; readonly at: number; readonly length: number }
  | { readonly kind: 'cut'; readonly at: number }
  | { readonly kind: 'repeat'; readonly at: number }
  | { readonly kind: 'reverse' }
  | { readonly kind: 'append'; readonly bytes: Uint8Array };

const at = fc.nat(1_000).map((n) => n / 1_001);

export const mutations: fc.Arbitrary<Mutation[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant('flip' as const), at, bits: fc.integer({ min: 1, max: 255 }) }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('length' as const),
        at,
        length: fc.oneof(fc.nat(20), fc.nat(0xffff)),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('cut' as const), at }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('repeat' as const), at }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'reverse' as const }) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('append' as const), bytes: fc.uint8Array({ maxLength: 40 }) }),
    },
  ),
  { maxLength: 4 },
);

/** A changed copy of `packet` whose ports are left alone and whose checksum is right, so that it reaches the logic. */
export function mutate(packet: Uint8Array, changes: readonly Mutation[], verificationTag?: number): Uint8Array {
  let bytes: Uint8Array = packet.slice();
  for (const change of changes) bytes = changed(bytes, change);
  if (bytes.length < commonHeaderLength) return bytes;
  bytes.set(packet.subarray(0, 8));
  if (verificationTag !== undefined) writeUint32(bytes, 4, verificationTag);
  writeChecksum(bytes);
  return bytes;
}

function changed(bytes: Uint8Array, change: Mutation): Uint8Array {
  const chunks = split(bytes);
  const header = bytes.subarray(0, commonHeaderLength);
  switch (change.kind) {
    case 'flip': {
      const place = commonHeaderLength + Math.floor(change.at * (bytes.length - commonHeaderLength));
      if (place < bytes.length) writeUint8(bytes, place, readUint8(bytes, place) ^ change.bits);
      return bytes;
    }
    case 'length': {
      const chunk = chunks[Math.floor(change.at * chunks.length)];
      if (chunk !== undefined) writeUint16(chunk, 2, change.length);
      return bytes;
    }
    case 'cut':
      return bytes.slice(0, Math.floor(change.at * bytes.length));
    case 'repeat': {
      const chunk = chunks[Math.floor(change.at * chunks.length)];
      return chunk === undefined ? bytes : joined([bytes, chunk, chunk, chunk]);
    }
    case 'reverse':
      return joined([header, ...chunks.reverse()]);
    case 'append':
      return joined([bytes, change.bytes]);
    default:
      return change satisfies never;
  }
}

/** The chunks of a packet with their padding, as views, as long as their lengths make sense. */
function split(bytes: Uint8Array): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let start = commonHeaderLength; start + 4 <= bytes.length; ) {
    const end = start + ((Math.max(4, readUint16(bytes, start + 2)) + 3) & ~3);
    chunks.push(bytes.subarray(start, end));
    start = end;
  }
  return chunks;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}
