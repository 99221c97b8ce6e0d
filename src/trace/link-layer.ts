import { emptyBytes, readUint16 } from '../base/bytes.ts';
import { rawIpLinkType } from './pcapng-format.ts';

const etherTypeIpv4 = 0x0800;
const etherTypeIpv6 = 0x86dd;
/** 802.1Q and 802.1ad tags of four bytes. */
const vlanTags: ReadonlySet<number> = new Set([0x8100, 0x88a8]);

/** Takes the link layer's header off a frame: what remains begins with an IP header, or is empty. */
type LinkLayer = (frame: Uint8Array) => Uint8Array;

/** The link types that are read (their numbers in captures), each with what finds the IP packet. */
const linkLayers: ReadonlyMap<number, LinkLayer> = new Map<number, LinkLayer>([
  [0, skip(4)], // BSD loopback: the address family, which the IP version tells as well
  [108, skip(4)], // OpenBSD loopback: the same in network byte order
  [1, (frame) => afterEtherType(frame, 12)],
  [rawIpLinkType, skip(0)],
  [12, skip(0)], // raw IP in files of other systems
  [14, skip(0)],
  [228, skip(0)], // raw IPv4
  [229, skip(0)], // raw IPv6
  [113, (frame) => afterEtherType(frame, 14)], // Linux cooked capture
  [276, (frame) => (etherType(frame, 0) ? frame.subarray(20) : emptyBytes)], // Linux cooked capture, version 2
]);

/** The IP packet in a frame of the given link type; empty when there is none. */
export function ipPacketOf(linkType: number, frame: Uint8Array): Uint8Array {
  return linkLayers.get(linkType)?.(frame) ?? emptyBytes;
}

function skip(length: number): LinkLayer {
  return (frame) => frame.subarray(length);
}

/** Ethernet's rest from the EtherType on, behind any number of VLAN tags. */
function afterEtherType(frame: Uint8Array, start: number): Uint8Array {
  let offset = start;
  while (offset + 2 <= frame.length && vlanTags.has(readUint16(frame, offset))) offset += 4;
  return etherType(frame, offset) ? frame.subarray(offset + 2) : emptyBytes;
}

/** Whether the EtherType at `offset` is IP's. */
function etherType(frame: Uint8Array, offset: number): boolean {
  if (offset + 2 > frame.length) return false;
  const type = readUint16(frame, offset);
  return type === etherTypeIpv4 || type === etherTypeIpv6;
}
