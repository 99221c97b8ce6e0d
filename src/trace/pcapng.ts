import type { NetAddress } from '../base/address.ts';
import { padded, writeUint16, writeUint32 } from '../base/bytes.ts';
import { wrapInIp } from './ip-packet.ts';
import { pcapngBlock, rawIpLinkType } from './pcapng-format.ts';

/** A packet with its place in time and space: what a capture holds and a ladder shows. */
export interface TracePacket {
  /** Milliseconds on any origin; captures count from 1970. Fractions are kept down to a microsecond. */
  readonly timeMs: number;
  readonly from: NetAddress;
  readonly to: NetAddress;
  readonly packet: Uint8Array;
}

/** The first bytes of a pcapng file: one section with one interface of raw IP packets, in microseconds. */
export function pcapngHeader(): Uint8Array {
  const file = new Uint8Array(48);
  writeUint32(file, 0, pcapngBlock.sectionHeader);
  writeUint32(file, 4, 28);
  writeUint32(file, 8, pcapngBlock.byteOrderMagic);
  writeUint16(file, 12, 1); // version 1.0
  writeUint32(file, 16, 0xffff_ffff); // a section of unknown length
  writeUint32(file, 20, 0xffff_ffff);
  writeUint32(file, 24, 28);
  writeUint32(file, 28, pcapngBlock.interfaceDescription);
  writeUint32(file, 32, 20);
  writeUint16(file, 36, rawIpLinkType);
  writeUint32(file, 44, 20);
  return file;
}

/**
 * One packet as an enhanced packet block, in an IP header made for it (in UDP too, when an address has a UDP port), so
 * that Wireshark decodes it: `tshark -d udp.port==9899,sctp`.
 */
export function pcapngPacket({ timeMs, from, to, packet }: TracePacket): Uint8Array {
  const frame = wrapInIp(packet, from, to);
  const length = 32 + padded(frame.length);
  const block = new Uint8Array(length);
  const microseconds = Math.max(0, Math.round(timeMs * 1000));
  writeUint32(block, 0, pcapngBlock.enhancedPacket);
  writeUint32(block, 4, length);
  writeUint32(block, 12, Math.floor(microseconds / 0x1_0000_0000));
  writeUint32(block, 16, microseconds);
  writeUint32(block, 20, frame.length);
  writeUint32(block, 24, frame.length);
  block.set(frame, 28);
  writeUint32(block, length - 4, length);
  return block;
}
