import { SctpError } from '../../base/errors.ts';
import { formatIp, isIpv4Mapped, parseIp } from '../../base/ip.ts';
import type { TlvCodec, TlvFormat } from '../tlv.ts';
import { opaqueTlv, uint16ListTlv } from '../tlv-shapes.ts';

/**
 * IPv4 Address (RFC 9260 §3.3.2.1.1).
 *
 * ```
 * |           Type = 5            |          Length = 8           |
 * |                         IPv4 Address                          |
 * ```
 */
export interface IPv4AddressParameter {
  readonly kind: 'IPv4 Address';
  /** `'192.0.2.1'` */
  readonly address: string;
}

/**
 * IPv6 Address (RFC 9260 §3.3.2.1.2).
 *
 * ```
 * |           Type = 6            |          Length = 20          |
 * |                         IPv6 Address                          |
 * ```
 */
export interface IPv6AddressParameter {
  readonly kind: 'IPv6 Address';
  /** As RFC 5952 writes it; encoding drops a zone. */
  readonly address: string;
}

export type AddressParameter = IPv4AddressParameter | IPv6AddressParameter;

/**
 * Host Name Address (RFC 9260 §3.3.2.1.4): deprecated, and answered with ABORT.
 *
 * ```
 * |           Type = 11           |            Length             |
 * /                           Host Name                           /
 * ```
 */
export interface HostNameAddressParameter {
  readonly kind: 'Host Name Address';
  /** With the null terminators, as it came. */
  readonly hostName: Uint8Array;
}

/**
 * Supported Address Types (RFC 9260 §3.3.2.1.5).
 *
 * ```
 * |           Type = 12           |            Length             |
 * |        Address Type #1        |        Address Type #2        |
 * ```
 */
export interface SupportedAddressTypesParameter {
  readonly kind: 'Supported Address Types';
  /** Parameter types: 5 for IPv4, 6 for IPv6. */
  readonly addressTypes: readonly number[];
}

export const ipv4AddressCodec: TlvCodec<IPv4AddressParameter> = addressCodec(5, 4, (address) => ({
  kind: 'IPv4 Address',
  address,
}));

export const ipv6AddressCodec: TlvCodec<IPv6AddressParameter> = addressCodec(6, 16, (address) => ({
  kind: 'IPv6 Address',
  address,
}));

export const hostNameAddressCodec: TlvCodec<HostNameAddressParameter> = opaqueTlv(
  11,
  (hostName) => ({ kind: 'Host Name Address', hostName }),
  ({ hostName }) => hostName,
);

export const supportedAddressTypesCodec: TlvCodec<SupportedAddressTypesParameter> = uint16ListTlv(
  12,
  (addressTypes) => ({ kind: 'Supported Address Types', addressTypes }),
  ({ addressTypes }) => addressTypes,
);

/** Addresses where no other parameter may stand. */
export const addressFormat: TlvFormat<AddressParameter> = {
  decode(type, bytes, start, end) {
    if (type === ipv4AddressCodec.type) return ipv4AddressCodec.decode(bytes, start, end);
    if (type === ipv6AddressCodec.type) return ipv6AddressCodec.decode(bytes, start, end);
    return 'no address parameter';
  },
  typeOf: (parameter) => codecOf(parameter).type,
  valueLength: (parameter) => codecOf(parameter).valueLength(parameter),
  encode: (parameter, bytes, offset) => codecOf(parameter).encode(parameter, bytes, offset),
};

/** The address parameter for an IP address of either version. Throws `SCTP_ERR_INVALID_ARGUMENT` for anything else. */
export function addressParameter(ip: string): AddressParameter {
  const bytes = addressBytes(ip);
  if (bytes.length === 4) return { kind: 'IPv4 Address', address: ip };
  // §3.3.2.1.2: "MUST NOT use an IPv4-mapped IPv6 address [RFC4291] but SHOULD instead use an IPv4 Address parameter".
  if (isIpv4Mapped(bytes)) return { kind: 'IPv4 Address', address: formatIp(bytes.subarray(12)) };
  return { kind: 'IPv6 Address', address: ip };
}

export function isAddressParameter(parameter: { readonly kind: string }): parameter is AddressParameter {
  return parameter.kind === 'IPv4 Address' || parameter.kind === 'IPv6 Address';
}

function codecOf(parameter: AddressParameter): TlvCodec<AddressParameter> {
  return (parameter.kind === 'IPv4 Address' ? ipv4AddressCodec : ipv6AddressCodec) as TlvCodec<AddressParameter>;
}

function addressCodec<P extends AddressParameter>(
  type: number,
  length: number,
  make: (address: string) => P,
): TlvCodec<P> {
  return {
    type,
    decode: (bytes, start, end) =>
      end - start === length ? make(formatIp(bytes.subarray(start, end))) : 'an address of the wrong length',
    valueLength: () => length,
    encode({ address }, bytes, offset) {
      const value = addressBytes(address);
      if (value.length !== length) throw notAnAddress(address);
      bytes.set(value, offset);
    },
  };
}

function addressBytes(ip: string): Uint8Array {
  const bytes = parseIp(ip);
  if (bytes === undefined) throw notAnAddress(ip);
  return bytes;
}

function notAnAddress(ip: string): SctpError {
  return new SctpError('SCTP_ERR_INVALID_ARGUMENT', `'${ip}' is not an IP address of the expected version`);
}
