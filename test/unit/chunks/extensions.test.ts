import { describe, expect, it } from 'vitest';
import { mid, ssn, tsn } from '../../../src/base/serial.ts';
import { type Chunk, decodePacket, encodeChunk } from '../../../src/chunks/index.ts';
import { hex, unhex } from '../../support/hex.ts';

function decoded(digits: string): Chunk | undefined {
  return decodePacket(unhex(`0001 0002 00000003 00000000 ${digits}`))?.chunks[0];
}

const examples: readonly (readonly [string, Chunk])[] = [
  [
    'c0000010 0000000a 0001 0002 0001 0003',
    {
      kind: 'FORWARD-TSN',
      newCumulativeTsn: tsn(10),
      streams: [
        { streamId: 1, ssn: ssn(2) },
        { streamId: 1, ssn: ssn(3) },
      ],
    },
  ],
  ['c0000008 0000000a', { kind: 'FORWARD-TSN', newCumulativeTsn: tsn(10), streams: [] }],
  [
    'c2000018 0000000a 0001 0000 00000002 0001 0001 ffffffff',
    {
      kind: 'I-FORWARD-TSN',
      newCumulativeTsn: tsn(10),
      streams: [
        { streamId: 1, unordered: false, mid: mid(2) },
        { streamId: 1, unordered: true, mid: mid(0xffffffff) },
      ],
    },
  ],
  [
    'c1000020 00000007 0005 0008 c0000201 c001 0010 00000001 0005 0008 c0000202',
    {
      kind: 'ASCONF',
      serialNumber: 7,
      address: { kind: 'IPv4 Address', address: '192.0.2.1' },
      parameters: [
        { kind: 'Add IP Address', correlationId: 1, address: { kind: 'IPv4 Address', address: '192.0.2.2' } },
      ],
    },
  ],
  ['80000008 00000007', { kind: 'ASCONF-ACK', serialNumber: 7, parameters: [] }],
  [
    '80000010 00000007 c005 0008 00000001',
    { kind: 'ASCONF-ACK', serialNumber: 7, parameters: [{ kind: 'Success Indication', correlationId: 1 }] },
  ],
  [
    '8200000c 000f 0008 00000005',
    { kind: 'RE-CONFIG', parameters: [{ kind: 'SSN/TSN Reset Request', requestSequenceNumber: 5 }] },
  ],
];

it.each(examples)('%s', (digits, chunk) => {
  expect(hex(encodeChunk(chunk))).toBe(hex(unhex(digits)));
  expect(decoded(digits)).toEqual(chunk);
});

describe('malformed', () => {
  it.each([
    ['FORWARD-TSN with half a stream', 'c000000a 0000000a 0001 0000'],
    ['I-FORWARD-TSN with half a stream', 'c200000c 0000000a 0001 0000'],
    ['ASCONF without an address', 'c1000010 00000007 c005 0008 00000001'],
    ['ASCONF with a host name', 'c1000010 00000007 000b 0008 61000000'],
    ['ASCONF-ACK with a broken parameter', '8000000c 00000007 c005 0003'],
    ['RE-CONFIG with a parameter past the end', '82000008 000f 0009'],
  ])('%s', (_what, digits) => {
    expect(decoded(digits)).toMatchObject({ kind: 'malformed' });
  });
});
