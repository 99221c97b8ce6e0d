import { describe, expect, it } from 'vitest';
import { SctpError } from '../../../src/base/errors.ts';
import { tsn } from '../../../src/base/serial.ts';
import {
  addressParameter,
  decodeParameters,
  encodeParameter,
  encodeParameters,
  findParameter,
  isAddressParameter,
  joinTlvs,
  type Parameter,
  parameterTypes,
  recognizeParameters,
} from '../../../src/chunks/index.ts';
import { hex, unhex } from '../../support/hex.ts';

const examples: readonly (readonly [string, Parameter])[] = [
  ['0001 0006 abcd', { kind: 'Heartbeat Info', info: unhex('abcd') }],
  ['0005 0008 c0000201', { kind: 'IPv4 Address', address: '192.0.2.1' }],
  ['0006 0014 20010db8000000000000000000000001', { kind: 'IPv6 Address', address: '2001:db8::1' }],
  ['0008 0008 c0ff 0004', { kind: 'Unrecognized Parameter', parameter: unhex('c0ff 0004') }],
  ['0009 0008 000003e8', { kind: 'Cookie Preservative', lifeSpanIncrementMs: 1000 }],
  ['000b 0006 6100', { kind: 'Host Name Address', hostName: unhex('6100') }],
  ['000c 0008 0005 0006', { kind: 'Supported Address Types', addressTypes: [5, 6] }],
  [
    '000d 0012 00000001 00000002 00000003 0004',
    {
      kind: 'Outgoing SSN Reset Request',
      requestSequenceNumber: 1,
      responseSequenceNumber: 2,
      sendersLastAssignedTsn: tsn(3),
      streamNumbers: [4],
    },
  ],
  ['000e 0008 00000001', { kind: 'Incoming SSN Reset Request', requestSequenceNumber: 1, streamNumbers: [] }],
  ['000f 0008 00000001', { kind: 'SSN/TSN Reset Request', requestSequenceNumber: 1 }],
  ['0010 000c 00000001 00000006', { kind: 'Re-configuration Response', responseSequenceNumber: 1, result: 6 }],
  [
    '0010 0014 00000001 00000001 0000000a 00000014',
    {
      kind: 'Re-configuration Response',
      responseSequenceNumber: 1,
      result: 1,
      nextTsns: { sendersNextTsn: tsn(10), receiversNextTsn: tsn(20) },
    },
  ],
  ['0011 000c 00000001 0003 0000', { kind: 'Add Outgoing Streams Request', requestSequenceNumber: 1, newStreams: 3 }],
  ['0012 000c 00000001 0003 0000', { kind: 'Add Incoming Streams Request', requestSequenceNumber: 1, newStreams: 3 }],
  ['8000 0004', { kind: 'ECN Capable' }],
  ['8001 0008 00000001', { kind: 'Zero Checksum Acceptable', edmid: 1 }],
  ['8002 0006 abcd', { kind: 'Random', random: unhex('abcd') }],
  ['8003 0006 80c1', { kind: 'Chunk List', chunkTypes: [0x80, 0xc1] }],
  ['8004 0008 0003 0001', { kind: 'Requested HMAC Algorithm', hmacIds: [3, 1] }],
  ['8005 0006 0000', { kind: 'Padding', length: 2 }],
  ['8008 0006 c082', { kind: 'Supported Extensions', chunkTypes: [0xc0, 0x82] }],
  ['c000 0004', { kind: 'Forward-TSN-Supported' }],
  ['c006 0008 0000002a', { kind: 'Adaptation Layer Indication', adaptationCodePoint: 42 }],
  // The examples of RFC 5061 §4.2 and §4.3.1.
  [
    'c001 0010 01023474 0005 0008 c0000201',
    { kind: 'Add IP Address', correlationId: 0x01023474, address: { kind: 'IPv4 Address', address: '192.0.2.1' } },
  ],
  [
    'c002 0010 01023476 0005 0008 c0000201',
    { kind: 'Delete IP Address', correlationId: 0x01023476, address: { kind: 'IPv4 Address', address: '192.0.2.1' } },
  ],
  [
    'c003 001c 01023476 00a0 0014 c002 0010 01023476 0005 0008 c0000201',
    {
      kind: 'Error Cause Indication',
      correlationId: 0x01023476,
      causes: [
        {
          kind: 'Request to Delete Last Remaining IP Address',
          request: unhex('c002 0010 01023476 0005 0008 c0000201'),
        },
      ],
    },
  ],
  [
    'c004 0010 01023479 0005 0008 c0000201',
    { kind: 'Set Primary Address', correlationId: 0x01023479, address: { kind: 'IPv4 Address', address: '192.0.2.1' } },
  ],
  ['c005 0008 01023474', { kind: 'Success Indication', correlationId: 0x01023474 }],
  ['4fff 0005 ab', { kind: 'unknown', type: 0x4fff, value: unhex('ab') }],
];

