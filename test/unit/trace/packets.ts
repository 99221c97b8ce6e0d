import { readFileSync } from 'node:fs';
import { tsn } from '../../../src/base/serial.ts';
import { type Chunk, encodePacket } from '../../../src/chunks/index.ts';
import { type CapturedPacket, readCapture } from '../../../src/trace/index.ts';

/** The SCTP packets of a file in `test/golden/`. */
export function goldenPackets(name: string): CapturedPacket[] {
  return [...readCapture(readFileSync(new URL(`../../golden/${name}`, import.meta.url)))];
}

/** A whole packet, with its checksum. */
export function packetOf(verificationTag: number, ...chunks: Chunk[]): Uint8Array {
  return encodePacket({ sourcePort: 5000, destinationPort: 5001, verificationTag }, chunks);
}

export function initChunk(kind: 'INIT' | 'INIT ACK', initiateTag: number, initialTsn: number): Chunk {
  const streams = { outboundStreams: 1, inboundStreams: 1 };
  return { kind, initiateTag, aRwnd: 65_536, ...streams, initialTsn: tsn(initialTsn), parameters: [] };
}

export function dataChunk(value: number, payload: Uint8Array = Uint8Array.of(1)): Chunk {
  const flags = { unordered: false, beginning: true, ending: true };
  const fragment = { streamId: 0, ...flags, messageId: 0, fsn: 0, ppid: 0, payload };
  return { kind: 'DATA', tsn: tsn(value), immediateAck: false, fragment };
}

export function sackChunk(
  cumulativeTsnAck: number,
  gapAckBlocks: readonly { start: number; end: number }[] = [],
  duplicateTsns: readonly number[] = [],
): Chunk {
  return {
    kind: 'SACK',
    cumulativeTsnAck: tsn(cumulativeTsnAck),
    aRwnd: 65_536,
    gapAckBlocks,
    duplicateTsns: duplicateTsns.map(tsn),
  };
}
