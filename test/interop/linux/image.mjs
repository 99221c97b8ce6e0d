// Builds the guest in which the Linux kernel's own SCTP runs: Debian's user-mode-linux kernel, which is an ordinary
// process, and an initramfs of a few programs. Nothing is kept in a running guest.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const sources = fileURLToPath(new URL('guest', import.meta.url));
const patternSource = fileURLToPath(new URL('../usrsctp/pattern.h', import.meta.url));
const modulesFolder = '/usr/lib/uml/modules';

/** The kernel: a program. */
export const kernel = '/usr/bin/linux.uml';
/** Relative to the root of the repository. */
export const image = 'build/interop/linux/initramfs.cpio';

/** What is loaded, besides what these depend on. */
const modules = ['hmac', 'sctp', 'sctp_diag', 'sch_netem', 'sch_ingress', 'cls_matchall', 'act_mirred', 'ifb'];
/** Found on the host, each with the libraries that it needs. */
const programs = ['dash', 'ip', 'ss', 'tc', 'ncat', 'sctp_test', 'sctp_darn'];

/** What the guest needs, how to see that it is there, and the Debian packages that bring it. */
export const guestNeeds = [
  { name: 'the user-mode-linux kernel', packages: ['user-mode-linux'], isThere: () => existsSync(kernel) },
  { name: 'a static busybox', packages: ['busybox-static'], isThere: isBusyboxStatic },
  { name: 'ncat', packages: ['ncat'], isThere: () => find('ncat') !== undefined },
  { name: 'lksctp-tools', packages: ['lksctp-tools'], isThere: () => find('sctp_test') !== undefined },
  { name: 'iproute2', packages: ['iproute2'], isThere: () => find('ip') !== undefined && find('tc') !== undefined },
  { name: 'nftables', packages: ['nftables'], isThere: () => find('nft') !== undefined },
  { name: 'cpio', packages: ['cpio'], isThere: () => find('cpio') !== undefined },
];

/**
 * Starts a program in a network namespace of its own, and in a process namespace, so that nothing that it has started or
 * set up outlives it, however it ends.
 */
export const inNamespace = [
  ...['unshare', '--net', '--pid', '--fork', '--kill-child', '--mount-proc'],
  ...['sh', '-c', 'ip link set lo up && exec "$@"', 'sh'],
];

/** Why there can never be a guest here; undefined where there can, once its needs are met. */
export function whyNoGuest() {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'user-mode-linux runs on Linux for x86-64 only';
  if (process.getuid() !== 0) return 'a network namespace and its devices need root';
  return undefined;
}

/** Why no guest can be started now, beyond what is missing. */
export function whyNoNamespace() {
  const [program, ...options] = inNamespace;
  const { status, stderr } = spawnSync(program, [...options, 'ip', 'tuntap', 'add', 'dev', 'tap0', 'mode', 'tap']);
  return status === 0 ? undefined : `no namespace with a tap: ${String(stderr).trim()}`;
}

function find(program) {
  const folders = ['/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
  return folders.map((folder) => join(folder, program)).find((path) => existsSync(path));
}

function isBusyboxStatic() {
  const path = find('busybox');
  return path !== undefined && librariesOf(path).length === 0;
}

function run(program, options, settings = {}) {
  const { status, stdout, stderr, error } = spawnSync(program, options, { encoding: 'utf8', ...settings });
  if (status !== 0) throw new Error(`${program} ${options.join(' ')}: ${error?.message ?? stderr}`);
  return stdout;
}

/** The libraries that a program is linked with, and its loader. */
function librariesOf(program) {
  const { stdout } = spawnSync('ldd', [program], { encoding: 'utf8' });
  return [...(stdout ?? '').matchAll(/(\/\S+) \(0x/g)].map(([, path]) => path);
}

/** Copies a file of the host to the same place below `root`. */
function copy(path, root, place = path) {
  mkdirSync(join(root, dirname(place)), { recursive: true });
  copyFileSync(realpathSync(path), join(root, place));
}

/** The files of the modules below `folder`, each behind those that it depends on. */
function modulesInOrder(folder) {
  const dependencies = new Map(
    readFileSync(join(folder, 'modules.dep'), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split(':'))
      .map(([file, others]) => [file, others.trim().split(' ').filter(Boolean).reverse()]),
  );
  const files = new Set();
  for (const name of modules) {
    const file = [...dependencies.keys()].find((path) => basename(path) === `${name}.ko`);
    // A kernel may have it built in.
    if (file === undefined) continue;
    for (const dependency of dependencies.get(file)) files.add(dependency);
    files.add(file);
  }
  return [...files];
}

function fill(root) {
  for (const folder of [
    'bin',
    'dev',
    'proc',
    'sys',
    'run',
    'tmp',
    'etc',
    'sbin',
    'usr/bin',
    'usr/sbin',
    'usr/local/bin',
  ]) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  copy(find('busybox'), root, '/bin/busybox');
  for (const program of programs) {
    // Before those of busybox in the path; its shell would prefer its own, so that the shell is another one.
    copy(find(program), root, `/usr/local/bin/${program}`);
    for (const library of librariesOf(find(program))) copy(library, root);
  }
  symlinkSync('/usr/local/bin/dash', join(root, 'bin/sh'));
  const version = readdirSync(modulesFolder)[0];
  const folder = join(modulesFolder, version);
  const files = modulesInOrder(folder);
  for (const file of files) copy(join(folder, file), root, `/lib/modules/${basename(file)}`);
  writeFileSync(join(root, 'modules'), files.map((file) => `/lib/modules/${basename(file)}\n`).join(''));
  writeFileSync(join(root, 'etc/protocols'), 'sctp 132 SCTP\n');
  const peer = join(root, 'usr/local/bin/peer');
  run('cc', ['-O2', '-Wall', '-Wextra', '-static', '-o', peer, '-I', dirname(patternSource), join(sources, 'peer.c')]);
  copyFileSync(join(sources, 'init'), join(root, 'init'));
  chmodSync(join(root, 'init'), 0o755);
}

/** Changes with everything that the image is made of. */
function fingerprint() {
  const hash = createHash('sha256');
  const ours = readdirSync(sources).map((name) => join(sources, name));
  for (const file of [...ours, patternSource, fileURLToPath(import.meta.url)]) hash.update(readFileSync(file));
  for (const program of [...programs, 'busybox']) hash.update(realpathSync(find(program)));
  return hash.update(readdirSync(modulesFolder).join()).digest('hex');
}

/** Builds the image, unless the one that is there is what would come out. @throws Error when something does not build */
export function buildImage() {
  const mark = `${image}.of`;
  const now = fingerprint();
  if (existsSync(image) && existsSync(mark) && readFileSync(mark, 'utf8') === now) return;
  const root = `${image}.root`;
  rmSync(root, { recursive: true, force: true });
  rmSync(mark, { force: true });
  fill(root);
  // Not compressed: it is loaded in no time, and unpacking would cost some.
  const archive = resolve(`${image}.new`);
  run('cpio', ['-o', '-H', 'newc', '--quiet', '-R', '0:0', '-O', archive], {
    cwd: root,
    input: run('find', ['.'], { cwd: root }),
  });
  renameSync(archive, image);
  writeFileSync(mark, now);
  rmSync(root, { recursive: true });
}
