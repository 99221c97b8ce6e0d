import { describe, expect, it } from 'vitest';
import { Slab } from '../../../src/base/slab.ts';

describe('Slab', () => {
  it('never gives the bytes of a kept packet away again', () => {
    const slab = new Slab();
    const packets = Array.from({ length: 200 }, (_, i) => {
      const packet = slab.take(1472).fill(i);
      slab.keep(i * 7);
      return packet.subarray(0, i * 7);
    });
    packets.forEach((packet, i) => {
      expect(packet.every((byte) => byte === i % 256)).toBe(true);
    });
  });

  it('gives bytes that were not kept away again', () => {
    const slab = new Slab();
    expect(slab.take(100).byteOffset).toBe(slab.take(100).byteOffset);
  });

  it('takes packets of any size', () => {
    expect(new Slab().take(200_000).length).toBe(200_000);
  });
});
