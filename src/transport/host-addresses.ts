import { networkInterfaces } from 'node:os';

/** How long what the system said is believed at least, in milliseconds: so long may packets leave from an address that is new. */
const leastValidityMs = 100;

/** On hosts with very many interfaces, looking takes no more than a thousandth of the time. */
const validityFactor = 1_000;

let known: readonly string[] = [];
let knownUntil = Number.NEGATIVE_INFINITY;
let version = 0;

/** The addresses of the host's interfaces that are up, link-local ones with their zones; as they were a moment ago. */
export function hostAddresses(): readonly string[] {
  const now = performance.now();
  if (now < knownUntil) return known;
  const addresses = Object.entries(networkInterfaces()).flatMap(([name, those = []]) =>
    those.map((each) =>
      'scopeid' in each && each.scopeid ? `${each.address}%${zone(name, each.scopeid)}` : each.address,
    ),
  );
  knownUntil = now + Math.max(leastValidityMs, (performance.now() - now) * validityFactor);
  // The same list for as long as nothing changes.
  if (addresses.join() !== known.join()) {
    known = addresses;
    version++;
  }
  return known;
}

/** Changes when `hostAddresses` does. Asked before every packet: it looks at the clock, and seldom further. */
export function hostAddressesVersion(now: number = performance.now()): number {
  if (now >= knownUntil) hostAddresses();
  return version;
}

/** Links have numbers on Windows and names elsewhere, as sockets spell them. */
function zone(name: string, scopeId: number): string {
  return process.platform === 'win32' ? `${scopeId}` : name;
}
