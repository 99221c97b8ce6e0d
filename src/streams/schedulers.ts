import { KeyedScheduler } from './keyed-scheduler.ts';
import type { OutgoingStream } from './outgoing-stream.ts';
import type { SchedulerName, StreamScheduler } from './stream-scheduler.ts';

/** RFC 8260 §3.1: "just passes through the messages in the order in which they have been delivered by the application". */
class FirstComeFirstServed extends KeyedScheduler {
  readonly keepsPacketsApart = false;

  protected keyOfActive(stream: OutgoingStream): number {
    return stream.messages.peek()?.arrival ?? 0;
  }

  protected keyAfterSent(stream: OutgoingStream, _bytes: number, isEndOfMessage: boolean): number | undefined {
    return isEndOfMessage ? this.keyOfActive(stream) : undefined;
  }
}

/** RFC 8260 §3.2: "fair scheduling based on the number of user messages", or of I-DATA chunks, "by cycling around". */
class RoundRobin extends KeyedScheduler {
  readonly keepsPacketsApart = false;
  #turn = 0;

  protected keyOfActive(_stream: OutgoingStream): number {
    return ++this.#turn;
  }

  protected keyAfterSent(_stream: OutgoingStream, _bytes: number, _isEndOfMessage: boolean): number {
    return ++this.#turn;
  }
}

/** RFC 8260 §3.3: "only switches streams when starting to fill a new packet". */
class RoundRobinPerPacket extends KeyedScheduler {
  readonly keepsPacketsApart = true;
  #turn = 0;
  #sender: OutgoingStream | undefined;

  override handlePacketEnd(): void {
    if (this.#sender !== undefined) this.setKey(this.#sender, ++this.#turn);
    this.#sender = undefined;
  }

  protected keyOfActive(_stream: OutgoingStream): number {
    return ++this.#turn;
  }

  protected keyAfterSent(stream: OutgoingStream, _bytes: number, _isEndOfMessage: boolean): undefined {
    this.#sender = stream;
  }
}

/** More turns than this pass in no association's life. */
const turnsPerPriority = 2 ** 36;

/** RFC 8260 §3.4: "strict priorities"; the lowest number first, and streams of one priority in turns. */
class Priority extends KeyedScheduler {
  readonly keepsPacketsApart = false;
  #turn = 0;

  protected keyOfActive(stream: OutgoingStream): number {
    return stream.priority * turnsPerPriority + ++this.#turn;
  }

  protected keyAfterSent(stream: OutgoingStream, _bytes: number, _isEndOfMessage: boolean): number {
    return this.keyOfActive(stream);
  }
}

/**
 * RFC 8260 §3: "If the implementation is used for WebRTC data channels […], it MUST implement the Weighted Fair Queueing
 * Scheduler". §3.6: "If the weight of stream S1 is n times the weight of stream S2, the scheduler should assign to stream S1 n
 * times the capacity". The key is a virtual time: what a stream has sent, divided by its weight. A stream that was idle
 * begins where the others are, so that it cannot save up.
 */
class WeightedFairQueueing extends KeyedScheduler {
  readonly keepsPacketsApart = false;
  readonly #hasWeights: boolean;
  #virtualTime = 0;

  /** Without weights it is the fair capacity scheduler of §3.5. */
  constructor(hasWeights: boolean) {
    super();
    this.#hasWeights = hasWeights;
  }

  protected keyOfActive(stream: OutgoingStream): number {
    this.#virtualTime = Math.max(this.#virtualTime, this.lowestKey ?? 0);
    stream.virtualTime = Math.max(stream.virtualTime, this.#virtualTime);
    return stream.virtualTime;
  }

  protected keyAfterSent(stream: OutgoingStream, bytes: number, _isEndOfMessage: boolean): number {
    this.#virtualTime = Math.max(this.#virtualTime, stream.virtualTime);
    stream.virtualTime += bytes / (this.#hasWeights ? stream.weight : 1);
    return stream.virtualTime;
  }
}

const schedulers: Readonly<Record<SchedulerName, () => StreamScheduler>> = {
  'first-come-first-served': () => new FirstComeFirstServed(),
  'round-robin': () => new RoundRobin(),
  'round-robin-per-packet': () => new RoundRobinPerPacket(),
  priority: () => new Priority(),
  'fair-capacity': () => new WeightedFairQueueing(false),
  'weighted-fair-queueing': () => new WeightedFairQueueing(true),
};

export const schedulerNames: readonly SchedulerName[] = Object.keys(schedulers) as SchedulerName[];

/** A new scheduler of RFC 8260 §3. */
export function createScheduler(name: SchedulerName): StreamScheduler {
  return schedulers[name]();
}
