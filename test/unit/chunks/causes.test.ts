import { describe, expect, it } from 'vitest';
import { tsn } from '../../../src/base/serial.ts';
import {
  type Chunk,
  causeCodes,
  decodeCauses,
  decodePacket,
  type ErrorCause,
  encodeCause,
  encodeChunk,
  findCause,
} from '../../../src/chunks/index.ts';
import { hex, unhex } from '../../support/hex.ts';

function decoded(digits: string): Chunk | undefined {
  return decodePacket(unhex(`0001 0002 00000003 00000000 ${digits}`))?.chunks[0];
}

const examples: readonly (readonly [string, ErrorCause])[] = [
  ['0001 0008 0007 0000', { kind: 'Invalid Stream Identifier', streamId: 7 }],
  ['0002 000a 00000001 0007', { kind: 'Missing Mandatory Parameter', parameterTypes: [7] }],
  ['0003 0008 000003e8', { kind: 'Stale Cookie', measureOfStalenessUs: 1000 }],
  ['0004 0004', { kind: 'Out of Resource' }],
  ['0005 000c 0005 0008 7f000001', { kind: 'Unresolvable Address', address: unhex('0005 0008 7f000001') }],
  ['0006 0008 3f000004', { kind: 'Unrecognized Chunk Type', chunk: unhex('3f000004') }],
  ['0007 0004', { kind: 'Invalid Mandatory Parameter' }],
  ['0008 0008 c0ff 0004', { kind: 'Unrecognized Parameters', parameters: unhex('c0ff 0004') }],
  ['0009 0008 0000000a', { kind: 'No User Data', tsn: tsn(10) }],
  ['000a 0004', { kind: 'Cookie Received While Shutting Down' }],
  ['000c 0007 627965', { kind: 'User-Initiated Abort', reason: unhex('627965') }],
  ['000d 0005 78', { kind: 'Protocol Violation', information: unhex('78') }],
  [
    '000e 0008 26ab 9c40',
    { kind: 'Restart of an Association with New Encapsulation Port', currentPort: 9_899, newPort: 40_000 },
  ],
  ['00a0 0008 c002 0004', { kind: 'Request to Delete Last Remaining IP Address', request: unhex('c002 0004') }],
  ['00a3 0004', { kind: 'Association Aborted Due to Illegal ASCONF-ACK' }],
  ['0105 0006 0002', { kind: 'Unsupported HMAC Identifier', hmacId: 2 }],
  ['7777 0006 abcd', { kind: 'unknown', code: 0x7777, value: unhex('abcd') }],
];

it.each(examples)('%s', (digits, cause) => {
  expect(hex(encodeCause(cause))).toBe(hex(unhex(digits)));
  expect(decodeCauses(unhex(digits))).toEqual([cause]);
});

it('causeCodes has the code of every kind', () => {
  for (const [digits, { kind }] of examples) {
    if (kind !== 'unknown') expect(causeCodes[kind]).toBe(Number.parseInt(digits.slice(0, 4), 16));
  }
});

describe('a cause that does not follow the format of its code', () => {
  it.each(['0003 0006 0001', '0002 0008 00000001', '0004 0005 78', '0001 0006 0001', '0105 0008 00000001'])(
    'is unknown: %s',
    (digits) => {
      const code = Number.parseInt(digits.slice(0, 4), 16);
      expect(decodeCauses(unhex(digits))).toMatchObject([{ kind: 'unknown', code }]);
    },
  );
});

describe('ABORT', () => {
  it('has any number of causes and the T bit', () => {
    const bytes = '0601000f 0007 0004 000c 0007 627965 00';
    const chunk = decoded(bytes);
    expect(chunk).toMatchObject({ kind: 'ABORT', tagReflected: true, causes: [{}, { kind: 'User-Initiated Abort' }] });
    expect(chunk && hex(encodeChunk(chunk))).toBe(hex(unhex(bytes)));
    expect(decoded('06000004')).toEqual({ kind: 'ABORT', tagReflected: false, causes: [] });
  });

  it('with a broken list of causes is malformed', () => {
    expect(decoded('06000008 000c 0000')).toMatchObject({ kind: 'malformed', type: 6 });
    expect(decoded('06000008 000c 0040')).toMatchObject({ kind: 'malformed', type: 6 });
  });
});

it('ERROR may count the padding of its last cause', () => {
  const expected = { kind: 'ERROR', causes: [{ kind: 'Protocol Violation', information: unhex('78') }] };
  expect(decoded('09000009 000d 0005 78 000000')).toEqual(expected);
  expect(decoded('0900000c 000d 0005 78 000000')).toEqual(expected);
});

it('findCause finds the first of a kind', () => {
  const causes: ErrorCause[] = [{ kind: 'Out of Resource' }, { kind: 'Stale Cookie', measureOfStalenessUs: 5 }];
  expect(findCause(causes, 'Stale Cookie')?.measureOfStalenessUs).toBe(5);
  expect(findCause(causes, 'No User Data')).toBeUndefined();
});
