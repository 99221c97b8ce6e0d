import { readUint16, readUint32, writeUint16, writeUint32 } from '../../base/bytes.ts';
import type { TlvCodec } from '../tlv.ts';
import { emptyTlv, opaqueTlv, readUint16List, uint32Tlv, writeUint16List } from '../tlv-shapes.ts';

/**
 * Missing Mandatory Parameter (RFC 9260 §3.3.10.2).
 *
 * ```
 * |        Cause Code = 2         |   Cause Length = 8 + N * 2    |
 * |                 Number of missing params = N                  |
 * |     Missing Param Type #1     |     Missing Param Type #2     |
 * ```
 */
export interface MissingMandatoryParameterCause {
  readonly kind: 'Missing Mandatory Parameter';
  readonly parameterTypes: readonly number[];
}

/**
 * Stale Cookie (RFC 9260 §3.3.10.3).
 *
 * ```
 * |        Cause Code = 3         |       Cause Length = 8        |
 * |                 Measure of Staleness (usec.)                  |
 * ```
 */
export interface StaleCookieCause {
  readonly kind: 'Stale Cookie';
  /** Microseconds since the cookie expired; 0 where the peer does not tell. */
  readonly measureOfStalenessUs: number;
}

/**
 * Out of Resource (RFC 9260 §3.3.10.4).
 *
 * ```
 * |        Cause Code = 4         |       Cause Length = 4        |
 * ```
 */
export interface OutOfResourceCause {
  readonly kind: 'Out of Resource';
}

/**
 * Unresolvable Address (RFC 9260 §3.3.10.5).
 *
 * ```
 * |        Cause Code = 5         |         Cause Length          |
 * /                     Unresolvable Address                      /
 * ```
 */
export interface UnresolvableAddressCause {
  readonly kind: 'Unresolvable Address';
  /** The whole address parameter: type, length and value. */
  readonly address: Uint8Array;
}

/**
 * Invalid Mandatory Parameter (RFC 9260 §3.3.10.7).
 *
 * ```
 * |        Cause Code = 7         |       Cause Length = 4        |
 * ```
 */
export interface InvalidMandatoryParameterCause {
  readonly kind: 'Invalid Mandatory Parameter';
}

/**
 * Unrecognized Parameters (RFC 9260 §3.3.10.8).
 *
 * ```
 * |        Cause Code = 8         |         Cause Length          |
 * /                    Unrecognized Parameters                    /
 * ```
 */
export interface UnrecognizedParametersCause {
  readonly kind: 'Unrecognized Parameters';
  /** Whole parameters with the padding between them. */
  readonly parameters: Uint8Array;
}

/**
 * Cookie Received While Shutting Down (RFC 9260 §3.3.10.10).
 *
 * ```
 * |        Cause Code = 10        |       Cause Length = 4        |
 * ```
 */
export interface CookieReceivedWhileShuttingDownCause {
  readonly kind: 'Cookie Received While Shutting Down';
}

/**
 * Restart of an Association with New Addresses (RFC 9260 §3.3.10.11).
 *
 * ```
 * |        Cause Code = 11        |         Cause Length          |
 * /                       New Address TLVs                        /
 * ```
 */
export interface RestartWithNewAddressesCause {
  readonly kind: 'Restart of an Association with New Addresses';
  /** Whole address parameters, one after the other. */
  readonly addresses: Uint8Array;
}

/**
 * Restart of an Association with New Encapsulation Port (draft-tuexen-tsvwg-rfc6951-bis §5.2.3; the code is the
 * draft's suggestion).
 *
 * ```
 * |        Cause Code = 14        |       Cause Length = 8        |
 * |   Current Encapsulation Port  |     New Encapsulation Port    |
 * ```
 */
export interface RestartWithNewEncapsulationPortCause {
  readonly kind: 'Restart of an Association with New Encapsulation Port';
  readonly currentPort: number;
  readonly newPort: number;
}

export const missingMandatoryParameterCodec: TlvCodec<MissingMandatoryParameterCause> = {
  type: 2,
  decode(bytes, start, end) {
    if (end - start < 4 || end - start !== 4 + 2 * readUint32(bytes, start)) return 'a number that does not match';
    return { kind: 'Missing Mandatory Parameter', parameterTypes: readUint16List(bytes, start + 4, end) };
  },
  valueLength: ({ parameterTypes }) => 4 + 2 * parameterTypes.length,
  encode({ parameterTypes }, bytes, offset) {
    writeUint32(bytes, offset, parameterTypes.length);
    writeUint16List(parameterTypes, bytes, offset + 4);
  },
};

export const staleCookieCodec: TlvCodec<StaleCookieCause> = uint32Tlv(
  3,
  (measureOfStalenessUs) => ({ kind: 'Stale Cookie', measureOfStalenessUs }),
  ({ measureOfStalenessUs }) => measureOfStalenessUs,
);

export const outOfResourceCodec: TlvCodec<OutOfResourceCause> = emptyTlv(4, { kind: 'Out of Resource' });

export const unresolvableAddressCodec: TlvCodec<UnresolvableAddressCause> = opaqueTlv(
  5,
  (address) => ({ kind: 'Unresolvable Address', address }),
  ({ address }) => address,
);

export const invalidMandatoryParameterCodec: TlvCodec<InvalidMandatoryParameterCause> = emptyTlv(7, {
  kind: 'Invalid Mandatory Parameter',
});

export const unrecognizedParametersCodec: TlvCodec<UnrecognizedParametersCause> = opaqueTlv(
  8,
  (parameters) => ({ kind: 'Unrecognized Parameters', parameters }),
  ({ parameters }) => parameters,
);

export const cookieReceivedWhileShuttingDownCodec: TlvCodec<CookieReceivedWhileShuttingDownCause> = emptyTlv(10, {
  kind: 'Cookie Received While Shutting Down',
});

export const restartWithNewAddressesCodec: TlvCodec<RestartWithNewAddressesCause> = opaqueTlv(
  11,
  (addresses) => ({ kind: 'Restart of an Association with New Addresses', addresses }),
  ({ addresses }) => addresses,
);

export const restartWithNewEncapsulationPortCodec: TlvCodec<RestartWithNewEncapsulationPortCause> = {
  type: 14,
  decode: (bytes, start, end) =>
    end - start === 4
      ? {
          kind: 'Restart of an Association with New Encapsulation Port',
          currentPort: readUint16(bytes, start),
          newPort: readUint16(bytes, start + 2),
        }
      : 'not 4 bytes',
  valueLength: () => 4,
  encode({ currentPort, newPort }, bytes, offset) {
    writeUint16(bytes, offset, currentPort);
    writeUint16(bytes, offset + 2, newPort);
  },
};
