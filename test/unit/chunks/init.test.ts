import { describe, expect, it } from 'vitest';
import { tsn } from '../../../src/base/serial.ts';
import { type Chunk, decodePacket, encodeChunk } from '../../../src/chunks/index.ts';
import { hex, unhex } from '../../support/hex.ts';

const fixed = '1a2b3c4d 0001a000 000a 0800 00000064';

function decoded(digits: string): Chunk | undefined {
  return decodePacket(unhex(`0001 0002 00000000 00000000 ${digits}`))?.chunks[0];
}

describe('INIT', () => {
  const chunk: Chunk = {
    kind: 'INIT',
    initiateTag: 0x1a2b3c4d,
    aRwnd: 106496,
    outboundStreams: 10,
    inboundStreams: 2048,
    initialTsn: tsn(100),
    parameters: [
      { kind: 'Supported Extensions', chunkTypes: [0xc0, 0x82, 0x40] },
      { kind: 'IPv4 Address', address: '192.0.2.1' },
      { kind: 'Chunk List', chunkTypes: [0xc1] },
    ],
  };
  const extensions = '8008 0007 c08240 00';
  const address = '0005 0008 c0000201';

  // RFC 9260 §3.2.1: "The total length of a parameter […] MUST be a multiple of 4 bytes." §3.3.2.1: "Any
  // Type-Length-Value fields MUST be placed after the fixed-length fields."
  it('counts the padding between its parameters, not that behind the last', () => {
    const bytes = `01000029 ${fixed} ${extensions} ${address} 8003 0005 c1 000000`;
    expect(hex(encodeChunk(chunk))).toBe(hex(unhex(bytes)));
    expect(decoded(bytes)).toEqual(chunk);
  });

  it('may count the padding behind the last parameter too', () => {
    expect(decoded(`0100002c ${fixed} ${extensions} ${address} 8003 0005 c1 000000`)).toEqual(chunk);
  });

  it('keeps unknown parameters and those that do not belong here, in their order', () => {
    const digits = `01000028 ${fixed} c0ff 0006 abcd 0000 0007 0008 00000001 8000 0004`;
    expect(decoded(digits)).toMatchObject({
      parameters: [
        { kind: 'unknown', type: 0xc0ff, value: unhex('abcd') },
        { kind: 'State Cookie', cookie: unhex('00000001') },
        { kind: 'ECN Capable' },
      ],
    });
  });

  it.each([
    ['an address of 5 bytes', '0005 0009 c000020100 000000', 5],
    ['an address of 3 bytes', '0006 0007 c00002 00', 6],
    ['a value where there is none', 'c000 0008 00000000', 0xc000],
    ['half of a 16-bit number', '000c 0007 000500 00', 12],
    ['a short number', '8001 0006 0001 0000', 0x8001],
    ['a parameter within that has no length', 'c001 000c 00000001 00050000', 0xc001],
  ])('keeps a flawed parameter, and those behind it: %s', (_what, flawed, type) => {
    const length = (20 + unhex(`${flawed} ${address}`).length).toString(16).padStart(4, '0');
    const digits = `0100${length} ${fixed} ${flawed} ${address}`;
    const decodedChunk = decoded(digits)!;
    expect(decodedChunk).toMatchObject({
      kind: 'INIT',
      parameters: [{ kind: 'malformed', type }, { kind: 'IPv4 Address' }],
    });
    expect(hex(encodeChunk(decodedChunk))).toBe(hex(unhex(digits)));
  });

  it.each([
    ['a length of 0', '0005 0000 c0000201'],
    ['a length of 3', '0005 0003 c0000201'],
    ['a length past the end', '0005 0009 c0000201'],
    ['half a header', '8000'],
    ['a quarter of a header', '80'],
  ])('ends its list at %s', (_what, broken) => {
    const length = (20 + unhex(`${address} ${broken}`).length).toString(16).padStart(4, '0');
    expect(decoded(`0100${length} ${fixed} ${address} ${broken} 000000`)).toMatchObject({
      parameters: [
        { kind: 'IPv4 Address' },
        { kind: 'malformed', reason: expect.stringContaining('a length below 4 or past the end') },
      ],
    });
  });

  it('with forbidden values is not malformed: the state decides', () => {
    expect(decoded('01000014 00000000 00000000 0000 0000 00000000')).toMatchObject({
      initiateTag: 0,
      inboundStreams: 0,
    });
  });
});

it('INIT ACK has the format of INIT', () => {
  const bytes = `02000020 ${fixed} 0007 0006 beef 0000 8000 0004`;
  const chunk = decoded(bytes);
  expect(chunk).toMatchObject({ kind: 'INIT ACK', parameters: [{ cookie: unhex('beef') }, { kind: 'ECN Capable' }] });
  expect(chunk && hex(encodeChunk(chunk))).toBe(hex(unhex(bytes)));
});
