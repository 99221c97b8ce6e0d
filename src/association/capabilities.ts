import {
  chunkTypes,
  findParameter,
  type Parameter,
  type RecognizedParameters,
  recognizeParameters,
  setUpParameters,
} from '../chunks/index.ts';
import type { AssociationOptions } from './options.ts';

/** The extensions that both sides of an association speak. */
export interface Capabilities {
  /** FORWARD TSN (RFC 3758), or I-FORWARD-TSN where messages are interleaved (RFC 8260 §2.3.1). */
  readonly partialReliability: boolean;
  /** I-DATA instead of DATA (RFC 8260). */
  readonly interleaving: boolean;
  /** Whether fragments of I-DATA are numbered as Linux does, in both directions: see the option `linuxInterleaving`. */
  readonly linuxInterleaving?: true;
  /** RE-CONFIG (RFC 6525). */
  readonly streamReconfiguration: boolean;
  /** The peer takes packets with a zero checksum from us (RFC 9653); it says nothing of what the peer sends. */
  readonly zeroChecksumToPeer: boolean;
}

export const noCapabilities: Capabilities = {
  partialReliability: false,
  interleaving: false,
  streamReconfiguration: false,
  zeroChecksumToPeer: false,
};

/** What an association may offer, beyond its options. */
export interface TransportIntegrity {
  /** The Error Detection Method Identifier (RFC 9653 §4) of the transport below, undefined when it has none. */
  readonly errorDetectionMethod: number | undefined;
}

const withoutPartialReliability: ReadonlySet<Parameter['kind']> = new Set(
  [...setUpParameters].filter((kind) => kind !== 'Forward-TSN-Supported'),
);

/** What we know and never use: RFC 9260 §3.3.2, Note 2, reserves ECN Capable. */
const ecnOnly: ReadonlySet<Parameter['kind']> = new Set(['ECN Capable'] as const);
const ecnAndZeroChecksum: ReadonlySet<Parameter['kind']> = new Set([
  'ECN Capable',
  'Zero Checksum Acceptable',
] as const);

/**
 * Sorts out what this association does not understand (RFC 9260 §3.2.1). With partial reliability switched off, RFC 3758
 * §3.3.2: "It MUST instead act as if it does NOT support the FORWARD TSN chunk": "When a receiver of an INIT detects a
 * Forward-TSN-Supported parameter and does not support the Forward-TSN chunk type, the receiver MUST follow the rules"; "When
 * a receiver of an INIT-ACK […] does not support the Forward-TSN chunk type, the receiver MUST follow the rules".
 */
export function recognize(
  parameters: readonly Parameter[],
  options: AssociationOptions,
  transport: TransportIntegrity,
): RecognizedParameters {
  const understood = options.partialReliability ? setUpParameters : withoutPartialReliability;
  const speaksZeroChecksum = options.zeroChecksum && transport.errorDetectionMethod !== undefined;
  return recognizeParameters(parameters, understood, speaksZeroChecksum ? ecnOnly : ecnAndZeroChecksum);
}

/**
 * Whether a peer is not to be sent I-DATA, with the parameters of its INIT or INIT ACK chunk. RFC 8260 §2.2.1 asks for no more than
 * I-DATA among the Supported Extensions, but Linux 6.1 numbers fragments from the second one on: those that are numbered as the RFC
 * says it acknowledges and forgets. It gives itself away: it speaks I-FORWARD-TSN and does not list it, and sends
 * Forward-TSN-Supported. Where partial reliability is off on both sides nothing does.
 */
export function declinesInterleaving(options: AssociationOptions, parameters: readonly Parameter[]): boolean {
  if (!options.interleaving || options.linuxInterleaving) return false;
  return countsAsLinux(parameters) && findParameter(parameters, 'Forward-TSN-Supported') !== undefined;
}

/** Whether a peer that lists I-DATA may be Linux. */
function countsAsLinux(parameters: readonly Parameter[]): boolean {
  const types = findParameter(parameters, 'Supported Extensions')?.chunkTypes ?? [];
  return types.includes(chunkTypes['I-DATA']) && !types.includes(chunkTypes['I-FORWARD-TSN']);
}

