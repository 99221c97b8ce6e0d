import { describe, expect, it, onTestFinished } from 'vitest';
import { connect, listen } from '../../../src/index.ts';
import { MessageMemory } from '../../../src/socket/message-memory.ts';
import { startRelay } from '../../support/relay.ts';

describe('MessageMemory', () => {
  it('copies, and never two messages to one place', () => {
    const memory = new MessageMemory();
    const sizes = [1_025, 1_280, 1_281, 4_000, 16_384, 16_385, 65_536, 100_000, 1 << 20, (1 << 20) + 1];
    const copies = sizes.flatMap((size) => [1, 2].map((value) => memory.copy(new Uint8Array(size).fill(value))));
    copies.forEach((copy, i) => {
      expect([copy.length, copy.every((byte) => byte === 1 + (i % 2))]).toEqual([sizes[i >> 1], true]);
    });
  });

  it('uses the memory of a message that was given back for the next of about its size', () => {
    const memory = new MessageMemory();
    const first = memory.copy(new Uint8Array(10_000).fill(1));
    const { buffer } = first;
    memory.giveBack(first);
    const next = memory.copy(new Uint8Array(10_100).fill(2));
    expect([next.buffer === buffer, next.length, next.every((byte) => byte === 2)]).toEqual([true, 10_100, true]);
    expect(memory.copy(new Uint8Array(10_000)).buffer).not.toBe(buffer);
  });

  it('wastes at most a fifth of its memory', () => {
    const memory = new MessageMemory();
    for (let size = 1_025; size < 1 << 20; size = Math.ceil(size * 1.07)) {
      const copy = memory.copy(new Uint8Array(size));
      expect(copy.buffer.byteLength * 0.8).toBeLessThanOrEqual(size);
    }
  });

  it('keeps no more than its bound, and nothing that is a part of other memory', () => {
    const memory = new MessageMemory();
    const copies = Array.from({ length: 10 }, () => memory.copy(new Uint8Array(1 << 20)));
    for (const copy of copies) memory.giveBack(copy);
    const again = copies.map(() => memory.copy(new Uint8Array(1 << 20)));
    expect(again.filter(({ buffer }) => copies.some((copy) => copy.buffer === buffer))).toHaveLength(4);
    const part = new Uint8Array(1 << 16).subarray(0, 1_300);
    memory.giveBack(part);
    memory.giveBack(new Uint8Array());
    expect(memory.copy(new Uint8Array(1_300)).buffer).not.toBe(part.buffer);
  });
});

it('large messages keep their bytes, sent again or not, while the memory of those before them serves for others', async () => {
  const host = '127.0.0.1';
  const endpoint = await listen({ port: 5_000, host, udpPort: 0 });
  onTestFinished(() => endpoint.abort());
  const relay = await startRelay({ target: { port: endpoint.udpPort }, seed: 3, lossRate: 0.05, reorderRate: 0.05 });
  onTestFinished(() => relay.close());
  const rto = { rtoInitialMs: 100, rtoMinMs: 50, sackDelayMs: 10 };
  const client = await connect({ host, port: 5_000, remoteUdpPort: relay.port, pathMtu: 1_500, ...rto });
  onTestFinished(() => client.abort());
  const { value: server } = await endpoint[Symbol.asyncIterator]().next();
  let read = 0;
  const reading = (async () => {
    for await (const { data } of server!) {
      expect(
        data.every((byte) => byte === read % 251),
        `message ${read}`,
      ).toBe(true);
      read++;
    }
  })();
  const mine = new Uint8Array(6_000);
  for (let n = 0; n < 600; n++) {
    await client.send(mine.fill(n % 251), n % 20 === 19 ? { until: 'delivered' } : {});
  }
  relay.calm();
  await client.close();
  await reading;
  expect(read).toBe(600);
});
