// Two builds of ours, measured in pairs, and what their ratio is worth.
import { advantage, median, valuesOf } from './measure.mjs';

/** Pairs of runs for each row: the fewest odd number for which the interval below leaves out the worst and the best. */
export const defaultPairs = 9;

/** Fewer pairs have no interval of that confidence, not even from the least to the greatest. */
export const fewestPairs = 6;

const confidence = 0.95;

/** A build is no worse as long as its interval reaches this share of the other's. */
export const noWorse = 0.97;

/**
 * What the median of the ratios is, and where the median of all such ratios lies with a confidence of 95 % or more, whatever their
 * distribution: from the k-th least to the k-th greatest, with the greatest k that has it (the sign test's interval). The
 * confidence is that of a fair coin that falls k times or more on each side: for nine pairs, the second least to the second
 * greatest, 96 %.
 */
export function ratioInterval(ratios) {
  const sorted = [...ratios].sort((a, b) => a - b);
  const count = sorted.length;
  if (count < fewestPairs) throw new Error(`${count} pairs have no interval: there have to be ${fewestPairs}`);
  let outside = 2 * 0.5 ** count;
  let ways = 1;
  let k = 1;
  for (; ; k++) {
    ways = (ways * (count - k + 1)) / k;
    const next = outside + 2 * ways * 0.5 ** count;
    if (next > 1 - confidence) break;
    outside = next;
  }
  return { ratio: median(sorted), low: sorted[k - 1], high: sorted[count - k], confidence: 1 - outside };
}

/** Whether the interval of a ratio includes or exceeds 0.97. */
export function isNoWorse({ high }) {
  return high >= noWorse;
}

/**
 * Runs `ours` and `theirs`, which answer the same question, in `pairs` pairs, and returns the rows. Whatever drifts in the machine
 * meets both alike: each pair begins with the one that the pair before has ended with.
 */
export async function measureAgainst(question, contenders, { pairs, ...settings }, onRun = () => {}) {
  const samples = { ours: [], theirs: [] };
  for (let pair = 0; pair < pairs; pair++) {
    for (const side of pair % 2 === 0 ? ['ours', 'theirs'] : ['theirs', 'ours']) {
      onRun(pair, side);
      samples[side].push(valuesOf(question, await contenders[side](settings)));
    }
  }
  return question.rows.map(({ name, unit }, index) => {
    const ours = samples.ours.map((values) => values[index]);
    const theirs = samples.theirs.map((values) => values[index]);
    const ratios = ours.map((value, pair) => advantage(unit, value, theirs[pair]));
    const interval = ratioInterval(ratios);
    return {
      name,
      unit,
      value: median(ours),
      samples: ours,
      peers: {},
      against: { value: median(theirs), samples: theirs, ratios, ...interval, isNoWorse: isNoWorse(interval) },
    };
  });
}
