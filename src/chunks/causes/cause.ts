import { decodeTlvs, encodeTlvs, type Flaw, type TlvCodec, type TlvFormat } from '../tlv.ts';
import {
  type DeleteLastAddressCause,
  type DeleteSourceAddressCause,
  deleteLastAddressCodec,
  deleteSourceAddressCodec,
  type IllegalAsconfAckCause,
  illegalAsconfAckCodec,
  type NoAuthorizationCause,
  noAuthorizationCodec,
  type ResourceShortageCause,
  resourceShortageCodec,
} from './address-configuration.ts';
import {
  type CookieReceivedWhileShuttingDownCause,
  cookieReceivedWhileShuttingDownCodec,
  type InvalidMandatoryParameterCause,
  invalidMandatoryParameterCodec,
  type MissingMandatoryParameterCause,
  missingMandatoryParameterCodec,
  type OutOfResourceCause,
  outOfResourceCodec,
  type RestartWithNewAddressesCause,
  type RestartWithNewEncapsulationPortCause,
  restartWithNewAddressesCodec,
  restartWithNewEncapsulationPortCodec,
  type StaleCookieCause,
  staleCookieCodec,
  type UnrecognizedParametersCause,
  type UnresolvableAddressCause,
  unrecognizedParametersCodec,
  unresolvableAddressCodec,
} from './set-up.ts';
import {
  type InvalidStreamIdentifierCause,
  invalidStreamIdentifierCodec,
  type NoUserDataCause,
  noUserDataCodec,
  type ProtocolViolationCause,
  protocolViolationCodec,
  type UnrecognizedChunkTypeCause,
  type UnsupportedHmacIdentifierCause,
  type UserInitiatedAbortCause,
  unrecognizedChunkTypeCodec,
  unsupportedHmacIdentifierCodec,
  userInitiatedAbortCodec,
} from './violation.ts';

/** Every error cause of the RFCs that this package implements. */
export type KnownCause =
  | InvalidStreamIdentifierCause
  | MissingMandatoryParameterCause
  | StaleCookieCause
  | OutOfResourceCause
  | UnresolvableAddressCause
  | UnrecognizedChunkTypeCause
  | InvalidMandatoryParameterCause
  | UnrecognizedParametersCause
  | NoUserDataCause
  | CookieReceivedWhileShuttingDownCause
  | RestartWithNewAddressesCause
  | RestartWithNewEncapsulationPortCause
  | UserInitiatedAbortCause
  | ProtocolViolationCause
  | DeleteLastAddressCause
  | ResourceShortageCause
  | DeleteSourceAddressCause
  | IllegalAsconfAckCause
  | NoAuthorizationCause
  | UnsupportedHmacIdentifierCause;

/** A cause of another code, or one whose information does not follow the format of its code, as it came. */
export interface UnknownCause {
  readonly kind: 'unknown';
  readonly code: number;
  readonly value: Uint8Array;
}

/** Why there is an ABORT or an ERROR (RFC 9260 §3.3.10), discriminated by the RFC's name in `kind`. */
export type ErrorCause = KnownCause | UnknownCause;

type CauseCodecs = { readonly [K in KnownCause['kind']]: TlvCodec<Extract<KnownCause, { kind: K }>> };

const codecs: CauseCodecs = {
  'Invalid Stream Identifier': invalidStreamIdentifierCodec,
  'Missing Mandatory Parameter': missingMandatoryParameterCodec,
  'Stale Cookie': staleCookieCodec,
  'Out of Resource': outOfResourceCodec,
  'Unresolvable Address': unresolvableAddressCodec,
  'Unrecognized Chunk Type': unrecognizedChunkTypeCodec,
  'Invalid Mandatory Parameter': invalidMandatoryParameterCodec,
  'Unrecognized Parameters': unrecognizedParametersCodec,
  'No User Data': noUserDataCodec,
  'Cookie Received While Shutting Down': cookieReceivedWhileShuttingDownCodec,
  'Restart of an Association with New Addresses': restartWithNewAddressesCodec,
  'Restart of an Association with New Encapsulation Port': restartWithNewEncapsulationPortCodec,
  'User-Initiated Abort': userInitiatedAbortCodec,
  'Protocol Violation': protocolViolationCodec,
  'Request to Delete Last Remaining IP Address': deleteLastAddressCodec,
  'Operation Refused Due to Resource Shortage': resourceShortageCodec,
  'Request to Delete Source IP Address': deleteSourceAddressCodec,
  'Association Aborted Due to Illegal ASCONF-ACK': illegalAsconfAckCodec,
  'Request Refused - No Authorization': noAuthorizationCodec,
  'Unsupported HMAC Identifier': unsupportedHmacIdentifierCodec,
};

const codecByCode = new Map<number, TlvCodec<KnownCause>>();
for (const codec of Object.values(codecs)) codecByCode.set(codec.type, codec as TlvCodec<KnownCause>);

/** The Cause Code of every known kind. */
export const causeCodes: { readonly [K in KnownCause['kind']]: number } = Object.fromEntries(
  Object.entries(codecs).map(([kind, codec]) => [kind, codec.type]),
) as { [K in KnownCause['kind']]: number };

export const causeFormat: TlvFormat<ErrorCause> = {
  decode(code, bytes, start, end) {
    const cause = codecByCode.get(code)?.decode(bytes, start, end);
    // Cause-specific information explains; an odd explanation must not make the ABORT that bears it ineffective.
    if (cause === undefined || typeof cause === 'string') {
      return { kind: 'unknown', code, value: bytes.subarray(start, end) };
    }
    return cause;
  },
  typeOf: (cause) => (cause.kind === 'unknown' ? cause.code : codecs[cause.kind].type),
  valueLength: (cause) => (cause.kind === 'unknown' ? cause.value.length : codecOf(cause).valueLength(cause)),
  encode(cause, bytes, offset) {
    if (cause.kind === 'unknown') bytes.set(cause.value, offset);
    else codecOf(cause).encode(cause, bytes, offset);
  },
};

/**
 * A list of causes; byte arrays in them are views into `bytes`.
 * @returns what is wrong, as text, when the list is broken
 */
export function decodeCauses(bytes: Uint8Array): ErrorCause[] | Flaw {
  return decodeTlvs(causeFormat, bytes, 0, bytes.length);
}

/** One cause: code, length and information, without padding. */
export function encodeCause(cause: ErrorCause): Uint8Array {
  return encodeTlvs(causeFormat, [cause]);
}

/** The first cause of a kind. */
export function findCause<K extends KnownCause['kind']>(
  causes: readonly ErrorCause[],
  kind: K,
): Extract<KnownCause, { kind: K }> | undefined {
  return causes.find((cause): cause is Extract<KnownCause, { kind: K }> => cause.kind === kind);
}

function codecOf(cause: KnownCause): TlvCodec<KnownCause> {
  return codecs[cause.kind] as TlvCodec<KnownCause>;
}
