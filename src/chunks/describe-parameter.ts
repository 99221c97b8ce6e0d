import { describeCause, describeChunkType } from './describe-cause.ts';
import type { Parameter } from './parameters/parameter.ts';
import { reconfigurationResults } from './parameters/stream-reconfiguration.ts';

/** A parameter in a few words: its name, and what it says. */
export function describeParameter(parameter: Parameter): string {
  switch (parameter.kind) {
    case 'unknown':
      return `parameter ${parameter.type} (${parameter.value.length} bytes)`;
    case 'IPv4 Address':
    case 'IPv6 Address':
      return parameter.address;
    case 'State Cookie':
      return `${parameter.kind} ${parameter.cookie.length} bytes`;
    case 'Heartbeat Info':
      return `${parameter.kind} ${parameter.info.length} bytes`;
    case 'Cookie Preservative':
      return `${parameter.kind} ${parameter.lifeSpanIncrementMs} ms`;
    case 'Supported Address Types':
      return `${parameter.kind} ${parameter.addressTypes.join(' ')}`;
    case 'Supported Extensions':
    case 'Chunk List':
      return `${parameter.kind} ${parameter.chunkTypes.map(describeChunkType).join(', ')}`;
    case 'Requested HMAC Algorithm':
      return `${parameter.kind} ${parameter.hmacIds.join(' ')}`;
    case 'Random':
      return `${parameter.kind} ${parameter.random.length} bytes`;
    case 'Padding':
      return `${parameter.kind} ${parameter.length} bytes`;
    case 'Zero Checksum Acceptable':
      return `${parameter.kind} ${parameter.edmid}`;
    case 'Adaptation Layer Indication':
      return `${parameter.kind} ${parameter.adaptationCodePoint}`;
    case 'Outgoing SSN Reset Request':
      return `${parameter.kind} ${parameter.requestSequenceNumber}${streams(parameter.streamNumbers)} after TSN ${parameter.sendersLastAssignedTsn}`;
    case 'Incoming SSN Reset Request':
      return `${parameter.kind} ${parameter.requestSequenceNumber}${streams(parameter.streamNumbers)}`;
    case 'SSN/TSN Reset Request':
      return `${parameter.kind} ${parameter.requestSequenceNumber}`;
    case 'Re-configuration Response':
      return `${parameter.kind} ${parameter.responseSequenceNumber} ${describeResult(parameter.result)}`;
    case 'Add Outgoing Streams Request':
    case 'Add Incoming Streams Request':
      return `${parameter.kind} ${parameter.requestSequenceNumber} +${parameter.newStreams}`;
    case 'Add IP Address':
    case 'Delete IP Address':
    case 'Set Primary Address':
      return `${parameter.kind} ${parameter.address.address}`;
    case 'Error Cause Indication':
      return `${parameter.kind} ${parameter.correlationId} ${parameter.causes.map(describeCause).join(', ')}`;
    case 'Success Indication':
      return `${parameter.kind} ${parameter.correlationId}`;
    default:
      return parameter.kind;
  }
}

function streams(streamNumbers: readonly number[]): string {
  return streamNumbers.length === 0 ? ' all streams' : ` streams ${streamNumbers.join(' ')}`;
}

function describeResult(result: number): string {
  const known = Object.entries(reconfigurationResults).find(([, value]) => value === result);
  return known === undefined ? `result ${result}` : `'${known[0]}'`;
}
