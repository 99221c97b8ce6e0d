import { describe, expect, it } from 'vitest';
import { mid, ssn, tsn } from '../../../src/base/serial.ts';
import {
  type Chunk,
  describeCause,
  describeChunk,
  describeParameter,
  type ErrorCause,
  type Parameter,
} from '../../../src/chunks/index.ts';
import { unhex } from '../../support/hex.ts';

const fragment = {
  streamId: 1,
  unordered: false,
  beginning: true,
  ending: true,
  messageId: 0,
  fsn: 0,
  ppid: 0,
  payload: unhex('0102030405'),
};
const init = { initiateTag: 0x1a2b3c4d, aRwnd: 1500, outboundStreams: 10, inboundStreams: 20, initialTsn: tsn(7) };
const violation: ErrorCause = { kind: 'Protocol Violation', information: unhex('6f6f7073') };

const chunks: readonly (readonly [string, string, Chunk])[] = [
  ['DATA 10', 'DATA 10 stream 1 ssn 0 BE 5 bytes', { kind: 'DATA', tsn: tsn(10), immediateAck: false, fragment }],
  [
    'I-DATA 11',
    'I-DATA 11 stream 1 mid 0 fsn 0 IUB 5 bytes ppid 51',
    {
      kind: 'I-DATA',
      tsn: tsn(11),
      immediateAck: true,
      fragment: { ...fragment, unordered: true, ending: false, ppid: 51 },
    },
  ],
  [
    'INIT',
    'INIT tag 1a2b3c4d a_rwnd 1500 streams 10/20 tsn 7 [192.0.2.1] [Forward-TSN-Supported]',
    {
      kind: 'INIT',
      ...init,
      parameters: [{ kind: 'IPv4 Address', address: '192.0.2.1' }, { kind: 'Forward-TSN-Supported' }],
    },
  ],
  [
    'SACK 9 gaps 2-2 4-6 dups 7 7',
    'SACK 9 gaps 2-2 4-6 dups 7 7 a_rwnd 1500',
    {
      kind: 'SACK',
      cumulativeTsnAck: tsn(9),
      aRwnd: 1500,
      gapAckBlocks: [
        { start: 2, end: 2 },
        { start: 4, end: 6 },
      ],
      duplicateTsns: [tsn(7), tsn(7)],
    },
  ],
  [
    'SACK 9',
    'SACK 9 a_rwnd 0',
    { kind: 'SACK', cumulativeTsnAck: tsn(9), aRwnd: 0, gapAckBlocks: [], duplicateTsns: [] },
  ],
  ['HEARTBEAT', 'HEARTBEAT 4 bytes', { kind: 'HEARTBEAT', value: unhex('00010004') }],
  ['ABORT', 'ABORT T', { kind: 'ABORT', tagReflected: true, causes: [] }],
  [
    'ABORT Protocol Violation',
    "ABORT Protocol Violation 'oops'",
    { kind: 'ABORT', tagReflected: false, causes: [violation] },
  ],
  ['ERROR Out of Resource', 'ERROR Out of Resource', { kind: 'ERROR', causes: [{ kind: 'Out of Resource' }] }],
  ['SHUTDOWN 9', 'SHUTDOWN 9', { kind: 'SHUTDOWN', cumulativeTsnAck: tsn(9) }],
  ['SHUTDOWN COMPLETE', 'SHUTDOWN COMPLETE T', { kind: 'SHUTDOWN COMPLETE', tagReflected: true }],
  ['COOKIE ECHO', 'COOKIE ECHO 2 bytes', { kind: 'COOKIE ECHO', cookie: unhex('0102') }],
  ['COOKIE ACK', 'COOKIE ACK', { kind: 'COOKIE ACK' }],
  ['AUTH', 'AUTH key 1 hmac 3', { kind: 'AUTH', sharedKeyId: 1, hmacId: 3, hmac: unhex('') }],
  [
    'ASCONF 5 Delete IP Address',
    'ASCONF 5 from ::1 Delete IP Address 192.0.2.1',
    {
      kind: 'ASCONF',
      serialNumber: 5,
      address: { kind: 'IPv6 Address', address: '::1' },
      parameters: [
        { kind: 'Delete IP Address', correlationId: 1, address: { kind: 'IPv4 Address', address: '192.0.2.1' } },
      ],
    },
  ],
  ['ASCONF-ACK 5', 'ASCONF-ACK 5', { kind: 'ASCONF-ACK', serialNumber: 5, parameters: [] }],
  [
    'RE-CONFIG Re-configuration Response',
    "RE-CONFIG Re-configuration Response 4 'In progress'",
    { kind: 'RE-CONFIG', parameters: [{ kind: 'Re-configuration Response', responseSequenceNumber: 4, result: 6 }] },
  ],
  ['PAD', 'PAD 12 bytes', { kind: 'PAD', length: 12 }],
  [
    'FORWARD-TSN 10',
    'FORWARD-TSN 10 1:2',
    { kind: 'FORWARD-TSN', newCumulativeTsn: tsn(10), streams: [{ streamId: 1, ssn: ssn(2) }] },
  ],
  [
    'I-FORWARD-TSN 10',
    'I-FORWARD-TSN 10 1U:2',
    { kind: 'I-FORWARD-TSN', newCumulativeTsn: tsn(10), streams: [{ streamId: 1, unordered: true, mid: mid(2) }] },
  ],
  ['chunk 63', 'chunk 63 flags 0 2 bytes', { kind: 'unknown', type: 63, flags: 0, value: unhex('0102') }],
  [
    'malformed SACK',
    'malformed SACK 0 bytes: shorter than 16 bytes',
    { kind: 'malformed', type: 3, flags: 0, value: unhex(''), reason: 'shorter than 16 bytes' },
  ],
];

