import { padded, readUint8, readUint32 } from '../base/bytes.ts';
import { type ByteOrder, bigEndian, littleEndian } from './byte-order.ts';
import type { CapturedFrame } from './captured-frame.ts';
import { pcapngBlock } from './pcapng-format.ts';

/** What an interface description block says of the packets that name it. */
interface Interface {
  readonly linkType: number;
  readonly unitsPerSecond: number;
  readonly offsetSeconds: number;
}

const endOfOptions = 0;
const timestampResolution = 9;
const timestampOffset = 14;

/** The frames of a pcapng file, section by section, up to where it is damaged. */
export function* readPcapngFrames(file: Uint8Array): Generator<CapturedFrame, void, undefined> {
  let order = bigEndian;
  let interfaces: Interface[] = [];
  let offset = 0;
  while (offset + 12 <= file.length) {
    if (readUint32(file, offset) === pcapngBlock.sectionHeader) {
      order = readUint32(file, offset + 8) === pcapngBlock.byteOrderMagic ? bigEndian : littleEndian;
      interfaces = [];
    }
    const type = order.uint32(file, offset);
    const length = padded(order.uint32(file, offset + 4));
    if (length < 12 || offset + length > file.length) return;
    const body = file.subarray(offset + 8, offset + length - 4);
    if (type === pcapngBlock.interfaceDescription && body.length >= 8) interfaces.push(describe(body, order));
    const frame = readFrame(type, body, order, interfaces);
    if (frame) yield frame;
    offset += length;
  }
}

function readFrame(
  type: number,
  body: Uint8Array,
  order: ByteOrder,
  interfaces: readonly Interface[],
): CapturedFrame | undefined {
  if (type === pcapngBlock.simplePacket && body.length >= 4 && interfaces[0]) {
    const length = order.uint32(body, 0);
    return { timeMs: 0, linkType: interfaces[0].linkType, frame: body.subarray(4, 4 + length) };
  }
  if (type !== pcapngBlock.enhancedPacket || body.length < 20) return undefined;
  const from = interfaces[order.uint32(body, 0)];
  if (from === undefined) return undefined;
  const units = order.uint32(body, 4) * 0x1_0000_0000 + order.uint32(body, 8);
  return {
    timeMs: (units / from.unitsPerSecond + from.offsetSeconds) * 1000,
    linkType: from.linkType,
    frame: body.subarray(20, 20 + order.uint32(body, 12)),
  };
}

function describe(body: Uint8Array, order: ByteOrder): Interface {
  let unitsPerSecond = 1e6;
  let offsetSeconds = 0;
  for (let offset = 8; offset + 4 <= body.length; ) {
    const code = order.uint16(body, offset);
    const length = order.uint16(body, offset + 2);
    if (code === endOfOptions || offset + 4 + length > body.length) break;
    if (code === timestampResolution && length === 1) unitsPerSecond = resolution(readUint8(body, offset + 4));
    if (code === timestampOffset && length === 8) offsetSeconds = int64(body, offset + 4, order);
    offset += 4 + padded(length);
  }
  return { linkType: order.uint16(body, 0), unitsPerSecond, offsetSeconds };
}

/** "If the Most Significant Bit is equal to zero, the remaining bits indicates … a negative power of 10", else of 2. */
function resolution(exponent: number): number {
  return exponent < 0x80 ? 10 ** exponent : 2 ** (exponent & 0x7f);
}

function int64(bytes: Uint8Array, offset: number, order: ByteOrder): number {
  const [high, low] = order === bigEndian ? [offset, offset + 4] : [offset + 4, offset];
  return (order.uint32(bytes, high) | 0) * 0x1_0000_0000 + order.uint32(bytes, low);
}
