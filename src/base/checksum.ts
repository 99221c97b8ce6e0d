import crc32c from 'crc-32/crc32c.js';
import { readUint32LittleEndian, writeUint32LittleEndian } from './bytes.ts';

/** Where the common header holds the checksum (RFC 9260 §3.1). */
const checksumOffset = 8;

/** CRC32c of `bytes` as an unsigned number. */
export function computeCrc32c(bytes: Uint8Array): number {
  return crc32c.buf(bytes) >>> 0;
}

/**
 * RFC 9260 §6.8: "initialize the checksum field to 0", "calculate the CRC32c checksum of the whole packet", "put the
 * resultant value into the checksum field". Appendix A sends the CRC with its least significant byte first.
 */
export function writeChecksum(packet: Uint8Array): void {
  // §6.8: "the endpoint MUST strengthen the data integrity […] by including the CRC32c checksum value"; "After the
  // packet is constructed […], the transmitter MUST" do so.
  writeUint32LittleEndian(packet, checksumOffset, 0);
  // RFC 6951 §5.3: "The SCTP checksum MUST be computed for IPv4 and IPv6".
  writeUint32LittleEndian(packet, checksumOffset, computeCrc32c(packet));
}

/**
 * RFC 9260 §6.8: "Store the received CRC32c checksum value aside", "Replace the 32 bits of the checksum field in the
 * received SCTP packet with 0". Done in place and put back, so that the packet is not copied.
 */
export function hasValidChecksum(packet: Uint8Array): boolean {
  const received = readUint32LittleEndian(packet, checksumOffset);
  writeUint32LittleEndian(packet, checksumOffset, 0);
  const computed = computeCrc32c(packet);
  writeUint32LittleEndian(packet, checksumOffset, received);
  return computed === received;
}
