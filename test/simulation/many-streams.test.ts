import { describe, expect, it } from 'vitest';
import { createScheduler } from '../../src/streams/schedulers.ts';
import { SendQueue } from '../../src/streams/send-queue.ts';
import { memoryInUse } from '../support/memory.ts';
import { type EstablishedPair, establishedPair, eventsOf } from '../support/pair.ts';

const all = 65_535;

function pairWith(streams: number): EstablishedPair {
  const options = { outboundStreams: streams, maxInboundStreams: streams };
  return establishedPair({ a: options, z: options });
}

/** One message each way on the last stream, all streams reset in both directions, and one more message. */
function useAndReset({ network, a, z, association, peer }: EstablishedPair): { packets: number; endedAt: number } {
  const streamId = association.outboundStreams - 1;
  const data = new Uint8Array(10);
  a.send(association, { data, streamId });
  z.send(peer, { data, streamId });
  a.command(() => association.reconfigure({ kind: 'reset outgoing streams', streamIds: [] }));
  a.command(() => association.reconfigure({ kind: 'reset incoming streams', streamIds: [] }));
  network.run({ until: () => eventsOf(a, 'streamsReset').length === 2 });
  a.send(association, { data, streamId });
  z.send(peer, { data, streamId });
  network.run({ until: () => a.received().length === 2 && z.received().length === 2 });
  return { packets: network.packets.length, endedAt: network.now };
}

describe('65,535 streams in each direction', () => {
  it('are negotiated, used and reset in as many packets and as much time as one', () => {
    const many = pairWith(all);
    expect([many.association.outboundStreams, many.association.inboundStreams]).toEqual([all, all]);
    expect(useAndReset(many)).toEqual(useAndReset(pairWith(1)));
    expect(eventsOf(many.a, 'streamsReset').map(({ direction, result }) => `${direction} ${result}`)).toEqual([
      'outgoing performed',
      'incoming performed',
    ]);
  });

  it('take memory only where they are used', () => {
    const cost = (streams: number): number => {
      const before = memoryInUse();
      const pairs = Array.from({ length: 20 }, () => pairWith(streams));
      for (const two of pairs) useAndReset(two);
      const bytes = (memoryInUse() - before) / pairs.length;
      expect(pairs).toHaveLength(20); // they are still needed here
      return bytes;
    };
    cost(1); // what is compiled and cached once
    expect(cost(all) - cost(1)).toBeLessThan(all / 2); // not even a byte each
  });

  it('exist once they are used, and no sooner: not by a pause, a reset, or another scheduler', () => {
    const queue = new SendQueue(createScheduler('round-robin'), () => {});
    queue.resume(queue.pause([]), true);
    queue.scheduler = createScheduler('priority');
    queue.stream(all - 1);
    queue.resume(queue.pause([]), true);
    expect([...queue.streams].map(({ streamId }) => streamId)).toEqual([all - 1]);
  });
});