describe('describeChunk', () => {
  it.each(chunks)('%s', (short, verbose, chunk) => {
    expect(describeChunk(chunk)).toBe(short);
    expect(describeChunk(chunk, { verbose: true })).toBe(verbose);
  });
});

const parameters: readonly (readonly [string, Parameter])[] = [
  ['parameter 49407 (1 bytes)', { kind: 'unknown', type: 0xc0ff, value: unhex('aa') }],
  ['State Cookie 2 bytes', { kind: 'State Cookie', cookie: unhex('0102') }],
  ['Supported Extensions FORWARD-TSN, RE-CONFIG, 99', { kind: 'Supported Extensions', chunkTypes: [192, 130, 99] }],
  [
    'Incoming SSN Reset Request 3 streams 1 2',
    { kind: 'Incoming SSN Reset Request', requestSequenceNumber: 3, streamNumbers: [1, 2] },
  ],
  [
    'Outgoing SSN Reset Request 3 all streams after TSN 9',
    {
      kind: 'Outgoing SSN Reset Request',
      requestSequenceNumber: 3,
      responseSequenceNumber: 2,
      sendersLastAssignedTsn: tsn(9),
      streamNumbers: [],
    },
  ],
  [
    'Re-configuration Response 4 result 99',
    { kind: 'Re-configuration Response', responseSequenceNumber: 4, result: 99 },
  ],
  [
    'Add Outgoing Streams Request 4 +3',
    { kind: 'Add Outgoing Streams Request', requestSequenceNumber: 4, newStreams: 3 },
  ],
  [
    'Error Cause Indication 4 Out of Resource',
    { kind: 'Error Cause Indication', correlationId: 4, causes: [{ kind: 'Out of Resource' }] },
  ],
];

it.each(parameters)('describeParameter: %s', (text, parameter) => {
  expect(describeParameter(parameter)).toBe(text);
});

const causes: readonly (readonly [string, ErrorCause])[] = [
  ['cause 99 (2 bytes)', { kind: 'unknown', code: 99, value: unhex('0102') }],
  ['Invalid Stream Identifier 5', { kind: 'Invalid Stream Identifier', streamId: 5 }],
  ['Stale Cookie 10 us', { kind: 'Stale Cookie', measureOfStalenessUs: 10 }],
  ['Unrecognized Chunk Type 63', { kind: 'Unrecognized Chunk Type', chunk: unhex('3f000004') }],
  ['Unrecognized Chunk Type', { kind: 'Unrecognized Chunk Type', chunk: unhex('') }],
  ['Unrecognized Parameters 49407', { kind: 'Unrecognized Parameters', parameters: unhex('c0ff0004') }],
  ['No User Data in TSN 9', { kind: 'No User Data', tsn: tsn(9) }],
  ["User-Initiated Abort 'b.e'", { kind: 'User-Initiated Abort', reason: unhex('620065') }],
];

it.each(causes)('describeCause: %s', (text, cause) => {
  expect(describeCause(cause)).toBe(text);
});
