import { readUint32 } from '../base/bytes.ts';
import { unwrapFromIp } from './ip-packet.ts';
import { ipPacketOf } from './link-layer.ts';
import type { TracePacket } from './pcapng.ts';
import { pcapngBlock } from './pcapng-format.ts';
import { isPcapMagic, readPcapFrames } from './read-pcap.ts';
import { readPcapngFrames } from './read-pcapng.ts';

/** An SCTP packet from a capture file. */
export interface CapturedPacket extends TracePacket {
  /** The capture holds less of the packet than was on the wire. */
  readonly truncated: boolean;
}

/** Which format the file has, undefined when it is neither. */
export function captureFormat(file: Uint8Array): 'pcap' | 'pcapng' | undefined {
  if (file.length < 24) return undefined;
  const magic = readUint32(file, 0);
  if (magic === pcapngBlock.sectionHeader) return 'pcapng';
  return isPcapMagic(magic) ? 'pcap' : undefined;
}

/**
 * The SCTP packets of a capture, pcap or pcapng, over Ethernet, raw IP, loopback or Linux cooked: IP protocol 132 and
 * UDP (port 9899, or any port when the CRC32c fits). They are views of `file`. Never throws; ends where a file is
 * damaged, and yields nothing of a file in another format.
 */
export function* readCapture(file: Uint8Array): Generator<CapturedPacket, void, undefined> {
  const format = captureFormat(file);
  if (format === undefined) return;
  for (const { timeMs, linkType, frame } of format === 'pcap' ? readPcapFrames(file) : readPcapngFrames(file)) {
    const unwrapped = unwrapFromIp(ipPacketOf(linkType, frame));
    if (unwrapped) yield { timeMs, ...unwrapped };
  }
}
