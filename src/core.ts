/**
 * The sans-IO core: `import { Endpoint } from 'sctp-ts/core'`. It runs wherever JavaScript does; packets, commands and
 * the time go in, packets and events are polled out.
 */
export { type AppendOptions, Association, type SendRequest } from './association/association.ts';
export type { Capabilities } from './association/capabilities.ts';
export type { Transmit } from './association/context.ts';
export type {
  AssociationEvent,
  AssociationReset,
  Ending,
  PathState,
  PathStatus,
  ReconfigurationEvent,
  ReconfigurationResult,
  StreamsAdded,
  StreamsReset,
} from './association/events.ts';
export type { AssociationMetrics } from './association/metrics.ts';
export {
  type AssociationOptions,
  defaultOptions,
  type OptionsPreset,
  presets,
  resolveOptions,
} from './association/options.ts';
export type { ReconfigurationPolicy } from './association/reconfiguration-policy.ts';
export type { ReconfigurationRequest } from './association/reconfiguration-requester.ts';
export type { StateName } from './association/state.ts';
export type { NetAddress } from './base/address.ts';
export { type Crc32c, useCrc32c } from './base/checksum.ts';
export type { Environment } from './base/environment.ts';
export { errorCodes, SctpError, type SctpErrorCode } from './base/errors.ts';
export { type RandomSource, seededRandom } from './base/random.ts';
export type { Instant } from './base/time.ts';
export type { WorkerPlace } from './base/worker-place.ts';
export { defaultLimits, type EndpointLimits } from './endpoint/admission.ts';
export type { EndpointCounters } from './endpoint/counters.ts';
export { Endpoint, type EndpointEvent, type EndpointOptions, type RemotePeer } from './endpoint/endpoint.ts';
export { ownerOf, type PacketOwner } from './endpoint/worker-routing.ts';
export type { Message, OutgoingMessage } from './streams/message.ts';
export type { OutgoingStream } from './streams/outgoing-stream.ts';
export { PartialMessage } from './streams/partial-message.ts';
export type { Received } from './streams/receive-queue.ts';
export { createScheduler, schedulerNames } from './streams/schedulers.ts';
export type { SchedulerName, StreamScheduler } from './streams/stream-scheduler.ts';
