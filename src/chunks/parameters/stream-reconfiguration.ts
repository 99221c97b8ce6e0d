import { readUint16, readUint32, writeUint16, writeUint32 } from '../../base/bytes.ts';
import { type Tsn, tsn } from '../../base/serial.ts';
import type { TlvCodec } from '../tlv.ts';
import { readUint16List, uint32Tlv, writeUint16List } from '../tlv-shapes.ts';

/**
 * Outgoing SSN Reset Request (RFC 6525 §4.1).
 *
 * ```
 * |     Parameter Type = 13       | Parameter Length = 16 + 2 * N |
 * |           Re-configuration Request Sequence Number            |
 * |           Re-configuration Response Sequence Number           |
 * |                Sender's Last Assigned TSN                     |
 * |  Stream Number 1 (optional)   |    Stream Number 2 (optional) |
 * ```
 */
export interface OutgoingSsnResetRequestParameter {
  readonly kind: 'Outgoing SSN Reset Request';
  readonly requestSequenceNumber: number;
  readonly responseSequenceNumber: number;
  readonly sendersLastAssignedTsn: Tsn;
  /** None means all. */
  readonly streamNumbers: readonly number[];
}

/**
 * Incoming SSN Reset Request (RFC 6525 §4.2).
 *
 * ```
 * |     Parameter Type = 14       |  Parameter Length = 8 + 2 * N |
 * |          Re-configuration Request Sequence Number             |
 * |  Stream Number 1 (optional)   |    Stream Number 2 (optional) |
 * ```
 */
export interface IncomingSsnResetRequestParameter {
  readonly kind: 'Incoming SSN Reset Request';
  readonly requestSequenceNumber: number;
  /** None means all. */
  readonly streamNumbers: readonly number[];
}

/**
 * SSN/TSN Reset Request (RFC 6525 §4.3).
 *
 * ```
 * |     Parameter Type = 15       |      Parameter Length = 8     |
 * |         Re-configuration Request Sequence Number              |
 * ```
 */
export interface SsnTsnResetRequestParameter {
  readonly kind: 'SSN/TSN Reset Request';
  readonly requestSequenceNumber: number;
}

/**
 * Re-configuration Response (RFC 6525 §4.4).
 *
 * ```
 * |     Parameter Type = 16       |      Parameter Length         |
 * |         Re-configuration Response Sequence Number             |
 * |                            Result                             |
 * |                   Sender's Next TSN (optional)                |
 * |                  Receiver's Next TSN (optional)               |
 * ```
 */
export interface ReconfigurationResponseParameter {
  readonly kind: 'Re-configuration Response';
  readonly responseSequenceNumber: number;
  /** One of `reconfigurationResults`, or what else the peer says. */
  readonly result: number;
  /** RFC 6525 §4.4: "Either both optional fields […] MUST be present, or no field": in responses to SSN/TSN resets. */
  readonly nextTsns?: { readonly sendersNextTsn: Tsn; readonly receiversNextTsn: Tsn };
}

/** RFC 6525 §4.4, Table 3. */
export const reconfigurationResults = {
  'Success - Nothing to do': 0,
  'Success - Performed': 1,
  Denied: 2,
  'Error - Wrong SSN': 3,
  'Error - Request already in progress': 4,
  'Error - Bad Sequence Number': 5,
  'In progress': 6,
} as const;

/**
 * Add Outgoing Streams Request (RFC 6525 §4.5).
 *
 * ```
 * |     Parameter Type = 17       |      Parameter Length = 12    |
 * |          Re-configuration Request Sequence Number             |
 * |      Number of new streams    |         Reserved              |
 * ```
 */
export interface AddOutgoingStreamsRequestParameter {
  readonly kind: 'Add Outgoing Streams Request';
  readonly requestSequenceNumber: number;
  readonly newStreams: number;
}

/** Add Incoming Streams Request (RFC 6525 §4.6): type 18, otherwise as Add Outgoing Streams Request. */
export interface AddIncomingStreamsRequestParameter {
  readonly kind: 'Add Incoming Streams Request';
  readonly requestSequenceNumber: number;
  readonly newStreams: number;
}

export const outgoingSsnResetRequestCodec: TlvCodec<OutgoingSsnResetRequestParameter> = {
  type: 13,
  decode(bytes, start, end) {
    if (end - start < 12 || (end - start) % 2 !== 0) return 'an outgoing reset request of the wrong length';
    return {
      kind: 'Outgoing SSN Reset Request',
      requestSequenceNumber: readUint32(bytes, start),
      responseSequenceNumber: readUint32(bytes, start + 4),
      sendersLastAssignedTsn: tsn(readUint32(bytes, start + 8)),
      streamNumbers: readUint16List(bytes, start + 12, end),
    };
  },
  // RFC 6525 §4.1: "the value MUST be 16 + 2 * N": with the header of the parameter.
  valueLength: ({ streamNumbers }) => 12 + 2 * streamNumbers.length,
  encode(request, bytes, offset) {
    writeUint32(bytes, offset, request.requestSequenceNumber);
    writeUint32(bytes, offset + 4, request.responseSequenceNumber);
    writeUint32(bytes, offset + 8, request.sendersLastAssignedTsn);
    writeUint16List(request.streamNumbers, bytes, offset + 12);
  },
};

