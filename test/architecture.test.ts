import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

/**
 * The layers of docs/ARCHITECTURE.md: a room may import from the rooms that stand here beside its name, and from
 * itself. Imports point downwards only; siblings never import each other.
 */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  base: [],
  chunks: ['base'],
  reliability: ['base', 'chunks'],
  streams: ['base', 'chunks'],
  association: ['base', 'chunks', 'reliability', 'streams'],
  endpoint: ['base', 'chunks', 'reliability', 'streams', 'association'],
  transport: ['base'],
  trace: ['base', 'chunks'],
  driver: ['base', 'chunks', 'association', 'endpoint', 'transport', 'trace'],
  simulation: ['base', 'chunks', 'association', 'endpoint', 'transport', 'trace'],
  socket: ['base', 'chunks', 'association', 'endpoint', 'transport', 'trace', 'driver', 'streams'],
  // "import the public entry points only"
  cli: ['index.ts', 'core.ts', 'chunks/index.ts', 'trace/index.ts', 'transport/index.ts', 'simulation/index.ts'],
};

/** What may be imported from outside of the repository, and by whom. */
const mayImportPackage: Readonly<Record<string, readonly string[]>> = {
  base: ['crc-32/crc32c.js'],
  simulation: ['@noble/hashes/hmac.js', '@noble/hashes/sha2.js'],
  driver: ['node:', 'debug'],
  socket: ['node:', 'debug'],
  cli: ['node:'],
  'transport/udp.ts': ['node:', 'debug'],
  'transport/connected-socket.ts': ['node:'],
  'transport/dynamic-port.ts': ['node:'],
  'transport/local-address.ts': ['node:', 'debug'],
  'transport/link-mtu.ts': ['node:'],
  'transport/host-addresses.ts': ['node:'],
  'transport/system-sources.ts': ['node:'],
};

/** Layers 0 to 4 know no time, no chance, no waiting and no platform. */
const sansIo = ['base', 'chunks', 'reliability', 'streams', 'association', 'endpoint'];
const forbiddenInSansIo =
  /\b(Buffer|setTimeout|setInterval|setImmediate|queueMicrotask|Date|performance|Math\.random|crypto|EventEmitter|Promise|async|await|process|console|globalThis)\b/;

/** No test decides by the clock: operations are counted (test/support/operations.ts), and what has to happen is awaited. */
const clock = /\b(setTimeout|setInterval|performance|Date|hrtime|AbortSignal\.timeout)\b/;
const mayReadTheClock: Readonly<Record<string, string>> = {
  'scenario/busy-event-loop.test.ts': 'the clock is that of a simulated event loop',
  'support/simulated-loop.ts': 'it is the clock, in virtual time',
  'support/fuzzer.ts': 'reports how long the slowest packet took, which nothing judges',
  'support/relay.ts': 'is a network in real time, for stacks that have no other',
  'support/turn-pipe.ts': 'delays in the time of fake timers',
  'unit/driver/driver.test.ts': 'the driver is what arms timers: these are fake ones',
  'unit/driver/system.test.ts': 'the system clock is what it looks at',
  'unit/driver/worker-transport.test.ts': 'lets a turn of the event loop pass',
};

const source = fileURLToPath(new URL('../src', import.meta.url));

interface SourceFile {
  /** Relative to src, with forward slashes. */
  readonly path: string;
  readonly room: string;
  readonly text: string;
  readonly imports: readonly string[];
}

function readSource(directory: string, root = directory): SourceFile[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return readSource(path, root);
    if (!entry.name.endsWith('.ts')) return [];
    const relativePath = relative(root, path).split(sep).join('/');
    const text = readFileSync(path, 'utf8');
    return [{ path: relativePath, room: relativePath.split('/')[0]!, text, imports: importsOf(text) }];
  });
}

/** Static, dynamic, re-exported and type imports alike. */
function importsOf(text: string): string[] {
  const code = withoutComments(text);
  return Array.from(code.matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*)['"]([^'"\s]+)['"]/g), (match) => match[1]!);
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[^:'"`])\/\/.*$/gm, '$1');
}

