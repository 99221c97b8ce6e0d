import { readUint16, writeUint16 } from '../../base/bytes.ts';
import { type Tsn, tsn } from '../../base/serial.ts';
import type { TlvCodec } from '../tlv.ts';
import { opaqueTlv, uint32Tlv } from '../tlv-shapes.ts';

/**
 * Invalid Stream Identifier (RFC 9260 §3.3.10.1).
 *
 * ```
 * |        Cause Code = 1         |       Cause Length = 8        |
 * |       Stream Identifier       |          (Reserved)           |
 * ```
 */
export interface InvalidStreamIdentifierCause {
  readonly kind: 'Invalid Stream Identifier';
  readonly streamId: number;
}

/**
 * Unrecognized Chunk Type (RFC 9260 §3.3.10.6).
 *
 * ```
 * |        Cause Code = 6         |         Cause Length          |
 * /                      Unrecognized Chunk                       /
 * ```
 */
export interface UnrecognizedChunkTypeCause {
  readonly kind: 'Unrecognized Chunk Type';
  /** The whole chunk: type, flags, length and value. */
  readonly chunk: Uint8Array;
}

/**
 * No User Data (RFC 9260 §3.3.10.9).
 *
 * ```
 * |        Cause Code = 9         |       Cause Length = 8        |
 * |                              TSN                              |
 * ```
 */
export interface NoUserDataCause {
  readonly kind: 'No User Data';
  readonly tsn: Tsn;
}

/**
 * User-Initiated Abort (RFC 9260 §3.3.10.12).
 *
 * ```
 * |        Cause Code = 12        |         Cause Length          |
 * /                   Upper Layer Abort Reason                    /
 * ```
 */
export interface UserInitiatedAbortCause {
  readonly kind: 'User-Initiated Abort';
  readonly reason: Uint8Array;
}

/**
 * Protocol Violation (RFC 9260 §3.3.10.13).
 *
 * ```
 * |        Cause Code = 13        |         Cause Length          |
 * /                    Additional Information                     /
 * ```
 */
export interface ProtocolViolationCause {
  readonly kind: 'Protocol Violation';
  readonly information: Uint8Array;
}

/**
 * Unsupported HMAC Identifier (RFC 4895 §4.1).
 *
 * ```
 * |      Cause Code = 0x0105      |       Cause Length = 6        |
 * |         HMAC Identifier       |            Padding            |
 * ```
 */
export interface UnsupportedHmacIdentifierCause {
  readonly kind: 'Unsupported HMAC Identifier';
  readonly hmacId: number;
}

export const invalidStreamIdentifierCodec: TlvCodec<InvalidStreamIdentifierCause> = {
  type: 1,
  decode: (bytes, start, end) =>
    end - start === 4 ? { kind: 'Invalid Stream Identifier', streamId: readUint16(bytes, start) } : 'not 4 bytes',
  valueLength: () => 4,
  encode({ streamId }, bytes, offset) {
    writeUint16(bytes, offset, streamId);
    writeUint16(bytes, offset + 2, 0);
  },
};

export const unrecognizedChunkTypeCodec: TlvCodec<UnrecognizedChunkTypeCause> = opaqueTlv(
  6,
  (chunk) => ({ kind: 'Unrecognized Chunk Type', chunk }),
  ({ chunk }) => chunk,
);

export const noUserDataCodec: TlvCodec<NoUserDataCause> = uint32Tlv(
  9,
  (value) => ({ kind: 'No User Data', tsn: tsn(value) }),
  ({ tsn }) => tsn,
);

export const userInitiatedAbortCodec: TlvCodec<UserInitiatedAbortCause> = opaqueTlv(
  12,
  (reason) => ({ kind: 'User-Initiated Abort', reason }),
  ({ reason }) => reason,
);

export const protocolViolationCodec: TlvCodec<ProtocolViolationCause> = opaqueTlv(
  13,
  (information) => ({ kind: 'Protocol Violation', information }),
  ({ information }) => information,
);

export const unsupportedHmacIdentifierCodec: TlvCodec<UnsupportedHmacIdentifierCause> = {
  type: 0x105,
  decode: (bytes, start, end) =>
    end - start === 2 ? { kind: 'Unsupported HMAC Identifier', hmacId: readUint16(bytes, start) } : 'not 2 bytes',
  valueLength: () => 2,
  encode: ({ hmacId }, bytes, offset) => writeUint16(bytes, offset, hmacId),
};
