import { describe, expect, it } from 'vitest';
import {
  type Chunk,
  chunkKind,
  chunkLength,
  chunkTypes,
  decodePacket,
  encodeChunk,
  unrecognizedChunkAction,
} from '../../../src/chunks/index.ts';
import { hex, unhex } from '../../support/hex.ts';

/** The first chunk in a packet that holds `digits` behind the common header. */
function decoded(digits: string): Chunk | undefined {
  return decodePacket(unhex(`0001 0002 00000003 00000000 ${digits}`))?.chunks[0];
}

it('chunkTypes and chunkKind know the same types', () => {
  expect(chunkTypes).toMatchObject({
    DATA: 0,
    'INIT ACK': 2,
    AUTH: 15,
    'I-DATA': 64,
    'ASCONF-ACK': 0x80,
    ASCONF: 0xc1,
  });
  for (const [kind, type] of Object.entries(chunkTypes)) expect(chunkKind(type)).toBe(kind);
  expect(chunkKind(12)).toBeUndefined();
});

describe('a chunk of an unknown type', () => {
  it('is kept as it came', () => {
    const chunk = decoded('3fa50007 010203 00');
    expect(chunk).toEqual({ kind: 'unknown', type: 0x3f, flags: 0xa5, value: unhex('010203') });
    expect(chunk && hex(encodeChunk(chunk))).toBe('3fa5000701020300');
  });

  it.each([
    [0x3f, { stop: true, report: false }],
    [0x7f, { stop: true, report: true }],
    [0xbf, { stop: false, report: false }],
    [0xff, { stop: false, report: true }],
  ])('asks by the highest bits of %i for %o', (type, action) => {
    expect(unrecognizedChunkAction(type)).toEqual(action);
  });
});

describe('a chunk that is shorter than its type needs', () => {
  it.each([
    ['DATA', '0003000f 00000001 0001 0001 000000 00'],
    ['INIT', '01000013 00000001 00001000 0001 0001 000000 00'],
    ['INIT ACK', '02000008 00000001'],
    ['SACK', '0300000c 00000001 00001000'],
    ['HEARTBEAT', '04000004'],
    ['HEARTBEAT ACK', '05000006 0001 0000'],
    ['SHUTDOWN', '07000007 000000 00'],
    ['ERROR', '09000004'],
    ['AUTH', '0f000006 0000 0000'],
    ['I-DATA', '40030013 00000001 0001 0000 00000001 000000 00'],
    ['ASCONF-ACK', '80000004'],
    ['RE-CONFIG', '82000004'],
    ['FORWARD-TSN', 'c0000004'],
    ['ASCONF', 'c100000c 00000001 0005 0008'],
    ['I-FORWARD-TSN', 'c2000004'],
  ])('is malformed: %s', (kind, digits) => {
    expect(decoded(digits)).toMatchObject({ kind: 'malformed', type: chunkTypes[kind as keyof typeof chunkTypes] });
  });

  it('keeps its bytes and says why', () => {
    const chunk = decoded('07010006 aabb 0000');
    expect(chunk).toEqual({
      kind: 'malformed',
      type: 7,
      flags: 1,
      value: unhex('aabb'),
      reason: 'shorter than 8 bytes',
    });
    expect(chunk && hex(encodeChunk(chunk))).toBe('07010006aabb0000');
  });
});

describe('a chunk of fixed length', () => {
  it('may be longer than it needs', () => {
    expect(decoded('0b000008 00000000')).toEqual({ kind: 'COOKIE ACK' });
    expect(decoded('0700000c 00000001 00000002')).toEqual({ kind: 'SHUTDOWN', cumulativeTsnAck: 1 });
  });

  it('ignores reserved flags', () => {
    expect(decoded('0eff0004')).toEqual({ kind: 'SHUTDOWN COMPLETE', tagReflected: true });
    expect(decoded('0efe0004')).toEqual({ kind: 'SHUTDOWN COMPLETE', tagReflected: false });
    expect(decoded('08ff0004')).toEqual({ kind: 'SHUTDOWN ACK' });
  });
});

it('AUTH holds key, algorithm and digest', () => {
  const chunk: Chunk = { kind: 'AUTH', sharedKeyId: 1, hmacId: 3, hmac: unhex('01020304 05060708') };
  expect(hex(encodeChunk(chunk))).toBe('0f000010000100030102030405060708');
});

it('PAD is zeros, and its length is that of the padding', () => {
  expect(chunkLength({ kind: 'PAD', length: 5 })).toBe(12);
  expect(hex(encodeChunk({ kind: 'PAD', length: 5 }))).toBe('840000090000000000000000');
  expect(decoded('84000008 deadbeef')).toEqual({ kind: 'PAD', length: 4 });
});
