import fc, { type Arbitrary } from 'fast-check';
import { formatIp } from '../../src/base/ip.ts';
import { mid, ssn, tsn } from '../../src/base/serial.ts';
import {
  type AddressParameter,
  addressParameter,
  type Chunk,
  causeCodes,
  chunkTypes,
  type ErrorCause,
  type Fragment,
  type KnownCause,
  type KnownChunk,
  type KnownParameter,
  type Parameter,
  parameterTypes,
  type UnknownCause,
  type UnknownChunk,
  type UnknownParameter,
} from '../../src/chunks/index.ts';

/** An arbitrary for every kind of a union: a missing kind is a compile error. */
type Arbitraries<T extends { readonly kind: string }> = {
  readonly [K in T['kind']]: Arbitrary<Extract<T, { kind: K }>>;
};

const uint8 = fc.integer({ min: 0, max: 0xff });
const uint16 = fc.integer({ min: 0, max: 0xffff });
const uint32 = fc.integer({ min: 0, max: 0xffff_ffff });
const bytes = fc.uint8Array({ maxLength: 40 });
const uint8s = fc.array(uint8, { maxLength: 9 });
const uint16s = fc.array(uint16, { maxLength: 9 });
const tsns = uint32.map(tsn);
const length = fc.nat(60);
const correlationId = uint32;
const requestSequenceNumber = uint32;

function just<K extends string>(kind: K): Arbitrary<{ readonly kind: K }> {
  return fc.constant({ kind });
}

function kindOf<K extends string, F extends object>(
  kind: K,
  fields: { [P in keyof F]: Arbitrary<F[P]> },
): Arbitrary<{ readonly kind: K } & F> {
  return fc.record<F>(fields).map((record) => ({ kind, ...record }));
}

const ipv4 = fc.uint8Array({ minLength: 4, maxLength: 4 }).map(formatIp);
const ipv6 = fc.uint8Array({ minLength: 16, maxLength: 16 }).map(formatIp);
const address: Arbitrary<AddressParameter> = fc.oneof(ipv4, ipv6).map(addressParameter);
const request = { request: bytes };

export const arbitraryCauses: Arbitraries<KnownCause> = {
  'Invalid Stream Identifier': kindOf('Invalid Stream Identifier', { streamId: uint16 }),
  'Missing Mandatory Parameter': kindOf('Missing Mandatory Parameter', { parameterTypes: uint16s }),
  'Stale Cookie': kindOf('Stale Cookie', { measureOfStalenessUs: uint32 }),
  'Out of Resource': just('Out of Resource'),
  'Unresolvable Address': kindOf('Unresolvable Address', { address: bytes }),
  'Unrecognized Chunk Type': kindOf('Unrecognized Chunk Type', { chunk: bytes }),
  'Invalid Mandatory Parameter': just('Invalid Mandatory Parameter'),
  'Unrecognized Parameters': kindOf('Unrecognized Parameters', { parameters: bytes }),
  'No User Data': kindOf('No User Data', { tsn: tsns }),
  'Cookie Received While Shutting Down': just('Cookie Received While Shutting Down'),
  'Restart of an Association with New Encapsulation Port': kindOf(
    'Restart of an Association with New Encapsulation Port',
    {
      currentPort: uint16,
      newPort: uint16,
    },
  ),
  'Restart of an Association with New Addresses': kindOf('Restart of an Association with New Addresses', {
    addresses: bytes,
  }),
  'User-Initiated Abort': kindOf('User-Initiated Abort', { reason: bytes }),
  'Protocol Violation': kindOf('Protocol Violation', { information: bytes }),
  'Request to Delete Last Remaining IP Address': kindOf('Request to Delete Last Remaining IP Address', request),
  'Operation Refused Due to Resource Shortage': kindOf('Operation Refused Due to Resource Shortage', request),
  'Request to Delete Source IP Address': kindOf('Request to Delete Source IP Address', request),
  'Association Aborted Due to Illegal ASCONF-ACK': just('Association Aborted Due to Illegal ASCONF-ACK'),
  'Request Refused - No Authorization': kindOf('Request Refused - No Authorization', request),
  'Unsupported HMAC Identifier': kindOf('Unsupported HMAC Identifier', { hmacId: uint16 }),
};

