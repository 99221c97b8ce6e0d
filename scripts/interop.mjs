// `npm run test:interop`: the tests against other SCTP stacks.
//
// Installs what is missing when it may (root on Debian), else says what is missing; what cannot run is skipped and
// counted. INTEROP=require turns a skip into a failure; `--long` (`npm run test:long`) moves more data.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildImage, guestNeeds, inNamespace, whyNoGuest, whyNoNamespace } from '../test/interop/linux/image.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const peerSource = 'test/interop/usrsctp/peer.c';
const peerProgram = 'build/interop/peer';
const reportFile = 'build/interop/report.json';
const kernelTests = 'test/interop/linux/**';
const otherTests = 'test/interop/*.test.ts';
const isRequired = process.env.INTEROP === 'require';
const filters = process.argv.slice(2).filter((argument) => argument !== '--long');
if (process.argv.includes('--long')) process.env.INTEROP_LONG = 'yes';

/** What the tests need, how to see that it is there, and the Debian packages that bring it. */
const needs = [
  { name: 'a C compiler', packages: ['gcc', 'libc6-dev'], isThere: () => works('cc', '--version') },
  { name: 'usrsctp', packages: ['libusrsctp-dev'], isThere: hasUsrsctp },
  { name: 'tshark', packages: ['tshark'], isThere: () => works('tshark', '--version') },
  ...(whyNoGuest() === undefined ? guestNeeds : []),
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

/** Why the tests with the Linux kernel cannot run; undefined when all is ready for them. Throws when it does not build. */
function prepareGuest() {
  const reason = whyNoGuest();
  if (reason !== undefined) return reason;
  const lacks = guestNeeds.filter(({ isThere }) => !isThere()).map(({ name }) => name);
  if (lacks.length > 0 || !works('cc', '--version')) return `missing: ${[...lacks, 'perhaps a C compiler'].join(', ')}`;
  const obstacle = whyNoNamespace();
  if (obstacle === undefined) buildImage();
  return obstacle;
}

/** vitest's report; undefined when there is none. `before`: the command that starts it. */
function runTests(before, ...options) {
  rmSync(reportFile, { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`];
  const settings = ['--config', 'vitest.interop.config.ts', '--passWithNoTests', ...reporters];
  const [program, ...others] = [...before, process.execPath, 'node_modules/vitest/vitest.mjs', 'run', ...settings];
  run(program, ...others, ...options, ...filters);
  return existsSync(reportFile) ? JSON.parse(readFileSync(reportFile, 'utf8')) : undefined;
}

/** The tests with the Linux kernel's SCTP, whose guests and links live in a namespace. */
function runKernelTests() {
  const noGuest = prepareGuest();
  if (noGuest !== undefined) console.error(`the tests with the Linux kernel are skipped: ${noGuest}`);
  process.env.NO_LINUX_GUEST = noGuest ?? '';
  const began = Date.now();
  const report = runTests(noGuest === undefined ? inNamespace : [], '--exclude', otherTests);
  console.log(`the tests with the Linux kernel took ${Math.round((Date.now() - began) / 1000)} s`);
  return report;
}

/** The exit code. */
function main() {
  install();
  if (!node('node_modules/typescript/bin/tsc', '-b') || !compilePeer()) return 1;
  const reports = [runTests([], '--exclude', kernelTests), runKernelTests()];
  if (reports.includes(undefined)) return 1;
  const sum = (member) => reports.reduce((total, report) => total + report[member], 0);
  const skipped = sum('numPendingTests') + sum('numTodoTests');
  if (skipped > 0 && isRequired) console.error('INTEROP=require: a skipped test is a failure');
  console.log(`${sum('numPassedTests')} passed, ${sum('numFailedTests')} failed, ${skipped} skipped`);
  return reports.every(({ success }) => success) && !(skipped > 0 && isRequired) ? 0 : 1;
}

process.exitCode = main();
