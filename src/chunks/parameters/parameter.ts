import { writeUint16 } from '../../base/bytes.ts';
import { decodeTlvs, encodeTlvs, type Flaw, type TlvCodec, type TlvFormat, tlvHeaderLength } from '../tlv.ts';
import {
  type HostNameAddressParameter,
  hostNameAddressCodec,
  type IPv4AddressParameter,
  type IPv6AddressParameter,
  ipv4AddressCodec,
  ipv6AddressCodec,
  type SupportedAddressTypesParameter,
  supportedAddressTypesCodec,
} from './address.ts';
import {
  type AddIpAddressParameter,
  addIpAddressCodec,
  type DeleteIpAddressParameter,
  deleteIpAddressCodec,
  type ErrorCauseIndicationParameter,
  errorCauseIndicationCodec,
  type SetPrimaryAddressParameter,
  type SuccessIndicationParameter,
  setPrimaryAddressCodec,
  successIndicationCodec,
} from './address-configuration.ts';
import {
  type ChunkListParameter,
  chunkListCodec,
  type RandomParameter,
  type RequestedHmacAlgorithmParameter,
  randomCodec,
  requestedHmacAlgorithmCodec,
} from './authentication.ts';
import { type HeartbeatInfoParameter, heartbeatInfoCodec } from './heartbeat-info.ts';
import {
  type AdaptationLayerIndicationParameter,
  adaptationLayerIndicationCodec,
  type CookiePreservativeParameter,
  cookiePreservativeCodec,
  type EcnCapableParameter,
  ecnCapableCodec,
  type ForwardTsnSupportedParameter,
  forwardTsnSupportedCodec,
  type PaddingParameter,
  paddingCodec,
  type StateCookieParameter,
  type SupportedExtensionsParameter,
  stateCookieCodec,
  supportedExtensionsCodec,
  type UnrecognizedParameter,
  unrecognizedParameterCodec,
  type ZeroChecksumAcceptableParameter,
  zeroChecksumAcceptableCodec,
} from './set-up.ts';
import {
  type AddIncomingStreamsRequestParameter,
  type AddOutgoingStreamsRequestParameter,
  addIncomingStreamsRequestCodec,
  addOutgoingStreamsRequestCodec,
  type IncomingSsnResetRequestParameter,
  incomingSsnResetRequestCodec,
  type OutgoingSsnResetRequestParameter,
  outgoingSsnResetRequestCodec,
  type ReconfigurationResponseParameter,
  reconfigurationResponseCodec,
  type SsnTsnResetRequestParameter,
  ssnTsnResetRequestCodec,
} from './stream-reconfiguration.ts';

/** Every parameter of the RFCs that this package implements. */
export type KnownParameter =
  | HeartbeatInfoParameter
  | IPv4AddressParameter
  | IPv6AddressParameter
  | StateCookieParameter
  | UnrecognizedParameter
  | CookiePreservativeParameter
  | HostNameAddressParameter
  | SupportedAddressTypesParameter
  | OutgoingSsnResetRequestParameter
  | IncomingSsnResetRequestParameter
  | SsnTsnResetRequestParameter
  | ReconfigurationResponseParameter
  | AddOutgoingStreamsRequestParameter
  | AddIncomingStreamsRequestParameter
  | EcnCapableParameter
  | ZeroChecksumAcceptableParameter
  | RandomParameter
  | ChunkListParameter
  | RequestedHmacAlgorithmParameter
  | PaddingParameter
  | SupportedExtensionsParameter
  | ForwardTsnSupportedParameter
  | AddIpAddressParameter
  | DeleteIpAddressParameter
  | ErrorCauseIndicationParameter
  | SetPrimaryAddressParameter
  | SuccessIndicationParameter
  | AdaptationLayerIndicationParameter;

/** A parameter of another type, as it came. */
export interface UnknownParameter {
  readonly kind: 'unknown';
  readonly type: number;
  readonly value: Uint8Array;
}

/** A parameter of an INIT or INIT ACK chunk that does not follow its format, as it came. */
export interface MalformedParameter {
  readonly kind: 'malformed';
  readonly type: number;
  /** What it says its length is. Where that is below 4 or past the end of the chunk, `value` is all that is left of the chunk. */
  readonly length: number;
  readonly value: Uint8Array;
  /** What is wrong with it, for people. */
  readonly reason: Flaw;
}

/** An optional or variable-length field of a chunk (RFC 9260 §3.2.1), discriminated by the RFC's name in `kind`. */
export type Parameter = KnownParameter | UnknownParameter | MalformedParameter;

type ParameterCodecs = { readonly [K in KnownParameter['kind']]: TlvCodec<Extract<KnownParameter, { kind: K }>> };