export const incomingSsnResetRequestCodec: TlvCodec<IncomingSsnResetRequestParameter> = {
  type: 14,
  decode(bytes, start, end) {
    if (end - start < 4 || (end - start) % 2 !== 0) return 'an incoming reset request of the wrong length';
    return {
      kind: 'Incoming SSN Reset Request',
      requestSequenceNumber: readUint32(bytes, start),
      streamNumbers: readUint16List(bytes, start + 4, end),
    };
  },
  // RFC 6525 §4.2: "the value MUST be 8 + 2 * N."
  valueLength: ({ streamNumbers }) => 4 + 2 * streamNumbers.length,
  encode({ requestSequenceNumber, streamNumbers }, bytes, offset) {
    writeUint32(bytes, offset, requestSequenceNumber);
    writeUint16List(streamNumbers, bytes, offset + 4);
  },
};

/** RFC 6525 §4.3: "This field holds the length in bytes of the parameter; the value MUST be 8." */
export const ssnTsnResetRequestCodec: TlvCodec<SsnTsnResetRequestParameter> = uint32Tlv(
  15,
  (requestSequenceNumber) => ({ kind: 'SSN/TSN Reset Request', requestSequenceNumber }),
  ({ requestSequenceNumber }) => requestSequenceNumber,
);

export const reconfigurationResponseCodec: TlvCodec<ReconfigurationResponseParameter> = {
  type: 16,
  decode(bytes, start, end) {
    const length = end - start;
    if (length !== 8 && length !== 16) return 'a response of the wrong length';
    const response = {
      kind: 'Re-configuration Response',
      responseSequenceNumber: readUint32(bytes, start),
      result: readUint32(bytes, start + 4),
    } as const;
    if (length === 8) return response;
    const sendersNextTsn = tsn(readUint32(bytes, start + 8));
    const receiversNextTsn = tsn(readUint32(bytes, start + 12));
    return { ...response, nextTsns: { sendersNextTsn, receiversNextTsn } };
  },
  // RFC 6525 §4.4: "the value MUST be 12 if the optional fields are not present and 20 otherwise."
  valueLength: ({ nextTsns }) => (nextTsns === undefined ? 8 : 16),
  encode({ responseSequenceNumber, result, nextTsns }, bytes, offset) {
    writeUint32(bytes, offset, responseSequenceNumber);
    writeUint32(bytes, offset + 4, result);
    if (nextTsns === undefined) return;
    writeUint32(bytes, offset + 8, nextTsns.sendersNextTsn);
    writeUint32(bytes, offset + 12, nextTsns.receiversNextTsn);
  },
};

export const addOutgoingStreamsRequestCodec: TlvCodec<AddOutgoingStreamsRequestParameter> = addStreamsCodec(
  17,
  (requestSequenceNumber, newStreams) => ({ kind: 'Add Outgoing Streams Request', requestSequenceNumber, newStreams }),
);

export const addIncomingStreamsRequestCodec: TlvCodec<AddIncomingStreamsRequestParameter> = addStreamsCodec(
  18,
  (requestSequenceNumber, newStreams) => ({ kind: 'Add Incoming Streams Request', requestSequenceNumber, newStreams }),
);

function addStreamsCodec<P extends { readonly requestSequenceNumber: number; readonly newStreams: number }>(
  type: number,
  make: (requestSequenceNumber: number, newStreams: number) => P,
): TlvCodec<P> {
  return {
    type,
    decode: (bytes, start, end) =>
      end - start === 8
        ? make(readUint32(bytes, start), readUint16(bytes, start + 4))
        : 'an add streams request of the wrong length',
    // RFC 6525 §4.5, §4.6: "This field holds the length in bytes of the parameter; the value MUST be 12."
    valueLength: () => 8,
    encode({ requestSequenceNumber, newStreams }, bytes, offset) {
      writeUint32(bytes, offset, requestSequenceNumber);
      writeUint16(bytes, offset + 4, newStreams);
      // RFC 6525 §4.5, §4.6: "It SHOULD be set to 0 by the sender and ignored by the receiver."
      writeUint16(bytes, offset + 6, 0);
    },
  };
}
