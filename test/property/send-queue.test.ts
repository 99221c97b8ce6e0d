import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OutgoingMessage, reliable } from '../../src/streams/message.ts';
import { createScheduler, schedulerNames } from '../../src/streams/schedulers.ts';
import { SendQueue } from '../../src/streams/send-queue.ts';
import { nextLength } from '../support/next-length.ts';

const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('send'),
      streamId: fc.nat(3),
      length: fc.integer({ min: 1, max: 5_000 }),
      unordered: fc.boolean(),
      lifeMs: fc.constantFrom(Infinity, Infinity, Infinity, 0, 5, 50),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('packet'), room: fc.integer({ min: 4, max: 1_400 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait'), ms: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('drop'), from: fc.nat(5_000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('scheduler'), name: fc.constantFrom(...schedulerNames) }) },
);

const maxPayload = 1_400;

class Run {
  now = 0;
  readonly abandoned: OutgoingMessage[] = [];
  readonly sent: OutgoingMessage[] = [];
  /** Of what was sent: each message with its Stream Sequence Number, in the order of TSNs. */
  readonly complete: { message: OutgoingMessage; ssn: number }[] = [];
  readonly queue: SendQueue = new SendQueue(createScheduler('first-come-first-served'), (message) =>
    this.abandoned.push(message),
  );
  #begun: { message: OutgoingMessage; bytes: number } | undefined;

  do(step: Step): void {
    switch (step.kind) {
      case 'send': {
        const message = { ...step, data: new Uint8Array(step.length), ppid: 0 };
        this.sent.push(new OutgoingMessage(message, false, { ...reliable, expiresAt: this.now + step.lifeMs }));
        this.queue.enqueue(this.sent.at(-1)!);
        break;
      }
      case 'packet':
        this.fillPacket(step.room);
        break;
      case 'wait':
        this.now += step.ms;
        break;
      case 'drop':
        this.queue.dropUnsent(({ data }) => data.length >= step.from);
        break;
      case 'scheduler':
        this.queue.scheduler = createScheduler(step.name);
        break;
      default:
        step satisfies never;
    }
  }

  fillPacket(size: number): void {
    let room = size;
    for (;;) {
      const length = nextLength(this.queue, room, maxPayload, this.now);
      if (length === 0) break;
      expect(length).toBeLessThanOrEqual(room);
      room -= length;
      this.#take(length);
    }
    this.queue.handlePacketEnd();
  }

  #take(length: number): void {
    const { message, beginning, ending, payload, messageId } = this.queue.takeFragment(length);
    expect(payload.length).toBe(length);
    // §3.3.1: nothing comes between the fragments of a message.
    expect(beginning).toBe(this.#begun === undefined);
    this.#begun ??= { message, bytes: 0 };
    expect(message).toBe(this.#begun.message);
    this.#begun.bytes += length;
    expect(ending).toBe(this.#begun.bytes === message.data.length);
    if (!ending) return;
    this.complete.push({ message, ssn: messageId });
    this.#begun = undefined;
  }

  check(): void {
    const waiting = this.sent.filter(
      (message) => message.fragmented < message.data.length && !this.abandoned.includes(message),
    );
    expect(this.queue.isEmpty).toBe(waiting.length === 0);
    const bytes = waiting.reduce((sum, { data, fragmented }) => sum + data.length - fragmented, 0);
    expect(this.queue.queuedBytes).toBe(bytes);
  }
}

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

describe('SendQueue', () => {
  it('keeps fragments together, numbers in order and accounts straight, whatever is sent, dropped and scheduled', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const run = new Run();
        for (const each of steps) {
          run.do(each);
          run.check();
        }
        while (!run.queue.isEmpty) run.fillPacket(maxPayload);
        // Each message was sent or given up, and none was both.
        expect(run.complete.length + run.abandoned.length).toBe(run.sent.length);
        for (const { message } of run.complete) expect(run.abandoned).not.toContain(message);
        for (const streamId of [0, 1, 2, 3]) {
          const ofStream = run.complete.filter(({ message }) => message.streamId === streamId);
          const ordered = ofStream.filter(({ message }) => !message.unordered);
          expect(ordered.map(({ ssn }) => ssn)).toEqual(ordered.map((_, ssn) => ssn));
          const places = ofStream.map(({ message }) => run.sent.indexOf(message));
          expect(places).toEqual(places.toSorted((a, b) => a - b));
        }
      }),
      { numRuns: 500 },
    );
  });
});
