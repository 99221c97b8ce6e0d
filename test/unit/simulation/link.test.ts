import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../src/base/random.ts';
import { decodePacket } from '../../../src/chunks/index.ts';
import { Link, type LinkOptions } from '../../../src/simulation/link.ts';
import { dataChunk, packetOf } from '../trace/packets.ts';

const packet = packetOf(1, dataChunk(1, new Uint8Array(72))); // 100 bytes
const wireLength = 128;

function link(options: Partial<LinkOptions>, seed = 1): Link {
  return new Link(options, seededRandom(seed));
}

function send(on: Link, now: number, bytes: Uint8Array = packet) {
  return on.transmit(bytes, now, () => decodePacket(bytes));
}

/** How many of `count` packets are not lost. */
function passed(on: Link, count: number): number {
  let arrived = 0;
  for (let i = 0; i < count; i++) arrived += send(on, i).arrivals.length;
  return arrived;
}

describe('a link', () => {
  it('delays, and nothing else, by default', () => {
    expect(send(link({}), 5)).toEqual({ corrupted: false, arrivals: [{ at: 15, packet }] });
    expect(send(link({}), 5).arrivals[0]!.packet).toBe(packet);
  });

  it('sends one packet after the other where bandwidth is limited, and loses what overflows its queue', () => {
    const narrow = link({ delayMs: 1, rateBitsPerSecond: wireLength * 8 * 100, queueBytes: 3 * wireLength });
    const first = Array.from({ length: 5 }, () => send(narrow, 0));
    expect(first.map(({ arrivals }) => arrivals[0]?.at)).toEqual([11, 21, 31, undefined, undefined]);
    expect(first[4]!.lost).toBe('queue full');
    expect(send(narrow, 10).arrivals[0]?.at).toBe(41);
    expect(send(narrow, 100).arrivals[0]?.at).toBe(111);
  });

  it('lets packets through up to its MTU, headers included', () => {
    const small = link({ mtu: wireLength });
    expect(send(small, 0).lost).toBeUndefined();
    expect(send(small, 0, new Uint8Array(101)).lost).toBe('mtu');
    // What its sender has fragmented comes in pieces that are small enough.
    expect(small.transmit(new Uint8Array(101), 0, () => undefined, true).lost).toBeUndefined();
  });

  it('loses everything while it is cut', () => {
    const wire = link({});
    wire.cut();
    expect(send(wire, 0).lost).toBe('cut');
    expect(wire.isCut).toBe(true);
    wire.restore();
    expect(send(wire, 0).lost).toBeUndefined();
  });

  it('follows a script that sees the packets since it was set', () => {
    const seen: unknown[] = [];
    const wire = link({});
    send(wire, 0);
    wire.set({
      drop: ({ chunks }, index) => {
        seen.push([chunks[0]?.kind, index]);
        return index === 1;
      },
    });
    expect([send(wire, 0).lost, send(wire, 0).lost, send(wire, 0).lost]).toEqual([undefined, 'drop', undefined]);
    expect(seen).toEqual([
      ['DATA', 0],
      ['DATA', 1],
      ['DATA', 2],
    ]);
    expect(send(wire, 0, new Uint8Array(3)).lost).toBeUndefined();
    wire.set({ drop: undefined });
    expect(send(wire, 0).lost).toBeUndefined();
  });
});

describe('chance on a link', () => {
  it('loses the given share', () => {
    expect(passed(link({ lossRate: 0 }), 1000)).toBe(1000);
    expect(passed(link({ lossRate: 1 }), 1000)).toBe(0);
    expect(passed(link({ lossRate: 0.2 }), 10_000)).toBeGreaterThan(7_800);
    expect(passed(link({ lossRate: 0.2 }), 10_000)).toBeLessThan(8_200);
  });

  it('loses in bursts', () => {
    const wire = link({ burstLoss: { enterRate: 0.01, leaveRate: 0.2 } });
    const fates = Array.from({ length: 10_000 }, (_, i) => (send(wire, i).lost === undefined ? '.' : 'x')).join('');
    const bursts = fates.match(/x+/g) ?? [];
    const lost = bursts.join('').length;
    expect(lost).toBeGreaterThan(300);
    expect(lost).toBeLessThan(700);
    expect(lost / bursts.length).toBeGreaterThan(4);
    expect(lost / bursts.length).toBeLessThan(6);
  });

  it('duplicates into memory of its own', () => {
    const { arrivals } = send(link({ duplicateRate: 1 }), 0);
    expect(arrivals).toHaveLength(2);
    expect(arrivals[1]!.packet).toEqual(packet);
    expect(arrivals[1]!.packet).not.toBe(packet);
  });

  it('damages a copy', () => {
    const before = packet.slice();
    const wire = link({ corruptRate: 1 });
    for (let i = 0; i < 50; i++) {
      const { corrupted, arrivals } = send(wire, 0);
      expect(corrupted).toBe(true);
      expect(arrivals[0]!.packet).toHaveLength(packet.length);
    }
    expect(packet).toEqual(before);
    expect(send(wire, 0).arrivals[0]!.packet).not.toEqual(packet);
  });

  it('keeps the order under jitter and breaks it by reordering only', () => {
    const arrivals = (wire: Link): number[] => Array.from({ length: 1000 }, (_, i) => send(wire, i).arrivals[0]!.at);
    const jittery = arrivals(link({ jitterMs: 50 }));
    expect(jittery).toEqual(jittery.toSorted((a, b) => a - b));
    expect(new Set(jittery).size).toBeGreaterThan(50);
    expect(Math.max(...jittery.map((at, i) => at - i))).toBeLessThan(60);
    const reordered = arrivals(link({ reorderRate: 0.1, reorderDelayMs: 5 }));
    const late = reordered.filter((at, i) => at === i + 15).length;
    expect(late).toBeGreaterThan(60);
    expect(late).toBeLessThan(140);
    expect(reordered.filter((at, i) => at === i + 10)).toHaveLength(1000 - late);
  });

  it('repeats itself for the same seed', () => {
    const options = { lossRate: 0.1, jitterMs: 5, corruptRate: 0.1, duplicateRate: 0.1, reorderRate: 0.1 };
    const run = (seed: number): unknown[] => {
      const wire = link(options, seed);
      return Array.from({ length: 100 }, (_, i) => send(wire, i));
    };
    expect(run(7)).toEqual(run(7));
    expect(run(7)).not.toEqual(run(8));
  });
});
