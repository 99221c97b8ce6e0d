import { describe, expect, it } from 'vitest';
import { Slab } from '../../../src/base/slab.ts';

describe('Slab', () => {
  it('never gives the bytes of a kept packet away again', () => {
    const slab = new Slab();
    const packets = Array.from({ length: 200 }, (_, i) => {
      const memory = slab.take(1472);
      const packet = memory.subarray(slab.offset, slab.offset + 1472).fill(i);
      slab.keep(i * 7);
      return packet.subarray(0, i * 7);
    });
    packets.forEach((packet, i) => {
      expect(packet.every((byte) => byte === i % 256)).toBe(true);
    });
  });

  it('gives bytes that were not kept away again', () => {
    const slab = new Slab();
    const memory = slab.take(100);
    const { offset } = slab;
    expect(slab.take(100)).toBe(memory);
    expect(slab.offset).toBe(offset);
  });

  it('does not begin anew for each small packet where large ones are asked for', () => {
    const slab = new Slab();
    const memories = new Set(
      Array.from({ length: 500 }, () => {
        const { buffer } = slab.take(65_504);
        slab.keep(40);
        return buffer;
      }),
    );
    expect(memories.size).toBe(1);
  });

  it('gives away again what comes back, unless something was kept behind it', () => {
    const slab = new Slab();
    const packet = (size: number): Uint8Array => {
      const memory = slab.take(1_472);
      const bytes = memory.subarray(slab.offset, slab.offset + size);
      slab.keep(size);
      return bytes;
    };
    const first = packet(100);
    const second = packet(60);
    slab.giveBack(first);
    expect(packet(20).byteOffset).toBe(second.byteOffset + 64);
    const last = packet(1_000);
    slab.giveBack(last);
    slab.giveBack(last);
    expect(packet(1_000).byteOffset).toBe(last.byteOffset);
    slab.giveBack(new Uint8Array(8));
    expect(packet(8).byteOffset).toBe(last.byteOffset + 1_000);
  });

  it('takes packets of any size', () => {
    const slab = new Slab();
    expect(slab.take(200_000).length - slab.offset).toBeGreaterThanOrEqual(200_000);
  });
});
