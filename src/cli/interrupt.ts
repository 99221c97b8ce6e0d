/** How long a graceful end may take after an interrupt before it is cut short. */
const patienceMs = 5_000;

/**
 * Calls `close` at the first SIGINT or SIGTERM and `abort` at the second one, or when closing takes too long. Returns
 * a function that ends the arrangement.
 */
export function onInterrupt(close: () => void, abort: () => void): () => void {
  let patience: ReturnType<typeof setTimeout> | undefined;
  const handle = (): void => {
    if (patience === undefined) {
      patience = setTimeout(abort, patienceMs);
      close();
    } else abort();
  };
  process.on('SIGINT', handle).on('SIGTERM', handle);
  return () => {
    clearTimeout(patience);
    process.off('SIGINT', handle).off('SIGTERM', handle);
  };
}