it.each(examples)('%s', (digits, parameter) => {
  expect(hex(encodeParameter(parameter))).toBe(hex(unhex(digits)));
  expect(decodeParameters(unhex(digits))).toEqual([parameter]);
});

it('parameterTypes has the type of every kind', () => {
  for (const [digits, { kind }] of examples) {
    if (kind !== 'unknown' && kind !== 'malformed')
      expect(parameterTypes[kind]).toBe(Number.parseInt(digits.slice(0, 4), 16));
  }
});

it.each([
  '000d 000e 00000001 00000002 0003',
  '000d 0011 00000001 00000002 00000003 00',
  '000e 0006 0001',
  '0010 0010 00000001 00000006 00000001',
  '0011 000a 00000001 0003',
  'c001 0006 0102',
  'c001 0008 01023474',
  'c001 0010 01023474 000b 0008 61620000',
  'c001 0010 01023474 0005 0009 c0000201',
  'c001 0018 01023474 0005 0008 c0000201 0005 0008 c0000202',
  'c003 000c 01023476 0004 0000',
  'c005 0006 0102',
])('a flaw, not a parameter: %s', (digits) => {
  expect(decodeParameters(unhex(digits))).toEqual(expect.any(String));
});

it('encodeParameters pads between parameters only', () => {
  const parameters: Parameter[] = [
    { kind: 'Chunk List', chunkTypes: [1] },
    { kind: 'Chunk List', chunkTypes: [2] },
  ];
  expect(hex(encodeParameters(parameters))).toBe(hex(unhex('8003 0005 01 000000 8003 0005 02')));
  expect(joinTlvs(parameters.map(encodeParameter))).toEqual(encodeParameters(parameters));
});

describe('addressParameter', () => {
  it('is of the version of the address', () => {
    expect(addressParameter('192.0.2.1')).toEqual({ kind: 'IPv4 Address', address: '192.0.2.1' });
    expect(addressParameter('::1')).toEqual({ kind: 'IPv6 Address', address: '::1' });
    expect(isAddressParameter(addressParameter('::1'))).toBe(true);
    expect(isAddressParameter({ kind: 'Host Name Address' })).toBe(false);
  });

  it('throws at a caller who has no address', () => {
    expect(() => addressParameter('localhost')).toThrow(SctpError);
    expect(() => encodeParameter({ kind: 'IPv4 Address', address: '::1' })).toThrow(SctpError);
  });
});

it('findParameter finds the first of a kind', () => {
  const parameters = examples.map(([, parameter]) => parameter);
  expect(findParameter(parameters, 'Cookie Preservative')?.lifeSpanIncrementMs).toBe(1000);
  expect(findParameter([], 'State Cookie')).toBeUndefined();
});

describe('recognizeParameters', () => {
  const known: Parameter = { kind: 'ECN Capable' };
  const unknown = (type: number): Parameter => ({ kind: 'unknown', type, value: unhex('aabbcc') });

  it.each([
    ['stops', 0x3fff, { accepted: [known], unrecognized: [] }],
    ['stops and reports', 0x7fff, { accepted: [known], unrecognized: [unhex('7fff 0007 aabbcc')] }],
    ['skips', 0xbfff, { accepted: [known, known], unrecognized: [] }],
    ['skips and reports', 0xffff, { accepted: [known, known], unrecognized: [unhex('ffff 0007 aabbcc')] }],
  ])('%s by the highest bits of %i', (_action, type, expected) => {
    expect(recognizeParameters([known, unknown(type), known])).toEqual(expected);
  });
});
