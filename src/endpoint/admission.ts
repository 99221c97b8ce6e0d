import { SctpError } from '../base/errors.ts';
import type { Ledger } from '../base/ledger.ts';
import type { Instant } from '../base/time.ts';
import type { ErrorCause } from '../chunks/index.ts';

/** What an operator allows an endpoint. When a limit is reached new peers are refused; those that are there stay unharmed. */
export interface EndpointLimits {
  /** Associations at a time. Default 100,000. */
  readonly maxAssociations: number;
  /** INIT chunks that are answered with INIT ACK in a second: each costs an HMAC. Default 20,000. */
  readonly maxHandshakesPerSecond: number;
  /** Bytes in all send and receive buffers together above which no association is accepted. Default 1 GiB. */
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

  /** The causes to refuse an INIT with, undefined when it is to be answered. */
  objectionToInit(associations: number, now: Instant): readonly ErrorCause[] | undefined {
    const objection = this.objectionToAssociation(associations);
    if (objection !== undefined) return objection;
    const rate = this.#limits.maxHandshakesPerSecond;
    const elapsedMs = now - (this.#filledAt ?? now);
    this.#filledAt = now;
    this.#tokens = Math.min(rate, this.#tokens + (elapsedMs * rate) / 1_000);
    if (this.#tokens < 1) return outOfResource;
    this.#tokens--;
    return undefined;
  }

  /** The causes to refuse one more association with, undefined when there is room for it. */
  objectionToAssociation(associations: number): readonly ErrorCause[] | undefined {
    const { maxAssociations, maxBufferedBytes } = this.#limits;
    return associations >= maxAssociations || this.#ledger.bytes >= maxBufferedBytes ? outOfResource : undefined;
  }
}
