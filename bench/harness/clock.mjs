// Measured time of what runs in one process.

/**
 * What one turn of `work` costs in nanoseconds, per unit of what it did: `work()` returns how many units, and is called until
 * `warmUp` seconds have passed, then until `seconds` have. `prepare()`, if any, runs before each turn and is not counted.
 */
export async function nanosecondsPerUnit({ seconds, warmUp }, work, prepare = () => {}) {
  await turns(warmUp, work, prepare);
  const { elapsedMs, units } = await turns(seconds, work, prepare);
  return (elapsedMs * 1e6) / units;
}

async function turns(seconds, work, prepare) {
  let elapsedMs = 0;
  let units = 0;
  while (elapsedMs < seconds * 1_000) {
    const prepared = prepare();
    const subject = prepared instanceof Promise ? await prepared : prepared;
    const begin = performance.now();
    const done = work(subject);
    units += done instanceof Promise ? await done : done;
    elapsedMs += performance.now() - begin;
  }
  return { elapsedMs, units };
}
