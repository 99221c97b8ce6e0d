/**
 * Calls into code that is not ours. What it throws becomes an uncaught exception, as from any emitter's listener, but
 * only after the caller has finished its own work.
 */
export function guarded(call: () => void): void {
  try {
    call();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
