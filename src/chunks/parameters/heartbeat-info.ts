import type { TlvCodec } from '../tlv.ts';
import { opaqueTlv } from '../tlv-shapes.ts';

/**
 * Heartbeat Info (RFC 9260 §3.3.5): understood by its sender only.
 *
 * ```
 * |    Heartbeat Info Type = 1    |        HB Info Length         |
 * /                Sender-Specific Heartbeat Info                 /
 * ```
 */
export interface HeartbeatInfoParameter {
  readonly kind: 'Heartbeat Info';
  readonly info: Uint8Array;
}

export const heartbeatInfoCodec: TlvCodec<HeartbeatInfoParameter> = opaqueTlv(
  1,
  (info) => ({ kind: 'Heartbeat Info', info }),
  ({ info }) => info,
);
