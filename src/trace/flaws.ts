import { readUint32 } from '../base/bytes.ts';
import { hasValidChecksum } from '../base/checksum.ts';
import { commonHeaderLength, decodePacket, type Packet } from '../chunks/index.ts';

/** A packet as far as it can be read, and what is wrong with it. */
export interface Examination {
  /** Undefined when there is no room for a common header and a chunk. */
  readonly decoded: Packet | undefined;
  /** In words, for people; empty for a sound packet. Malformed chunks are among the chunks and tell for themselves. */
  readonly flaws: readonly string[];
}

/** Decodes a packet and checks it. `isCut`: the capture does not hold all of it, so that its checksum proves nothing. */
export function examine(packet: Uint8Array, isCut: boolean): Examination {
  const decoded = decodePacket(packet);
  const flaws: string[] = [];
  if (isCut) flaws.push('cut off by the capture');
  else if (decoded === undefined) flaws.push('malformed packet');
  else if (decoded.truncated) flaws.push('malformed chunk length');
  if (!isCut && packet.length >= commonHeaderLength) {
    if (readUint32(packet, 8) === 0) flaws.push('no checksum');
    else if (!hasValidChecksum(packet)) flaws.push('bad checksum');
  }
  return { decoded, flaws };
}
