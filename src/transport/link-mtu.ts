import { readFileSync } from 'node:fs';
import { BlockList } from 'node:net';
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import { isIpv6, type NetAddress } from '../base/address.ts';
import { isLoopback } from '../base/ip.ts';

/** What nearly every link carries: Ethernet's MTU, in bytes of the IP packet. */
const usualMtu = 1_500;

/** How long what the system said is believed. */
const validityMs = 60_000;

/**
 * How many packets the receiver's buffer ought to hold on this very host, where nothing slows down the sender: few large ones
 * overflow a small buffer, and are too few to tell of their losses in time.
 */
const packetsPerBuffer = 128;

interface Interface {
  readonly mtu: number;
  readonly isLoopback: boolean;
  readonly addresses: readonly NetworkInterfaceInfo[];
}

let known: readonly Interface[] = [];
let knownUntil = Number.NEGATIVE_INFINITY;

/**
 * The MTU of the link on which packets to `to` leave, in bytes: that of the interface that owns `from`, or whose network `to`
 * belongs to, or else the least of all. Linux tells MTUs; elsewhere they are what they are by default. Towards this host it is
 * less where a socket's `receiveBufferSize`, in bytes, is small.
 */
export function linkMtu(
  to: NetAddress,
  from?: NetAddress,
  receiveBufferSize: number = Number.POSITIVE_INFINITY,
): number {
  const interfaces = systemInterfaces();
  const loopback = interfaces.find((each) => each.isLoopback);
  const others = interfaces.filter((each) => !each.isLoopback);
  const isLocal = isLoopback(to.ip) || (process.platform === 'linux' && interfaces.some((each) => owns(each, to.ip)));
  if (isLocal) {
    const sensible = Math.max(usualMtu, Math.floor(receiveBufferSize / packetsPerBuffer));
    return Math.min(loopback?.mtu ?? loopbackMtu(), sensible);
  }
  const chosen = (from && others.find((each) => owns(each, from.ip))) ?? others.find((each) => reaches(each, to.ip));
  return chosen?.mtu ?? others.reduce((least, { mtu }) => Math.min(least, mtu), usualMtu);
}

function systemInterfaces(): readonly Interface[] {
  const now = performance.now();
  if (now < knownUntil) return known;
  known = Object.entries(networkInterfaces()).map(([name, addresses = []]) => {
    const internal = addresses.some((address) => address.internal);
    return { mtu: mtuOf(name) ?? (internal ? loopbackMtu() : usualMtu), isLoopback: internal, addresses };
  });
  knownUntil = now + validityMs;
  return known;
}

function mtuOf(name: string): number | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    // An alias (eth0:1) has the MTU of its interface.
    const mtu = Number(readFileSync(`/sys/class/net/${name.split(':')[0]}/mtu`, 'latin1'));
    return mtu > 0 ? mtu : undefined;
  } catch {
    return undefined;
  }
}

function loopbackMtu(): number {
  switch (process.platform) {
    case 'linux':
      return 65_536;
    case 'win32':
      return 65_535;
    default:
      return 16_384;
  }
}

function owns({ addresses }: Interface, ip: string): boolean {
  return addresses.some(({ address }) => address === ip);
}

function reaches({ addresses }: Interface, ip: string): boolean {
  const family = isIpv6(ip) ? 'ipv6' : 'ipv4';
  return addresses.some(({ address, cidr }) => {
    if (cidr === null || isIpv6(address) !== isIpv6(ip)) return false;
    const network = new BlockList();
    network.addSubnet(address, Number(cidr.split('/')[1]), family);
    return network.check(ip.split('%')[0] ?? ip, family);
  });
}
