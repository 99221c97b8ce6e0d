import { isIpv6, type NetAddress } from '../base/address.ts';
import { canonicalIp, isLoopback, isUnicast } from '../base/ip.ts';
import {
  type AddressParameter,
  addressParameter,
  findParameter,
  isAddressParameter,
  type Parameter,
} from '../chunks/index.ts';

/** More addresses of one peer than this are left aside: each costs a path, and probes until it answers. */
const maxPeerAddresses = 16;

/** Parameter types as the Supported Address Types parameter lists them (RFC 9260 §3.3.2.1.5). */
const ipv4Type = 5;
const ipv6Type = 6;

/**
 * What an INIT or INIT ACK chunk to `peerIp` says of our addresses. A single one goes without saying: it is the source
 * of the packet (RFC 9260 §5.1.2 A), and behind a NAT the only one that means anything (RFC 6951 §5.7).
 *
 * @param localIps the addresses that our user has chosen to bind
 * @param peerTypes what the peer's Supported Address Types parameter lists; undefined for all
 */
export function ownAddressParameters(
  localIps: readonly string[],
  peerIp: string,
  peerTypes?: readonly number[],
): AddressParameter[] {
  const eligible = localIps.filter((ip) => isInScopeOf(peerIp, ip) && isSupported(ip, peerIp, peerTypes));
  // RFC 6951 §3.2: "For single-homed associations, IP addresses MUST NOT be listed in the INIT and INIT-ACK chunks."
  // RFC 6951 §3.2: "For multihomed SCTP associations, the address management as described in Section 5.7 MUST be
  // performed": listed is what the user has bound by name, and nobody binds an address that a NAT gave.
  return eligible.length < 2 ? [] : eligible.map(addressParameter);
}

/** The Supported Address Types parameter for our INIT, where not every family is: a peer need not try the other. */
export function supportedAddressTypes(localIps: readonly string[]): Parameter[] {
  // §3.3.2.1.5: "The value indicating the Host Name Address parameter MUST NOT be used […] and MUST be ignored".
  const types = [
    ...(localIps.some((ip) => !isIpv6(ip)) ? [ipv4Type] : []),
    ...(localIps.some(isIpv6) ? [ipv6Type] : []),
  ];
  return types.length === 1 ? [{ kind: 'Supported Address Types', addressTypes: types }] : [];
}

/**
 * RFC 9260 §5.1.2 C: "MUST derive and record all the transport addresses from the received chunk AND the source IP
 * address that sent the INIT or INIT ACK chunk", the source first. Under UDP encapsulation they are taken to share its
 * UDP port until packets from them show another.
 *
 * Left aside: what is not unicast, what only the peer itself can reach (loopback, for a peer that is not on it), and
 * families that none of `localIps` has ("The other addresses MAY be ignored").
 */
export function peerAddresses(
  parameters: readonly Parameter[],
  from: NetAddress,
  localIps: readonly string[],
): NetAddress[] {
  // §5.1.2 A: "the endpoint MUST take the source IP address from which the chunk arrives and record it".
  const addresses = [from];
  for (const parameter of parameters) {
    if (!isAddressParameter(parameter) || addresses.length === maxPeerAddresses) continue;
    const ip = canonicalIp(parameter.address);
    // §5.1.2: "it MUST use all the addresses belonging to the supported address family."; "The endpoint SHOULD NOT
    // respond with any kind of error indication."
    if (ip === undefined || !isUnicast(ip) || !isInScopeOf(from.ip, ip) || !hasFamilyOf(localIps, ip)) continue;
    if (!addresses.some((address) => address.ip === ip)) addresses.push({ ip, udpPort: from.udpPort });
  }
  return addresses;
}

/** The peer's Supported Address Types, undefined where it says nothing. */
export function peerAddressTypes(parameters: readonly Parameter[]): readonly number[] | undefined {
  return findParameter(parameters, 'Supported Address Types')?.addressTypes;
}

/** The local address that goes with the `index`th address of the peer: the pairs are as divergent as they can be (§6.4.1). */
export function pairedLocalAddress(
  localAddresses: readonly NetAddress[],
  peerIp: string,
  index: number,
): NetAddress | undefined {
  const sameFamily = localAddresses.filter(({ ip }) => isIpv6(ip) === isIpv6(peerIp));
  return sameFamily[index % Math.max(sameFamily.length, 1)];
}

/**
 * The local address to try next towards `remote`, round about: "it needs to consider each source-destination address pair
 * in its retransmission selection policy" (§6.4.1). What does not come back may have been answered to a dead address.
 */
export function otherLocalAddress(
  localAddresses: readonly NetAddress[],
  { address, localAddress }: { readonly address: NetAddress; readonly localAddress: NetAddress | undefined },
): NetAddress | undefined {
  const sameFamily = localAddresses.filter(({ ip }) => isIpv6(ip) === isIpv6(address.ip));
  const index = sameFamily.findIndex(({ ip }) => ip === localAddress?.ip);
  return sameFamily.length < 2 ? localAddress : sameFamily[(index + 1) % sameFamily.length];
}

function isInScopeOf(peerIp: string, ip: string): boolean {
  return !isLoopback(ip) || isLoopback(peerIp);
}

/**
 * §5.1.2: a family that the peer does not list but uses itself "SHOULD also be considered as supported by the receiver
 * of the INIT chunk".
 */
function isSupported(ip: string, peerIp: string, peerTypes: readonly number[] | undefined): boolean {
  if (peerTypes === undefined || isIpv6(ip) === isIpv6(peerIp)) return true;
  return peerTypes.includes(isIpv6(ip) ? ipv6Type : ipv4Type);
}

function hasFamilyOf(localIps: readonly string[], ip: string): boolean {
  return localIps.length === 0 || localIps.some((local) => isIpv6(local) === isIpv6(ip));
}
