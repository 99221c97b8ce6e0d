import { readUint32 } from '../base/bytes.ts';
import { bigEndian, littleEndian } from './byte-order.ts';
import type { CapturedFrame } from './captured-frame.ts';

const microsecondMagic = 0xa1b2_c3d4;
const nanosecondMagic = 0xa1b2_3c4d;
const microsecondMagicSwapped = 0xd4c3_b2a1;
const nanosecondMagicSwapped = 0x4d3c_b2a1;

/** Whether a file that begins so (read in big-endian order) is a classic pcap file. */
export function isPcapMagic(magic: number): boolean {
  return (
    magic === microsecondMagic ||
    magic === nanosecondMagic ||
    magic === microsecondMagicSwapped ||
    magic === nanosecondMagicSwapped
  );
}

/** The frames of a classic pcap file of either byte order and resolution, up to where it is damaged. */
export function* readPcapFrames(file: Uint8Array): Generator<CapturedFrame, void, undefined> {
  const magic = readUint32(file, 0);
  const order = magic === microsecondMagic || magic === nanosecondMagic ? bigEndian : littleEndian;
  const unitsPerMs = magic === nanosecondMagic || magic === nanosecondMagicSwapped ? 1e6 : 1e3;
  const linkType = order.uint32(file, 20) & 0xffff; // above it: whether frames end with their checksum
  let offset = 24;
  while (offset + 16 <= file.length) {
    const seconds = order.uint32(file, offset);
    const fraction = order.uint32(file, offset + 4);
    const start = offset + 16;
    const end = start + order.uint32(file, offset + 8);
    if (end > file.length) return;
    yield { timeMs: seconds * 1000 + fraction / unitsPerMs, linkType, frame: file.subarray(start, end) };
    offset = end;
  }
}