const knownCodes = new Set<number>(Object.values(causeCodes));

export const arbitraryUnknownCause: Arbitrary<UnknownCause> = kindOf('unknown', {
  code: uint16.filter((code) => !knownCodes.has(code)),
  value: bytes,
});

export const arbitraryCause: Arbitrary<ErrorCause> = fc.oneof(...Object.values(arbitraryCauses), arbitraryUnknownCause);

const causes = fc.array(arbitraryCause, { maxLength: 3 });
const addressRequest = { correlationId, address };
const streamNumbers = uint16s;

export const arbitraryParameters: Arbitraries<KnownParameter> = {
  'Heartbeat Info': kindOf('Heartbeat Info', { info: bytes }),
  'IPv4 Address': kindOf('IPv4 Address', { address: ipv4 }),
  'IPv6 Address': kindOf('IPv6 Address', { address: ipv6 }),
  'State Cookie': kindOf('State Cookie', { cookie: bytes }),
  'Unrecognized Parameter': kindOf('Unrecognized Parameter', { parameter: bytes }),
  'Cookie Preservative': kindOf('Cookie Preservative', { lifeSpanIncrementMs: uint32 }),
  'Host Name Address': kindOf('Host Name Address', { hostName: bytes }),
  'Supported Address Types': kindOf('Supported Address Types', { addressTypes: uint16s }),
  'Outgoing SSN Reset Request': kindOf('Outgoing SSN Reset Request', {
    requestSequenceNumber,
    responseSequenceNumber: uint32,
    sendersLastAssignedTsn: tsns,
    streamNumbers,
  }),
  'Incoming SSN Reset Request': kindOf('Incoming SSN Reset Request', { requestSequenceNumber, streamNumbers }),
  'SSN/TSN Reset Request': kindOf('SSN/TSN Reset Request', { requestSequenceNumber }),
  'Re-configuration Response': fc.oneof(
    kindOf('Re-configuration Response', { responseSequenceNumber: uint32, result: uint32 }),
    kindOf('Re-configuration Response', {
      responseSequenceNumber: uint32,
      result: uint32,
      nextTsns: fc.record({ sendersNextTsn: tsns, receiversNextTsn: tsns }),
    }),
  ),
  'Add Outgoing Streams Request': kindOf('Add Outgoing Streams Request', { requestSequenceNumber, newStreams: uint16 }),
  'Add Incoming Streams Request': kindOf('Add Incoming Streams Request', { requestSequenceNumber, newStreams: uint16 }),
  'ECN Capable': just('ECN Capable'),
  'Zero Checksum Acceptable': kindOf('Zero Checksum Acceptable', { edmid: uint32 }),
  Random: kindOf('Random', { random: bytes }),
  'Chunk List': kindOf('Chunk List', { chunkTypes: uint8s }),
  'Requested HMAC Algorithm': kindOf('Requested HMAC Algorithm', { hmacIds: uint16s }),
  Padding: kindOf('Padding', { length }),
  'Supported Extensions': kindOf('Supported Extensions', { chunkTypes: uint8s }),
  'Forward-TSN-Supported': just('Forward-TSN-Supported'),
  'Add IP Address': kindOf('Add IP Address', addressRequest),
  'Delete IP Address': kindOf('Delete IP Address', addressRequest),
  'Error Cause Indication': kindOf('Error Cause Indication', { correlationId, causes }),
  'Set Primary Address': kindOf('Set Primary Address', addressRequest),
  'Success Indication': kindOf('Success Indication', { correlationId }),
  'Adaptation Layer Indication': kindOf('Adaptation Layer Indication', { adaptationCodePoint: uint32 }),
};

const knownParameterTypes = new Set<number>(Object.values(parameterTypes));

export const arbitraryUnknownParameter: Arbitrary<UnknownParameter> = kindOf('unknown', {
  type: uint16.filter((type) => !knownParameterTypes.has(type)),
  value: bytes,
});

export const arbitraryParameter: Arbitrary<Parameter> = fc.oneof(
  ...Object.values(arbitraryParameters),
  arbitraryUnknownParameter,
);

const parameters = fc.array(arbitraryParameter, { maxLength: 4 });