const codecs: ParameterCodecs = {
  'Heartbeat Info': heartbeatInfoCodec,
  'IPv4 Address': ipv4AddressCodec,
  'IPv6 Address': ipv6AddressCodec,
  'State Cookie': stateCookieCodec,
  'Unrecognized Parameter': unrecognizedParameterCodec,
  'Cookie Preservative': cookiePreservativeCodec,
  'Host Name Address': hostNameAddressCodec,
  'Supported Address Types': supportedAddressTypesCodec,
  'Outgoing SSN Reset Request': outgoingSsnResetRequestCodec,
  'Incoming SSN Reset Request': incomingSsnResetRequestCodec,
  'SSN/TSN Reset Request': ssnTsnResetRequestCodec,
  'Re-configuration Response': reconfigurationResponseCodec,
  'Add Outgoing Streams Request': addOutgoingStreamsRequestCodec,
  'Add Incoming Streams Request': addIncomingStreamsRequestCodec,
  'ECN Capable': ecnCapableCodec,
  'Zero Checksum Acceptable': zeroChecksumAcceptableCodec,
  Random: randomCodec,
  'Chunk List': chunkListCodec,
  'Requested HMAC Algorithm': requestedHmacAlgorithmCodec,
  Padding: paddingCodec,
  'Supported Extensions': supportedExtensionsCodec,
  'Forward-TSN-Supported': forwardTsnSupportedCodec,
  'Add IP Address': addIpAddressCodec,
  'Delete IP Address': deleteIpAddressCodec,
  'Error Cause Indication': errorCauseIndicationCodec,
  'Set Primary Address': setPrimaryAddressCodec,
  'Success Indication': successIndicationCodec,
  'Adaptation Layer Indication': adaptationLayerIndicationCodec,
};

const codecByType = new Map<number, TlvCodec<KnownParameter>>();
const kindByType = new Map<number, KnownParameter['kind']>();
for (const [kind, codec] of Object.entries(codecs)) {
  codecByType.set(codec.type, codec as TlvCodec<KnownParameter>);
  kindByType.set(codec.type, kind as KnownParameter['kind']);
}

/** The Parameter Type of every known kind. */
export const parameterTypes: { readonly [K in KnownParameter['kind']]: number } = Object.fromEntries(
  Object.entries(codecs).map(([kind, codec]) => [kind, codec.type]),
) as { [K in KnownParameter['kind']]: number };

export const parameterFormat: TlvFormat<Parameter> = {
  decode(type, bytes, start, end) {
    const codec = codecByType.get(type);
    if (codec === undefined) return { kind: 'unknown', type, value: bytes.subarray(start, end) };
    const parameter = codec.decode(bytes, start, end);
    return typeof parameter === 'string' ? `parameter ${type}: ${parameter}` : parameter;
  },
  typeOf,
  valueLength: (parameter) => (isRaw(parameter) ? parameter.value.length : codecOf(parameter).valueLength(parameter)),
  encode(parameter, bytes, offset) {
    if (parameter.kind === 'malformed') writeUint16(bytes, offset - 2, parameter.length);
    if (isRaw(parameter)) bytes.set(parameter.value, offset);
    else codecOf(parameter).encode(parameter, bytes, offset);
  },
};

/**
 * A list of parameters; byte arrays in them are views into `bytes`.
 * @returns what is wrong, as text, when one of them is malformed
 */
export function decodeParameters(bytes: Uint8Array): Parameter[] | Flaw {
  return decodeTlvs(parameterFormat, bytes, 0, bytes.length);
}

/** Parameters with the padding between them, none after the last. */
export function encodeParameters(parameters: readonly Parameter[]): Uint8Array {
  return encodeTlvs(parameterFormat, parameters);
}

/** One parameter: type, length and value, without padding. */
export function encodeParameter(parameter: Parameter): Uint8Array {
  return encodeTlvs(parameterFormat, [parameter]);
}

/** The first parameter of a kind. */
export function findParameter<K extends KnownParameter['kind']>(
  parameters: readonly Parameter[],
  kind: K,
): Extract<KnownParameter, { kind: K }> | undefined {
  return parameters.find((parameter): parameter is Extract<KnownParameter, { kind: K }> => parameter.kind === kind);
}

/** The RFC's name of a Parameter Type, undefined for an unknown one. */
export function parameterKind(type: number): KnownParameter['kind'] | undefined {
  return kindByType.get(type);
}

/** The Parameter Type of any parameter. */
export function typeOf(parameter: Parameter): number {
  return isRaw(parameter) ? parameter.type : parameterTypes[parameter.kind];
}

/** Whether nothing behind a parameter can be found, because its length leads nowhere. */
export function endsList({ length, value }: MalformedParameter): boolean {
  return length !== tlvHeaderLength + value.length;
}

function isRaw(parameter: Parameter): parameter is UnknownParameter | MalformedParameter {
  return parameter.kind === 'unknown' || parameter.kind === 'malformed';
}

function codecOf(parameter: KnownParameter): TlvCodec<KnownParameter> {
  return codecs[parameter.kind] as TlvCodec<KnownParameter>;
}
