import { describe, expect, it } from 'vitest';
import { OutgoingMessage } from '../../../src/streams/message.ts';
import type { OutgoingStream } from '../../../src/streams/outgoing-stream.ts';
import { createScheduler, schedulerNames } from '../../../src/streams/schedulers.ts';
import type { StreamScheduler } from '../../../src/streams/stream-scheduler.ts';
import { Fragmenting } from '../../support/fragmenting.ts';
import { nextLength } from '../../support/next-length.ts';

describe('first come, first served (RFC 8260 §3.1)', () => {
  it('"passes through the messages in the order in which they have been delivered by the application"', () => {
    const sender = new Fragmenting('first-come-first-served');
    for (const streamId of [3, 1, 3, 2, 1]) sender.add(streamId, 2_500);
    const order = sender.streams();
    expect(order.filter((streamId, n) => streamId !== order[n - 1])).toEqual([3, 1, 3, 2, 1]);
  });
});

describe('round robin (RFC 8260 §3.2)', () => {
  it('with I-DATA takes a chunk of each stream in turn', () => {
    const sender = new Fragmenting('round-robin').add(1, 3_000).add(2, 2_000).add(3, 1_000);
    expect(sender.streams()).toEqual([1, 2, 3, 1, 2, 1]);
  });

  it('with DATA takes a message of each', () => {
    const sender = new Fragmenting('round-robin', false).add(1, 2_000).add(2, 2_000).add(1, 2_000).add(2, 2_000);
    expect(sender.streams()).toEqual([1, 1, 2, 2, 1, 1, 2, 2]);
  });

  it('lets in a newcomer behind those who wait', () => {
    const sender = new Fragmenting('round-robin').add(1, 3_000).add(2, 3_000);
    expect(sender.streams(1)).toEqual([1]);
    sender.add(3, 1_000);
    expect(sender.streams()).toEqual([2, 1, 3, 2, 1, 2]);
  });
});

describe('round robin per packet (RFC 8260 §3.3)', () => {
  it('"only switches streams when starting to fill a new packet"', () => {
    const sender = new Fragmenting('round-robin-per-packet');
    for (let n = 0; n < 4; n++) sender.add(1, 300).add(2, 300);
    const packets = sender.packets().map((packet) => packet.map(({ streamId }) => streamId));
    expect(packets).toEqual([[1, 1, 1], [2, 2, 2], [1], [2]]);
  });
});

describe('priority (RFC 8260 §3.4)', () => {
  it('the lowest number goes first, and streams of one priority in turns', () => {
    const sender = new Fragmenting('priority');
    sender.share(1, { priority: 5 }).share(2, { priority: 1 }).share(3, { priority: 1 });
    sender.add(1, 2_000).add(2, 2_000).add(3, 2_000);
    expect(sender.streams()).toEqual([2, 3, 2, 3, 1, 1]);
  });

  it.each([
    ['I-DATA: overtakes in the middle of a message', true, [1, 2, 1, 1]],
    ['DATA: waits for the end of the message', false, [1, 1, 1, 2]],
  ])('what is urgent, with %s', (_, isInterleaving, order) => {
    const sender = new Fragmenting('priority', isInterleaving).share(1, { priority: 5 }).add(1, 3_000);
    const first = sender.streams(1);
    sender.add(2, 1_000);
    expect([...first, ...sender.streams()]).toEqual(order);
  });

  it('what is urgent overtakes a message that was chosen and has not begun', () => {
    const sender = new Fragmenting('priority', false).share(1, { priority: 5 }).add(1, 3_000);
    expect(nextLength(sender.queue, 100, 1_000, 0)).toBe(0); // too little room for it
    sender.add(2, 1_000);
    expect(sender.streams()).toEqual([2, 1, 1, 1]);
  });

  it('may be changed while messages wait', () => {
    const sender = new Fragmenting('priority').add(1, 2_000).add(2, 2_000).share(2, { priority: 0 });
    sender.share(1, { priority: 1 });
    expect(sender.streams()).toEqual([2, 2, 1, 1]);
  });
});

describe('fair capacity (RFC 8260 §3.5)', () => {
  it('each stream gets as many bytes, whatever the size of its messages', () => {
    const sender = new Fragmenting('fair-capacity');
    for (let n = 0; n < 1_000; n++) sender.add(1, 100);
    for (let n = 0; n < 10; n++) sender.add(2, 10_000);
    const shares = sender.shares(100);
    expect(Math.abs(shares.get(1)! - shares.get(2)!)).toBeLessThanOrEqual(1_000);
  });

  it('who was idle has not saved up', () => {
    const sender = new Fragmenting('fair-capacity').add(1, 100_000);
    sender.packets(50);
    sender.add(2, 100_000);
    const shares = sender.shares(20);
    expect(Math.abs(shares.get(1)! - shares.get(2)!)).toBeLessThanOrEqual(1_000);
  });

  it('who has had its share under another scheduler does not pay for it', () => {
    const sender = new Fragmenting('fair-capacity').add(1, 100_000);
    sender.packets(50);
    sender.queue.scheduler = createScheduler('fair-capacity');
    sender.add(2, 100_000);
    const shares = sender.shares(20);
    expect(Math.abs(shares.get(1)! - shares.get(2)!)).toBeLessThanOrEqual(1_000);
  });
});

