import type { NetAddress } from '../base/address.ts';
import { isIpv6 } from '../base/address.ts';
import { parseIp } from '../base/ip.ts';
import { canReach } from '../base/ip-scope.ts';

/** Packets to `to` leave from `source`: an address or, with a length, a network (`'10.1.0.0/16'`). */
export interface Route {
  readonly to: string;
  /** One of the host's addresses; undefined where there is no way. */
  readonly source: string | undefined;
}

/**
 * The source that a kernel takes for packets of a socket that is bound to any: that of the longest route which holds; without
 * one, of the host's addresses in the family and scope of `to`, the one that has most leading bits in common with it (RFC 6724
 * §5, rules 2 and 8), the first of those.
 */
export function sourceByRoute(
  own: readonly NetAddress[],
  routes: readonly Route[],
  to: string,
): NetAddress | undefined {
  let route: Route | undefined;
  let longest = -1;
  for (const each of routes) {
    const [network = '', length] = each.to.split('/');
    const bits = length === undefined ? 128 : Number(length);
    if (isIpv6(network) === isIpv6(to) && commonBits(network, to) >= Math.min(bits, width(to)) && bits > longest) {
      longest = bits;
      route = each;
    }
  }
  if (route !== undefined) return own.find(({ ip }) => ip === route.source);
  const family = own.filter(({ ip }) => isIpv6(ip) === isIpv6(to) && canReach(ip, to));
  return family.reduce<NetAddress | undefined>(
    (best, each) => (best === undefined || commonBits(each.ip, to) > commonBits(best.ip, to) ? each : best),
    undefined,
  );
}

function width(ip: string): number {
  return isIpv6(ip) ? 128 : 32;
}

function commonBits(a: string, b: string): number {
  const [one, other] = [parseIp(a), parseIp(b)];
  if (one === undefined || other === undefined) return 0;
  for (let i = 0; i < one.length; i++) {
    const difference = (one[i] ?? 0) ^ (other[i] ?? 0);
    if (difference !== 0) return 8 * i + Math.clz32(difference) - 24;
  }
  return width(a);
}
