/**
 * SCTP (RFC 9260) for Node: `listen`, `connect` and what they give.
 *
 * @module
 */
export type { PathStatus } from './association/events.ts';
export type { AssociationMetrics } from './association/metrics.ts';
export { type AssociationOptions, defaultOptions, type OptionsPreset, presets } from './association/options.ts';
export { errorCodes, SctpError, type SctpErrorCode } from './base/errors.ts';
export type { ErrorCause } from './chunks/index.ts';
export { type AssociationEvents, SctpAssociation } from './socket/association.ts';
export type { SctpClosed } from './socket/closed.ts';
export { connect } from './socket/connect.ts';
export { type EndpointEvents, SctpEndpoint } from './socket/endpoint.ts';
export { listen } from './socket/listen.ts';
export type { SctpMessage, SendOptions } from './socket/messages.ts';
export type { ConnectOptions, GivenAssociationOptions, ListenOptions, PeerOptions } from './socket/options.ts';
export type { Transport } from './transport/transport.ts';
