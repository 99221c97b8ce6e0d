import type { Instant } from '../../src/base/time.ts';
import type { SendQueue } from '../../src/streams/send-queue.ts';

/** What the next fragment of the message whose turn it is would be, in bytes; 0 when there is none. */
export function nextLength(queue: SendQueue, room: number, maxPayload: number, now: Instant): number {
  const message = queue.next(maxPayload, now);
  return message === undefined ? 0 : queue.nextLength(message, room, maxPayload);
}
