// The library of another commit, built beside this one and driven by the benchmarks of today: nothing but the library differs.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Missing } from './measure.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const lockFile = 'package-lock.json';
/** What is fetched or built, and belongs to no commit. */
const unversioned = /[\\/](?:\.cache|node_modules)$/;

/**
 * Checks `commit` out into a folder of its own, with the dependencies that it names, builds it, and puts the benchmarks of today in
 * place of its own. Returns { id, bench, remove }: its abbreviated name, the path of its benchmarks, and what cleans up.
 */
export function checkOut(commit) {
  const id = runOrThrow('git', ['rev-parse', '--short', '--verify', '--end-of-options', `${commit}^{commit}`]).trim();
  const folder = join(mkdtempSync(join(realpathSync(tmpdir()), 'sctp-ts-against-')), 'checkout');
  const remove = () => {
    runQuietly('git', ['worktree', 'remove', '--force', folder]);
    rmSync(join(folder, '..'), { recursive: true, force: true, maxRetries: 3 });
    runQuietly('git', ['worktree', 'prune']);
  };
  try {
    runOrThrow('git', ['worktree', 'add', '--detach', folder, id]);
    installDependencies(folder);
    runOrThrow('npm', ['run', '--silent', 'build'], folder);
    const bench = join(folder, 'bench');
    rmSync(bench, { recursive: true, force: true });
    cpSync(join(root, 'bench'), bench, { recursive: true, filter: (path) => !unversioned.test(path) });
    link(join(root, 'bench', 'peers', 'node_modules'), join(bench, 'peers', 'node_modules'));
    return { id, bench, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

/** Ours where both commits ask for the same, which spares the registry; else its own. */
function installDependencies(folder) {
  const isSame = read(join(folder, lockFile)) === read(join(root, lockFile));
  if (isSame) link(join(root, 'node_modules'), join(folder, 'node_modules'));
  else runOrThrow('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], folder);
}

function read(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

/** Windows lets everybody make junctions, and only administrators symbolic links. */
function link(target, path) {
  if (existsSync(target)) symlinkSync(target, path, 'junction');
}

function runQuietly(command, args) {
  spawnSync(command, args, { cwd: root, stdio: 'ignore' });
}

function runOrThrow(command, args, cwd = root) {
  // npm is a script on Windows, which only its shell runs; none of these arguments needs quoting there.
  const shell = process.platform === 'win32' && command === 'npm';
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8', shell });
  if (error === undefined && status === 0) return stdout;
  const said = `${stderr ?? ''}\n${stdout ?? ''}`.split('\n').find((each) => each.trim() !== '');
  throw new Missing(`${command} ${args.join(' ')}: ${error?.message ?? said ?? `exit code ${status}`}`);
}
