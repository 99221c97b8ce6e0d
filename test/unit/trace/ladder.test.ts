import { describe, expect, it } from 'vitest';
import { tsn } from '../../../src/base/serial.ts';
import { decodePacket } from '../../../src/chunks/index.ts';
import { type Fate, ladder, TsnOrigins } from '../../../src/trace/index.ts';
import { dataChunk, goldenPackets, initChunk, packetOf, sackChunk } from './packets.ts';

const a = { ip: '10.0.0.1', udpPort: 9899 };
const z = { ip: '10.0.0.2', udpPort: 9899 };
const name = ({ ip }: { ip: string }): string => (ip === a.ip ? 'a' : 'z');

const fromA = (packet: Uint8Array, fate: Fate = 'delivered') => ({ timeMs: 1, from: a, to: z, packet, fate });
const fromZ = (packet: Uint8Array, fate: Fate = 'delivered') => ({ timeMs: 2.5, from: z, to: a, packet, fate });

describe('a ladder', () => {
  it('has a line for each packet, with its fate and all its chunks', () => {
    const lines = ladder(
      [
        fromA(packetOf(1, dataChunk(10)), 'lost'),
        fromA(packetOf(1, dataChunk(11), dataChunk(12))),
        fromZ(packetOf(2, sackChunk(9, [{ start: 2, end: 3 }]))),
        fromA(packetOf(1, { kind: 'COOKIE ACK' }, dataChunk(10)), 'corrupted'),
        fromA(new Uint8Array(3)),
      ],
      { name },
    );
    expect(lines).toEqual([
      'a x DATA 10',
      'a > DATA 11 + DATA 12',
      'z > SACK 9 gaps 2-3',
      'a ~ COOKIE ACK + DATA 10',
      'a > 3 bytes',
    ]);
  });

  it('can tell times, addresses and details', () => {
    const [line] = ladder([fromZ(packetOf(1, dataChunk(10)))], { times: true, verbose: true });
    expect(line).toMatch(/^ {6}2\.500 10\.0\.0\.2:9899 > DATA 10 stream 0/);
  });
});

describe('relative TSNs', () => {
  const handshake = [
    fromA(packetOf(0, initChunk('INIT', 0xa, 0xffff_ffff))),
    fromZ(packetOf(0xa, initChunk('INIT ACK', 0x2, 500))),
  ];

  it('count from 1 on each side, across the wrap', () => {
    const lines = ladder(
      [
        ...handshake,
        fromA(packetOf(0x2, dataChunk(0xffff_ffff), dataChunk(0), dataChunk(1))),
        fromZ(packetOf(0xa, dataChunk(500), sackChunk(1, [{ start: 2, end: 2 }], [0]))),
        fromA(packetOf(0x2, sackChunk(499))),
        fromA(packetOf(0x2, { kind: 'FORWARD-TSN', newCumulativeTsn: tsn(4), streams: [] })),
        fromZ(packetOf(0xa, { kind: 'SHUTDOWN', cumulativeTsnAck: tsn(4) })),
      ],
      { name, relativeTsns: true },
    );
    expect(lines.slice(2)).toEqual([
      'a > DATA 1 + DATA 2 + DATA 3',
      'z > DATA 1 + SACK 3 gaps 2-2 dups 2',
      'a > SACK 0',
      'a > FORWARD-TSN 6',
      'z > SHUTDOWN 6',
    ]);
  });

  it('follow the INIT ACK whose cookie came back, and the tags of a restart', () => {
    const lines = ladder(
      [
        ...handshake,
        fromZ(packetOf(0xa, initChunk('INIT ACK', 0x3, 900))),
        fromA(packetOf(0x2, { kind: 'COOKIE ECHO', cookie: new Uint8Array(4) })),
        fromZ(packetOf(0xa, dataChunk(501))),
        fromA(packetOf(0, initChunk('INIT', 0xb, 70))),
        fromZ(packetOf(0xb, initChunk('INIT ACK', 0x4, 80))),
        fromA(packetOf(0x2, dataChunk(0))),
        fromZ(packetOf(0xb, dataChunk(80))),
        fromA(packetOf(0x4, dataChunk(71))),
      ],
      { name, relativeTsns: true },
    );
    expect(lines.filter((line) => line.includes('DATA'))).toEqual([
      'z > DATA 2',
      'a > DATA 2',
      'z > DATA 1',
      'a > DATA 2',
    ]);
  });

  it('stay absolute where the handshake was not seen, unless its origins are given', () => {
    const late = [fromA(packetOf(0x2, dataChunk(5)))];
    expect(ladder(late, { name, relativeTsns: true })).toEqual(['a > DATA 5']);
    const origins = new TsnOrigins();
    for (const { packet } of handshake) origins.observe(decodePacket(packet)!);
    expect(ladder(late, { name, relativeTsns: origins })).toEqual(['a > DATA 7']);
  });
});

it('tells the whole story of a capture', () => {
  const client = ({ udpPort }: { udpPort: number }): string => (udpPort === 9898 ? 'a' : 'z');
  expect(ladder(goldenPackets('usrsctp/18-setup-lossy.pcap'), { name: client, relativeTsns: true })).toEqual([
    'a > INIT',
    'a > INIT',
    'z > INIT ACK',
    'a > COOKIE ECHO',
    'a > COOKIE ECHO',
    'z > COOKIE ACK',
    'a > DATA 1',
    'z > SACK 1',
    'a > DATA 2 + DATA 3',
    'z > SACK 3',
    'a > SHUTDOWN 0',
    'z > SHUTDOWN ACK',
    'a > SHUTDOWN COMPLETE',
  ]);
});
