import { readUint32, writeUint32 } from '../../../src/base/bytes.ts';
import { hasValidChecksum } from '../../../src/base/checksum.ts';
import type { Chunk, Parameter } from '../../../src/chunks/index.ts';
import type { RawPeer } from '../../support/raw-peer.ts';
import { kindsOf } from '../stage.ts';

/** SCTP over DTLS. */
export const dtls = 1;
/** A host whose transport protects its packets. */
export const overDtls = { errorDetectionMethod: dtls };
export const acceptable: Parameter = { kind: 'Zero Checksum Acceptable', edmid: dtls };

/** The kinds of chunks in the packets that the peer has received, by what stands where the checksum is. */
export function kindsByChecksum(peer: RawPeer): { readonly zero: string[]; readonly correct: string[] } {
  const zero: string[] = [];
  const correct: string[] = [];
  for (const { bytes, packet } of peer.host.arrivals) {
    if (readUint32(bytes, 8) === 0) zero.push(...kindsOf(packet!));
    else if (hasValidChecksum(bytes)) correct.push(...kindsOf(packet!));
    else throw new Error('a checksum that is neither zero nor correct');
  }
  return { zero, correct };
}

/** Sends a packet with `checksum` in place of the correct one. */
export function sendWith(checksum: number, peer: RawPeer, ...chunks: Chunk[]): void {
  const packet = peer.packet(peer.peerTag, chunks);
  writeUint32(packet, 8, checksum);
  peer.sendBytes(packet);
}
