import type { Context } from './context.ts';

/**
 * What a packet wants first: an answer at once; a SACK chunk, before another packet is taken (§6.2: it speaks of this one); the
 * reader of what it brought, who may have an answer, and whose turn comes before a SACK chunk, too; or nothing, where a SACK chunk
 * was all that there was, or the delayed one will do: these may wait for more packets.
 */
export type Demand = 'answer' | 'acknowledgement' | 'delivery' | 'nothing';

/** What is not to wait for the packets that come with the one that was just handled. */
export function demandOf(context: Context): Demand {
  const { state, packets, control, events } = context;
  if (state.name !== 'ESTABLISHED' || packets.length > 0 || !control.isEmpty || state.sender.hasToRepeat) {
    return 'answer';
  }
  const first = events.peek()?.kind;
  if (first === 'established') return 'answer';
  if (state.receiver.tracker.isSackDue) return 'acknowledgement';
  // DATA stands behind the SACK chunk of its packet, and what it brings behind what that has to tell.
  const isReadable = first === 'readable' || events.at(events.length - 1)?.kind === 'readable';
  return isReadable ? 'delivery' : 'nothing';
}
