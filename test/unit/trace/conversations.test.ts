import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NetAddress } from '../../../src/base/address.ts';
import { type Chunk, encodePacket } from '../../../src/chunks/index.ts';
import { arrowDiagram, type CapturedPacket, conversations } from '../../../src/trace/index.ts';
import { dataChunk, goldenPackets, initChunk, sackChunk } from './packets.ts';

const a = { ip: '10.0.0.1', udpPort: 9899 };
const a2 = { ip: '10.1.0.1', udpPort: 9899 };
const z = { ip: '10.0.0.2', udpPort: 9899 };
const z2 = { ip: '10.1.0.2', udpPort: 9899 };

/** A packet between SCTP ports 5000 (on 10.x.0.1) and 5001. */
function packet(from: NetAddress, to: NetAddress, verificationTag: number, ...chunks: Chunk[]): CapturedPacket {
  const [sourcePort, destinationPort] = from.ip.endsWith('.1') ? [5000, 5001] : [5001, 5000];
  const bytes = encodePacket({ sourcePort, destinationPort, verificationTag }, chunks);
  return { timeMs: 0, from, to, packet: bytes, truncated: false };
}

const handshake = [packet(a, z, 0, initChunk('INIT', 0xa, 1)), packet(z, a, 0xa, initChunk('INIT ACK', 0x2, 1))];
const abort = (tagReflected: boolean): Chunk => ({ kind: 'ABORT', tagReflected, causes: [] });

describe('conversations', () => {
  it('hold all paths of an association together by its tags', () => {
    const [one, ...rest] = conversations([
      ...handshake,
      packet(z2, a2, 0xa, dataChunk(1)),
      packet(a2, z, 0x2, sackChunk(1)),
    ]);
    expect(rest).toEqual([]);
    expect(one!.packets.map(({ sender }) => sender).join('')).toBe('azza');
    expect(one).toMatchObject({ ports: { a: 5000, z: 5001 }, addresses: { a: [a, a2], z: [z, z2] } });
  });

  it('keep a restart and a reflected tag in, and begin anew after the end', () => {
    const restart = packet(a, z, 0, initChunk('INIT', 0xb, 1));
    const reflected = packet(a, z, 0xb, abort(true));
    const again = packet(a, z, 0, initChunk('INIT', 0xc, 1));
    const all = conversations([...handshake, restart, reflected, packet(z, a, 0x99, dataChunk(1)), again]);
    expect(all.map(({ packets }) => packets.map(({ sender }) => sender).join(''))).toEqual(['azaaz', 'a']);
  });

  it('work without a handshake, and without anything that can be read', () => {
    const all = conversations([
      packet(z, a, 0xa, dataChunk(1)),
      packet(a, z, 0x2, sackChunk(1)),
      packet(z2, a2, 0xa, dataChunk(2)),
      { timeMs: 0, from: a, to: z, packet: new Uint8Array(2), truncated: false },
    ]);
    expect(all.map(({ packets }) => packets.length)).toEqual([3, 1]);
    expect(all[1]!.packets[0]).toMatchObject({ decoded: undefined, flaws: ['malformed packet'] });
  });

  it('tell two associations between the same hosts apart by their ports', () => {
    const other = encodePacket({ sourcePort: 6000, destinationPort: 5001, verificationTag: 0 }, [
      initChunk('INIT', 0xd, 1),
    ]);
    expect(conversations([...handshake, { ...handshake[0]!, packet: other }])).toHaveLength(2);
  });

  it.each([
    ['usrsctp/31-restart.pcap', 1],
    ['usrsctp/32-collision.pcap', 1],
    ['usrsctp/02-multihomed.pcap', 1],
    ['linux/encap-multihomed.pcap', 1],
    ['usrsctp/19-no-listener.pcap', 1],
  ])('%s is %i', (name, count) => {
    expect(conversations(goldenPackets(name))).toHaveLength(count);
  });

  it('name what is wrong with packets', () => {
    const flaws = (name: string): Set<string> =>
      new Set(conversations(goldenPackets(name)).flatMap(({ packets }) => packets.flatMap((each) => each.flaws)));
    expect(flaws('usrsctp/01-plain.pcap')).toEqual(new Set());
    expect(flaws('usrsctp/21-bad-checksum.pcap')).toEqual(new Set(['bad checksum']));
    expect(flaws('usrsctp/29-af-conn-zero-csum.pcap')).toEqual(new Set(['no checksum']));
    const cut = { ...handshake[0]!, packet: handshake[0]!.packet.subarray(0, 20), truncated: true };
    const short = { ...cut, truncated: false };
    expect(conversations([cut, short])[0]!.packets.map((each) => each.flaws)).toEqual([
      ['cut off by the capture'],
      ['malformed chunk length', 'bad checksum'],
    ]);
  });

  it('take any bytes', () => {
    const captured = fc.record({
      timeMs: fc.double(),
      from: fc.constantFrom(a, z),
      to: fc.constantFrom(a, z),
      packet: fc.uint8Array({ maxLength: 60 }),
      truncated: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(captured), (packets) => {
        const all = conversations(packets);
        expect(all.flatMap((each) => each.packets)).toHaveLength(packets.length);
        for (const each of all) expect(arrowDiagram(each).length).toBeGreaterThan(each.packets.length);
      }),
    );
  });
});

describe('an arrow diagram', () => {
  it('shows two columns, times, details, wounds and detours', () => {
    const [conversation] = conversations(
      [
        { ...handshake[0]!, timeMs: 1000 },
        { ...handshake[1]!, timeMs: 1012.5 },
        packet(z2, a2, 0xa, dataChunk(1), sackChunk(0)),
      ].map((each, i) => ({ ...each, timeMs: [1000, 1012.5, 1100][i]! })),
    );
    expect(arrowDiagram(conversation!, { width: 40, verbose: false })).toEqual([
      '            10.0.0.1:9899, 10.1.0.1:9899 port 5000  10.0.0.2:9899, 10.1.0.2:9899 port 5001',
      '      0.000 │ INIT ──────────────────────────────────▶ │',
      '     12.500 │ ◀────────────────────────────── INIT ACK │',
      '    100.000 │ ◀─────────────────────── DATA 1 + SACK 0 │ 10.1.0.2:9899 → 10.1.0.1:9899',
    ]);
  });

  it('folds long packets and puts the arrow on their last row', () => {
    const many = Array.from({ length: 5 }, (_, i) => dataChunk(i + 1));
    const [conversation] = conversations([...handshake, packet(a, z, 0x2, ...many), packet(z, a, 0xa, ...many)]);
    expect(arrowDiagram(conversation!, { width: 36, verbose: false }).slice(3)).toEqual([
      '      0.000 │ DATA 1 + DATA 2 + DATA 3             │',
      '            │ + DATA 4 + DATA 5 ─────────────────▶ │',
      '      0.000 │             DATA 1 + DATA 2 + DATA 3 │',
      '            │ ◀───────────────── + DATA 4 + DATA 5 │',
    ]);
    const rows = arrowDiagram(conversations(goldenPackets('linux/encap-features.pcap'))[0]!);
    expect(new Set(rows.slice(1).map((row) => row.lastIndexOf('│')))).toEqual(new Set([12 + 2 + 88 + 1]));
  });
});
