import type { Destination } from './destination.ts';
import { DestinationTally } from './destination-tally.ts';
import type { OutstandingChunk, SackOutcome } from './outstanding-chunk.ts';

// What the handling of one SACK chunk fills. One of each serves all associations: it has been read when the next SACK chunk
// is handled, whosever that is.

export const theOutcome: SackOutcome<Destination> = {
  rejected: undefined,
  cumulativeTsnAckAdvanced: false,
  bytesAcked: 0,
  revoked: 0,
  acknowledged: new DestinationTally(),
  reached: new DestinationTally(),
  earliestAcknowledged: new DestinationTally(),
  lost: new DestinationTally(),
};

/** Chunks that were acknowledged and are not any more; empty when the SACK chunk has been handled. */
export const theRevoked: OutstandingChunk<unknown, Destination>[] = [];

/** Chunks with enough miss indications; empty when the SACK chunk has been handled. */
export const theLost: OutstandingChunk<unknown, Destination>[] = [];
