/**
 * SCTP (RFC 9260) for Node: `listen`, `connect` and what they give.
 *
 * @module
 */
export type { Capabilities } from './association/capabilities.ts';
export type {
  AssociationReset,
  PathStatus,
  ReconfigurationResult,
  StreamsAdded,
  StreamsReset,
} from './association/events.ts';
export type { AssociationMetrics } from './association/metrics.ts';
export { type AssociationOptions, defaultOptions, type OptionsPreset, presets } from './association/options.ts';
export type { ReconfigurationPolicy } from './association/reconfiguration-policy.ts';
export { type Crc32c, useCrc32c } from './base/checksum.ts';
export { errorCodes, SctpError, type SctpErrorCode } from './base/errors.ts';
export type { WorkerPlace } from './base/worker-place.ts';
export type { ErrorCause } from './chunks/index.ts';
export type { ForwardedPacket, ForwardingCounters, WorkerGroup } from './driver/worker-transport.ts';
export { defaultLimits, type EndpointLimits } from './endpoint/admission.ts';
export { type AssociationEvents, SctpAssociation } from './socket/association.ts';
export type { CloseOptions } from './socket/close-limit.ts';
export type { SctpClosed } from './socket/closed.ts';
export { connect } from './socket/connect.ts';
export { type EndpointEvents, SctpEndpoint } from './socket/endpoint.ts';
export { IncomingMessage } from './socket/incoming-message.ts';
export { joinWorkers, type WorkerOptions } from './socket/join-workers.ts';
export { listen } from './socket/listen.ts';
export { MessageWriter } from './socket/message-writer.ts';
export type { SctpMessage, SendData, SendOptions } from './socket/messages.ts';
export type { ConnectOptions, GivenAssociationOptions, ListenOptions, PeerOptions } from './socket/options.ts';
export type { StreamCounts, StreamSelection } from './socket/reconfigurations.ts';
export { SctpStream, type StreamOptions } from './socket/sctp-stream.ts';
export type { WebStreamPair } from './socket/web-stream.ts';
export { type RelayCounters, type StartedWorker, WorkerRelay } from './socket/worker-relay.ts';
export type { OutgoingStream } from './streams/outgoing-stream.ts';
export type { SchedulerName, StreamScheduler } from './streams/stream-scheduler.ts';
export type { Transport } from './transport/transport.ts';
