import { Ring } from '../base/ring.ts';
import { nextSsn, type Ssn, ssn } from '../base/serial.ts';
import type { OutgoingMessage } from './message.ts';

/** One stream towards the peer: its messages that are not yet wholly fragmented, and its next SSN. */
export class OutgoingStream {
  readonly streamId: number;
  readonly messages: Ring<OutgoingMessage> = new Ring(4);
  /** RFC 9260 §6.5: "MUST start from 0 when the association is established". */
  #nextSsn: Ssn = ssn(0);

  constructor(streamId: number) {
    this.streamId = streamId;
  }

  /** §6.5: "MUST be incremented by 1 for each ordered user message sent on that outgoing stream". */
  takeSsn(): Ssn {
    const taken = this.#nextSsn;
    this.#nextSsn = nextSsn(taken);
    return taken;
  }
}
