// Attacks hosts in every state with packets that follow the structure of SCTP and break its rules.
// npm run fuzz -- [--packets N] [--bytes N] [--seed S]; one seed, one run. A failure says how to replay it.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const options = { packets: { type: 'string' }, bytes: { type: 'string' }, seed: { type: 'string' } };
const { values } = parseArgs({ options });
for (const [name, value] of Object.entries(values)) {
  if (Number.isInteger(Number(value)) && value !== '') continue;
  console.error(`--${name} must be a whole number, not '${value}'`);
  process.exit(2);
}
const { packets = values.bytes === undefined ? '1000000' : '0', bytes = '0' } = values;
const seed = values.seed ?? String(Math.floor(Math.random() * 0x7fff_ffff));
console.log(`seed ${seed}`);
const { status } = spawnSync(
  process.execPath,
  ['node_modules/vitest/vitest.mjs', 'run', 'test/hostile/fuzz.test.ts', '--disable-console-intercept'],
  {
    stdio: 'inherit',
    env: { ...process.env, FUZZ_PACKETS: packets, FUZZ_BYTES: bytes, FUZZ_SEED: seed },
  },
);
process.exitCode = status ?? 1;
