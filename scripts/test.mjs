// The tests that need nothing but Node; closes with a line `N passed, N failed, N skipped`.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const reportFile = 'build/test-report.json';
mkdirSync('build', { recursive: true });
rmSync(reportFile, { force: true });
const options = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`];
spawnSync(process.execPath, ['node_modules/vitest/vitest.mjs', ...options, ...process.argv.slice(2)], {
  stdio: 'inherit',
});

if (existsSync(reportFile)) {
  const report = JSON.parse(readFileSync(reportFile, 'utf8'));
  const skipped = report.numPendingTests + report.numTodoTests;
  console.log(`${report.numPassedTests} passed, ${report.numFailedTests} failed, ${skipped} skipped`);
  // A file that does not even load has failed without any of its tests.
  process.exitCode = report.success ? 0 : 1;
} else {
  console.error('the tests did not run to their end');
  process.exitCode = 1;
}
