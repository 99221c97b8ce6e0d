import { readUint32, writeUint32 } from '../base/bytes.ts';
import { type ChunkCodec, noFlags } from './chunk-codec.ts';
import { type AddressParameter, isAddressParameter } from './parameters/address.ts';
import { type Parameter, parameterFormat } from './parameters/parameter.ts';
import { decodeTlvs, tlvsLength, writeTlvs } from './tlv.ts';

/**
 * Address Configuration Change (RFC 5061 §4.1.1).
 *
 * ```
 * | Type = 0xC1   |  Chunk Flags  |      Chunk Length             |
 * |                      Sequence Number                          |
 * |                    Address Parameter                          |
 * |                     ASCONF Parameter #1                       |
 * /                             ....                              /
 * ```
 */
export interface AsconfChunk {
  readonly kind: 'ASCONF';
  readonly serialNumber: number;
  /** An address of the sender that is part of the association; 0.0.0.0 or :: names none. */
  readonly address: AddressParameter;
  readonly parameters: readonly Parameter[];
}

/**
 * Address Configuration Acknowledgment (RFC 5061 §4.1.2).
 *
 * ```
 * | Type = 0x80   |  Chunk Flags  |      Chunk Length             |
 * |                     Sequence Number                           |
 * |                 ASCONF Parameter Response#1                   |
 * /                             ....                              /
 * ```
 */
export interface AsconfAckChunk {
  readonly kind: 'ASCONF-ACK';
  readonly serialNumber: number;
  readonly parameters: readonly Parameter[];
}

export const asconfCodec: ChunkCodec<AsconfChunk> = {
  type: 0xc1,
  minimumLength: 12,
  decode(bytes, start, end) {
    const all = decodeTlvs(parameterFormat, bytes, start + 4, end);
    if (typeof all === 'string') return all;
    // RFC 5061 §4.1.1: "This parameter MUST be present in every ASCONF message, i.e. it is a mandatory TLV parameter."
    const [address, ...parameters] = all;
    if (address === undefined || !isAddressParameter(address)) return 'no address parameter';
    return { kind: 'ASCONF', serialNumber: readUint32(bytes, start), address, parameters };
  },
  valueLength: ({ address, parameters }) => 4 + tlvsLength(parameterFormat, [address, ...parameters]),
  flags: noFlags,
  encode({ serialNumber, address, parameters }, bytes, offset) {
    writeUint32(bytes, offset, serialNumber);
    writeTlvs(parameterFormat, [address, ...parameters], bytes, offset + 4);
  },
};

export const asconfAckCodec: ChunkCodec<AsconfAckChunk> = {
  type: 0x80,
  minimumLength: 4,
  decode(bytes, start, end) {
    const parameters = decodeTlvs(parameterFormat, bytes, start + 4, end);
    if (typeof parameters === 'string') return parameters;
    return { kind: 'ASCONF-ACK', serialNumber: readUint32(bytes, start), parameters };
  },
  valueLength: ({ parameters }) => 4 + tlvsLength(parameterFormat, parameters),
  flags: noFlags,
  encode({ serialNumber, parameters }, bytes, offset) {
    writeUint32(bytes, offset, serialNumber);
    writeTlvs(parameterFormat, parameters, bytes, offset + 4);
  },
};
