import { describe, expect, it } from 'vitest';
import { tsn } from '../../../src/base/serial.ts';
import { type Chunk, decodePacket, encodeChunk } from '../../../src/chunks/index.ts';
import { hex, unhex } from '../../support/hex.ts';

function decoded(digits: string): Chunk | undefined {
  return decodePacket(unhex(`0001 0002 00000003 00000000 ${digits}`))?.chunks[0];
}

describe('SACK', () => {
  // RFC 9260 §3.3.4: "The SACK chunk MUST contain the Cumulative TSN Ack, Advertised Receiver Window Credit (a_rwnd),
  // Number of Gap Ack Blocks, and Number of Duplicate TSNs fields."; "the parameter part of the SACK chunk MUST be
  // constructed as follows".
  it('is the example of RFC 9260 §3.3.4', () => {
    const chunk: Chunk = {
      kind: 'SACK',
      cumulativeTsnAck: tsn(12),
      aRwnd: 4660,
      gapAckBlocks: [
        { start: 2, end: 3 },
        { start: 5, end: 5 },
      ],
      duplicateTsns: [],
    };
    const bytes = '03000018 0000000c 00001234 0002 0000 0002 0003 0005 0005';
    expect(hex(encodeChunk(chunk))).toBe(hex(unhex(bytes)));
    expect(decoded(bytes)).toEqual(chunk);
  });

  it('lists duplicates behind the blocks', () => {
    expect(decoded('0300001c 0000000c 00000000 0001 0002 0002 0002 00000009 00000009')).toMatchObject({
      gapAckBlocks: [{ start: 2, end: 2 }],
      duplicateTsns: [9, 9],
    });
  });

  it.each([
    ['one block without its bytes', '03000010 0000000c 00000000 0001 0000'],
    ['one duplicate without its bytes', '03000010 0000000c 00000000 0000 0001'],
    ['65535 of each', '03000014 0000000c 00000000 ffff ffff 00010001'],
  ])('is malformed when it announces %s', (_what, digits) => {
    expect(decoded(digits)).toMatchObject({ kind: 'malformed', type: 3 });
  });

  it('leaves impossible blocks to the outstanding range', () => {
    expect(decoded('03000014 0000000c 00000000 0001 0000 ffff 0000')).toMatchObject({
      gapAckBlocks: [{ start: 65535, end: 0 }],
    });
  });
});
