import { isIpv6 } from './address.ts';
import { isLoopback } from './ip.ts';

/** How far an address is known: on its host, on its link, within an organisation, everywhere. */
export type IpScope = 'loopback' | 'link' | 'private' | 'global';

/** An address of no kind is 'global': nothing is known against it. (It is read as text: strangers make us ask.) */
export function scopeOf(ip: string): IpScope {
  if (isLoopback(ip)) return 'loopback';
  if (isIpv6(ip)) {
    // fe80::/10 (RFC 4291 §2.5.6); fec0::/10, site-local, which RFC 3879 has taken back; fc00::/7 (RFC 4193)
    const field = Number.parseInt(ip, 16);
    if (field >= 0xfe80) return field < 0xfec0 ? 'link' : field < 0xff00 ? 'private' : 'global';
    return field >= 0xfc00 && field < 0xfe00 ? 'private' : 'global';
  }
  const first = Number.parseInt(ip, 10);
  // RFC 1918; RFC 6598, the addresses between a provider's NAT and those of its customers; RFC 3927
  if (first === 10) return 'private';
  if (first !== 172 && first !== 192 && first !== 100 && first !== 169) return 'global';
  const second = Number.parseInt(ip.slice(4), 10);
  if (first === 169) return second === 254 ? 'link' : 'global';
  if (first === 192) return second === 168 ? 'private' : 'global';
  return (first === 172 ? second >> 4 === 1 : second >> 6 === 1) ? 'private' : 'global';
}

/** What stands behind the `%` of a link-local address (RFC 4007 §11): the link, as this host calls it; '' where nothing does. */
export function zoneOf(ip: string): string {
  const zone = ip.indexOf('%');
  return zone < 0 ? '' : ip.slice(zone + 1);
}

export function withoutZone(ip: string): string {
  const zone = ip.indexOf('%');
  return zone < 0 ? ip : ip.slice(0, zone);
}

/**
 * Whether a host at `peerIp` can take `ip` for the address that it is here: the same host for loopback, the same link for
 * link-local addresses, no NAT between for private ones.
 */
export function isInScopeOf(peerIp: string, ip: string): boolean {
  const peerScope = scopeOf(peerIp);
  switch (scopeOf(ip)) {
    case 'loopback':
      return peerScope === 'loopback';
    case 'link': {
      const [zone, peerZone] = [zoneOf(ip), zoneOf(peerIp)];
      return peerScope === 'link' && (zone === '' || peerZone === '' || zone === peerZone);
    }
    case 'private':
      return peerScope !== 'global';
    case 'global':
      return true;
  }
}

/**
 * Whether packets from `source` can get to `to`, through NATs perhaps: loopback addresses speak to each other, and link-local ones
 * on one link; all others to all others.
 */
export function canReach(source: string, to: string): boolean {
  const [own, its] = [scopeOf(source), scopeOf(to)];
  if (own === 'loopback' || own === 'link') return isInScopeOf(to, source);
  return its !== 'loopback' && its !== 'link';
}
