import { emptyBytes, padded, readUint8, readUint16 } from '../../base/bytes.ts';
import { tlvHeaderLength, tlvLength } from '../tlv.ts';
import { ipv4AddressCodec, ipv6AddressCodec } from './address.ts';
import {
  type KnownParameter,
  type MalformedParameter,
  type Parameter,
  parameterFormat,
  parameterKind,
} from './parameter.ts';

/**
 * The parameters that INIT and INIT ACK chunks are made for, in RFC 9260 §3.3.2 and §3.3.3 (Tables 6 and 8) and in extensions
 * that are implemented here. RFC 9653 §4: who does not support a zero checksum "is REQUIRED to skip this parameter and continue
 * to process further parameters in the chunk." RFC 4820 §4: "The receiver of the PAD parameter MUST silently discard this
 * parameter and continue processing the rest".
 */
export const setUpParameters: ReadonlySet<KnownParameter['kind']> = new Set<KnownParameter['kind']>([
  'IPv4 Address',
  'IPv6 Address',
  'State Cookie',
  'Unrecognized Parameter',
  'Cookie Preservative',
  'Host Name Address',
  'Supported Address Types',
  'ECN Capable',
  'Zero Checksum Acceptable',
  'Padding',
  'Supported Extensions',
  'Forward-TSN-Supported',
]);

/**
 * Parameters of an INIT chunk, which a stranger may have sent, that a receiver looks at; what is behind them is left aside. An
 * INIT ACK chunk was asked for, and hosts with very many addresses list them before the State Cookie.
 */
export const mostInInit = 256;
export const mostInInitAck = 1_024;
/** Of these, addresses, be it the same one again. More of one peer are of no use to anybody. */
const mostAddresses = 64;
/** And parameters that ask to be reported. RFC 9260 §12.4: some or all of them MAY be left out of the report. */
const mostReported = 64;
/** Bytes of a list: there are 256 chunk types. */
const longestList = 256;

/** All parameters of an INIT or INIT ACK chunk. One that is flawed is kept as such: it may be one that nobody asks for. */
export function decodeSetUpList(bytes: Uint8Array, start: number, end: number): Parameter[] {
  const parameters: Parameter[] = [];
  let offset = start;
  while (offset < end) {
    const length = tlvLength(bytes, offset, end);
    parameters.push(length === 0 ? brokenEnd(bytes, offset, end) : decodeOne(bytes, offset, offset + length));
    if (length === 0) break;
    offset += padded(length);
  }
  return parameters;
}

/**
 * Those of them that a receiver has a use for, at a cost that has a bound: the first of each kind (RFC 9260 §3.3.2: "each
 * parameter MUST only be included once"), the first addresses, and of what is unknown that which asks for something.
 */
export function decodeSetUpListSparingly(bytes: Uint8Array, start: number, end: number, most: number): Parameter[] {
  const parameters: Parameter[] = [];
  const seen: number[] = [];
  /** Where they stand. */
  const addresses: number[] = [];
  let reported = 0;
  for (let next = start, count = 0; next < end && count < most; count++) {
    const offset = next;
    const length = tlvLength(bytes, offset, end);
    next += padded(length);
    if (length === 0) {
      parameters.push(brokenEnd(bytes, offset, end));
      break;
    }
    const type = readUint16(bytes, offset);
    const isAddress = type === ipv4AddressCodec.type || type === ipv6AddressCodec.type;
    if (isAddress && addresses.length === mostAddresses) continue;
    const kind = parameterKind(type);
    if (kind === undefined || !setUpParameters.has(kind)) {
      // §3.2.1: the highest bit says whether to go on behind it, the next one whether to report it.
      const isLast = (type & 0x8000) === 0;
      if (isLast || ((type & 0x4000) !== 0 && reported++ < mostReported)) {
        const value = bytes.subarray(offset + tlvHeaderLength, offset + length);
        parameters.push({ kind: 'unknown', type, value });
      }
      if (isLast) break;
    } else if (isAddress) {
      const isAgain = addresses.some((other) => isSameTlv(bytes, other, offset, length));
      addresses.push(offset);
      if (!isAgain) parameters.push(decodeOne(bytes, offset, offset + length));
    } else if (!seen.includes(type)) {
      seen.push(type);
      parameters.push(decodeOne(bytes, offset, offset + (isList(kind) ? Math.min(length, longestList) : length)));
    }
  }
  return parameters;
}

/** The parameter from `offset` to `end`. */
function decodeOne(bytes: Uint8Array, offset: number, end: number): Parameter {
  const type = readUint16(bytes, offset);
  const start = offset + tlvHeaderLength;
  const parameter = parameterFormat.decode(type, bytes, start, end);
  if (typeof parameter !== 'string') return parameter;
  return { kind: 'malformed', type, length: end - offset, value: bytes.subarray(start, end), reason: parameter };
}

/** What stands where a parameter should, and has a length that leads nowhere. */
function brokenEnd(bytes: Uint8Array, offset: number, end: number): MalformedParameter {
  const isHeader = end - offset >= tlvHeaderLength;
  const type = end - offset < 2 ? readUint8(bytes, offset) : readUint16(bytes, offset);
  const reason = `parameter ${type}: a length below 4 or past the end`;
  const length = isHeader ? readUint16(bytes, offset + 2) : 0;
  const value = isHeader ? bytes.subarray(offset + tlvHeaderLength, end) : emptyBytes;
  return { kind: 'malformed', type, length, value, reason };
}

/** Compares what would cost more to decode. */
function isSameTlv(bytes: Uint8Array, one: number, other: number, length: number): boolean {
  for (let i = length - 1; i >= 0; i--) if (readUint8(bytes, one + i) !== readUint8(bytes, other + i)) return false;
  return true;
}

function isList(kind: KnownParameter['kind']): boolean {
  return kind === 'Supported Extensions' || kind === 'Supported Address Types';
}
