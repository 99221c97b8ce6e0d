import { SctpError } from '../base/errors.ts';
import { cancelled } from './waiting-sends.ts';

/** How long a graceful end may take; without any of it, as long as it needs. */
export interface CloseOptions {
  /**
   * Milliseconds, 0 to 2,147,483,647 or `Infinity`; then what is still open is aborted, and what is not delivered is lost.
   * Default: no limit.
   */
  readonly timeoutMs?: number | undefined;
  /** The same when it aborts. */
  readonly signal?: AbortSignal | undefined;
}

/** The limit of `await using`, which nobody can give one: whatever needs longer is to be closed by `close()` before. */
export const disposeLimit: CloseOptions = { timeoutMs: 10_000 };

const longestTimeoutMs = 2_147_483_647;

/** @throws SctpError SCTP_ERR_INVALID_ARGUMENT */
export function requireCloseOptions(options: CloseOptions): void {
  if (typeof options !== 'object' || options === null) {
    throw new SctpError('SCTP_ERR_INVALID_ARGUMENT', `close takes an object of options, not ${String(options)}`);
  }
  const { timeoutMs = Number.POSITIVE_INFINITY, signal } = options;
  const isTimeout = typeof timeoutMs === 'number' && timeoutMs >= 0;
  if (!isTimeout || (timeoutMs > longestTimeoutMs && timeoutMs !== Number.POSITIVE_INFINITY)) {
    const range = `from 0 to ${longestTimeoutMs}, or Infinity`;
    throw new SctpError('SCTP_ERR_INVALID_ARGUMENT', `timeoutMs must be a number ${range}, not ${String(timeoutMs)}`);
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new SctpError('SCTP_ERR_INVALID_ARGUMENT', 'signal must be an AbortSignal');
  }
}

/** Whether `options` end anything before its time. */
export function isLimited({ timeoutMs, signal }: CloseOptions): boolean {
  return timeoutMs !== undefined || signal !== undefined;
}

/** Calls `cut` with the reason when the limit is reached, unless `ended` has settled before. */
export function limitClosing(
  { timeoutMs = Number.POSITIVE_INFINITY, signal }: CloseOptions,
  ended: Promise<unknown>,
  cut: (reason: SctpError) => void,
): void {
  const cancel = (): void => cut(cancelled(signal));
  const expire = (): void => {
    cut(new SctpError('SCTP_ERR_SHUTDOWN_TIMEOUT', `the association was not closed within ${timeoutMs} ms`));
  };
  const timer = timeoutMs === Number.POSITIVE_INFINITY ? undefined : setTimeout(expire, timeoutMs);
  signal?.addEventListener('abort', cancel, { once: true });
  if (signal?.aborted) cancel();
  const settle = (): void => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', cancel);
  };
  ended.then(settle, settle);
}
