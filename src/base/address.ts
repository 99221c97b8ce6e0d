/**
 * Where a packet goes to or comes from: the IP address in its canonical text form (`'127.0.0.1'`, `'::1'`) and, under
 * UDP encapsulation, the UDP port (0 where there is none). The SCTP port travels inside the packet.
 */
export interface NetAddress {
  readonly ip: string;
  readonly udpPort: number;
}

/** The MTU of the link on which packets to an address leave, in bytes of the IP packet; undefined where it is not known. */
export type LinkMtu = (to: NetAddress, from: NetAddress | undefined) => number | undefined;

export function sameAddress(a: NetAddress, b: NetAddress): boolean {
  return a.ip === b.ip && a.udpPort === b.udpPort;
}

export function isIpv6(ip: string): boolean {
  return ip.includes(':');
}

export function formatAddress(address: NetAddress): string {
  if (address.udpPort === 0) return address.ip;
  return isIpv6(address.ip) ? `[${address.ip}]:${address.udpPort}` : `${address.ip}:${address.udpPort}`;
}
