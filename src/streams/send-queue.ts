import { ssn } from '../base/serial.ts';
import type { Instant } from '../base/time.ts';
import type { OutgoingFragment, OutgoingMessage } from './message.ts';
import { OutgoingStream } from './outgoing-stream.ts';
import type { StreamScheduler } from './stream-scheduler.ts';

/** Filling the rest of a packet with a smaller piece than this costs more in headers than it brings. */
const smallestUsefulFragment = 256;

/**
 * The messages that wait to be sent, per stream, unfragmented: a fragment is cut at the moment at which it goes out,
 * to the size that the packet has left. Streams exist once they are used.
 */
export class SendQueue {
  readonly #streams = new Map<number, OutgoingStream>();
  readonly #scheduler: StreamScheduler;
  readonly #onAbandoned: (message: OutgoingMessage) => void;
  /** The stream whose message has begun: its fragments need consecutive TSNs (RFC 9260 §6.9), so it goes on. */
  #current: OutgoingStream | undefined;
  #messageCount = 0;
  #queuedBytes = 0;

  /** `onAbandoned` is told of each message that is given up before any of it was sent. */
  constructor(scheduler: StreamScheduler, onAbandoned: (message: OutgoingMessage) => void) {
    this.#scheduler = scheduler;
    this.#onAbandoned = onAbandoned;
  }

  /** Bytes that are not yet fragmented. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  get isEmpty(): boolean {
    return this.#messageCount === 0;
  }

  enqueue(message: OutgoingMessage): void {
    let stream = this.#streams.get(message.streamId);
    if (stream === undefined) {
      stream = new OutgoingStream(message.streamId);
      this.#streams.set(message.streamId, stream);
    }
    stream.messages.push(message);
    this.#messageCount++;
    this.#queuedBytes += message.data.length;
    this.#scheduler.handleEnqueued(stream);
  }

  /**
   * The payload length of the next fragment when the packet has room for `room` bytes of payload and an empty packet
   * for `maxPayload`; 0 when nothing is queued or the room is better left unused.
   */
  nextLength(room: number, maxPayload: number, now: Instant): number {
    const message = this.#nextMessage(now);
    if (message === undefined) return 0;
    const remaining = message.data.length - message.fragmented;
    if (remaining <= room) return remaining;
    return room >= Math.min(smallestUsefulFragment, maxPayload) ? room : 0;
  }

  /** Cuts the fragment that `nextLength` has announced. */
  takeFragment(length: number): OutgoingFragment {
    const stream = this.#current!;
    const message = stream.messages.peek()!;
    const start = message.fragmented;
    const end = start + length;
    // "For unordered user messages, the Stream Sequence Number MUST NOT be changed" (§6.5), and it has no significance.
    message.ssn ??= message.unordered ? ssn(0) : stream.takeSsn();
    message.fragmented = end;
    this.#queuedBytes -= length;
    const ending = end === message.data.length;
    if (ending) this.#dequeue(stream);
    return {
      streamId: message.streamId,
      unordered: message.unordered,
      beginning: start === 0,
      ending,
      messageId: message.ssn,
      fsn: 0,
      ppid: message.ppid,
      payload: start === 0 && ending ? message.data : message.data.subarray(start, end),
      message,
    };
  }

  /** Gives up what waits for streams that the peer does not accept (RFC 9260 §5.1.1). Nothing was sent before. */
  dropStreamsFrom(streamId: number): void {
    const dropped = new Set<OutgoingStream>();
    for (const stream of this.#streams.values()) if (stream.streamId >= streamId) dropped.add(stream);
    if (dropped.size === 0) return;
    this.#scheduler.handleRemoved(dropped);
    this.#current = undefined;
    for (const stream of dropped) {
      this.#streams.delete(stream.streamId);
      for (const message of stream.messages) {
        this.#messageCount--;
        this.#queuedBytes -= message.data.length;
        this.#onAbandoned(message);
      }
    }
  }

  /** Everything that has not become fragments wholly, in the order of the streams; the queue is empty then. */
  drain(): OutgoingMessage[] {
    const messages: OutgoingMessage[] = [];
    for (const stream of this.#streams.values()) for (const message of stream.messages) messages.push(message);
    this.#scheduler.handleRemoved(new Set(this.#streams.values()));
    this.#streams.clear();
    this.#current = undefined;
    this.#messageCount = 0;
    this.#queuedBytes = 0;
    return messages;
  }

  #nextMessage(now: Instant): OutgoingMessage | undefined {
    for (;;) {
      this.#current ??= this.#scheduler.select();
      const message = this.#current?.messages.peek();
      if (this.#current === undefined || message === undefined) return undefined;
      if (message.fragmented > 0 || now < message.expiresAt) return message;
      this.#queuedBytes -= message.data.length;
      this.#dequeue(this.#current);
      this.#onAbandoned(message);
    }
  }

  #dequeue(stream: OutgoingStream): void {
    stream.messages.shift();
    this.#messageCount--;
    this.#current = undefined;
    this.#scheduler.handleDequeued(stream);
  }
}
