import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createScheduler, schedulerNames } from '../../src/streams/schedulers.ts';
import type { SchedulerName } from '../../src/streams/stream-scheduler.ts';
import { Fragmenting } from '../support/fragmenting.ts';
import { assertProperty } from '../support/fuzz.ts';

const maxPayload = 1_000;

/** Streams that always have something to send, with the lengths of their messages. */
const busyStreams = fc.array(fc.array(fc.integer({ min: 1, max: 5_000 }), { minLength: 1, maxLength: 5 }), {
  minLength: 2,
  maxLength: 6,
});

/** A sender whose streams never run dry within 300 packets. */
function busySender(
  scheduler: SchedulerName,
  lengths: readonly (readonly number[])[],
  isInterleaving = true,
): Fragmenting {
  const sender = new Fragmenting(scheduler, isInterleaving, maxPayload);
  for (const [streamId, ofStream] of lengths.entries()) {
    for (let bytes = 0, n = 0; bytes < 400 * maxPayload; n++) {
      const length = ofStream[n % ofStream.length]!;
      sender.add(streamId, length);
      bytes += length;
    }
  }
  return sender;
}

/** A turn is a fragment with I-DATA, and a message with DATA. */
const kinds: [string, boolean, number][] = [
  ['I-DATA', true, maxPayload],
  ['DATA', false, 5_000],
];

describe('with streams that always have something to send', () => {
  it.each(kinds)('fair capacity: nobody is more than a turn or two ahead, in bytes (%s)', (_, isInterleaving, turn) => {
    assertProperty(
      fc.property(busyStreams, (lengths) => {
        const shares = busySender('fair-capacity', lengths, isInterleaving).shares(200);
        const bytes = lengths.map((_, streamId) => shares.get(streamId) ?? 0);
        expect(Math.max(...bytes) - Math.min(...bytes)).toBeLessThanOrEqual(2 * turn);
      }),
      100,
    );
  });

  it.each(kinds)('weighted fair queueing: in proportion to the weights (%s)', (_, isInterleaving, turn) => {
    assertProperty(
      fc.property(
        busyStreams,
        fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 6, maxLength: 6 }),
        (lengths, weights) => {
          const sender = busySender('weighted-fair-queueing', lengths, isInterleaving);
          for (const streamId of lengths.keys()) sender.share(streamId, { weight: weights[streamId]! });
          const shares = sender.shares(300);
          const perWeight = lengths.map((_, streamId) => (shares.get(streamId) ?? 0) / weights[streamId]!);
          expect(Math.max(...perWeight) - Math.min(...perWeight)).toBeLessThanOrEqual(2 * turn);
        },
      ),
      100,
    );
  });

  it.each([[true], [false]])(
    'round robin: as many chunks, or messages, of each (interleaving: %s)',
    (isInterleaving) => {
      assertProperty(
        fc.property(busyStreams, (lengths) => {
          const counts = lengths.map(() => 0);
          for (const { streamId, ending } of busySender('round-robin', lengths, isInterleaving).packets(200).flat()) {
            if (isInterleaving || ending) counts[streamId]!++;
          }
          expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
        }),
        60,
      );
    },
  );

  it('round robin per packet: packets of one stream each, and as many of each', () => {
    assertProperty(
      fc.property(busyStreams, (lengths) => {
        const packets = busySender('round-robin-per-packet', lengths).packets(120);
        const counts = lengths.map(() => 0);
        for (const packet of packets) {
          expect(new Set(packet.map(({ streamId }) => streamId)).size).toBe(1);
          counts[packet[0]!.streamId]!++;
        }
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
      }),
      60,
    );
  });

  it('round robin per packet with DATA: a packet is of one stream, and nobody has a second turn before all had one', () => {
    assertProperty(
      fc.property(busyStreams, (lengths) => {
        const turns = lengths.map(() => 0);
        let latest: number | undefined;
        for (const packet of busySender('round-robin-per-packet', lengths, false).packets(120)) {
          const { streamId } = packet[0]!;
          expect(new Set(packet.map((cut) => cut.streamId)).size).toBe(1);
          if (streamId !== latest) turns[streamId]!++;
          latest = streamId;
        }
        expect(Math.max(...turns) - Math.min(...turns)).toBeLessThanOrEqual(1);
      }),
      60,
    );
  });

  it.each(kinds)('priority: the urgent ones have it all (%s)', (_, isInterleaving) => {
    assertProperty(
      fc.property(busyStreams, fc.array(fc.nat(2), { minLength: 6, maxLength: 6 }), (lengths, priorities) => {
        const sender = busySender('priority', lengths, isInterleaving);
        for (const streamId of lengths.keys()) sender.share(streamId, { priority: priorities[streamId]! });
        const most = Math.min(...priorities.slice(0, lengths.length));
        for (const streamId of sender.shares(200).keys()) expect(priorities[streamId]).toBe(most);
      }),
      60,
    );
  });

  it.each(kinds)('first come, first served: nobody overtakes (%s)', (_, isInterleaving) => {
    assertProperty(
      fc.property(
        fc.array(fc.record({ streamId: fc.nat(3), length: fc.integer({ min: 1, max: 3_000 }) }), { maxLength: 50 }),
        (given) => {
          const sender = new Fragmenting('first-come-first-served', isInterleaving);
          for (const { streamId, length } of given) sender.add(streamId, length);
          const ends = sender
            .packets()
            .flat()
            .filter(({ ending }) => ending);
          expect(ends.map(({ streamId }) => streamId)).toEqual(given.map(({ streamId }) => streamId));
        },
      ),
      60,
    );
  });
});

