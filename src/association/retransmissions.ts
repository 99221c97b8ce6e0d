import type { Instant } from '../base/time.ts';
import type { OutstandingChunk, SackOutcome } from '../reliability/outstanding-chunk.ts';
import type { Path } from './path.ts';
import type { Paths } from './paths.ts';

/**
 * Where a chunk is sent again. RFC 9260 §6.4: "SHOULD send fast retransmissions to the same destination transport address to
 * which the original data was sent"; "SHOULD try to retransmit a chunk that timed out to an active destination transport address
 * that is different from the last destination address to which the chunk was sent".
 */
export function retransmissionPath(paths: Paths, { destination, lostBy }: OutstandingChunk<unknown, Path>): Path {
  if (paths.length === 1) return paths.primary;
  const isStillThere = paths.find(destination.address.ip) === destination;
  if (isStillThere && lostBy === 'miss indications' && destination.state === 'active') return destination;
  return paths.alternativeTo(destination);
}

/**
 * What a SACK chunk does to T3-rtx (§6.3.2 R2, R3, R4). `hasSkippable` tells whether a FORWARD TSN chunk is on its way, or due.
 */
export function updateRetransmissionTimers(
  paths: readonly Path[],
  outcome: SackOutcome<Path>,
  hasSkippable: boolean,
  now: Instant,
): void {
  for (const path of paths) {
    // RFC 3758 §3.5 C5: "the sender MUST assure that at least one T3-rtx timer is running" for a FORWARD TSN.
    const isIdle = path.flightSize === 0;
    if (isIdle) path.largestPacket = 0;
    if (isIdle && outcome.acknowledged.has(path)) path.handleFlightEnd(now);
    if (isIdle && !hasSkippable) path.t3Rtx.stop();
    else if (isIdle) {
      // It watches over the next FORWARD TSN, now that the peer has answered one.
      if (outcome.cumulativeTsnAckAdvanced && path.t3Rtx.isRunning) path.t3Rtx.start(now, path.rto.rtoMs);
    } else if (outcome.earliestAcknowledged.has(path)) path.t3Rtx.start(now, path.rto.rtoMs);
    else if (outcome.revoked > 0) path.t3Rtx.startIfStopped(now, path.rto.rtoMs);
  }
}
