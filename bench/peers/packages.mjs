// The npm packages of bench/peers/package.json. They are no dependency of the package: the benchmarks install them.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Missing } from '../harness/measure.mjs';

const folder = fileURLToPath(new URL('.', import.meta.url));
const require = createRequire(import.meta.url);

function version(name) {
  return JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8')).dependencies[name];
}

function isInstalled(name) {
  const manifest = `${folder}node_modules/${name}/package.json`;
  return existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).version === version(name);
}

/** Installs them once; what is missing afterwards says so by itself. */
export function installPackages() {
  if (isInstalled('werift') && isInstalled('sctp')) return;
  const options = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  spawnSync('npm', options, {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  });
}

function requireInstalled(name) {
  if (!isInstalled(name)) throw new Missing(`the npm package ${name}@${version(name)} is not installed in bench/peers`);
}

/** The package `sctp`. */
export function sctp() {
  requireInstalled('sctp');
  return require('sctp');
}

/** werift's SCTP, which its entry point does not export: found beside it. */
export function werift() {
  requireInstalled('werift');
  return require(`${folder}node_modules/werift/lib/sctp/src/index.js`).SCTP;
}
