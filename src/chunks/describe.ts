import type { Chunk } from './chunk.ts';
import type { DataChunk } from './data.ts';
import { describeCause, describeChunkType } from './describe-cause.ts';
import { describeParameter } from './describe-parameter.ts';
import type { IDataChunk } from './i-data.ts';
import type { SackChunk } from './sack.ts';

export interface DescribeOptions {
  /** Everything worth knowing instead of what a ladder needs. Default: false. */
  readonly verbose?: boolean;
}

/**
 * One line of text for a chunk: `'DATA 10'`, `'SACK 9 gaps 2-2 dups 7'`, `'ABORT Protocol Violation'`; when verbose,
 * `'DATA 10 stream 1 ssn 0 BE 5 bytes'`, `'INIT tag 1a2b3c4d …'`.
 */
export function describeChunk(chunk: Chunk, options?: DescribeOptions): string {
  return (options?.verbose === true ? verboseWords(chunk) : shortWords(chunk)).filter((word) => word !== '').join(' ');
}

type Words = readonly (string | number)[];

function shortWords(chunk: Chunk): Words {
  switch (chunk.kind) {
    case 'DATA':
    case 'I-DATA':
      return [chunk.kind, chunk.tsn];
    case 'SACK':
      return [chunk.kind, chunk.cumulativeTsnAck, ...sackLists(chunk)];
    case 'SHUTDOWN':
      return [chunk.kind, chunk.cumulativeTsnAck];
    case 'FORWARD-TSN':
    case 'I-FORWARD-TSN':
      return [chunk.kind, chunk.newCumulativeTsn];
    case 'ABORT':
    case 'ERROR':
      return [chunk.kind, chunk.causes.map((cause) => cause.kind).join(', ')];
    case 'RE-CONFIG':
      return [chunk.kind, chunk.parameters.map((parameter) => parameter.kind).join(', ')];
    case 'ASCONF':
    case 'ASCONF-ACK':
      return [chunk.kind, chunk.serialNumber, chunk.parameters.map((parameter) => parameter.kind).join(', ')];
    case 'unknown':
      return ['chunk', chunk.type];
    case 'malformed':
      return ['malformed', describeChunkType(chunk.type)];
    default:
      return [chunk.kind];
  }
}

function verboseWords(chunk: Chunk): Words {
  switch (chunk.kind) {
    case 'DATA':
    case 'I-DATA':
      return [chunk.kind, chunk.tsn, ...fragmentWords(chunk)];
    case 'INIT':
    case 'INIT ACK': {
      const { initiateTag, aRwnd, outboundStreams, inboundStreams, initialTsn, parameters } = chunk;
      const streams = `${outboundStreams}/${inboundStreams}`;
      const fixed = [chunk.kind, 'tag', hex32(initiateTag), 'a_rwnd', aRwnd, 'streams', streams, 'tsn', initialTsn];
      return [...fixed, ...parameters.map((parameter) => `[${describeParameter(parameter)}]`)];
    }
    case 'SACK':
      return [chunk.kind, chunk.cumulativeTsnAck, ...sackLists(chunk), 'a_rwnd', chunk.aRwnd];
    case 'HEARTBEAT':
    case 'HEARTBEAT ACK':
      return [chunk.kind, chunk.value.length, 'bytes'];
    case 'ABORT':
      return [chunk.kind, reflected(chunk), chunk.causes.map(describeCause).join(', ')];
    case 'ERROR':
      return [chunk.kind, chunk.causes.map(describeCause).join(', ')];
    case 'SHUTDOWN COMPLETE':
      return [chunk.kind, reflected(chunk)];
    case 'COOKIE ECHO':
      return [chunk.kind, chunk.cookie.length, 'bytes'];
    case 'AUTH':
      return [chunk.kind, 'key', chunk.sharedKeyId, 'hmac', chunk.hmacId];
    case 'RE-CONFIG':
      return [chunk.kind, chunk.parameters.map(describeParameter).join(', ')];
    case 'ASCONF': {
      const requests = chunk.parameters.map(describeParameter).join(', ');
      return [chunk.kind, chunk.serialNumber, 'from', chunk.address.address, requests];
    }
    case 'ASCONF-ACK':
      return [chunk.kind, chunk.serialNumber, chunk.parameters.map(describeParameter).join(', ')];
    case 'PAD':
      return [chunk.kind, chunk.length, 'bytes'];
    case 'FORWARD-TSN':
      return [chunk.kind, chunk.newCumulativeTsn, ...chunk.streams.map(({ streamId, ssn }) => `${streamId}:${ssn}`)];
    case 'I-FORWARD-TSN': {
      const skipped = chunk.streams.map(({ streamId, unordered, mid }) => `${streamId}${unordered ? 'U' : ''}:${mid}`);
      return [chunk.kind, chunk.newCumulativeTsn, ...skipped];
    }
    case 'unknown':
      return ['chunk', chunk.type, 'flags', chunk.flags, chunk.value.length, 'bytes'];
    case 'malformed':
      return ['malformed', describeChunkType(chunk.type), chunk.value.length, `bytes: ${chunk.reason}`];
    default:
      return shortWords(chunk);
  }
}

/** Where it belongs, its flags as letters, what is in it: `stream 1 ssn 0 UBE 5 bytes ppid 51`. */
function fragmentWords({ kind, fragment, immediateAck }: DataChunk | IDataChunk): Words {
  const { streamId, messageId, fsn, unordered, beginning, ending, ppid, payload } = fragment;
  const message = kind === 'DATA' ? ['ssn', messageId] : ['mid', messageId, 'fsn', fsn];
  const flags = `${immediateAck ? 'I' : ''}${unordered ? 'U' : ''}${beginning ? 'B' : ''}${ending ? 'E' : ''}`;
  return ['stream', streamId, ...message, flags, payload.length, 'bytes', ...(ppid === 0 ? [] : ['ppid', ppid])];
}

function sackLists({ gapAckBlocks, duplicateTsns }: SackChunk): Words {
  const gaps = gapAckBlocks.map(({ start, end }) => `${start}-${end}`);
  return [
    ...(gaps.length > 0 ? ['gaps', ...gaps] : []),
    ...(duplicateTsns.length > 0 ? ['dups', ...duplicateTsns] : []),
  ];
}

function reflected({ tagReflected }: { readonly tagReflected: boolean }): string {
  return tagReflected ? 'T' : '';
}

function hex32(value: number): string {
  return value.toString(16).padStart(8, '0');
}
