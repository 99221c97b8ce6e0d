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

  it('takes packets of any size', () => {
    const slab = new Slab();
    expect(slab.take(200_000).length - slab.offset).toBeGreaterThanOrEqual(200_000);
  });
});
