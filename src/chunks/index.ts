/**
 * The wire format: `import { decodePacket, encodePacket } from 'sctp-ts/chunks'`.
 *
 * ```ts
 * const packet = decodePacket(bytes);
 * for (const chunk of packet?.chunks ?? []) console.log(describeChunk(chunk, { verbose: true }));
 * ```
 *
 * Bytes from the network never throw: what does not decode becomes a chunk of kind `'malformed'`. Byte arrays in
 * decoded chunks are views into the packet.
 */
export type { AbortChunk } from './abort.ts';
export type { AsconfAckChunk, AsconfChunk } from './asconf.ts';
export { type AuthChunk, authHmacOffset } from './auth.ts';
export type {
  DeleteLastAddressCause,
  DeleteSourceAddressCause,
  IllegalAsconfAckCause,
  NoAuthorizationCause,
  ResourceShortageCause,
} from './causes/address-configuration.ts';
export {
  causeCodes,
  decodeCauses,
  type ErrorCause,
  encodeCause,
  findCause,
  type KnownCause,
  type UnknownCause,
} from './causes/cause.ts';
export type {
  CookieReceivedWhileShuttingDownCause,
  InvalidMandatoryParameterCause,
  MissingMandatoryParameterCause,
  OutOfResourceCause,
  RestartWithNewAddressesCause,
  RestartWithNewEncapsulationPortCause,
  StaleCookieCause,
  UnrecognizedParametersCause,
  UnresolvableAddressCause,
} from './causes/set-up.ts';
export type {
  InvalidStreamIdentifierCause,
  NoUserDataCause,
  ProtocolViolationCause,
  UnrecognizedChunkTypeCause,
  UnsupportedHmacIdentifierCause,
  UserInitiatedAbortCause,
} from './causes/violation.ts';
export {
  type Chunk,
  chunkKind,
  chunkLength,
  chunkTypes,
  encodeChunk,
  type KnownChunk,
  type MalformedChunk,
  type UnknownChunk,
  unrecognizedChunkAction,
} from './chunk.ts';
export type { CookieAckChunk, CookieEchoChunk } from './cookie.ts';
export { type DataChunk, dataHeaderLength } from './data.ts';
export { type DescribeOptions, describeChunk } from './describe.ts';
export { describeCause } from './describe-cause.ts';
export { describeParameter } from './describe-parameter.ts';
export type { ErrorChunk } from './error.ts';
export type { ForwardTsnChunk, SkippedSsn } from './forward-tsn.ts';
export type { Fragment } from './fragment.ts';
export { type HeartbeatAckChunk, type HeartbeatChunk, heartbeatInfo, heartbeatValue } from './heartbeat.ts';
export { type IDataChunk, iDataHeaderLength } from './i-data.ts';
export type { IForwardTsnChunk, SkippedMid } from './i-forward-tsn.ts';
export type { InitAckChunk, InitChunk } from './init.ts';
export {
  type CommonHeader,
  commonHeaderLength,
  type DecodeOptions,
  decodePacket,
  encodePacket,
  type Packet,
} from './packet.ts';
export { PacketBuilder } from './packet-builder.ts';
export { type PadChunk, padChunk } from './pad.ts';
export {
  type AddressParameter,
  addressParameter,
  type HostNameAddressParameter,
  type IPv4AddressParameter,
  type IPv6AddressParameter,
  isAddressParameter,
  type SupportedAddressTypesParameter,
} from './parameters/address.ts';
export type {
  AddIpAddressParameter,
  DeleteIpAddressParameter,
  ErrorCauseIndicationParameter,
  SetPrimaryAddressParameter,
  SuccessIndicationParameter,
} from './parameters/address-configuration.ts';
export type {
  ChunkListParameter,
  RandomParameter,
  RequestedHmacAlgorithmParameter,
} from './parameters/authentication.ts';
export type { HeartbeatInfoParameter } from './parameters/heartbeat-info.ts';
export {
  decodeParameters,
  encodeParameter,
  encodeParameters,
  findParameter,
  type KnownParameter,
  type MalformedParameter,
  type Parameter,
  parameterTypes,
  type UnknownParameter,
} from './parameters/parameter.ts';
export { type RecognizedParameters, recognizeParameters } from './parameters/recognize.ts';
export type {
  AdaptationLayerIndicationParameter,
  CookiePreservativeParameter,
  EcnCapableParameter,
  ForwardTsnSupportedParameter,
  PaddingParameter,
  StateCookieParameter,
  SupportedExtensionsParameter,
  UnrecognizedParameter,
  ZeroChecksumAcceptableParameter,
} from './parameters/set-up.ts';
export { setUpParameters } from './parameters/set-up-list.ts';
export {
  type AddIncomingStreamsRequestParameter,
  type AddOutgoingStreamsRequestParameter,
  type IncomingSsnResetRequestParameter,
  type OutgoingSsnResetRequestParameter,
  type ReconfigurationResponseParameter,
  reconfigurationResults,
  type SsnTsnResetRequestParameter,
} from './parameters/stream-reconfiguration.ts';
export type { ReconfigChunk } from './re-config.ts';
export type { GapAckBlock, SackChunk } from './sack.ts';
export type { ShutdownAckChunk, ShutdownChunk, ShutdownCompleteChunk } from './shutdown.ts';
export { type Flaw, joinTlvs, tlvHeaderLength } from './tlv.ts';
