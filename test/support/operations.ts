import { Session } from 'node:inspector';
import { setFlagsFromString } from 'node:v8';

// Counting begins before the code in question is compiled, and does not end: V8 counts the blocks of nothing else. What
// its compilers had optimized would run uncounted, sometimes.
for (const compiler of ['opt', 'maglev', 'sparkplug']) setFlagsFromString(`--no-${compiler}`);
const session = new Session();
session.connect();
session.post('Profiler.enable');
session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });

/**
 * How many blocks of `src/` run while `act` does: a loop counts once for each round. What grows with the size of
 * something shows itself by this number, on every machine alike, where a clock would have to guess.
 */
export function operationsOf(act: () => void): number {
  takeCount();
  act();
  return takeCount();
}

/** The blocks that have run since the last call. */
function takeCount(): number {
  let count = 0;
  session.post('Profiler.takePreciseCoverage', (error, coverage) => {
    if (error !== null) throw error;
    for (const { url, functions } of coverage.result) {
      if (!url.includes('/src/')) continue;
      for (const { ranges } of functions) for (const range of ranges) count += range.count;
    }
  });
  return count;
}