const fragmentFields = {
  streamId: uint16,
  unordered: fc.boolean(),
  beginning: fc.boolean(),
  ending: fc.boolean(),
  ppid: uint32,
  payload: bytes,
};

const dataFragment: Arbitrary<Fragment> = fc.record({ ...fragmentFields, messageId: uint16, fsn: fc.constant(0) });

const iDataFragment: Arbitrary<Fragment> = fc
  .record({ ...fragmentFields, messageId: uint32, fsn: uint32 })
  .map((fragment) => (fragment.beginning ? { ...fragment, fsn: 0 } : { ...fragment, ppid: 0 }));

const initFields = {
  initiateTag: uint32,
  aRwnd: uint32,
  outboundStreams: uint16,
  inboundStreams: uint16,
  initialTsn: tsns,
  parameters,
};

const heartbeat = { value: fc.uint8Array({ minLength: 4, maxLength: 60 }) };

export const arbitraryChunks: Arbitraries<KnownChunk> = {
  DATA: kindOf('DATA', { tsn: tsns, immediateAck: fc.boolean(), fragment: dataFragment }),
  'I-DATA': kindOf('I-DATA', { tsn: tsns, immediateAck: fc.boolean(), fragment: iDataFragment }),
  INIT: kindOf('INIT', initFields),
  'INIT ACK': kindOf('INIT ACK', initFields),
  SACK: kindOf('SACK', {
    cumulativeTsnAck: tsns,
    aRwnd: uint32,
    gapAckBlocks: fc.array(fc.record({ start: uint16, end: uint16 }), { maxLength: 5 }),
    duplicateTsns: fc.array(tsns, { maxLength: 5 }),
  }),
  HEARTBEAT: kindOf('HEARTBEAT', heartbeat),
  'HEARTBEAT ACK': kindOf('HEARTBEAT ACK', heartbeat),
  ABORT: kindOf('ABORT', { tagReflected: fc.boolean(), causes }),
  ERROR: kindOf('ERROR', { causes: fc.array(arbitraryCause, { minLength: 1, maxLength: 3 }) }),
  SHUTDOWN: kindOf('SHUTDOWN', { cumulativeTsnAck: tsns }),
  'SHUTDOWN ACK': just('SHUTDOWN ACK'),
  'SHUTDOWN COMPLETE': kindOf('SHUTDOWN COMPLETE', { tagReflected: fc.boolean() }),
  'COOKIE ECHO': kindOf('COOKIE ECHO', { cookie: bytes }),
  'COOKIE ACK': just('COOKIE ACK'),
  AUTH: kindOf('AUTH', { sharedKeyId: uint16, hmacId: uint16, hmac: bytes }),
  ASCONF: kindOf('ASCONF', { serialNumber: uint32, address, parameters }),
  'ASCONF-ACK': kindOf('ASCONF-ACK', { serialNumber: uint32, parameters }),
  'RE-CONFIG': kindOf('RE-CONFIG', { parameters: fc.array(arbitraryParameter, { minLength: 1, maxLength: 2 }) }),
  PAD: kindOf('PAD', { length }),
  'FORWARD-TSN': kindOf('FORWARD-TSN', {
    newCumulativeTsn: tsns,
    streams: fc.array(fc.record({ streamId: uint16, ssn: uint16.map(ssn) }), { maxLength: 5 }),
  }),
  'I-FORWARD-TSN': kindOf('I-FORWARD-TSN', {
    newCumulativeTsn: tsns,
    streams: fc.array(fc.record({ streamId: uint16, unordered: fc.boolean(), mid: uint32.map(mid) }), { maxLength: 5 }),
  }),
};

const knownChunkTypes = new Set<number>(Object.values(chunkTypes));

export const arbitraryUnknownChunk: Arbitrary<UnknownChunk> = kindOf('unknown', {
  type: uint8.filter((type) => !knownChunkTypes.has(type)),
  flags: uint8,
  value: bytes,
});

/** Any chunk that an endpoint could send, of every kind with the same chance. */
export const arbitraryChunk: Arbitrary<Chunk> = fc.oneof(...Object.values(arbitraryChunks), arbitraryUnknownChunk);
