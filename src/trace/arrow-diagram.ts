import { formatAddress, type NetAddress } from '../base/address.ts';
import { describeChunk } from '../chunks/index.ts';
import type { Conversation, ConversationPacket, Side } from './conversations.ts';
import { TsnOrigins } from './tsn-origins.ts';

export interface ArrowDiagramOptions {
  /** Characters between the two columns; 88 by default, at least 20. */
  readonly width?: number;
  /** TSNs count from 1 on each side where the handshake was seen; `true` by default. */
  readonly relativeTsns?: boolean;
  /** Describes the chunks at length; `true` by default. */
  readonly verbose?: boolean;
}

/**
 * A conversation for people: two columns, an arrow for each packet, milliseconds from the first one on, all chunks
 * described. What is wrong with a packet, and a path other than the first, stands behind it.
 *
 * ```
 *           127.0.0.1:9898 port 5001                                  127.0.0.1:9899 port 5002
 *     0.000 │ INIT ─────────────────────────────────────────────────────────────────────────▶ │
 *     0.114 │ ◀───────────────────────────────────────────────────────────────────── INIT ACK │
 * ```
 */
export function arrowDiagram(conversation: Conversation, options: ArrowDiagramOptions = {}): string[] {
  const { relativeTsns = true, verbose = true } = options;
  const width = Math.max(20, options.width ?? 88);
  const origins = new TsnOrigins();
  if (relativeTsns) for (const { decoded } of conversation.packets) if (decoded) origins.observe(decoded);
  const startMs = conversation.packets[0]?.timeMs ?? 0;
  const lines = [heading(conversation, width)];
  for (const packet of conversation.packets) {
    const chunks = packet.decoded ? origins.relative(packet.decoded).chunks : [];
    const texts = chunks.map((chunk) => describeChunk(chunk, { verbose }));
    const rows = fold(texts.length > 0 ? texts : [`${packet.packet.length} bytes`], width - 6);
    rows.forEach((row, i) => {
      const isLast = i === rows.length - 1;
      const time = i === 0 ? (packet.timeMs - startMs).toFixed(3) : '';
      const notes = isLast ? [...packet.flaws, ...detour(packet, conversation)] : [];
      lines.push(
        `${time.padStart(timeWidth)} │ ${arrow(row, packet.sender, isLast, width)} │ ${notes.join(', ')}`.trimEnd(),
      );
    });
  }
  return lines;
}

const timeWidth = 11;
/** Before the further rows of one chunk. */
const indent = '  ';

function heading({ addresses, ports }: Conversation, width: number): string {
  const name = (side: Side): string => `${addresses[side].map(formatAddress).join(', ')} port ${ports[side]}`;
  const gap = Math.max(2, width + 4 - name('a').length - name('z').length);
  return ' '.repeat(timeWidth + 1) + name('a') + ' '.repeat(gap) + name('z');
}

/** One row of a packet; the last row carries the arrow. */
function arrow(row: string, sender: Side, isLast: boolean, width: number): string {
  if (sender === 'a') return isLast ? `${`${row} `.padEnd(width - 1, '─')}▶` : row.padEnd(width);
  const text = row.trimStart();
  return isLast ? `◀${` ${text}`.padStart(width - 1, '─')}` : text.padStart(width);
}

/** Chunks side by side, and on further rows where they do not fit. */
function fold(texts: readonly string[], width: number): string[] {
  const rows: string[] = [];
  texts.forEach((text, i) => {
    const row = rows.at(-1);
    if (row !== undefined && row.length + 3 + text.length <= width) rows[rows.length - 1] = `${row} + ${text}`;
    else rows.push(...wrap(i === 0 ? text : `+ ${text}`, width));
  });
  return rows;
}

/** A long text in rows, parted at spaces where there are any. */
function wrap(text: string, width: number): string[] {
  const rows: string[] = [];
  let rest = text;
  while (rest.length > width) {
    const space = rest.lastIndexOf(' ', width);
    const end = space > indent.length ? space : width;
    rows.push(rest.slice(0, end));
    rest = indent + rest.slice(end).trimStart();
  }
  return [...rows, rest];
}

/** The addresses of a packet that does not go between the first ones. */
function detour({ from, to, sender }: ConversationPacket, { addresses }: Conversation): string[] {
  const isFirst = (address: NetAddress, side: Side): boolean =>
    formatAddress(address) === formatAddress(addresses[side][0] ?? address);
  const receiver = sender === 'a' ? 'z' : 'a';
  if (isFirst(from, sender) && isFirst(to, receiver)) return [];
  return [`${formatAddress(from)} → ${formatAddress(to)}`];
}
