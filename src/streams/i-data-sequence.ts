import { type Fsn, fsn, isAfter, isBefore, type Mid, type Tsn } from '../base/serial.ts';
import type { Fragment } from '../chunks/index.ts';
import type { Message } from './message.ts';
import type { PartialMessage } from './partial-message.ts';

/** A message in pieces, by FSN. It is complete when it has all from 0 to the one with the E bit. */
export interface Assembly {
  readonly fragments: Map<Fsn, { readonly tsn: Tsn; readonly fragment: Fragment }>;
  lastFsn: Fsn | undefined;
  /** The first FSN that is not in the unbroken beginning, and the bytes before it, as far as somebody has counted. */
  nextFsn: Fsn;
  beginningBytes: number;
  /** Set once it is delivered while it arrives: what is before `nextFsn` is there then and not in `fragments`. */
  delivery: PartialMessage | undefined;
}

/** A complete message that waits for the ones before it, and the TSNs that brought it. */
export interface WaitingMessage {
  readonly message: Message;
  readonly tsns: readonly Tsn[];
}

/** Messages of one stream from the peer, ordered or unordered: each kind counts its own MIDs (RFC 8260 §2.1). */
export interface Sequence {
  readonly streamId: number;
  readonly unordered: boolean;
  nextMid: Mid;
  readonly partial: Map<Mid, Assembly>;
  readonly waiting: Map<Mid, WaitingMessage>;
  /** The highest MID that the peer has given up: what comes of it, or of earlier ones, is the rest of what was dropped. */
  skippedMid: Mid | undefined;
}

/** Whether a message was delivered, or given up, before this part of it came. */
export function isBehind({ unordered, nextMid, skippedMid }: Sequence, number: Mid, isWhole: boolean): boolean {
  if (!unordered) return isBefore(number, nextMid);
  // An unordered message that is whole was not skipped.
  return !isWhole && skippedMid !== undefined && !isAfter(number, skippedMid);
}

/** FSNs are unique and none is behind the last, so their number tells whether all are there. */
export function isComplete({ lastFsn, fragments }: Assembly): boolean {
  return lastFsn !== undefined && fragments.size === lastFsn + 1;
}

export function* tsnsOf({ fragments }: Assembly): IterableIterator<Tsn> {
  for (const { tsn } of fragments.values()) yield tsn;
}

export function earliest(tsns: readonly Tsn[]): Tsn {
  let first = tsns[0]!;
  for (const tsn of tsns) if (isBefore(tsn, first)) first = tsn;
  return first;
}

/** Its unbroken beginning is to be counted again. */
export function forgetBeginning(assembly: Assembly): void {
  assembly.nextFsn = fsn(0);
  assembly.beginningBytes = 0;
}

/** What came before it was known that the first fragment does not count: all others are one place further. */
export function renumber(assembly: Assembly): void {
  const known = [...assembly.fragments.values()];
  assembly.fragments.clear();
  if (assembly.delivery === undefined) forgetBeginning(assembly);
  for (const each of known) {
    const place = each.fragment.beginning ? fsn(0) : fsn(each.fragment.fsn + 1);
    assembly.fragments.set(place, each);
    if (each.fragment.ending) assembly.lastFsn = place;
  }
}
