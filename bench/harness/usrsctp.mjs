// The builds of bench/peers/usrsctp.c: with Debian's library, and with the same source compiled with -O2 (Debian's is compiled
// for debugging). Everything that is built or fetched stays in bench/.cache.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Missing } from './measure.mjs';
import { Program } from './processes.mjs';

const cache = fileURLToPath(new URL('../.cache/', import.meta.url));
const source = fileURLToPath(new URL('../peers/usrsctp.c', import.meta.url));
const header = '/usr/include/usrsctp.h';
/** What its configure script finds out on Linux, without its debugging. */
const libraryOptions = [
  '-std=gnu11',
  '-w',
  '-D_GNU_SOURCE',
  '-D__Userspace__',
  '-DSCTP_PROCESS_LEVEL_LOCKS',
  '-DSCTP_SIMPLE_ALLOCATOR',
  '-DINET',
  '-DINET6',
  '-DHAVE_STDATOMIC_H',
  '-DHAVE_SYS_QUEUE_H',
  '-DHAVE_LINUX_IF_ADDR_H',
  '-DHAVE_LINUX_RTNETLINK_H',
  '-DHAVE_NETINET_IP_ICMP_H',
];

/** Starts a role of a build: 'usrsctp', 'usrsctp-o2', or either with '-mtu-N', which tells it the path MTU. */
export async function startUsrsctp(stack, role, options) {
  const [, build, mtu] = /^(usrsctp(?:-o2)?)(?:-mtu-(\d+))?$/.exec(stack);
  const pairs = {
    'udp-port': options.udpPort,
    port: options.port,
    'message-size': options.messageSize,
    mtu: mtu ?? options.pathMtu,
    seconds: options.seconds,
    'warm-up': options.warmUp,
    concurrency: options.concurrency,
  };
  const args = Object.entries(pairs).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, `${value}`]));
  return new Program(programOf(build), [role, ...args]);
}

/** What each build came to in this invocation: its path, or why there is none. */
const builds = new Map();

function programOf(build) {
  if (!builds.has(build)) builds.set(build, attempt(build === 'usrsctp' ? buildWithDebians : buildOptimized));
  const result = builds.get(build);
  if (result instanceof Missing) throw result;
  return result;
}

function attempt(build) {
  try {
    mkdirSync(cache, { recursive: true });
    if (!works('cc', ['--version'])) throw new Missing('there is no C compiler');
    return build();
  } catch (error) {
    if (error instanceof Missing) return error;
    throw error;
  }
}

function buildWithDebians() {
  if (!existsSync(header)) aptGet(['install', '-q', '-y', '--no-install-recommends', 'libusrsctp-dev']);
  if (!existsSync(header)) throw new Missing("there is no usrsctp (Debian's libusrsctp-dev)");
  const program = `${cache}usrsctp`;
  if (!isCurrent(program)) compile(['-O2', '-o', program, source, '-lusrsctp', '-lpthread']);
  return program;
}

function buildOptimized() {
  const program = `${cache}usrsctp-o2`;
  if (isCurrent(program)) return program;
  const folder = findSource() ?? fetchSource();
  if (folder === undefined) throw new Missing("the source of usrsctp cannot be had (Debian's package libusrsctp)");
  const library = `${folder}/usrsctplib`;
  const sources = ['', '/netinet', '/netinet6'].flatMap((part) =>
    readdirSync(library + part).flatMap((file) => (file.endsWith('.c') ? [`${library}${part}/${file}`] : [])),
  );
  compile(['-O2', ...libraryOptions, `-I${library}`, '-o', program, source, ...sources, '-lpthread']);
  return program;
}

function findSource() {
  const name = readdirSync(cache).find((each) => /^libusrsctp-[\d.]+$/.test(each));
  return name === undefined ? undefined : `${cache}${name}`;
}

/** By a package list of its own: the machine's is not altered. */
function fetchSource() {
  if (!works('apt-get', ['--version']) || !works('dpkg-source', ['--version'])) return undefined;
  const archive = findArchive();
  if (archive === undefined) return undefined;
  const lists = `${cache}apt/`;
  mkdirSync(`${lists}lists/partial`, { recursive: true });
  const codename = spawnSync('sh', ['-c', '. /etc/os-release && echo $VERSION_CODENAME'], {
    encoding: 'utf8',
  }).stdout.trim();
  writeFileSync(`${lists}sources.list`, `deb-src ${archive} ${codename} main\n`);
  const options = [
    'Dir::Etc::sourceparts=/nonexistent',
    `Dir::Etc::sourcelist=${lists}sources.list`,
    `Dir::State::lists=${lists}lists`,
  ];
  const flags = options.flatMap((option) => ['-o', option]);
  if (!aptGet([...flags, 'update', '-q'], lists)) return undefined;
  if (!aptGet([...flags, 'source', '-q', '--only-source', 'libusrsctp'], lists)) return undefined;
  const name = readdirSync(lists).find((each) => /^libusrsctp-[\d.]+$/.test(each));
  if (name === undefined) return undefined;
  renameSync(`${lists}${name}`, `${cache}${name}`);
  return `${cache}${name}`;
}

/** Where the machine gets its packages from. */
function findArchive() {
  const folder = '/etc/apt/sources.list.d';
  const files = existsSync(folder) ? readdirSync(folder).map((file) => `${folder}/${file}`) : [];
  for (const file of ['/etc/apt/sources.list', ...files]) {
    if (!/\.(list|sources)$/.test(file) || !existsSync(file)) continue;
    const lines = readFileSync(file, 'utf8').matchAll(/^(?:URIs:|deb(?: +\[.*?\])?) +(\S+\/debian)\/?\s/gm);
    for (const [, archive] of lines) return archive;
  }
  return undefined;
}

/** Installing is for root; reading a package list of our own is for everybody. */
function aptGet(args, cwd = cache) {
  if (args[0] === 'install' && process.getuid?.() !== 0) return false;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync('apt-get', args, { cwd, env, stdio: 'ignore' }).status === 0;
}

function compile(args) {
  const { status, stderr } = spawnSync('cc', args, { encoding: 'utf8' });
  if (status !== 0)
    throw new Missing(`cannot be compiled: ${stderr.split('\n').find((line) => /error/.test(line)) ?? ''}`);
}

function isCurrent(program) {
  return existsSync(program) && statSync(program).mtimeMs > statSync(source).mtimeMs;
}

function works(program, args) {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}
