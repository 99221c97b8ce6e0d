import { readUint32, writeUint32 } from '../../base/bytes.ts';
import { causeFormat, type ErrorCause } from '../causes/cause.ts';
import { decodeTlvs, type TlvCodec, tlvsLength, writeTlvs } from '../tlv.ts';
import { uint32Tlv } from '../tlv-shapes.ts';
import { type AddressParameter, addressFormat } from './address.ts';

/** A request of RFC 5061 about one address. */
interface AddressRequest {
  /** ASCONF-Request Correlation ID: opaque, copied into the response. */
  readonly correlationId: number;
  readonly address: AddressParameter;
}

/**
 * Add IP Address (RFC 5061 §4.2.1); 0.0.0.0 or :: stands for the source address of the packet.
 *
 * ```
 * |        Type = 0xC001          |    Length = Variable          |
 * |               ASCONF-Request Correlation ID                   |
 * |                       Address Parameter                       |
 * ```
 */
export interface AddIpAddressParameter extends AddressRequest {
  readonly kind: 'Add IP Address';
}

/**
 * Delete IP Address (RFC 5061 §4.2.2), type 0xC002, otherwise as Add IP Address; 0.0.0.0 or :: stands for all but the
 * source address of the packet.
 */
export interface DeleteIpAddressParameter extends AddressRequest {
  readonly kind: 'Delete IP Address';
}

/** Set Primary IP Address (RFC 5061 §4.2.4), type 0xC004, otherwise as Add IP Address. */
export interface SetPrimaryAddressParameter extends AddressRequest {
  readonly kind: 'Set Primary Address';
}

/**
 * Error Cause Indication (RFC 5061 §4.2.3).
 *
 * ```
 * |    Type = 0xC003              |      Length = Variable        |
 * |             ASCONF-Response Correlation ID                    |
 * |             Error Cause(s) or Success Indication              |
 * ```
 */
export interface ErrorCauseIndicationParameter {
  readonly kind: 'Error Cause Indication';
  readonly correlationId: number;
  readonly causes: readonly ErrorCause[];
}

/**
 * Success Indication (RFC 5061 §4.2.5).
 *
 * ```
 * |        Type = 0xC005          |      Length = 8               |
 * |               ASCONF-Response Correlation ID                  |
 * ```
 */
export interface SuccessIndicationParameter {
  readonly kind: 'Success Indication';
  readonly correlationId: number;
}

export const addIpAddressCodec: TlvCodec<AddIpAddressParameter> = requestCodec(0xc001, (request) => ({
  kind: 'Add IP Address',
  ...request,
}));

export const deleteIpAddressCodec: TlvCodec<DeleteIpAddressParameter> = requestCodec(0xc002, (request) => ({
  kind: 'Delete IP Address',
  ...request,
}));

export const errorCauseIndicationCodec: TlvCodec<ErrorCauseIndicationParameter> = {
  type: 0xc003,
  decode(bytes, start, end) {
    if (end - start < 4) return 'no correlation ID';
    const causes = decodeTlvs(causeFormat, bytes, start + 4, end);
    if (typeof causes === 'string') return causes;
    return { kind: 'Error Cause Indication', correlationId: readUint32(bytes, start), causes };
  },
  valueLength: ({ causes }) => 4 + tlvsLength(causeFormat, causes),
  encode({ correlationId, causes }, bytes, offset) {
    writeUint32(bytes, offset, correlationId);
    writeTlvs(causeFormat, causes, bytes, offset + 4);
  },
};

export const setPrimaryAddressCodec: TlvCodec<SetPrimaryAddressParameter> = requestCodec(0xc004, (request) => ({
  kind: 'Set Primary Address',
  ...request,
}));

export const successIndicationCodec: TlvCodec<SuccessIndicationParameter> = uint32Tlv(
  0xc005,
  (correlationId) => ({ kind: 'Success Indication', correlationId }),
  ({ correlationId }) => correlationId,
);

/** "The complete TLV is wrapped within this parameter" (RFC 5061 §4.2.1): a correlation ID and one address. */
function requestCodec<P extends AddressRequest>(type: number, make: (request: AddressRequest) => P): TlvCodec<P> {
  return {
    type,
    decode(bytes, start, end) {
      if (end - start < 4) return 'no correlation ID';
      const addresses = decodeTlvs(addressFormat, bytes, start + 4, end);
      if (typeof addresses === 'string') return addresses;
      const [address, ...rest] = addresses;
      if (address === undefined || rest.length > 0) return 'not one address parameter';
      return make({ correlationId: readUint32(bytes, start), address });
    },
    valueLength: ({ address }) => 4 + tlvsLength(addressFormat, [address]),
    encode({ correlationId, address }, bytes, offset) {
      writeUint32(bytes, offset, correlationId);
      writeTlvs(addressFormat, [address], bytes, offset + 4);
    },
  };
}
