import { decodeTlvs, encodeTlvs, type Flaw, type TlvCodec, type TlvFormat } from '../tlv.ts';
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

/** An optional or variable-length field of a chunk (RFC 9260 §3.2.1), discriminated by the RFC's name in `kind`. */
export type Parameter = KnownParameter | UnknownParameter;

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
for (const codec of Object.values(codecs)) codecByType.set(codec.type, codec as TlvCodec<KnownParameter>);

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
  typeOf: (parameter) => (parameter.kind === 'unknown' ? parameter.type : codecs[parameter.kind].type),
  valueLength: (parameter) =>
    parameter.kind === 'unknown' ? parameter.value.length : codecOf(parameter).valueLength(parameter),
  encode(parameter, bytes, offset) {
    if (parameter.kind === 'unknown') bytes.set(parameter.value, offset);
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

/** The Parameter Type of any parameter. */
function typeOf(parameter: Parameter): number {
  return parameter.kind === 'unknown' ? parameter.type : parameterTypes[parameter.kind];
}

/**
 * Sorts received parameters by what their receiver has to do (RFC 9260 §3.2.1): "the highest-order 2 bits specify the
 * action that is taken if the processing endpoint does not recognize the Parameter Type".
 *
 * @param understood the kinds that the receiver acts on, or knowingly leaves alone. The parameter of an extension that it
 * can decode but does not speak counts as not recognized: that is how the sender learns of it. Default: all known kinds.
 * @returns the recognized ones, up to one that ends the processing, and the whole TLVs (without padding) of those that
 * have to be reported
 */
export function recognizeParameters(
  parameters: readonly Parameter[],
  understood?: ReadonlySet<Parameter['kind']>,
): {
  readonly accepted: readonly KnownParameter[];
  readonly unrecognized: readonly Uint8Array[];
} {
  const accepted: KnownParameter[] = [];
  const unrecognized: Uint8Array[] = [];
  for (const parameter of parameters) {
    if (parameter.kind !== 'unknown' && understood?.has(parameter.kind) !== false) {
      accepted.push(parameter);
      continue;
    }
    const type = typeOf(parameter);
    if ((type & 0x4000) !== 0) unrecognized.push(encodeParameter(parameter));
    if ((type & 0x8000) === 0) break;
  }
  return { accepted, unrecognized };
}

function codecOf(parameter: KnownParameter): TlvCodec<KnownParameter> {
  return codecs[parameter.kind] as TlvCodec<KnownParameter>;
}
