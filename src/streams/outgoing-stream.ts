import type { HeapEntry } from '../base/deadline-heap.ts';
import { Ring } from '../base/ring.ts';
import { type Mid, mid, next, nextSsn, type Ssn, ssn } from '../base/serial.ts';
import type { OutgoingMessage } from './message.ts';

/** One stream towards the peer: its messages that are not yet wholly fragmented, and its next SSN. */
export class OutgoingStream implements HeapEntry {
  readonly streamId: number;
  readonly messages: Ring<OutgoingMessage> = new Ring();
  /** Its key and place among the active streams, where the scheduler is a keyed one: the lowest key sends next. */
  deadline: number = Number.POSITIVE_INFINITY;
  heapIndex = -1;
  /** For the priority scheduler: the lowest number sends first. */
  priority = 0;
  /** For weighted fair queueing: its share is proportional to it. */
  weight = 1;
  /** For the fair schedulers: what it has sent, in their measure. */
  virtualTime = 0;
  /** Messages given up before anything of them was sent, and after (RFC 7496 §4.4). */
  abandonedUnsent = 0;
  abandonedSent = 0;
  /**
   * RFC 9260 §6.5: "MUST start from 0 when the association is established". RFC 6525 §5.1.5, §5.1.6: "A new stream MUST use SSN 0
   * for its first ordered message."
   */
  #nextSsn: Ssn = ssn(0);
  /** RFC 8260 §2.1: ordered and unordered messages of a stream have MIDs of their own. */
  #nextMid: Mid = mid(0);
  #nextUnorderedMid: Mid = mid(0);

  constructor(streamId: number) {
    this.streamId = streamId;
  }

  /** §6.5: "MUST be incremented by 1 for each ordered user message sent on that outgoing stream". */
  takeSsn(): Ssn {
    const taken = this.#nextSsn;
    this.#nextSsn = nextSsn(taken);
    return taken;
  }

  takeMid(unordered: boolean): Mid {
    const taken = unordered ? this.#nextUnorderedMid : this.#nextMid;
    if (unordered) this.#nextUnorderedMid = next(taken);
    else this.#nextMid = next(taken);
    return taken;
  }

  /**
   * The stream was reset (RFC 6525 §5.1.2): its next message has number 0 again. RFC 8260 §2.3.2: "the two counters (one for
   * the ordered messages, one for the unordered messages) used for the MIDs MUST be reset to 0."
   */
  reset(): void {
    this.#nextSsn = ssn(0);
    this.#nextMid = mid(0);
    this.#nextUnorderedMid = mid(0);
  }
}