/** Code without comments and the contents of strings, so that words in sentences are not taken for names. */
function codeOf(text: string): string {
  return withoutComments(text).replace(/'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`/g, "''");
}

/** What is wrong with the imports of a file. */
function violations(file: SourceFile): string[] {
  const isEntryPoint = !file.path.includes('/');
  return file.imports.flatMap((specifier) => {
    if (!specifier.startsWith('.')) {
      const allowed = [...(mayImportPackage[file.room] ?? []), ...(mayImportPackage[file.path] ?? [])];
      const isAllowed = allowed.some(
        (name) => specifier === name || (name.endsWith(':') && specifier.startsWith(name)),
      );
      return isAllowed ? [] : [`${file.path} imports the package ${specifier}`];
    }
    if (isEntryPoint) return [];
    const target = normalize(join(dirname(file.path), specifier))
      .split(sep)
      .join('/');
    const room = target.split('/')[0]!;
    const allowed = mayImport[file.room] ?? [];
    return room === file.room || allowed.includes(room) || allowed.includes(target)
      ? []
      : [`${file.path} imports ${target}`];
  });
}

const files = readSource(source);
const tests = readSource(fileURLToPath(new URL('.', import.meta.url)));

describe('the architecture', () => {
  test('every room has a place in the layer table', () => {
    const rooms = new Set(files.filter(({ path }) => path.includes('/')).map(({ room }) => room));
    expect([...rooms].filter((room) => mayImport[room] === undefined)).toEqual([]);
  });

  test('imports point downwards only', () => {
    expect(files.flatMap(violations)).toEqual([]);
  });

  test('layers 0 to 4 know no platform, no clock, no chance and no waiting', () => {
    const offenders = files
      .filter(({ room }) => sansIo.includes(room))
      .flatMap(({ path, text }) => {
        const found = forbiddenInSansIo.exec(codeOf(text));
        return found === null ? [] : [`${path} uses ${found[0]}`];
      });
    expect(offenders).toEqual([]);
  });

  test('only base/serial.ts compares serial numbers', () => {
    const comparison = /\b(tsn|ssn|mid|fsn)\w*\s*(<|>|<=|>=)\s*\w/i;
    const offenders = files
      .filter(({ room, path }) => sansIo.includes(room) && path !== 'base/serial.ts')
      .flatMap(({ path, text }) => (comparison.test(codeOf(text).replace(/<[\w\s,]*>/g, '')) ? [path] : []));
    expect(offenders).toEqual([]);
  });

  test('no file is longer than 500 lines', () => {
    const long = files.flatMap(({ path, text }) => {
      const lines = text.split('\n').length;
      return lines > 500 ? [`${path}: ${lines}`] : [];
    });
    expect(long).toEqual([]);
  });

  test('no test reads a clock or waits for one, but for those that say why', () => {
    const readers = tests
      // Other stacks run in a time of their own.
      .filter(({ room, path }) => room !== 'interop' && path !== 'architecture.test.ts')
      .filter(({ path, text }) => mayReadTheClock[path] === undefined && clock.test(codeOf(text)))
      .map(({ path }) => path);
    expect(readers).toEqual([]);
  });

  // The checks above are worth what they catch.
  test('a crossed layer is seen', () => {
    const crossing = (path: string, text: string): string[] =>
      violations({ path, room: path.split('/')[0]!, text, imports: importsOf(text) });
    expect(crossing('reliability/a.ts', "import { x } from '../streams/message.ts';")).toHaveLength(1);
    expect(crossing('base/a.ts', "import type { X } from '../chunks/index.ts';")).toHaveLength(1);
    expect(crossing('chunks/a.ts', "import { readFile } from 'node:fs';")).toHaveLength(1);
    expect(crossing('chunks/a.ts', "export * from '../association/state.ts';")).toHaveLength(1);
    expect(crossing('cli/a.ts', "const x = await import('../endpoint/endpoint.ts');")).toHaveLength(1);
    expect(crossing('chunks/causes/a.ts', "import { x } from '../tlv.ts';")).toEqual([]);
  });
});
