import { isIpv6, type NetAddress } from '../base/address.ts';
import { concatBytes, emptyBytes, readUint8, readUint16, writeUint8, writeUint16 } from '../base/bytes.ts';
import { hasValidChecksum } from '../base/checksum.ts';
import { formatIp, parseIp } from '../base/ip.ts';

const udpProtocol = 17;
const sctpProtocol = 132;
const sctpTunnelingPort = 9899;
const commonHeaderLength = 12;

/** The IPv6 extension headers that may stand before the transport header: hop-by-hop, routing, destination options. */
const extensionHeaders: ReadonlySet<number> = new Set([0, 43, 60]);
const fragmentHeader = 44;

/** An SCTP packet found in an IP packet. */
export interface UnwrappedPacket {
  readonly from: NetAddress;
  readonly to: NetAddress;
  readonly packet: Uint8Array;
  /** The capture holds less than was on the wire. */
  readonly truncated: boolean;
}

/**
 * An IP packet around an SCTP packet, for a capture: IP protocol 132, or UDP when an address has a UDP port
 * (RFC 6951 §5.2). Checksums are right. What is no IP address is written as the unspecified one.
 */
export function wrapInIp(packet: Uint8Array, from: NetAddress, to: NetAddress): Uint8Array {
  const isUdp = from.udpPort !== 0 || to.udpPort !== 0;
  const isV6 = isIpv6(from.ip) || isIpv6(to.ip);
  const source = addressBytes(from.ip, isV6);
  const destination = addressBytes(to.ip, isV6);
  const payload = isUdp ? wrapInUdp(packet, from.udpPort, to.udpPort, concatBytes([source, destination])) : packet;
  const protocol = isUdp ? udpProtocol : sctpProtocol;
  const header = isV6 ? ipv6Header(protocol, payload.length) : ipv4Header(protocol, payload.length);
  header.set(source, isV6 ? 8 : 12);
  header.set(destination, isV6 ? 24 : 16);
  if (!isV6) writeUint16(header, 10, internetChecksum([header]));
  return concatBytes([header, payload]);
}

/**
 * The SCTP packet in an IP packet: protocol 132, or UDP to or from port 9899 or with a payload whose CRC32c is an SCTP
 * packet's. Undefined for everything else, and for IP fragments.
 */
export function unwrapFromIp(bytes: Uint8Array): UnwrappedPacket | undefined {
  const datagram = bytes.length > 0 && readUint8(bytes, 0) >> 4 === 6 ? parseIpv6(bytes) : parseIpv4(bytes);
  if (datagram === undefined) return undefined;
  const { source, destination, protocol, payload, truncated } = datagram;
  if (protocol === sctpProtocol) {
    return { from: { ip: source, udpPort: 0 }, to: { ip: destination, udpPort: 0 }, packet: payload, truncated };
  }
  if (protocol !== udpProtocol || payload.length < 8) return undefined;
  const from = { ip: source, udpPort: readUint16(payload, 0) };
  const to = { ip: destination, udpPort: readUint16(payload, 2) };
  const packet = payload.subarray(8, Math.max(8, readUint16(payload, 4)));
  const isSctp = from.udpPort === sctpTunnelingPort || to.udpPort === sctpTunnelingPort || looksLikeSctp(packet);
  return isSctp ? { from, to, packet, truncated } : undefined;
}

interface Datagram {
  readonly source: string;
  readonly destination: string;
  readonly protocol: number;
  readonly payload: Uint8Array;
  readonly truncated: boolean;
}

function parseIpv4(bytes: Uint8Array): Datagram | undefined {
  if (bytes.length < 20 || readUint8(bytes, 0) >> 4 !== 4) return undefined;
  const headerLength = (readUint8(bytes, 0) & 0x0f) * 4;
  // A total length of 0 is what a sender's offloading leaves in a capture.
  const totalLength = readUint16(bytes, 2) || bytes.length;
  const isFragment = (readUint16(bytes, 6) & 0x3fff) !== 0;
  if (headerLength < 20 || totalLength < headerLength || isFragment) return undefined;
  return {
    source: formatIp(bytes.subarray(12, 16)),
    destination: formatIp(bytes.subarray(16, 20)),
    protocol: readUint8(bytes, 9),
    payload: bytes.subarray(headerLength, totalLength),
    truncated: totalLength > bytes.length,
  };
}

function parseIpv6(bytes: Uint8Array): Datagram | undefined {
  if (bytes.length < 40) return undefined;
  const payloadLength = readUint16(bytes, 4);
  const end = payloadLength === 0 ? bytes.length : 40 + payloadLength;
  let protocol = readUint8(bytes, 6);
  let offset = 40;
  while (extensionHeaders.has(protocol) && offset + 8 <= bytes.length) {
    protocol = readUint8(bytes, offset);
    offset += 8 * (readUint8(bytes, offset + 1) + 1);
  }
  if (protocol === fragmentHeader) return undefined;
  return {
    source: formatIp(bytes.subarray(8, 24)),
    destination: formatIp(bytes.subarray(24, 40)),
    protocol,
    payload: bytes.subarray(offset, Math.max(offset, end)),
    truncated: end > bytes.length,
  };
}

function looksLikeSctp(packet: Uint8Array): boolean {
  return packet.length >= commonHeaderLength && hasValidChecksum(packet);
}

function addressBytes(ip: string, isV6: boolean): Uint8Array {
  const bytes = parseIp(ip) ?? emptyBytes;
  if (!isV6) return bytes.length === 4 ? bytes : new Uint8Array(4);
  if (bytes.length !== 4) return bytes.length === 16 ? bytes : new Uint8Array(16);
  return concatBytes([parseIp('::ffff:0:0')!.subarray(0, 12), bytes]);
}

function ipv4Header(protocol: number, payloadLength: number): Uint8Array {
  const header = new Uint8Array(20);
  writeUint8(header, 0, 0x45);
  writeUint16(header, 2, 20 + payloadLength);
  writeUint16(header, 6, 0x4000); // don't fragment
  writeUint8(header, 8, 64); // time to live
  writeUint8(header, 9, protocol);
  return header;
}

function ipv6Header(protocol: number, payloadLength: number): Uint8Array {
  const header = new Uint8Array(40);
  writeUint8(header, 0, 0x60);
  writeUint16(header, 4, payloadLength);
  writeUint8(header, 6, protocol);
  writeUint8(header, 7, 64); // hop limit
  return header;
}

function wrapInUdp(packet: Uint8Array, sourcePort: number, destinationPort: number, addresses: Uint8Array): Uint8Array {
  const length = 8 + packet.length;
  const header = new Uint8Array(8);
  writeUint16(header, 0, sourcePort);
  writeUint16(header, 2, destinationPort);
  writeUint16(header, 4, length);
  const pseudoHeader = Uint8Array.of(0, udpProtocol, length >>> 8, length);
  // RFC 768: "If the computed checksum is zero, it is transmitted as all ones".
  writeUint16(header, 6, internetChecksum([addresses, pseudoHeader, header, packet]) || 0xffff);
  return concatBytes([header, packet]);
}

/** RFC 1071, over parts of which only the last may have an odd length. */
function internetChecksum(parts: readonly Uint8Array[]): number {
  let sum = 0;
  for (const part of parts) {
    for (let i = 0; i + 1 < part.length; i += 2) sum += readUint16(part, i);
    if (part.length % 2 === 1) sum += readUint8(part, part.length - 1) << 8;
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}
