import type { TlvCodec } from '../tlv.ts';
import { emptyTlv, opaqueTlv, paddingTlv, uint8ListTlv, uint32Tlv } from '../tlv-shapes.ts';

/**
 * State Cookie (RFC 9260 §3.3.3.1.1).
 *
 * ```
 * |           Type = 7            |            Length             |
 * /                            Cookie                             /
 * ```
 */
export interface StateCookieParameter {
  readonly kind: 'State Cookie';
  readonly cookie: Uint8Array;
}

/**
 * Unrecognized Parameter (RFC 9260 §3.3.3.1.2).
 *
 * ```
 * |           Type = 8            |            Length             |
 * /                    Unrecognized Parameter                     /
 * ```
 */
export interface UnrecognizedParameter {
  readonly kind: 'Unrecognized Parameter';
  /** The whole parameter of the INIT: type, length and value. */
  readonly parameter: Uint8Array;
}

/**
 * Cookie Preservative (RFC 9260 §3.3.2.1.3).
 *
 * ```
 * |           Type = 9            |          Length = 8           |
 * |         Suggested Cookie Life-Span Increment (msec.)          |
 * ```
 */
export interface CookiePreservativeParameter {
  readonly kind: 'Cookie Preservative';
  readonly lifeSpanIncrementMs: number;
}

/** ECN Capable (0x8000): reserved by RFC 9260 §3.3.2, Note 2, and sent by many peers. */
export interface EcnCapableParameter {
  readonly kind: 'ECN Capable';
}

/**
 * Zero Checksum Acceptable (RFC 9653 §4).
 *
 * ```
 * |          Type = 0x8001        |          Length = 8           |
 * |           Error Detection Method Identifier (EDMID)           |
 * ```
 */
export interface ZeroChecksumAcceptableParameter {
  readonly kind: 'Zero Checksum Acceptable';
  /** 1 is SCTP over DTLS. */
  readonly edmid: number;
}

/**
 * Padding (RFC 4820 §4): to be discarded silently.
 *
 * ```
 * |     Parameter Type = 0x8005   |       Parameter Length        |
 * /                          Padding Data                         /
 * ```
 */
export interface PaddingParameter {
  readonly kind: 'Padding';
  /** Bytes of Padding Data, without the 4 of the parameter header. */
  readonly length: number;
}

/**
 * Supported Extensions (RFC 5061 §4.2.7).
 *
 * ```
 * |     Parameter Type = 0x8008   |      Parameter Length         |
 * | CHUNK TYPE 1  |  CHUNK TYPE 2 |  CHUNK TYPE 3 |  CHUNK TYPE 4 |
 * ```
 */
export interface SupportedExtensionsParameter {
  readonly kind: 'Supported Extensions';
  readonly chunkTypes: readonly number[];
}

/**
 * Forward-TSN-Supported (RFC 3758 §3.1).
 *
 * ```
 * |    Parameter Type = 49152     |  Parameter Length = 4         |
 * ```
 */
export interface ForwardTsnSupportedParameter {
  readonly kind: 'Forward-TSN-Supported';
}

/**
 * Adaptation Layer Indication (RFC 5061 §4.2.6).
 *
 * ```
 * |        Type =0xC006           |    Length = 8                 |
 * |                       Adaptation Code point                   |
 * ```
 */
export interface AdaptationLayerIndicationParameter {
  readonly kind: 'Adaptation Layer Indication';
  readonly adaptationCodePoint: number;
}

export const stateCookieCodec: TlvCodec<StateCookieParameter> = opaqueTlv(
  7,
  (cookie) => ({ kind: 'State Cookie', cookie }),
  ({ cookie }) => cookie,
);

export const unrecognizedParameterCodec: TlvCodec<UnrecognizedParameter> = opaqueTlv(
  8,
  (parameter) => ({ kind: 'Unrecognized Parameter', parameter }),
  ({ parameter }) => parameter,
);

export const cookiePreservativeCodec: TlvCodec<CookiePreservativeParameter> = uint32Tlv(
  9,
  (lifeSpanIncrementMs) => ({ kind: 'Cookie Preservative', lifeSpanIncrementMs }),
  ({ lifeSpanIncrementMs }) => lifeSpanIncrementMs,
);

export const ecnCapableCodec: TlvCodec<EcnCapableParameter> = emptyTlv(0x8000, { kind: 'ECN Capable' });

/** RFC 9653 §4: "This field holds the length in bytes of the chunk parameter; the value MUST be 8." */
export const zeroChecksumAcceptableCodec: TlvCodec<ZeroChecksumAcceptableParameter> = uint32Tlv(
  0x8001,
  (edmid) => ({ kind: 'Zero Checksum Acceptable', edmid }),
  ({ edmid }) => edmid,
);

/** RFC 4820 §4, in INIT alone: "It MUST NOT be included in any other chunk." */
export const paddingCodec: TlvCodec<PaddingParameter> = paddingTlv(
  // RFC 4820 §4: "This value MUST be set to 0x8005."
  0x8005,
  (length) => ({ kind: 'Padding', length }),
  ({ length }) => length,
);

export const supportedExtensionsCodec: TlvCodec<SupportedExtensionsParameter> = uint8ListTlv(
  0x8008,
  (chunkTypes) => ({ kind: 'Supported Extensions', chunkTypes }),
  ({ chunkTypes }) => chunkTypes,
);

export const forwardTsnSupportedCodec: TlvCodec<ForwardTsnSupportedParameter> = emptyTlv(0xc000, {
  kind: 'Forward-TSN-Supported',
});

export const adaptationLayerIndicationCodec: TlvCodec<AdaptationLayerIndicationParameter> = uint32Tlv(
  0xc006,
  (adaptationCodePoint) => ({ kind: 'Adaptation Layer Indication', adaptationCodePoint }),
  ({ adaptationCodePoint }) => adaptationCodePoint,
);
