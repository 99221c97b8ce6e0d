import { isIpv6, type NetAddress } from '../base/address.ts';

/** Whether only this very host can be reached under the address. */
function isLoopback(ip: string): boolean {
  return ip === '::1' || ip.startsWith('127.');
}

/**
 * Which of the local addresses most likely is the source towards `remote`: the same family at least, and loopback to
 * loopback. A guess for what the operating system decides by its routes and does not tell.
 */
export function likelyLocalAddress<T extends NetAddress>(local: readonly T[], remote: NetAddress): T | undefined {
  const family = local.filter((address) => isIpv6(address.ip) === isIpv6(remote.ip));
  return family.find((address) => isLoopback(address.ip) === isLoopback(remote.ip)) ?? family[0];
}
