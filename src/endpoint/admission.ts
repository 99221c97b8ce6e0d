import { SctpError } from '../base/errors.ts';
import type { Ledger } from '../base/ledger.ts';
import type { Instant } from '../base/time.ts';
import type { ErrorCause } from '../chunks/index.ts';

/** What an operator allows an endpoint. When a limit is reached new peers are refused. */
export interface EndpointLimits {
  /** Associations at a time. Default 100,000. */
  readonly maxAssociations: number;
  /** INIT chunks that are answered in a second, each of which costs an HMAC; any more are ignored. Default 20,000. */
  readonly maxHandshakesPerSecond: number;
  /**
   * Bytes in all send and receive buffers together. From there on associations are ended whose peer stands still, the one that
   * has for longest first (for three seconds at least); with nobody left who does, no association is accepted. Default 1 GiB.
   */
  readonly maxBufferedBytes: number;
}

export const defaultLimits: EndpointLimits = {
  maxAssociations: 100_000,
  maxHandshakesPerSecond: 20_000,
  maxBufferedBytes: 1024 ** 3,
};

/** RFC 9260 §5.1: for "lack of local resources, it SHOULD respond with an ABORT chunk" and the cause. */
const outOfResource: readonly ErrorCause[] = [{ kind: 'Out of Resource' }];

/** Decides whether the endpoint takes a new peer. */
export class Admission {
  readonly #limits: EndpointLimits;
  readonly #ledger: Ledger;
  /** A bucket that fills at the allowed rate and holds one second's worth. */
  #tokens: number;
  #filledAt: Instant | undefined;

  /** @throws SctpError SCTP_ERR_INVALID_ARGUMENT */
  constructor(limits: Partial<EndpointLimits>, ledger: Ledger) {
    for (const [name, value] of Object.entries(limits)) {
      if (value === undefined || (Number.isFinite(value) && value >= 0)) continue;
      throw new SctpError('SCTP_ERR_INVALID_ARGUMENT', `limits.${name} must be a number from 0, not ${String(value)}`);
    }
    this.#limits = {
      maxAssociations: limits.maxAssociations ?? defaultLimits.maxAssociations,
      maxHandshakesPerSecond: limits.maxHandshakesPerSecond ?? defaultLimits.maxHandshakesPerSecond,
      maxBufferedBytes: limits.maxBufferedBytes ?? defaultLimits.maxBufferedBytes,
    };
    this.#tokens = this.#limits.maxHandshakesPerSecond;
    this.#ledger = ledger;
  }

  /**
   * Whether one more INIT is looked at. Whoever is too many is not answered at all, so that its T1-init tries again: an ABORT
   * chunk would turn it away for good.
   */
  takesInit(now: Instant): boolean {
    const rate = this.#limits.maxHandshakesPerSecond;
    const elapsedMs = now - (this.#filledAt ?? now);
    this.#filledAt = now;
    this.#tokens = Math.min(rate, this.#tokens + (elapsedMs * rate) / 1_000);
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }

  /** Whether buffers hold more than they may, all together. */
  get isPressed(): boolean {
    return this.#ledger.bytes >= this.#limits.maxBufferedBytes;
  }

  /** The causes to refuse one more association with, undefined when there is room for it. */
  objectionToAssociation(associations: number): readonly ErrorCause[] | undefined {
    return associations >= this.#limits.maxAssociations || this.isPressed ? outOfResource : undefined;
  }
}
