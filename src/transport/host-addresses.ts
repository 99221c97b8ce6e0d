import { networkInterfaces } from 'node:os';

/** How long what the system said is believed, in milliseconds. */
const validityMs = 1_000;

let known: readonly string[] = [];
let knownUntil = Number.NEGATIVE_INFINITY;
let version = 0;

/** The addresses of the host's interfaces that are up, link-local ones with their zones; as they were within the last second. */
export function hostAddresses(): readonly string[] {
  const now = performance.now();
  if (now < knownUntil) return known;
  knownUntil = now + validityMs;
  const addresses = Object.entries(networkInterfaces()).flatMap(([name, those = []]) =>
    those.map((each) =>
      'scopeid' in each && each.scopeid ? `${each.address}%${zone(name, each.scopeid)}` : each.address,
    ),
  );
  // The same list for as long as nothing changes.
  if (addresses.join() !== known.join()) {
    known = addresses;
    version++;
  }
  return known;
}

/** Changes when `hostAddresses` does; looks no more often than once a second. */
export function hostAddressesVersion(now: number = performance.now()): number {
  if (now >= knownUntil) hostAddresses();
  return version;
}

/** Links have numbers on Windows and names elsewhere, as sockets spell them. */
function zone(name: string, scopeId: number): string {
  return process.platform === 'win32' ? `${scopeId}` : name;
}
