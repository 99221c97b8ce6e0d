import type { Ending } from '../association/events.ts';
import { SctpError, type SctpErrorCode } from '../base/errors.ts';
import { describeCause } from '../chunks/index.ts';

/** How an association ended. */
export interface SctpClosed extends Omit<Ending, 'error'> {
  /** Why, unless it was graceful. */
  readonly error: SctpError | undefined;
}

/** What a person should know beyond the name of the error. */
const explanations: Partial<Record<SctpErrorCode, string>> = {
  SCTP_ERR_CONNECT_TIMEOUT: 'is it running there, with this UDP port, and does every firewall between let UDP pass?',
  SCTP_ERR_REFUSED: 'nobody listens on this SCTP port, or it takes no more associations',
};

/** The error for an association that did not end gracefully, in words that name the peer. */
export function endingError(
  ending: Ending,
  peer: string,
  transportFailure: SctpError | undefined,
): SctpError | undefined {
  if (ending.graceful || ending.error === undefined) return undefined;
  if (transportFailure !== undefined) return transportFailure;
  const { code, message } = ending.error;
  const causes = ending.causes.map(describeCause).join(', ');
  const details = [message, causes, explanations[code] ?? ''].filter((detail) => detail !== '');
  return withoutStack(() => new SctpError(code, `${peer}: ${details.join('; ')}`));
}

/** An ending comes out of the event loop: its stack would name nobody, and takes longer than all else that ends with it. */
function withoutStack<T>(create: () => T): T {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return create();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
