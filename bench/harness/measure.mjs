// Interleaved runs, and what comes out of them: the rows of `--json`.
//
// A question is { rows: [{ name, unit }], limit, ours, peers: { NAME: contender } }. A contender is an async function that
// takes { seconds, warmUp, cpuProfile }, makes one run, and returns one number for each row (or the number, when there
// is one row). `limit` names the peer that nothing above it could beat.

/** Thrown by a contender that cannot run here; the message says why. */
export class Missing extends Error {}

export function median(samples) {
  const sorted = [...samples].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Whether less is better. */
export function isCost(unit) {
  return unit.startsWith('ns/') || unit.startsWith('bytes/');
}

/** How many times better `value` is than `other`. */
export function advantage(unit, value, other) {
  return isCost(unit) ? other / value : value / other;
}

/**
 * Runs ours, peer, peer, …, ours, peer, … and returns the rows. Rejects when ours fails; a peer that fails is missing, with
 * what it said.
 */
export async function measure(question, { runs, ...settings }, onRun = () => {}) {
  const ours = [];
  const peers = Object.entries(question.peers).map(([name, run]) => ({ name, run, samples: [], missing: undefined }));
  for (let run = 0; run < runs; run++) {
    onRun(run, 'ours');
    ours.push(valuesOf(question, await question.ours(settings)));
    for (const peer of peers) {
      if (peer.missing !== undefined) continue;
      onRun(run, peer.name);
      try {
        peer.samples.push(valuesOf(question, await peer.run({ ...settings, cpuProfile: undefined })));
      } catch (error) {
        peer.missing = firstLine(error);
      }
    }
  }
  return question.rows.map(({ name, unit }, index) => ({
    name,
    unit,
    ...summary(ours, index),
    peers: Object.fromEntries(
      peers.map((peer) => [
        peer.name,
        peer.missing === undefined ? summary(peer.samples, index) : { missing: peer.missing },
      ]),
    ),
  }));
}

/** One value for each row of the question, or an error that says what a run has measured instead. */
export function valuesOf(question, result) {
  const values = Array.isArray(result) ? result : [result];
  const isGood = values.length === question.rows.length && values.every((value) => Number.isFinite(value) && value > 0);
  if (!isGood) throw new Error(`a run measured ${JSON.stringify(result)}, which cannot be`);
  return values;
}

function summary(runs, index) {
  const samples = runs.map((values) => values[index]);
  return { value: median(samples), samples };
}

function firstLine(error) {
  return String(error instanceof Error ? error.message : error).split('\n', 1)[0];
}
