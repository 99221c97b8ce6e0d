import type { TlvCodec } from '../tlv.ts';
import { emptyTlv, opaqueTlv } from '../tlv-shapes.ts';

/** What the causes of RFC 5061 that refuse a request have in common. */
interface RefusedRequest {
  /** TLV-Copied-From-ASCONF: the whole parameter that asked. */
  readonly request: Uint8Array;
}

/**
 * Request to Delete Last Remaining IP Address (RFC 5061 §4.3.1).
 *
 * ```
 * |     Cause Code=0x00A0         |      Cause Length=Variable    |
 * \                     TLV-Copied-From-ASCONF                    /
 * ```
 */
export interface DeleteLastAddressCause extends RefusedRequest {
  readonly kind: 'Request to Delete Last Remaining IP Address';
}

/** Operation Refused Due to Resource Shortage (RFC 5061 §4.3.2): code 0x00A1, the format of 0x00A0. */
export interface ResourceShortageCause extends RefusedRequest {
  readonly kind: 'Operation Refused Due to Resource Shortage';
}

/** Request to Delete Source IP Address (RFC 5061 §4.3.3): code 0x00A2, the format of 0x00A0. */
export interface DeleteSourceAddressCause extends RefusedRequest {
  readonly kind: 'Request to Delete Source IP Address';
}

/**
 * Association Aborted Due to Illegal ASCONF-ACK (RFC 5061 §4.3.4).
 *
 * ```
 * |     Cause Code=0x00A3         |      Cause Length=4           |
 * ```
 */
export interface IllegalAsconfAckCause {
  readonly kind: 'Association Aborted Due to Illegal ASCONF-ACK';
}

/** Request Refused - No Authorization (RFC 5061 §4.3.5): code 0x00A4, the format of 0x00A0. */
export interface NoAuthorizationCause extends RefusedRequest {
  readonly kind: 'Request Refused - No Authorization';
}

export const deleteLastAddressCodec: TlvCodec<DeleteLastAddressCause> = opaqueTlv(
  0xa0,
  (request) => ({ kind: 'Request to Delete Last Remaining IP Address', request }),
  ({ request }) => request,
);

export const resourceShortageCodec: TlvCodec<ResourceShortageCause> = opaqueTlv(
  0xa1,
  (request) => ({ kind: 'Operation Refused Due to Resource Shortage', request }),
  ({ request }) => request,
);

export const deleteSourceAddressCodec: TlvCodec<DeleteSourceAddressCause> = opaqueTlv(
  0xa2,
  (request) => ({ kind: 'Request to Delete Source IP Address', request }),
  ({ request }) => request,
);

export const illegalAsconfAckCodec: TlvCodec<IllegalAsconfAckCause> = emptyTlv(0xa3, {
  kind: 'Association Aborted Due to Illegal ASCONF-ACK',
});

export const noAuthorizationCodec: TlvCodec<NoAuthorizationCause> = opaqueTlv(
  0xa4,
  (request) => ({ kind: 'Request Refused - No Authorization', request }),
  ({ request }) => request,
);