describe('whatever comes, goes and changes', () => {
  type Step =
    | { readonly add: number; readonly length: number }
    | { readonly scheduler: SchedulerName }
    | { readonly packets: number }
    | { readonly streamId: number; readonly share: number };
  const steps: fc.Arbitrary<Step[]> = fc.array(
    fc.oneof(
      { weight: 4, arbitrary: fc.record({ add: fc.nat(4), length: fc.integer({ min: 1, max: 4_000 }) }) },
      { weight: 1, arbitrary: fc.record({ scheduler: fc.constantFrom(...schedulerNames) }) },
      { weight: 2, arbitrary: fc.record({ packets: fc.nat(5) }) },
      { weight: 1, arbitrary: fc.record({ streamId: fc.nat(4), share: fc.integer({ min: 1, max: 5 }) }) },
    ),
    { maxLength: 60, size: 'max' },
  );

  it('all is sent, each stream in order, and nobody waits for longer than the others take', () => {
    assertProperty(
      fc.property(fc.constantFrom(...schedulerNames), fc.boolean(), steps, (scheduler, isInterleaving, script) => {
        const sender = new Fragmenting(scheduler, isInterleaving);
        const sent: { streamId: number; length: number; messageId: number; ending: boolean }[] = [];
        let bytes = 0;
        for (const step of script) {
          if ('add' in step) {
            sender.add(step.add, step.length);
            bytes += step.length;
          } else if ('scheduler' in step) sender.queue.scheduler = createScheduler(step.scheduler);
          else if ('packets' in step) sent.push(...sender.packets(step.packets).flat());
          else sender.share(step.streamId, { weight: step.share, priority: step.share });
        }
        sent.push(...sender.packets().flat());
        expect(sent.reduce((sum, { length }) => sum + length, 0)).toBe(bytes);
        for (let streamId = 0; streamId < 5; streamId++) {
          const numbers = sent.filter((cut) => cut.streamId === streamId).map(({ messageId }) => messageId);
          expect(numbers).toEqual([...numbers].sort((x, y) => x - y));
        }
        if (!isInterleaving) {
          for (const [n, cut] of sent.entries()) {
            if (!cut.ending) expect(sent[n + 1]).toMatchObject({ streamId: cut.streamId, messageId: cut.messageId });
          }
        }
        expect(sender.queue.isEmpty).toBe(true);
      }),
      300,
    );
  });

  it.each(
    schedulerNames
      .filter((name) => name !== 'priority')
      .flatMap((name) => kinds.map(([kind, isInterleaving]) => [name, kind, isInterleaving] as const)),
  )('%s, %s: what waits goes out while others go on and on', (name, _, isInterleaving) => {
    const sender = new Fragmenting(name, isInterleaving);
    for (let n = 0; n < 5; n++) sender.add(n, 3_000);
    sender.add(9, 500);
    let packets = 0;
    for (let isSent = false; !isSent; packets++) {
      for (let n = 0; n < 5; n++) sender.add(n, 3_000);
      isSent = sender
        .packets(1)
        .flat()
        .some(({ streamId }) => streamId === 9);
      expect(packets).toBeLessThan(20);
    }
  });
});
