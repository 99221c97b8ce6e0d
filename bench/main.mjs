// `npm run bench`: every question, one after the other. See docs/PERFORMANCE.md for what the rows mean.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { runAgainst } from './against.mjs';
import { help, parseArguments } from './harness/arguments.mjs';
import { measure } from './harness/measure.mjs';
import { comparisonLines, describeMachine, markdownLines, rowLines, rule } from './harness/report.mjs';
import { installPackages } from './peers/packages.mjs';
import { questions as allQuestions } from './questions.mjs';

/** Seconds: what the compilers of the engine need, however short a run is. */
const warmUp = 1;

function readRows(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}

/** The limit of a row, as its question names it. */
function limitOf(rowName) {
  return allQuestions.find(({ rows }) => rows.some(({ name }) => name === rowName))?.limit;
}

function progress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
}

async function run({ json, compare, runs, seconds, cpuProfile }, questions, isAsked) {
  const earlier = compare === undefined ? undefined : readRows(compare);
  if (cpuProfile !== undefined) mkdirSync(cpuProfile, { recursive: true });
  installPackages();

  console.log(
    `${describeMachine()}\n${rule.join('\n')}\n${runs} runs of ${seconds} s each behind a warm-up of ${warmUp} s.`,
  );
  const rows = [];
  let failures = 0;
  for (const question of questions) {
    const title = question.rows[0].name;
    const onRun = (index, contender) => progress(`${title}: run ${index + 1} of ${runs}, ${contender}`);
    try {
      const measured = await measure(question, { runs, seconds, warmUp, cpuProfile }, onRun);
      progress('');
      for (const row of measured.filter(isAsked)) {
        rows.push(row);
        console.log(`\n${rowLines(row, question.limit).join('\n')}`);
      }
    } catch (error) {
      progress('');
      failures++;
      console.error(`\n${title} failed: ${error instanceof Error ? error.message : error}`);
    }
    if (json !== undefined) writeFileSync(json, `${JSON.stringify(rows, undefined, 2)}\n`);
  }
  if (earlier !== undefined) {
    console.log(`\nbeside ${compare} (ratios above 1: better now)\n${comparisonLines(rows, earlier).join('\n')}`);
  }
  return failures === 0 ? 0 : 1;
}

async function runAsked(settings) {
  const { only, against } = settings;
  const isAsked = ({ name }) => only.length === 0 || only.some((part) => name.includes(part));
  const questions = allQuestions.filter(({ rows }) => rows.some(isAsked));
  if (questions.length === 0) {
    console.error(`no row has '${only.join("' or '")}' in its name (--list prints them)`);
    return 2;
  }
  if (against === undefined) return await run(settings, questions, isAsked);
  return await runAgainst({ ...settings, warmUp }, questions, isAsked, progress);
}

async function main() {
  let settings;
  try {
    settings = parseArguments(process.argv.slice(2));
  } catch (error) {
    console.error(`${error.message.split('\n', 1)[0]} (--help lists the options)`);
    return 2;
  }
  try {
    if (settings.help) console.log(help);
    else if (settings.list) for (const { rows } of allQuestions) for (const { name } of rows) console.log(name);
    else if (settings.markdown !== undefined)
      console.log(markdownLines(readRows(settings.markdown), limitOf).join('\n'));
    else return await runAsked(settings);
    return 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 1;
  }
}

process.exit(await main());
