import type { Instant } from '../base/time.ts';
import type { Context } from './context.ts';

const never = Number.POSITIVE_INFINITY;

/**
 * Since when the peer has let data wait: ours that it does not acknowledge, be it that its window is closed, and its own that
 * it does not complete. What moves is the cumulative TSN. Data that waits for a reader of ours is not the peer's fault.
 */
export class Standstill {
  readonly #context: Context;
  #sendingSince: Instant = never;
  #cumulativeTsnAckPoint = 0;
  #receivingSince: Instant = never;
  #cumulativeTsn = 0;
  #wasRead = false;

  constructor(context: Context) {
    this.#context = context;
  }

  /** To be called when all that was to be done is done, and before `since` is asked for. */
  observe(now: Instant): void {
    const { state, receiveQueue } = this.#context;
    if (!('sender' in state)) return;
    const { sender, receiver } = state;
    const ackPoint = sender.cumulativeTsnAckPoint;
    if (!sender.waitsForPeer) this.#sendingSince = never;
    else if (this.#sendingSince === never || ackPoint !== this.#cumulativeTsnAckPoint) this.#sendingSince = now;
    this.#cumulativeTsnAckPoint = ackPoint;
    const { cumulativeTsn } = receiver.tracker;
    const hasMoved = this.#wasRead || cumulativeTsn !== this.#cumulativeTsn;
    if (receiveQueue.heldBytes === 0) this.#receivingSince = never;
    else if (this.#receivingSince === never || hasMoved) this.#receivingSince = now;
    this.#cumulativeTsn = cumulativeTsn;
    this.#wasRead = false;
  }

  /** A reader has taken something: what the peer does from then on counts. */
  handleRead(): void {
    this.#wasRead = true;
  }

  /** `Infinity` while nothing waits. */
  since(now: Instant): Instant {
    this.observe(now);
    // As long as there is something to read, the window is our reader's business.
    if (this.#receivingSince !== never && this.#context.receiveQueue.isReadable) this.#receivingSince = now;
    return this.#earliest;
  }

  /** When the limit is over, if nothing moves until then; `Infinity` without a limit. */
  get deadline(): Instant {
    const { standstillMs } = this.#context;
    return standstillMs === 0 ? never : this.#earliest + standstillMs;
  }

  handleTimeout(now: Instant): void {
    if (this.deadline > now || this.since(now) + this.#context.standstillMs > now) return;
    this.end(`for ${this.#context.standstillMs} ms`);
  }

  /** Ends the association, and says why. */
  end(detail: string): void {
    this.#context.abort('SCTP_ERR_STANDSTILL', [{ kind: 'Out of Resource' }], `the peer has let data wait ${detail}`);
  }

  get #earliest(): Instant {
    return Math.min(this.#sendingSince, this.#receivingSince);
  }
}
