import { readUint8, readUint32 } from '../../src/base/bytes.ts';
import { isAfter, type Tsn, tsn } from '../../src/base/serial.ts';
import { chunkTypes, commonHeaderLength } from '../../src/chunks/index.ts';
import { walkTlvs } from '../../src/chunks/tlv.ts';

const dataTypes: ReadonlySet<number> = new Set([chunkTypes.DATA, chunkTypes['I-DATA']]);
const lonely: ReadonlySet<number> = new Set([chunkTypes.INIT, chunkTypes['INIT ACK'], chunkTypes['SHUTDOWN COMPLETE']]);
const dataless: ReadonlySet<number> = new Set([chunkTypes.SHUTDOWN, chunkTypes['SHUTDOWN ACK'], chunkTypes.ABORT]);

/** What every packet of ours obeys, whatever is in it: says which rule it breaks. */
export function brokenRule(packet: Uint8Array): string | undefined {
  const types: number[] = [];
  let latest: Tsn | undefined;
  let broken: string | undefined;
  const isWhole = walkTlvs(packet, commonHeaderLength, packet.length, (offset, length) => {
    const type = readUint8(packet, offset);
    types.push(type);
    if (!dataTypes.has(type)) {
      // RFC 9260 §6.10: "an endpoint MUST place control chunks first in the outbound SCTP packet."
      if (latest !== undefined) broken ??= `a chunk of type ${type} behind DATA`;
      return;
    }
    // §6.10: "MUST transmit DATA chunks within an SCTP packet in increasing order of TSN."
    const current = tsn(readUint32(packet, offset + 4));
    if (latest !== undefined && !isAfter(current, latest)) broken ??= 'DATA out of order';
    latest = current;
    if (length <= (type === chunkTypes.DATA ? 16 : 20)) broken ??= 'DATA without data';
  });
  if (broken !== undefined) return broken;
  if (types.length === 0) return 'no chunk';
  // §3.2: "The total length of a chunk […] MUST be a multiple of 4 bytes." §6.10: "Partial chunks MUST NOT be placed in an
  // SCTP packet."
  if (!isWhole || packet.length % 4 !== 0) return 'its last chunk is not whole';
  // §3: "INIT, INIT ACK, and SHUTDOWN COMPLETE chunks MUST NOT be bundled with any other chunk into an SCTP packet."
  if (types.length > 1 && types.some((type) => lonely.has(type))) return 'a chunk that must be alone is not';
  // §6.10: "DATA chunks cannot be bundled with SHUTDOWN or SHUTDOWN ACK chunks." §9.1: "MUST NOT bundle any DATA chunk with
  // the ABORT chunk."
  if (latest !== undefined && types.some((type) => dataless.has(type))) return 'DATA beside the end';
  // §3.3.7: control chunks "MUST be placed before the ABORT chunk in the SCTP packet".
  if (types.slice(0, -1).includes(chunkTypes.ABORT)) return 'a chunk behind ABORT';
  return undefined;
}
