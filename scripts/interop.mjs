// `npm run test:interop`: the tests against other SCTP stacks.
//
// Installs what is missing when it may (root on Debian), else says what is missing; what cannot run is skipped and
// counted. INTEROP=require turns a skip into a failure.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const peerSource = 'test/interop/usrsctp/peer.c';
const peerProgram = 'build/interop/peer';
const reportFile = 'build/interop/report.json';
const isRequired = process.env.INTEROP === 'require';

/** What the tests need, how to see that it is there, and the Debian packages that bring it. */
const needs = [
  { name: 'a C compiler', packages: ['gcc', 'libc6-dev'], isThere: () => works('cc', '--version') },
  { name: 'usrsctp', packages: ['libusrsctp-dev'], isThere: hasUsrsctp },
  { name: 'tshark', packages: ['tshark'], isThere: () => works('tshark', '--version') },
];

function hasUsrsctp() {
  return existsSync('/usr/include/usrsctp.h');
}

function works(program, ...options) {
  return spawnSync(program, options, { stdio: 'ignore' }).status === 0;
}

/** Whether `program` succeeded; its output goes to ours. */
function run(program, ...options) {
  const { status, error } = spawnSync(program, options, {
    stdio: 'inherit',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  if (error !== undefined) console.error(`${program}: ${error.message}`);
  return status === 0;
}

function node(...options) {
  return run(process.execPath, ...options);
}

function missing() {
  return needs.filter(({ isThere }) => !isThere());
}

function install() {
  if (missing().length === 0) return;
  const packages = missing().flatMap((need) => need.packages);
  const mayInstall = process.getuid?.() === 0 && works('apt-get', '--version');
  if (mayInstall && run('apt-get', 'update', '-q')) {
    run('apt-get', 'install', '-q', '-y', '--no-install-recommends', ...packages);
  }
  for (const { name, packages } of missing()) {
    console.error(`missing: ${name} (on Debian: apt-get install ${packages.join(' ')})`);
  }
}

/** Whether there is nothing wrong: a peer that cannot be built is skipped, one that should build and does not is a failure. */
function compilePeer() {
  rmSync(peerProgram, { force: true });
  if (!works('cc', '--version') || !hasUsrsctp()) return true;
  mkdirSync('build/interop', { recursive: true });
  return run('cc', '-O2', '-Wall', '-o', peerProgram, peerSource, '-lusrsctp', '-lpthread');
}

function runTests() {
  rmSync(reportFile, { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`];
  const filters = process.argv.slice(2);
  node('node_modules/vitest/vitest.mjs', 'run', '--config', 'vitest.interop.config.ts', ...reporters, ...filters);
  return existsSync(reportFile) ? JSON.parse(readFileSync(reportFile, 'utf8')) : undefined;
}

/** The exit code. */
function main() {
  install();
  if (!node('node_modules/typescript/bin/tsc', '-b') || !compilePeer()) return 1;
  const report = runTests();
  if (report === undefined) return 1;
  const skipped = report.numPendingTests + report.numTodoTests;
  if (skipped > 0 && isRequired) console.error('INTEROP=require: a skipped test is a failure');
  console.log(`${report.numPassedTests} passed, ${report.numFailedTests} failed, ${skipped} skipped`);
  return report.success && !(skipped > 0 && isRequired) ? 0 : 1;
}

process.exitCode = main();
