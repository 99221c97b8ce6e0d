import type { Packet } from '../chunks/index.ts';

/**
 * RFC 9260 §8.5: "the endpoint MUST ensure that the value in the Verification Tag field of the received SCTP packet
 * matches its own tag", but for the exceptions of §8.5.1. Asked before any chunk is looked at otherwise.
 *
 * | first chunk                            | tag                                      |
 * |----------------------------------------|------------------------------------------|
 * | ABORT, SHUTDOWN COMPLETE with T bit    | the peer's (B, C)                        |
 * | INIT                                   | 0, and it is alone (A): `isInit`         |
 * | COOKIE ECHO                            | the one in the cookie (D): the endpoint  |
 * | any other                              | ours                                     |
 *
 * A packet under the peer's tag is accepted for its first chunk alone: whoever reflects a tag does not bundle.
 */
export function hasAcceptableTag(packet: Packet, myVerificationTag: number, peerVerificationTag: number): boolean {
  const first = packet.chunks[0];
  if (first?.kind === 'ABORT' || first?.kind === 'SHUTDOWN COMPLETE') {
    // §8.5.1 B: "MUST accept the packet if the Verification Tag field of the packet matches its own tag and the T bit
    // is not set OR if it is set to its Peer's Tag and the T bit is set in the Chunk Flags. Otherwise, the receiver
    // MUST silently discard the packet and take no further action."
    if (first.tagReflected) return packet.verificationTag === peerVerificationTag && peerVerificationTag !== 0;
  }
  // §8.5: "the receiver MUST silently discard the packet and MUST NOT process it any further, except for those cases".
  return packet.verificationTag === myVerificationTag;
}

/** §8.5.1 A: "it SHOULD verify that the packet contains only an INIT chunk. Otherwise, the receiver MUST silently discard the packet." */
export function isInit(packet: Packet): boolean {
  return packet.verificationTag === 0 && packet.chunks.length === 1 && packet.chunks[0]?.kind === 'INIT';
}
