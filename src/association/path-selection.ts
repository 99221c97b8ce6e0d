import type { Path } from './path.ts';

/**
 * Where DATA goes (RFC 9260 §6.4, RFC 7829 §3.2): the preferred path while it is active; else another active one; else
 * the potentially failed or, in the end, the inactive one with the lowest error count. Choosing a path changes nothing
 * about it. Unconfirmed paths carry no data (§5.4), nor do those from whose source the peer would not take it.
 *
 * @param avoid the path on which the data was lost: "SHOULD try to retransmit a chunk that timed out to an active
 * destination transport address that is different from the last destination address to which the chunk was sent"
 */
export function choosePath(paths: Iterable<Path>, preferred: Path, avoid?: Path): Path {
  let best: Path | undefined;
  for (const path of paths) {
    if (path.isUsable && (best === undefined || isBetter(path, best, preferred, avoid))) best = path;
  }
  return best ?? preferred;
}

function isBetter(path: Path, best: Path, preferred: Path, avoid: Path | undefined): boolean {
  const byState = rank(path) - rank(best);
  if (byState !== 0) return byState < 0;
  // RFC 7829 §3.2 4 i, §4.1 3: "the lowest error count (fewest consecutive timeouts)"
  if (path.state !== 'active' && path.errorCount !== best.errorCount) return path.errorCount < best.errorCount;
  // §6.4.1: "the SCTP endpoint SHOULD try to send the data to an alternate active destination transport address if one
  // exists." §8.2: "only ONE transport address SHOULD be chosen and used as the new destination transport address."
  if (avoid !== undefined && (path === avoid) !== (best === avoid)) return best === avoid;
  // §6.4.1: "the most divergent source-destination pair from the original": another local address as well
  if (avoid !== undefined && sharesLocalAddress(path, avoid) !== sharesLocalAddress(best, avoid)) {
    return sharesLocalAddress(best, avoid);
  }
  // §6.4: "By default, an endpoint SHOULD always transmit to the primary path".
  return path === preferred;
}

function rank(path: Path): number {
  switch (path.state) {
    case 'active':
      return 0;
    case 'potentially-failed':
      return 1;
    case 'inactive':
    case 'unconfirmed':
      return 2;
    default:
      return path.state satisfies never;
  }
}

function sharesLocalAddress(a: Path, b: Path): boolean {
  return a.localAddress?.ip === b.localAddress?.ip;
}
