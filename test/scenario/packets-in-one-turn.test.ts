import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { distance, tsn } from '../../src/base/serial.ts';
import { decodePacket, type SackChunk } from '../../src/chunks/index.ts';
import { listen, type SctpEndpoint } from '../../src/index.ts';
import { BurstLimitedSender } from '../support/burst-limited-sender.ts';
import { TurnPipe } from '../support/turn-pipe.ts';

// Packets that the system hands over in one turn of the event loop are packets like others: RFC 9260 §6.2, "an acknowledgement
// SHOULD be generated for at least every second packet (not every second DATA chunk) received". All in virtual time, through the
// public API and the driver.

const port = 5000;
const peerPort = 5001;

interface Receiver {
  readonly endpoint: SctpEndpoint;
  readonly pipe: TurnPipe;
  readonly sender: BurstLimitedSender;
  readonly received: { bytes: number };
}

describe('many packets in one turn of the event loop', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'performance'] });
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  async function receiver(rttMs: number, bytes: number, options = {}): Promise<Receiver> {
    const pipe = new TurnPipe(rttMs / 2);
    const endpoint = await listen({ port, transport: pipe, ...options });
    const received = { bytes: 0 };
    endpoint.on('association', (association) => {
      association.on('error', () => {});
      association.on('message', ({ data }) => {
        received.bytes += data.length;
      });
    });
    const sender = new BurstLimitedSender({
      send: (packet) => pipe.arrive(packet),
      port: peerPort,
      peerPort: port,
      bytes,
    });
    pipe.onPacket = (packet) => sender.handlePacket(packet);
    sender.connect();
    return { endpoint, pipe, sender, received };
  }

  /** How many packets each SACK chunk acknowledged. */
  function steps(sacks: readonly SackChunk[]): number[] {
    let before = tsn(0);
    return sacks.map(({ cumulativeTsnAck }) => {
      const step = distance(cumulativeTsnAck, before);
      before = cumulativeTsnAck;
      return step;
    });
  }

  it('keep a peer going that grows by SACKs (Max.Burst 4, L = 1): 2 MiB over 50 ms within 2 s from slow start', async () => {
    const { endpoint, pipe, sender, received } = await receiver(50, 2 * 1024 * 1024);
    // Two round trips for the handshake.
    await vi.advanceTimersByTimeAsync(100);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(received.bytes).toBeGreaterThanOrEqual(2 * 1024 * 1024);
    expect(sender.isDone).toBe(true);
    expect(pipe.largestTurn).toBeGreaterThan(100);
    expect(sender.packets).toBe(sender.packetsInAll);
    await endpoint.abort();
  });

  it('are acknowledged two by two, each SACK chunk with a Cumulative TSN Ack of its own', async () => {
    const { endpoint, sender } = await receiver(50, 500_000);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(sender.isDone).toBe(true);
    // §5.1: the first one at once. The last one waits for SACK.Delay.
    const [first, ...others] = steps(sender.sacks);
    expect(first).toBe(1);
    expect(others.slice(0, -1).filter((step) => step !== 2)).toEqual([]);
    expect(others.at(-1)).toBeLessThanOrEqual(2);
    await endpoint.abort();
  });

  it('are acknowledged as often as `sackFrequency` says', async () => {
    for (const sackFrequency of [1, 5]) {
      const { endpoint, sender } = await receiver(50, 200_000, { sackFrequency });
      await vi.advanceTimersByTimeAsync(20_000);
      expect(sender.isDone).toBe(true);
      expect(Math.max(...steps(sender.sacks))).toBe(sackFrequency);
      await endpoint.abort();
    }
  });

  it('have a SACK chunk each as long as there is a gap, and when they are duplicates (§6.2, §6.7)', async () => {
    const { endpoint, pipe, sender } = await receiver(50, 4 * 1_172);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(sender.isDone).toBe(true);
    sender.sacks.length = 0;
    // 5 is missing until 6, 7 and 8 have come; 7 comes twice; 9 and 10 make a pair.
    pipe.arrive(...[6, 7, 8, 7, 5, 9, 10].map((number) => sender.packetOf(number)));
    await vi.advanceTimersByTimeAsync(100);
    expect(
      sender.sacks.map(({ cumulativeTsnAck, gapAckBlocks, duplicateTsns }) => [
        cumulativeTsnAck,
        gapAckBlocks.map(({ start, end }) => `${start}-${end}`).join(),
        duplicateTsns.join(),
      ]),
    ).toEqual([
      [4, '2-2', ''],
      [4, '2-3', ''],
      [4, '2-4', ''],
      [4, '2-4', '7'],
      [8, '', ''],
      [10, '', ''],
    ]);
    await endpoint.abort();
  });

  it('are acknowledged beside what their reader says to them', async () => {
    const { endpoint, pipe, sender } = await receiver(50, 4 * 1_172);
    await vi.advanceTimersByTimeAsync(1_000);
    const [association] = endpoint.associations;
    association!.on('message', ({ data }) => void association!.send(data));
    const packets: string[] = [];
    pipe.onPacket = (packet) =>
      packets.push(
        decodePacket(packet)!
          .chunks.map(({ kind }) => kind)
          .join(' + '),
      );
    pipe.arrive(sender.packetOf(5));
    await vi.advanceTimersByTimeAsync(50);
    expect(packets).toEqual(['SACK + DATA']);
    await endpoint.abort();
  });
});
