/** An unhandled rejection would end the process; whoever does not await it does not want to know. */
export function quiet<T>(promise: Promise<T>): Promise<T> {
  promise.catch(ignore);
  return promise;
}

/** A rejected promise that does not end the process when nobody looks at it. */
export function rejection(error: unknown): Promise<never> {
  return quiet(Promise.reject(error));
}

export function ignore(): void {}
