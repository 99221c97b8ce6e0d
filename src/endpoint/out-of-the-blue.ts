import { initiateTagOf, invalidMandatoryParameter } from '../association/init.ts';
import { isUnicast } from '../base/ip.ts';
import { type Chunk, chunkTypes, type MalformedChunk, type Packet } from '../chunks/index.ts';

/** What to answer, and under which Verification Tag. */
export interface OutOfTheBlueReply {
  readonly chunk: Chunk;
  readonly verificationTag: number;
}

/**
 * RFC 9260 §8.4: what a packet that belongs to no association is answered with; undefined for nothing. The endpoint
 * has already taken out what can begin an association: an INIT that is to be accepted, and a COOKIE ECHO (3, 4).
 *
 * @param fromIp where the packet came from
 * @param toIp where it was sent to, undefined when the transport does not tell
 */
export function answerOutOfTheBlue(
  packet: Packet,
  fromIp: string,
  toIp: string | undefined,
): OutOfTheBlueReply | undefined {
  const { chunks, verificationTag } = packet;
  // 1) "to or from a non-unicast address, a receiver SHOULD silently discard the packet"
  if (!isUnicast(fromIp) || (toIp !== undefined && !isUnicast(toIp))) return undefined;
  // 2) "contains an ABORT chunk, the receiver MUST silently discard"
  if (chunks.some(isAbort)) return undefined;
  const [first] = chunks;
  if (first === undefined) return undefined;
  // 3) "the Verification Tag of the packet containing the ABORT chunk MUST be the Initiate Tag of the received INIT
  // chunk, and the T bit of the ABORT chunk has to be set to 0". §3.3.2: with an Initiate Tag of 0, nothing.
  if (isMalformedInit(first))
    return verificationTag === 0 && chunks.length === 1 ? refuseMalformedInit(first) : undefined;
  if (first.kind === 'INIT') {
    if (verificationTag !== 0 || chunks.length > 1 || first.initiateTag === 0) return undefined;
    return { chunk: { kind: 'ABORT', tagReflected: false, causes: [] }, verificationTag: first.initiateTag };
  }
  // §8.5.1 A: with tag 0 "it SHOULD verify that the packet contains only an INIT chunk. Otherwise, […] silently discard".
  // §8.5.1 A: "Otherwise, the receiver MUST silently discard the packet."
  if (verificationTag === 0) return undefined;
  // 4) its cookie was looked at before: "the SCTP packet […] MUST be silently discarded" (§5.1.5)
  if (first.kind === 'COOKIE ECHO') return undefined;
  // 5) "respond […] with a SHUTDOWN COMPLETE chunk", the tag reflected and the T bit set
  if (chunks.some((chunk) => chunk.kind === 'SHUTDOWN ACK')) {
    // §8.4 5: "MUST fill in the Verification Tag […] with the Verification Tag received in the SHUTDOWN ACK chunk and
    // set the T bit".
    return { chunk: { kind: 'SHUTDOWN COMPLETE', tagReflected: true }, verificationTag };
  }
  // 6), 7) "silently discard"
  // §8.4: "If the packet contains a SHUTDOWN COMPLETE chunk, the receiver SHOULD silently discard the packet"; "with
  // the 'Stale Cookie' error cause or a COOKIE ACK chunk, the SCTP packet SHOULD be silently discarded."
  if (chunks.some(isSilentlyDiscarded)) return undefined;
  // 8) "SHOULD respond to the sender of the OOTB packet with an ABORT chunk", likewise
  // §8.4 8: "with the value found in the Verification Tag field of the OOTB packet and set the T bit"; "After sending
  // this ABORT chunk, the receiver of the OOTB packet MUST discard the OOTB packet".
  return { chunk: { kind: 'ABORT', tagReflected: true, causes: [] }, verificationTag };
}

/** An INIT chunk that is too short to say all that it must. */
export function isMalformedInit(chunk: Chunk): chunk is MalformedChunk {
  return chunk.kind === 'malformed' && chunk.type === chunkTypes.INIT;
}

/** §5.1: for "missing mandatory parameters in the received INIT […] chunk […] it SHOULD respond with an ABORT chunk." */
function refuseMalformedInit({ value }: MalformedChunk): OutOfTheBlueReply | undefined {
  const initiateTag = initiateTagOf(value);
  if (initiateTag === undefined) return undefined;
  const chunk: Chunk = { kind: 'ABORT', tagReflected: false, causes: invalidMandatoryParameter };
  return { chunk, verificationTag: initiateTag };
}

/** §3.3.7: "If an endpoint receives an ABORT chunk with a format error or no TCB is found, it MUST silently discard it." */
function isAbort(chunk: Chunk): boolean {
  return chunk.kind === 'ABORT' || (chunk.kind === 'malformed' && chunk.type === chunkTypes.ABORT);
}

function isSilentlyDiscarded(chunk: Chunk): boolean {
  switch (chunk.kind) {
    case 'SHUTDOWN COMPLETE':
    case 'COOKIE ACK':
      return true;
    case 'ERROR':
      return chunk.causes.some((cause) => cause.kind === 'Stale Cookie');
    default:
      return false;
  }
}
