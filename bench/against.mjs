// `npm run bench -- --against COMMIT`: the library of the working tree beside that of a commit.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { measureAgainst, noWorse, ratioInterval } from './harness/against.mjs';
import { checkOut } from './harness/checkout.mjs';
import { againstLines, againstRule, describeMachine } from './harness/report.mjs';
import { questionsIn } from './questions.mjs';

/** Returns the exit code: 1 when a row is worse, or could not be measured. */
export async function runAgainst(settings, questions, isAsked, progress) {
  const { against, json, runs: pairs, seconds, warmUp, cpuProfile } = settings;
  progress(`building ${against}`);
  const { id, bench, remove } = checkOut(against);
  const interrupted = () => {
    remove();
    process.exit(130);
  };
  process.once('SIGINT', interrupted);
  const rows = [];
  let failures = 0;
  try {
    progress('');
    const { confidence } = ratioInterval(new Array(pairs).fill(1));
    console.log(`${describeMachine()}\n${againstRule({ id, pairs, confidence, bound: noWorse }).join('\n')}`);
    console.log(`Runs of ${seconds} s behind a warm-up of ${warmUp} s.`);
    const findTheirs = await questionsIn(bench);
    for (const question of questions) {
      const title = question.rows[0].name;
      const onRun = (pair, side) => progress(`${title}: pair ${pair + 1} of ${pairs}, ${side}`);
      try {
        const contenders = {
          ours: contender(question, cpuProfile && join(cpuProfile, 'ours')),
          theirs: contender(findTheirs(title), cpuProfile && join(cpuProfile, id)),
        };
        const measured = await measureAgainst(question, contenders, { pairs, seconds, warmUp }, onRun);
        progress('');
        for (const row of measured.filter(isAsked)) {
          rows.push(row);
          if (!row.against.isNoWorse) failures++;
          console.log(`\n${againstLines(row, id).join('\n')}`);
        }
      } catch (error) {
        progress('');
        failures++;
        console.error(`\n${title} failed: ${error instanceof Error ? error.message : error}`);
      }
      if (json !== undefined) writeFileSync(json, `${JSON.stringify(rows, undefined, 2)}\n`);
    }
  } finally {
    process.off('SIGINT', interrupted);
    remove();
  }
  return failures === 0 ? 0 : 1;
}

function contender(question, cpuProfile) {
  return (settings) => question.ours({ ...settings, cpuProfile });
}
