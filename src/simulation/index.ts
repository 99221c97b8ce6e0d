export { seededEnvironment } from './environment.ts';
export { Host, type HostEvent, type HostOptions, type IncomingMessage, type OutgoingMessage } from './host.ts';
export { type BurstLoss, Link, type LinkOptions, type LossReason } from './link.ts';
export { LinkGroup } from './link-group.ts';
export { Network, type NetworkOptions, type RunOptions, SimulationError } from './network.ts';
export { type RawArrival, RawHost, type RawHostOptions } from './raw-host.ts';
export type { RecordedPacket } from './recording.ts';
export type { Station } from './station.ts';
