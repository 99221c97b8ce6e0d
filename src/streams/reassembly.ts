import type { Tsn } from '../base/serial.ts';
import type { Fragment } from '../chunks/index.ts';

/** A stream with messages that will not come: its highest SSN or MID among them. */
export interface Skipped {
  readonly streamId: number;
  readonly unordered: boolean;
  readonly messageId: number;
}

/** Turns fragments into messages in the order that their streams promise, and puts them into a ReceiveQueue. */
export interface Reassembly {
  /** Whether the peer may have reset the association already, so that its numbers may begin anew before we know. */
  mayBeginAnew: boolean;
  /** Whether the peer numbers the second fragment of an I-DATA message 0, as Linux does, not 1. */
  readonly countsFsnFromSecond: boolean;
  /**
   * Takes a fragment that was not received before; `isShared` where its payload keeps memory that is worth it only while it is
   * read in turn. Returns what the peer did wrong, undefined when nothing.
   */
  handleFragment(tsn: Tsn, fragment: Fragment, isShared?: boolean): string | undefined;
  /**
   * The peer has given up what it sent up to `newCumulativeTsn` and is not yet here (RFC 3758 §3.6): what is incomplete is
   * dropped, and what comes of it later; what waited for it becomes readable. `skipped` names the highest number of each stream
   * that was given up.
   */
  handleForwardTsn(newCumulativeTsn: Tsn, skipped: readonly Skipped[]): void;
  /**
   * The peer has given up what it sent up to `tsn`, all of which is here or skipped already: what it left unfinished may be
   * followed by something else.
   */
  noteGivenUp(tsn: Tsn): void;
  /**
   * The next messages of these streams (none means all) have number 0 (RFC 6525 §5.2.2 E3, RFC 8260 §2.3.2). `lastTsn` is the last
   * one before, where there are any after it.
   */
  resetStreams(streamIds: readonly number[], lastTsn?: Tsn): void;
  /**
   * Begins to deliver the messages that are next in their streams and of which enough is there (RFC 9260 §6.9), or anything
   * at all where nothing else could make room.
   */
  deliverPartly(isPressed: boolean): void;
  /** Whether the reader of a message in delivery waits for just this fragment. */
  isAwaited(tsn: Tsn, fragment: Fragment): boolean;
  /** Payload bytes that are held of what comes before this fragment in its message. */
  bytesBefore(tsn: Tsn, fragment: Fragment): number;
  /** Drops all that is not readable, and resets all streams (RFC 6525 §5.2.4 G4, G5). */
  restart(): void;
  /**
   * Drops what was received after `tsn` and is not yet readable: the receiver reneges on it (RFC 9260 §6.2). `onDropped`
   * is told of each TSN; what is readable already, wholly or in part, stays, since the peer must not send it again.
   */
  dropAfter(tsn: Tsn, onDropped: (tsn: Tsn) => void): void;
}
