import { readdirSync, readFileSync } from 'node:fs';

/** One SCTP packet of a capture. */
export interface GoldenPacket {
  /** Its place in the capture, counted from 1 as other tools do. */
  readonly number: number;
  readonly bytes: Uint8Array;
}

export interface Capture {
  /** `'usrsctp/01-plain'` */
  readonly name: string;
  readonly packets: readonly GoldenPacket[];
}

const folder = new URL('../golden/', import.meta.url);

/** The captures of `test/golden/`, in the order of their names. */
export function goldenCaptures(): Capture[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.pcap'))
    .sort()
    .map((name) => ({
      name: name.replace('.pcap', ''),
      packets: sctpPackets(new Uint8Array(readFileSync(new URL(name, folder)))),
    }));
}

function sctpPackets(file: Uint8Array): GoldenPacket[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (view.getUint32(0, true) !== 0xa1b2c3d4 || view.getUint32(20, true) !== 1) throw new Error('not pcap of Ethernet');
  const packets: GoldenPacket[] = [];
  let number = 0;
  for (let offset = 24; offset + 16 <= file.length; ) {
    const length = view.getUint32(offset + 8, true);
    const bytes = sctpInEthernet(file.subarray(offset + 16, offset + 16 + length));
    number++;
    if (bytes !== undefined) packets.push({ number, bytes });
    offset += 16 + length;
  }
  return packets;
}

function sctpInEthernet(frame: Uint8Array): Uint8Array | undefined {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const ip = 14;
  switch (view.getUint16(12)) {
    case 0x0800:
      return sctpInIp(
        view.getUint8(ip + 9),
        frame.subarray(ip + 4 * (view.getUint8(ip) & 15), ip + view.getUint16(ip + 2)),
      );
    case 0x86dd:
      return sctpInIp(view.getUint8(ip + 6), frame.subarray(ip + 40, ip + 40 + view.getUint16(ip + 4)));
    default:
      return undefined;
  }
}

function sctpInIp(protocol: number, payload: Uint8Array): Uint8Array | undefined {
  if (protocol === 132) return payload;
  if (protocol !== 17) return undefined;
  const ports = [payload.subarray(0, 2), payload.subarray(2, 4)].map(([high = 0, low = 0]) => 256 * high + low);
  return ports.some((port) => port === 9898 || port === 9899) ? payload.subarray(8) : undefined;
}
