// The command line of the benchmarks.
import { parseArgs } from 'node:util';
import { defaultPairs, fewestPairs } from './against.mjs';

const defaultRuns = 5;

export const help = `npm run bench [-- OPTIONS]

  --only NAME        only the rows whose name contains NAME; may be given several times
  --json FILE        writes the rows to FILE
  --compare FILE     prints what has changed since an earlier --json FILE
  --against COMMIT   builds that commit and runs its library and ours in pairs, without peers; prints the ratio of each row, its
                     interval, and whether ours is no worse. Exit code 1 when a row is worse
  --markdown FILE    prints the tables of docs/PERFORMANCE.md from an earlier --json FILE; measures nothing
  --runs N           runs of each contender; the median counts (default ${defaultRuns}; with --against
                     pairs, ${fewestPairs} or more, default ${defaultPairs})
  --seconds S        measured time of one run, behind the warm-up (default 1.5)
  --cpu-profile DIR  writes processor profiles of our own processes to DIR
  --list             prints the names of the rows; measures nothing`;

/** Throws an Error with one line to print when the arguments are wrong. */
export function parseArguments(args) {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: 'string', multiple: true, default: [] },
      json: { type: 'string' },
      compare: { type: 'string' },
      against: { type: 'string' },
      markdown: { type: 'string' },
      runs: { type: 'string' },
      seconds: { type: 'string', default: '1.5' },
      'cpu-profile': { type: 'string' },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const isAgainst = values.against !== undefined;
  const runs = Number(values.runs ?? (isAgainst ? defaultPairs : defaultRuns));
  const seconds = Number(values.seconds);
  if (!Number.isInteger(runs) || runs < 1)
    throw new Error(`--runs must be a whole number from 1 on, not ${values.runs}`);
  if (isAgainst && runs < fewestPairs) throw new Error(`--against needs ${fewestPairs} runs or more, not ${runs}`);
  if (isAgainst && values.compare !== undefined) throw new Error('--against and --compare exclude each other');
  if (!(seconds > 0 && seconds <= 60))
    throw new Error(`--seconds must be above 0 and at most 60, not ${values.seconds}`);
  return { ...values, runs, seconds, cpuProfile: values['cpu-profile'] };
}
