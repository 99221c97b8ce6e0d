import type { ReconfigurationRequest } from '../../../src/association/reconfiguration-requester.ts';
import { tsn } from '../../../src/base/serial.ts';
import { type Chunk, chunkTypes, type Parameter, type ReconfigChunk } from '../../../src/chunks/index.ts';
import type { Host, HostOptions } from '../../../src/simulation/index.ts';
import { eventsOf } from '../../support/pair.ts';
import type { RawPeer, RawPeerOptions } from '../../support/raw-peer.ts';
import { connected, type Stage } from '../stage.ts';

type Request = Extract<Parameter, { readonly requestSequenceNumber: number }>;
type Response = Extract<Parameter, { readonly kind: 'Re-configuration Response' }>;

export const speaksReconfig: readonly Parameter[] = [
  { kind: 'Supported Extensions', chunkTypes: [chunkTypes['RE-CONFIG']] },
];

/** Every request that there is, for one stream or for one stream more. */
export const everyRequest: readonly ReconfigurationRequest[] = [
  { kind: 'reset outgoing streams', streamIds: [1] },
  { kind: 'reset incoming streams', streamIds: [1] },
  { kind: 'reset association' },
  { kind: 'add outgoing streams', count: 1 },
  { kind: 'add incoming streams', count: 1 },
];

/** A host that resets streams, and a peer that is asked to. */
export function reconfiguring(host: Partial<HostOptions> = {}, peer: RawPeerOptions = {}): Stage {
  return connected(host, { parameters: speaksReconfig, ...peer });
}

export function ask(host: Host, request: ReconfigurationRequest): void {
  host.command(() => host.association.reconfigure(request));
}

export function reconfig(...parameters: Parameter[]): Chunk {
  return { kind: 'RE-CONFIG', parameters };
}

export function response(responseSequenceNumber: number, result: number): Parameter {
  return { kind: 'Re-configuration Response', responseSequenceNumber, result };
}

/** Requests of a peer, whose numbers begin with its Initial TSN: 1. */
export function outgoingReset(requestSequenceNumber: number, streamNumbers: number[] = [], last = 0): Parameter {
  const sendersLastAssignedTsn = tsn(last);
  const fields = { requestSequenceNumber, responseSequenceNumber: 0, sendersLastAssignedTsn, streamNumbers };
  return { kind: 'Outgoing SSN Reset Request', ...fields };
}

export function incomingReset(requestSequenceNumber: number, streamNumbers: number[] = []): Parameter {
  return { kind: 'Incoming SSN Reset Request', requestSequenceNumber, streamNumbers };
}

export function associationReset(requestSequenceNumber: number): Parameter {
  return { kind: 'SSN/TSN Reset Request', requestSequenceNumber };
}

export function addStreams(
  direction: 'Incoming' | 'Outgoing',
  requestSequenceNumber: number,
  newStreams: number,
): Parameter {
  return { kind: `Add ${direction} Streams Request`, requestSequenceNumber, newStreams };
}

/** The RE-CONFIG chunks that the peer has received. */
export function reconfigsTo(peer: RawPeer): ReconfigChunk[] {
  return peer.received.filter((chunk): chunk is ReconfigChunk => chunk.kind === 'RE-CONFIG');
}

export function requestsTo(peer: RawPeer): Request[] {
  return reconfigsTo(peer).flatMap(({ parameters }) =>
    parameters.filter((each): each is Request => 'requestSequenceNumber' in each),
  );
}

export function responsesTo(peer: RawPeer): Response[] {
  return reconfigsTo(peer).flatMap(({ parameters }) =>
    parameters.filter((each): each is Response => each.kind === 'Re-configuration Response'),
  );
}

/** How the host's own requests, or the peer's, have ended so far. */
export function resultsOf(host: Host): string[] {
  return (['streamsReset', 'associationReset', 'streamsAdded'] as const).flatMap((kind) =>
    eventsOf(host, kind).map(({ result }) => `${kind} ${result}`),
  );
}
