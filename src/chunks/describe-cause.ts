import { printable, readUint8, readUint16 } from '../base/bytes.ts';
import type { ErrorCause } from './causes/cause.ts';
import { chunkKind } from './chunk.ts';

/** An error cause in a few words: its name, and what it says. */
export function describeCause(cause: ErrorCause): string {
  switch (cause.kind) {
    case 'unknown':
      return `cause ${cause.code} (${cause.value.length} bytes)`;
    case 'Invalid Stream Identifier':
      return `${cause.kind} ${cause.streamId}`;
    case 'Missing Mandatory Parameter':
      return `${cause.kind} ${cause.parameterTypes.join(' ')}`;
    case 'Stale Cookie':
      return `${cause.kind} ${cause.measureOfStalenessUs} us`;
    case 'Unrecognized Chunk Type':
      return `${cause.kind}${cause.chunk.length > 0 ? ` ${describeChunkType(readUint8(cause.chunk, 0))}` : ''}`;
    case 'Unrecognized Parameters':
      return `${cause.kind}${cause.parameters.length > 1 ? ` ${readUint16(cause.parameters, 0)}` : ''}`;
    case 'No User Data':
      return `${cause.kind} in TSN ${cause.tsn}`;
    case 'Restart of an Association with New Encapsulation Port':
      return `${cause.kind} ${cause.currentPort} to ${cause.newPort}`;
    case 'User-Initiated Abort':
      return withText(cause.kind, cause.reason);
    case 'Protocol Violation':
      return withText(cause.kind, cause.information);
    case 'Unsupported HMAC Identifier':
      return `${cause.kind} ${cause.hmacId}`;
    default:
      return cause.kind;
  }
}

/** The RFC's name of a chunk type, or its number. */
export function describeChunkType(type: number): string {
  return chunkKind(type) ?? `${type}`;
}

function withText(kind: string, text: Uint8Array): string {
  return text.length === 0 ? kind : `${kind} '${printable(text)}'`;
}
