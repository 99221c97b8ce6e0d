import { type ChunkCodec, noFlags } from './chunk-codec.ts';
import { type Parameter, parameterFormat } from './parameters/parameter.ts';
import { decodeTlvs, tlvHeaderLength, tlvsLength, writeTlvs } from './tlv.ts';

/**
 * Re-configuration (RFC 6525 §3.1). Which combinations of parameters are allowed is judged by who handles them.
 *
 * ```
 * | Type = 130    |  Chunk Flags  |      Chunk Length             |
 * /                  Re-configuration Parameter                   /
 * /             Re-configuration Parameter (optional)             /
 * ```
 */
export interface ReconfigChunk {
  readonly kind: 'RE-CONFIG';
  readonly parameters: readonly Parameter[];
}

export const reconfigCodec: ChunkCodec<ReconfigChunk> = {
  type: 130,
  minimumLength: tlvHeaderLength,
  decode(bytes, start, end) {
    const parameters = decodeTlvs(parameterFormat, bytes, start, end);
    return typeof parameters === 'string' ? parameters : { kind: 'RE-CONFIG', parameters };
  },
  valueLength: ({ parameters }) => tlvsLength(parameterFormat, parameters),
  flags: noFlags,
  encode: ({ parameters }, bytes, offset) => writeTlvs(parameterFormat, parameters, bytes, offset),
};
