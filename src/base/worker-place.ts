/**
 * One of several workers (processes or threads) that serve one address and port together. Every Verification Tag that a
 * worker chooses is congruent to its index modulo their number, so that a packet says whose it is.
 */
export interface WorkerPlace {
  /** From 0, another one for each worker. A worker that takes the place of one that died takes its index. */
  readonly index: number;
  /** How many workers there are, the same number for all: 1 to 256. */
  readonly count: number;
}
