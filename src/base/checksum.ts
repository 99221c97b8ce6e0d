import crc32c from 'crc-32/crc32c.js';
import { asciiBytes, readUint32LittleEndian, writeUint32LittleEndian } from './bytes.ts';
import { SctpError } from './errors.ts';

/** Where the common header holds the checksum (RFC 9260 §3.1). */
const checksumOffset = 8;

/** Computes the CRC32c of bytes; whether the number is signed does not matter. */
export type Crc32c = (bytes: Uint8Array) => number;

const crc32cInJavaScript: Crc32c = (bytes) => crc32c.buf(bytes);

let compute: Crc32c = crc32cInJavaScript;

/** "123456789" and its CRC32c: the check value of the catalogues of CRCs (CRC-32/ISCSI). */
const checkInput = asciiBytes('123456789');
const checkValue = 0xe306_9283;

/**
 * Lets all associations compute their checksums with another implementation: a native one takes a third of the time of the
 * default, which is the JavaScript of `crc-32`. Undefined brings the default back.
 *
 * ```ts
 * import { crc32c } from '@node-rs/crc32';
 * useCrc32c(crc32c);
 * ```
 * @throws SctpError SCTP_ERR_INVALID_ARGUMENT when it computes something else
 */
export function useCrc32c(implementation: Crc32c | undefined): void {
  const candidate = implementation ?? crc32cInJavaScript;
  if (candidate(checkInput) >>> 0 !== checkValue) {
    throw new SctpError('SCTP_ERR_INVALID_ARGUMENT', 'this is not CRC32c: the check value is wrong');
  }
  compute = candidate;
}

/** CRC32c of `bytes` as an unsigned number. */
export function computeCrc32c(bytes: Uint8Array): number {
  return compute(bytes) >>> 0;
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
  writeUint32LittleEndian(packet, checksumOffset, compute(packet));
}

/**
 * RFC 9260 §6.8: "Store the received CRC32c checksum value aside", "Replace the 32 bits of the checksum field in the
 * received SCTP packet with 0". Done in place and put back, so that the packet is not copied.
 */
export function hasValidChecksum(packet: Uint8Array): boolean {
  // (Signed, both: engines keep such numbers without a box.)
  const received = readUint32LittleEndian(packet, checksumOffset) | 0;
  writeUint32LittleEndian(packet, checksumOffset, 0);
  const computed = compute(packet) | 0;
  writeUint32LittleEndian(packet, checksumOffset, received);
  return computed === received;
}
