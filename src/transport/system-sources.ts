import { createSocket } from 'node:dgram';
import { isIpv6 } from '../base/address.ts';
import { withoutZone } from '../base/ip-scope.ts';
import { Ring } from '../base/ring.ts';
import { hostAddresses, hostAddressesVersion } from './host-addresses.ts';
import { unmapped } from './remote-addresses.ts';

/** How long an answer is believed while nothing speaks against it. Routes change seldom, and mostly with addresses. */
const validityMs = 60_000;

/** How soon the system is asked again about a destination that was doubted, or to which there was no way. */
const patienceMs = 1_000;

/** Destinations that are remembered; beyond them, the one that was asked for first is forgotten. */
const capacity = 4_096;

/** Sockets that ask at the same time. */
const mostAsking = 16;

/** What the system would take, port 9: "discard". Connecting a UDP socket sends nothing. */
const anyPort = 9;

interface Entry {
  /** '' while it is not known, or there is no way. */
  source: string;
  askedAt: number;
  /** While the system is asked. */
  answer: Promise<void> | undefined;
  /** Whether the host has lost the address that was the source. */
  isLost: boolean;
  /** The version of the host's addresses that the answer belongs to. */
  version: number;
}

const entries = new Map<string, Entry>();
const waiting = new Ring<() => void>();
let asking = 0;
/** How often an answer has become another. */
let changes = 0;

/** The version of all answers, for `SourceLookup.versionAt`. */
export function sourcesVersion(now: number): number {
  return hostAddressesVersion(now) + changes;
}

/** The source of packets to `to` as far as is known; undefined where it is not. Asks where that is due, unless told not to. */
export function systemSource(to: string, asks = true): string | undefined {
  const entry = entries.get(to);
  if (entry === undefined) {
    if (asks) void ask(to, newEntry(to));
    return undefined;
  }
  const now = performance.now();
  if (entry.source !== '' && entry.version !== hostAddressesVersion(now) && !isOwn(entry.source)) {
    entry.source = '';
    entry.isLost = true;
  }
  if (asks && isDue(entry, now)) void ask(to, entry);
  return entry.source === '' ? undefined : entry.source;
}

/** The answer about `to` is to be asked for again. */
export function doubtSystemSource(to: string): void {
  const entry = entries.get(to);
  if (entry !== undefined && performance.now() - entry.askedAt >= patienceMs) void ask(to, entry);
}

/** Resolves when the sources of packets to all of `ips` are known, or known not to be. */
export async function learnSystemSources(ips: readonly string[]): Promise<void> {
  const now = performance.now();
  const asked = ips.map((ip) => {
    const entry = entries.get(ip) ?? newEntry(ip);
    return isDue(entry, now) ? ask(ip, entry) : entry.answer;
  });
  await Promise.all(asked);
}

function isDue({ source, askedAt, version }: Entry, now: number): boolean {
  const ageMs = now - askedAt;
  return ageMs >= validityMs || (ageMs >= patienceMs && source === '') || version !== hostAddressesVersion(now);
}

function newEntry(to: string): Entry {
  if (entries.size === capacity) {
    const oldest = entries.keys().next();
    if (!oldest.done) entries.delete(oldest.value);
  }
  const entry: Entry = { source: '', askedAt: Number.NEGATIVE_INFINITY, answer: undefined, isLost: false, version: -1 };
  entries.set(to, entry);
  return entry;
}

function ask(to: string, entry: Entry): Promise<void> {
  entry.answer ??= fill(to, entry).finally(() => {
    entry.answer = undefined;
  });
  return entry.answer;
}

async function fill(to: string, entry: Entry): Promise<void> {
  if (asking === mostAsking) await new Promise<void>((resolve) => waiting.push(resolve));
  asking++;
  const now = performance.now();
  entry.askedAt = now;
  entry.version = hostAddressesVersion(now);
  const source = await sourceOfConnected(to);
  asking--;
  waiting.shift()?.();
  // What becomes known for the first time is waited for: nobody has to be told.
  if ((entry.source !== '' && entry.source !== source) || entry.isLost) changes++;
  entry.source = source;
  entry.isLost = false;
}

/** A UDP socket that is connected has the address from which its packets leave. */
function sourceOfConnected(to: string): Promise<string> {
  return new Promise((resolve) => {
    const isV6 = isIpv6(to);
    const socket = createSocket({
      type: isV6 ? 'udp6' : 'udp4',
      lookup: (ip, _options, callback) => callback(null, ip, isIpv6(ip) ? 6 : 4),
    });
    const finish = (source: string): void => {
      socket.close();
      resolve(source);
    };
    socket.once('error', () => finish(''));
    socket.connect(anyPort, to, (error?: Error) => {
      socket.removeAllListeners('error');
      finish(error === undefined ? unmapped(socket.address().address) : '');
    });
  });
}

function isOwn(source: string): boolean {
  return hostAddresses().some((ip) => withoutZone(ip) === withoutZone(source));
}
