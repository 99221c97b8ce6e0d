import { describe, expect, it } from 'vitest';
import { tsn } from '../../../src/base/serial.ts';
import { type Chunk, chunkLength, decodePacket, encodeChunk, type Fragment } from '../../../src/chunks/index.ts';
import { hex, unhex } from '../../support/hex.ts';

const fragment: Fragment = {
  streamId: 0x0102,
  unordered: false,
  beginning: true,
  ending: true,
  messageId: 0x0304,
  fsn: 0,
  ppid: 51,
  payload: unhex('68656c6c6f'),
};

function decoded(digits: string): Chunk | undefined {
  return decodePacket(unhex(`0001 0002 00000003 00000000 ${digits}`))?.chunks[0];
}

describe('DATA', () => {
  const chunk: Chunk = { kind: 'DATA', tsn: tsn(10), immediateAck: false, fragment };
  const bytes = '00030015 0000000a 0102 0304 00000033 68656c6c6f 000000';

  // RFC 9260 §3.3.1: "The following format MUST be used for the DATA chunk".
  it('has the wire format of RFC 9260 §3.3.1', () => {
    expect(hex(encodeChunk(chunk))).toBe(hex(unhex(bytes)));
    expect(decoded(bytes)).toEqual(chunk);
    expect(chunkLength(chunk)).toBe(24);
  });

  it.each([
    ['01', { ending: true, beginning: false, unordered: false }, false],
    ['02', { ending: false, beginning: true, unordered: false }, false],
    ['04', { ending: false, beginning: false, unordered: true }, false],
    ['f8', { ending: false, beginning: false, unordered: false }, true],
  ])('reads the flags %s', (flags, bits, immediateAck) => {
    expect(decoded(`00${flags}0011 0000000a 0001 0000 00000000 61 000000`)).toMatchObject({
      immediateAck,
      fragment: bits,
    });
  });

  it('without user data keeps its TSN, which the answer has to name', () => {
    expect(decoded('00030010 0000000a 0001 0000 00000000')).toMatchObject({
      tsn: 10,
      fragment: { payload: unhex('') },
    });
  });
});

describe('I-DATA', () => {
  it('carries the PPID in the first fragment', () => {
    const chunk: Chunk = { kind: 'I-DATA', tsn: tsn(10), immediateAck: true, fragment: { ...fragment, ending: false } };
    const bytes = '400a0019 0000000a 0102 0000 00000304 00000033 68656c6c6f 000000';
    expect(hex(encodeChunk(chunk))).toBe(hex(unhex(bytes)));
    expect(decoded(bytes)).toEqual(chunk);
  });

  it('carries the FSN in the others', () => {
    const later: Fragment = { ...fragment, beginning: false, messageId: 0xfffffffe, fsn: 7, ppid: 0 };
    const chunk: Chunk = { kind: 'I-DATA', tsn: tsn(11), immediateAck: false, fragment: later };
    const bytes = '40010019 0000000b 0102 0000 fffffffe 00000007 68656c6c6f 000000';
    expect(hex(encodeChunk(chunk))).toBe(hex(unhex(bytes)));
    expect(decoded(bytes)).toEqual(chunk);
  });
});