describe('weighted fair queueing (RFC 8260 §3.6)', () => {
  it('"n times the capacity"', () => {
    const sender = new Fragmenting('weighted-fair-queueing').share(2, { weight: 3 });
    sender.add(1, 200_000).add(2, 200_000);
    const shares = sender.shares(100);
    expect(shares.get(2)! / shares.get(1)!).toBeCloseTo(3, 0);
  });
});

describe.each(schedulerNames.map((name) => [name]))('%s', (name) => {
  it.each([[true], [false]])('sends everything, each stream in order (interleaving: %s)', (isInterleaving) => {
    const sender = new Fragmenting(name, isInterleaving);
    for (let n = 0; n < 60; n++) sender.add(n % 7, 1 + ((n * 577) % 3_000));
    const cuts = sender.packets().flat();
    expect(cuts.reduce((sum, { length }) => sum + length, 0)).toBe(
      Array.from({ length: 60 }, (_, n) => 1 + ((n * 577) % 3_000)).reduce((sum, length) => sum + length, 0),
    );
    for (let streamId = 0; streamId < 7; streamId++) {
      const ends = cuts.filter((cut) => cut.streamId === streamId && cut.ending).map(({ messageId }) => messageId);
      expect(ends).toEqual(Array.from(ends, (_, n) => n));
    }
    expect([sender.queue.isEmpty, sender.queue.queuedBytes]).toEqual([true, 0]);
  });

  it('takes over from another while messages wait', () => {
    const sender = new Fragmenting('first-come-first-served');
    for (let n = 0; n < 10; n++) sender.add(n % 3, 2_000);
    const before = sender.streams(3);
    sender.queue.scheduler = createScheduler(name);
    expect([...before, ...sender.streams()].sort()).toEqual(
      Array.from({ length: 10 }, (_, n) => n % 3)
        .flatMap((streamId) => [streamId, streamId])
        .sort(),
    );
  });
});

describe('what the peer can hold in pieces', () => {
  it('is not exceeded: who has begun goes on, and whole messages pass', () => {
    const sender = new Fragmenting('round-robin');
    sender.queue.mostInterleavedBytes = 7_000;
    sender.add(1, 3_000).add(2, 3_000).add(3, 3_000).add(4, 500);
    expect(sender.streams()).toEqual([1, 2, 4, 1, 2, 1, 2, 1, 3, 3, 3, 3]);
  });

  it('is never exceeded, whatever the scheduler', () => {
    for (const name of schedulerNames) {
      const sender = new Fragmenting(name);
      sender.queue.mostInterleavedBytes = 10_000;
      for (let n = 0; n < 60; n++) sender.add(n % 11, 1 + ((n * 577) % 6_000));
      const inPieces = new Map<number, number>();
      for (const { streamId, length, ending } of sender.packets().flat()) {
        inPieces.set(streamId, ending ? 0 : (inPieces.get(streamId) ?? 0) + length);
        expect([...inPieces.values()].reduce((sum, bytes) => sum + bytes, 0)).toBeLessThanOrEqual(10_000);
      }
      expect(sender.queue.isEmpty).toBe(true);
    }
  });

  it('does not keep a single message of any size from going', () => {
    const sender = new Fragmenting('round-robin');
    sender.queue.mostInterleavedBytes = 10;
    expect(sender.add(1, 3_000).add(2, 2_000).streams()).toEqual([1, 1, 1, 2, 2]);
  });

  it('lets all that had to wait go on, although those before them go in one packet each', () => {
    const sender = new Fragmenting('round-robin');
    const { queue } = sender;
    queue.mostInterleavedBytes = 2_250;
    sender.add(1, 2_900);
    expect(sender.streams(1)).toEqual([1]);
    // Too much beside what is under way: nobody knows yet how much there will be of them.
    const open = [2, 3].map((streamId) => {
      const message = new OutgoingMessage({ data: undefined, streamId, ppid: 0, unordered: false }, false);
      queue.enqueue(message);
      queue.append(message, new Uint8Array(2), false);
      return message;
    });
    expect(sender.streams(1)).toEqual([1]);
    for (const message of open) queue.append(message, new Uint8Array(1), true);
    expect(sender.streams().sort()).toEqual([1, 2, 3]);
    expect(queue.isEmpty).toBe(true);
  });

  it('has room again when a message is given up', () => {
    const sender = new Fragmenting('priority').share(2, { priority: 1 });
    sender.queue.mostInterleavedBytes = 5_000;
    sender.add(2, 5_000);
    sender.packets(1);
    sender.add(1, 3_000);
    expect(sender.streams(1)).toEqual([2]);
    sender.queue.discardRest(sender.queue.next(1_000, 0)!);
    expect(sender.streams()).toEqual([1, 1, 1]);
  });
});

it('a scheduler of your own that chooses nobody sends nothing, and one that chooses again goes on', () => {
  const active = new Set<OutgoingStream>();
  let isOpen = false;
  const gate: StreamScheduler = {
    keepsPacketsApart: false,
    handleActive: (stream) => void active.add(stream),
    handleIdle: (stream) => void active.delete(stream),
    select: () => (isOpen ? [...active][0] : undefined),
    handleSent: () => {},
    handlePacketEnd: () => {},
  };
  const sender = new Fragmenting(gate).add(1, 1_000).add(2, 1_000);
  expect(sender.streams()).toEqual([]);
  isOpen = true;
  expect(sender.streams()).toEqual([1, 2]);
});