/** What our INIT and INIT ACK chunks say of the extensions that we speak; of `interleaving` where the peer may hear of it. */
export function offeredCapabilities(
  options: AssociationOptions,
  transport: TransportIntegrity,
  interleaving: boolean = options.interleaving,
): Parameter[] {
  const parameters: Parameter[] = [];
  const types: number[] = [];
  if (options.partialReliability) {
    parameters.push({ kind: 'Forward-TSN-Supported' });
    types.push(chunkTypes['FORWARD-TSN']);
  }
  if (interleaving) {
    types.push(chunkTypes['I-DATA']);
    if (options.partialReliability) types.push(chunkTypes['I-FORWARD-TSN']);
  }
  // RFC 6525 §5.1.1: "MUST include the chunk type of the RE-CONFIG chunk in the Supported Extensions Parameter".
  if (options.streamReconfiguration) types.push(chunkTypes['RE-CONFIG']);
  if (types.length > 0) parameters.push({ kind: 'Supported Extensions', chunkTypes: types });
  const { errorDetectionMethod } = transport;
  // RFC 9653 §5.1: "MUST include the Zero Checksum Acceptable Chunk Parameter indicating the alternate error detection method it
  // is willing to use in the INIT or INIT ACK chunk it sends." §4: "MUST NOT appear in any other chunk."; "The Parameter MUST NOT
  // appear more than once in any chunk."
  if (options.zeroChecksum && errorDetectionMethod !== undefined) {
    parameters.push({ kind: 'Zero Checksum Acceptable', edmid: errorDetectionMethod });
  }
  return parameters;
}

/**
 * What comes of our offer and the parameters that the peer sent, of which `parameters` are those that we accept; of interleaving where
 * we have offered it.
 */
export function negotiate(
  options: AssociationOptions,
  transport: TransportIntegrity,
  parameters: readonly Parameter[],
  offersInterleaving: boolean,
): Capabilities {
  const types = findParameter(parameters, 'Supported Extensions')?.chunkTypes ?? [];
  const hasForwardTsn =
    findParameter(parameters, 'Forward-TSN-Supported') !== undefined || types.includes(chunkTypes['FORWARD-TSN']);
  const { errorDetectionMethod } = transport;
  const edmid = findParameter(parameters, 'Zero Checksum Acceptable')?.edmid;
  const interleaving = offersInterleaving && types.includes(chunkTypes['I-DATA']);
  const isLinux = interleaving && options.linuxInterleaving && countsAsLinux(parameters);
  // RFC 8260 §2.3.1: "The partial reliability extension is negotiated and can be used in combination with user message interleaving
  // only if both endpoints indicated their support of user message interleaving and the I-FORWARD-TSN chunk." Linux speaks it and does
  // not list it: its Forward-TSN-Supported parameter stands for both.
  const speaksIForwardTsn = types.includes(chunkTypes['I-FORWARD-TSN']) || (isLinux && hasForwardTsn);
  return {
    // RFC 3758 §3.3.2: "SHOULD record the fact that the peer does not support the FORWARD TSN chunk". §3.3.3: "the endpoint
    // MUST just mark the association as not supporting partial reliability": whoever does not know the parameter sends none.
    partialReliability: options.partialReliability && (interleaving ? speaksIForwardTsn : hasForwardTsn),
    interleaving,
    ...(isLinux ? { linuxInterleaving: true } : {}),
    streamReconfiguration: options.streamReconfiguration && types.includes(chunkTypes['RE-CONFIG']),
    // RFC 9653 §5.2 1: "If an endpoint has not received an INIT or INIT ACK chunk containing a Zero Checksum Acceptable Chunk
    // Parameter indicating an alternate error detection method it supports […], it MUST use a correct CRC32c checksum."
    zeroChecksumToPeer: options.zeroChecksum && errorDetectionMethod !== undefined && edmid === errorDetectionMethod,
  };
}
