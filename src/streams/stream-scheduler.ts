import type { OutgoingStream } from './outgoing-stream.ts';

/**
 * Chooses the stream that sends next (RFC 8260 §3). Without interleaving it is asked once for each message, since the
 * fragments of one message have consecutive TSNs.
 */
export interface StreamScheduler {
  /** A message was put into `stream`. */
  handleEnqueued(stream: OutgoingStream): void;
  /** The stream to take from; it has a message waiting. Undefined when no stream has. */
  select(): OutgoingStream | undefined;
  /** The message at the head of `stream`, the one selected last, is gone: all of it became fragments, or it was dropped. */
  handleDequeued(stream: OutgoingStream): void;
  /** `streams` are gone with all their messages. */
  handleRemoved(streams: ReadonlySet<OutgoingStream>): void;
}
