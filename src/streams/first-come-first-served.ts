import { Ring } from '../base/ring.ts';
import type { OutgoingStream } from './outgoing-stream.ts';
import type { StreamScheduler } from './stream-scheduler.ts';

/** RFC 8260 §3.1: "It just passes through the messages in the order in which they have been delivered by the application." */
export class FirstComeFirstServed implements StreamScheduler {
  /** A stream stands here once for each of its messages. */
  readonly #turns = new Ring<OutgoingStream>();

  handleEnqueued(stream: OutgoingStream): void {
    this.#turns.push(stream);
  }

  select(): OutgoingStream | undefined {
    return this.#turns.peek();
  }

  handleDequeued(_stream: OutgoingStream): void {
    this.#turns.shift();
  }

  handleRemoved(streams: ReadonlySet<OutgoingStream>): void {
    for (let i = this.#turns.length; i > 0; i--) {
      const turn = this.#turns.shift()!;
      if (!streams.has(turn)) this.#turns.push(turn);
    }
  }
}
