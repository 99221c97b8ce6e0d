import type { OutgoingMessage } from './message.ts';

/** Streams whose numbers are about to change: messages that come for them wait here (RFC 6525 §5.1.2 A1). */
export class Pause {
  /** None means all streams, those too that are not used yet. */
  readonly streamIds: ReadonlySet<number>;
  /** What was accepted since, in that order. */
  readonly held: OutgoingMessage[] = [];

  constructor(streamIds: readonly number[]) {
    this.streamIds = new Set(streamIds);
  }

  covers(streamId: number): boolean {
    return this.streamIds.size === 0 || this.streamIds.has(streamId);
  }
}
