import type { CloseOptions } from '../index.ts';

/** How long a graceful end may take after an interrupt before it is cut short. */
const limit: CloseOptions = { timeoutMs: 5_000 };

/** What can be closed gracefully, within a limit, and at once. */
interface Closable {
  close(options: CloseOptions): Promise<void>;
  abort(): unknown;
}

/**
 * Closes at the first SIGINT or SIGTERM, within a limit, and aborts at the second one. Returns a function that ends the
 * arrangement.
 */
export function onInterrupt(closable: Closable): () => void {
  let isClosing = false;
  const handle = (): void => {
    if (isClosing) closable.abort();
    // What it is closed for is told where it is read.
    else closable.close(limit).catch(() => {});
    isClosing = true;
  };
  process.on('SIGINT', handle).on('SIGTERM', handle);
  return () => {
    process.off('SIGINT', handle).off('SIGTERM', handle);
  };
}
