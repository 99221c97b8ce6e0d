import { isIpv6, type NetAddress } from '../base/address.ts';
import { isUnicast } from '../base/ip.ts';
import { canReach, isInScopeOf, scopeOf, zoneOf } from '../base/ip-scope.ts';
import type { SourceLookup } from '../base/source-lookup.ts';
import { findParameter, isAddressParameter, type Parameter } from '../chunks/index.ts';

/** More addresses of one peer than this are left aside: each costs a path, and probes until it answers. Nor are more told. */
const maxPeerAddresses = 16;

/** Parameter types as the Supported Address Types parameter lists them (RFC 9260 §3.3.2.1.5). */
const ipv4Type = 5;
const ipv6Type = 6;

/** The addresses that we speak from. */
export interface OwnAddresses {
  /** Those that our user has chosen to bind; empty where the system chooses. */
  readonly localAddresses: readonly NetAddress[];
  /** Where the system chooses: what it does; undefined where nobody tells. */
  readonly sources: SourceLookup | undefined;
}

/**
 * What an INIT or INIT ACK chunk says of our addresses: those that were bound by name, or all that the host has, as far as
 * they mean to the peer what they mean here. A single one goes without saying: it is the source of the packet (RFC 9260
 * §5.1.2 A).
 *
 * @param peers where the peer is: one address of an INIT that came, or all to which ours may go
 * @param source where our packet leaves from; undefined where that is not known
 * @param peerTypes what the peer's Supported Address Types parameter lists; undefined for all
 */
export function addressesToTell(
  { localAddresses, sources }: OwnAddresses,
  peers: readonly NetAddress[],
  source: string | undefined,
  peerTypes?: readonly number[],
): readonly string[] {
  const candidates = sources === undefined ? localAddresses.map(({ ip }) => ip) : hostAddresses(sources, peers);
  const peerIp = peers[0]?.ip ?? '';
  // RFC 6951 §3.2: "For multihomed SCTP associations, the address management as described in Section 5.7 MUST be
  // performed". §5.7: "IP addresses that might require translation MUST NOT be put into any SCTP packet." Towards public
  // addresses those are the private ones.
  const isTold = (ip: string): boolean =>
    peers.every((peer) => isInScopeOf(peer.ip, ip)) && isSupported(ip, peerIp, peerTypes);
  const eligible = candidates.filter(isTold).slice(0, maxPeerAddresses);
  // RFC 6951 §3.2: "For single-homed associations, IP addresses MUST NOT be listed in the INIT and INIT-ACK chunks."
  const isSingle = source === undefined ? eligible.length < 2 : eligible.every((ip) => ip === source);
  return isSingle ? [] : eligible;
}

/**
 * A host that is bound to any address can be reached at all of them. Those of its loopback fail together, so that there they
 * count only where the system takes them towards addresses that our user has named.
 */
function hostAddresses(sources: SourceLookup, peers: readonly NetAddress[]): string[] {
  const taken = peers.map((peer) => sources.knownSourceOf(peer)?.ip).filter((ip) => ip !== undefined);
  const isLocal = peers.some(({ ip }) => scopeOf(ip) === 'loopback');
  const others = isLocal ? [] : sources.addresses.map(({ ip }) => ip);
  return [...new Set([...taken, ...others])];
}

/** The addresses that an INIT or INIT ACK chunk lists. */
export function listedAddresses(parameters: readonly Parameter[]): string[] {
  return parameters.filter(isAddressParameter).map(({ address }) => address);
}

/** The Supported Address Types parameter for our INIT, where not every family is: a peer need not try the other. */
export function supportedAddressTypes({ localAddresses }: OwnAddresses): Parameter[] {
  // §3.3.2.1.5: "The value indicating the Host Name Address parameter MUST NOT be used […] and MUST be ignored".
  const types = [
    ...(localAddresses.some(({ ip }) => !isIpv6(ip)) ? [ipv4Type] : []),
    ...(localAddresses.some(({ ip }) => isIpv6(ip)) ? [ipv6Type] : []),
  ];
  return types.length === 1 ? [{ kind: 'Supported Address Types', addressTypes: types }] : [];
}

/**
 * RFC 9260 §5.1.2 C: "MUST derive and record all the transport addresses from the received chunk AND the source IP
 * address that sent the INIT or INIT ACK chunk", the source first. Under UDP encapsulation they are taken to share its
 * UDP port until packets from them show another.
 *
 * Left aside: what is not unicast, what only the peer itself or its link can reach (unless it came from there), and families
 * that none of our addresses has ("The other addresses MAY be ignored").
 */
export function peerAddresses(
  parameters: readonly Parameter[],
  from: NetAddress,
  { localAddresses }: OwnAddresses,
): NetAddress[] {
  // §5.1.2 A: "the endpoint MUST take the source IP address from which the chunk arrives and record it".
  const addresses = [from];
  for (const parameter of parameters) {
    if (!isAddressParameter(parameter) || addresses.length === maxPeerAddresses) continue;
    const ip = inZoneOf(from.ip, parameter.address);
    // §5.1.2: "it MUST use all the addresses belonging to the supported address family."; "The endpoint SHOULD NOT
    // respond with any kind of error indication."
    if (addresses.some((address) => address.ip === ip)) continue;
    if (!isUnicast(ip) || !isReachableFrom(from.ip, ip) || !hasFamilyOf(localAddresses, ip)) continue;
    addresses.push({ ip, udpPort: from.udpPort });
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
  const inScope = sameFamily.filter(({ ip }) => isInScopeOf(peerIp, ip) && canReach(ip, peerIp));
  // Behind a NAT, private addresses are what there is.
  const reaching = inScope.length > 0 ? inScope : sameFamily.filter(({ ip }) => canReach(ip, peerIp));
  const candidates = reaching.length > 0 ? reaching : sameFamily;
  return candidates[index % Math.max(candidates.length, 1)];
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

/** A link-local address means something on its link alone: the one from which the packet came that told it (RFC 4007 §9). */
function inZoneOf(peerIp: string, ip: string): string {
  const zone = zoneOf(peerIp);
  return zone === '' || !isIpv6(ip) || scopeOf(ip) !== 'link' ? ip : `${ip}%${zone}`;
}

/** A private address that a peer lists behind a NAT is probed as any other: "it MUST use all the addresses" (§5.1.2). */
function isReachableFrom(peerIp: string, ip: string): boolean {
  const scope = scopeOf(ip);
  return (scope !== 'loopback' && scope !== 'link') || isInScopeOf(peerIp, ip);
}

/**
 * §5.1.2: a family that the peer does not list but uses itself "SHOULD also be considered as supported by the receiver
 * of the INIT chunk".
 */
function isSupported(ip: string, peerIp: string, peerTypes: readonly number[] | undefined): boolean {
  if (peerTypes === undefined || isIpv6(ip) === isIpv6(peerIp)) return true;
  return peerTypes.includes(isIpv6(ip) ? ipv6Type : ipv4Type);
}

function hasFamilyOf(localAddresses: readonly NetAddress[], ip: string): boolean {
  return localAddresses.length === 0 || localAddresses.some((local) => isIpv6(local.ip) === isIpv6(ip));
}
