import { formatAddress, type NetAddress } from '../base/address.ts';
import { type Chunk, decodePacket, describeChunk } from '../chunks/index.ts';
import type { TracePacket } from './pcapng.ts';
import { TsnOrigins } from './tsn-origins.ts';

/** What became of a packet on its way. */
export type Fate = 'delivered' | 'lost' | 'corrupted';

export interface LadderPacket extends TracePacket {
  /** `'delivered'` when nothing is said. */
  readonly fate?: Fate;
}

export interface LadderOptions {
  /** The sender's name; its address by default. */
  readonly name?: (from: NetAddress) => string;
  /** `true`: TSNs count from 1 on each side. Or the origins, when the handshake is not among the packets. */
  readonly relativeTsns?: boolean | TsnOrigins;
  /** Puts the time in milliseconds before each line. */
  readonly times?: boolean;
  /** Describes the chunks at length. */
  readonly verbose?: boolean;
}

const arrows: { readonly [F in Fate]: string } = { delivered: '>', lost: 'x', corrupted: '~' };

/**
 * A line for each packet, for a test to compare and a person to read: `'a > DATA 10'`, `'z > SACK 9 gaps 2-2'`, with
 * `x` for a packet that was lost, `~` for one that was damaged on its way, and ` + ` between chunks.
 */
export function ladder(packets: Iterable<LadderPacket>, options: LadderOptions = {}): string[] {
  const { name = formatAddress, times = false, verbose = false } = options;
  const read = chunkReader(options.relativeTsns ?? false);
  const lines: string[] = [];
  for (const { timeMs, from, packet, fate = 'delivered' } of packets) {
    const chunks = read(packet).map((chunk) => describeChunk(chunk, { verbose }));
    const text = chunks.length === 0 ? `${packet.length} bytes` : chunks.join(' + ');
    const time = times ? `${timeMs.toFixed(3).padStart(11)} ` : '';
    lines.push(`${time}${name(from)} ${arrows[fate]} ${text}`);
  }
  return lines;
}

/** Reads the chunks of packets that come one after the other. */
function chunkReader(relativeTsns: boolean | TsnOrigins): (packet: Uint8Array) => readonly Chunk[] {
  const origins = relativeTsns === true ? new TsnOrigins() : relativeTsns || undefined;
  return (bytes) => {
    const packet = decodePacket(bytes);
    if (packet === undefined) return [];
    if (origins === undefined) return packet.chunks;
    origins.observe(packet);
    return origins.relative(packet).chunks;
  };
}
