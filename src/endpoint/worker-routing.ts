import { readUint8, readUint32 } from '../base/bytes.ts';
import { SctpError } from '../base/errors.ts';
import type { WorkerPlace } from '../base/worker-place.ts';
import { chunkTypes } from '../chunks/index.ts';

/**
 * Whose a packet is: the index of a worker, or
 * - `'receiver'`: nobody's yet. An INIT, with tag 0, belongs to the worker that received it, and so does what is no packet;
 * - `'reflected'`: its tag is the peer's own, which says nothing of ours.
 */
export type PacketOwner = number | 'receiver' | 'reflected';

const mostWorkers = 256;
/** The common header and the first chunk's. */
const shortestPacket = 16;
const tagOffset = 4;
const typeOffset = 12;
const flagsOffset = 13;

/**
 * Whose packet these bytes are, where `count` workers share one address and port. Looks at six bytes and trusts none: the
 * worker whose tag it is checks everything else.
 */
export function ownerOf(packet: Uint8Array, count: number): PacketOwner {
  if (packet.length < shortestPacket) return 'receiver';
  const type = readUint8(packet, typeOffset);
  if (type === chunkTypes.ABORT || type === chunkTypes['SHUTDOWN COMPLETE']) {
    // RFC 9260 §8.5.1 B, C: with the T bit set the packet carries the tag of the one who sent it.
    if ((readUint8(packet, flagsOffset) & 1) !== 0) return 'reflected';
  }
  const tag = readUint32(packet, tagOffset);
  // A COOKIE ECHO chunk comes under the tag of the INIT ACK chunk (§8.5.1 D): the worker that made the cookie opens it.
  return tag === 0 ? 'receiver' : tag % count;
}

/** Throws SctpError `SCTP_ERR_INVALID_ARGUMENT` for a place that cannot be. */
export function requireWorkerPlace(place: WorkerPlace | undefined): void {
  if (place === undefined) return;
  const { index, count } = place;
  if (!Number.isInteger(count) || count < 1 || count > mostWorkers) {
    throw new SctpError(
      'SCTP_ERR_INVALID_ARGUMENT',
      `workers.count must be an integer 1 to ${mostWorkers}, not ${count}`,
    );
  }
  if (!Number.isInteger(index) || index < 0 || index >= count) {
    throw new SctpError(
      'SCTP_ERR_INVALID_ARGUMENT',
      `workers.index must be an integer 0 to ${count - 1}, not ${index}`,
    );
  }
}
