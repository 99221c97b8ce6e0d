import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Association } from '../../src/association/association.ts';
import { tsn } from '../../src/base/serial.ts';
import { chunkTypes, type Parameter } from '../../src/chunks/index.ts';
import { PartialMessage } from '../../src/streams/partial-message.ts';
import type { Received } from '../../src/streams/receive-queue.ts';
import { assertProperty, propertyTimeoutMs } from '../support/fuzz.ts';
import { type Era, type SentFragment, SkippingSender } from '../support/skipping-sender.ts';
import { Attacker, Victim } from '../support/victim.ts';

const message = fc.record({
  streamId: fc.nat(2),
  unordered: fc.boolean(),
  pieces: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }),
  isGivenUp: fc.boolean(),
});

const era: fc.Arbitrary<Era> = fc.record({
  messages: fc.array(message, { maxLength: 8 }),
  resetStreams: fc.uniqueArray(fc.nat(2), { maxLength: 2 }),
});

const readers = ['whole', 'partly', 'lane'] as const;

const parameters = (interleaving: boolean): Parameter[] => [
  { kind: 'Forward-TSN-Supported' },
  {
    kind: 'Supported Extensions',
    chunkTypes: [chunkTypes['RE-CONFIG'], ...(interleaving ? [chunkTypes['I-DATA'], chunkTypes['I-FORWARD-TSN']] : [])],
  },
];

/** Numbers below a bound, from a list that fast-check shrinks. */
function dice(luck: readonly number[]): (bound: number) => number {
  let next = 0;
  return (bound) => luck[next++ % luck.length]! % bound;
}

/** A receiver, what is on its way to it, and its readers. */
class Scene {
  readonly victim: Victim;
  readonly attacker: Attacker;
  readonly association: Association;
  readonly sender: SkippingSender;
  readonly whole: { readonly message: number; readonly bytes: number; readonly isPartial: boolean }[] = [];
  readonly #partial: { readonly message: PartialMessage; bytes: number }[] = [];
  readonly #arrived = new Set<number>();
  readonly #lost: ReadonlySet<number>;
  readonly #roll: (bound: number) => number;
  readonly #interleaving: boolean;
  #cumulativeTsn = 0;
  #resetsSent = 0;
  #hasLane = false;
  #latest: ReturnType<SkippingSender['forwardTsn']> | undefined;

  constructor(eras: readonly Era[], interleaving: boolean, luck: readonly number[]) {
    this.#roll = dice(luck);
    this.#interleaving = interleaving;
    this.sender = new SkippingSender(eras, interleaving, this.#roll);
    this.victim = new Victim({ interleaving, partialDeliveryPoint: 4 });
    this.attacker = new Attacker(this.victim, { parameters: parameters(interleaving) });
    this.association = this.attacker.connect();
    const lost = this.sender.fragments.filter(({ isGivenUp }) => isGivenUp && this.#roll(2) === 0);
    this.#lost = new Set(lost.map(({ tsn }) => tsn));
  }

  get isDone(): boolean {
    return this.#cumulativeTsn === this.sender.fragments.length && this.#resetsSent === this.sender.lastTsns.length;
  }

  step(): void {
    const roll = this.#roll(10);
    if (roll < 5) this.deliver();
    else if (roll < 7) this.skip();
    else if (roll < 8) this.reset();
    else this.read(readers[this.#roll(readers.length)]!);
  }

  /** As `step`, with the one reader who shows the order. */
  stepWhole(): void {
    const roll = this.#roll(10);
    if (roll < 5) this.deliver();
    else if (roll < 7) this.skip();
    else if (roll < 8) this.reset();
    else this.read('whole');
  }

  /** One of the next fragments arrives, if nothing holds it back. */
  deliver(): void {
    const next = this.sender.fragments
      .slice(this.#cumulativeTsn, this.#cumulativeTsn + 12)
      .filter(({ tsn }) => !this.#arrived.has(tsn) && !this.#lost.has(tsn))
      .filter((each) => !this.#isBarred(each));
    if (next.length === 0) return;
    const chosen = next[this.#roll(next.length)]!;
    this.#arrived.add(chosen.tsn);
    this.attacker.send(this.sender.chunk(chosen));
    this.#advance();
  }

  /** A FORWARD TSN chunk arrives, with a point anywhere where it may be; or an old one. */
  skip(most = false): void {
    if (!most && this.#latest !== undefined && this.#roll(4) === 0) this.attacker.send(this.#latest);
    let farthest = this.sender.farthestPoint(this.#cumulativeTsn);
    const barred = this.sender.fragments.slice(0, farthest).find((each) => this.#isBarred(each));
    if (barred !== undefined) farthest = Math.max(this.#cumulativeTsn, barred.tsn - 1);
    if (farthest === this.#cumulativeTsn) return;
    const point = most ? farthest : this.#cumulativeTsn + 1 + this.#roll(farthest - this.#cumulativeTsn);
    // Its sender may not know yet what has arrived.
    let from = this.#cumulativeTsn;
    const done = this.sender.lastTsns.filter((_, n) => this.#isResetDone(n)).at(-1) ?? 0;
    while (from > done && this.sender.fragments[from - 1]!.isGivenUp && this.#roll(2) === 0) from--;
    this.#latest = this.sender.forwardTsn(from, point);
    this.attacker.send(this.#latest);
    this.#cumulativeTsn = point;
    this.#advance();
  }

  /**
   * Data behind a reset comes once that was asked for; with I-DATA, once it was done, as RFC 6525 §5.1.2 has it: MIDs alone cannot
   * tell which message of which time was skipped.
   */
  #isBarred(each: SentFragment): boolean {
    const isOpen = (reset: number): boolean =>
      this.#interleaving ? this.#isResetDone(reset) : reset < this.#resetsSent;
    return this.sender.lastTsns.some((_, reset) => !isOpen(reset) && this.sender.isBehindReset(each, reset));
  }

  #isResetDone(reset: number): boolean {
    return reset < this.#resetsSent && this.#cumulativeTsn >= this.sender.lastTsns[reset]!;
  }

  reset(): void {
    const n = this.#resetsSent;
    const lastTsn = this.sender.lastTsns[n];
    // One request at a time.
    if (lastTsn === undefined || (n > 0 && this.#cumulativeTsn < this.sender.lastTsns[n - 1]!)) return;
    this.#resetsSent++;
    this.attacker.send({
      kind: 'RE-CONFIG',
      parameters: [
        {
          kind: 'Outgoing SSN Reset Request',
          requestSequenceNumber: 1 + n,
          responseSequenceNumber: 0,
          sendersLastAssignedTsn: tsn(lastTsn),
          streamNumbers: this.sender.resetStreamsOf(n),
        },
      ],
    });
  }

  read(reader: (typeof readers)[number]): void {
    const { association } = this;
    const now = this.victim.now;
    if (reader === 'whole') {
      const received = association.receive(now);
      if (received !== undefined) this.#keep(received);
    } else if (reader === 'partly') {
      if (this.#roll(3) === 0) association.partialDelivery = !association.partialDelivery;
      this.#keep(association.receivePartly(now));
    } else if (!this.#hasLane) {
      association.separateStream(1);
      this.#hasLane = true;
    } else if (this.#roll(4) > 0) this.#keep(association.receivePartly(now, 1));
    else {
      association.rejoinStream(1);
      this.#hasLane = false;
    }
    for (const each of this.#partial) each.bytes += association.read(each.message, now)?.length ?? 0;
    this.victim.drain();
  }

  finish(): void {
    for (let turns = 0; !this.isDone; turns++) {
      if (turns > 1_000) throw new Error('the sender is at its end');
      this.deliver();
      this.skip(true);
      this.reset();
    }
    if (this.#hasLane) this.association.rejoinStream(1);
    this.victim.advance(1_000);
    for (let left: Received | undefined = this.association.receivePartly(0); left !== undefined; ) {
      this.#keep(left);
      left = this.association.receivePartly(0);
    }
    for (const each of this.#partial) {
      for (let bytes = this.association.read(each.message, 0); bytes !== undefined; ) {
        each.bytes += bytes.length;
        bytes = this.association.read(each.message, 0);
      }
      const { ppid, state } = each.message;
      if (state === 'complete') this.whole.push({ message: ppid, bytes: each.bytes, isPartial: true });
      else expect([state, this.sender.messages[ppid]!.isGivenUp]).toEqual(['abandoned', true]);
    }
  }

  #keep(received: Received | undefined): void {
    if (received === undefined || received === 'reset') return;
    if (received instanceof PartialMessage) this.#partial.push({ message: received, bytes: 0 });
    else this.whole.push({ message: received.ppid, bytes: received.data.length, isPartial: false });
  }

  #advance(): void {
    while (this.#arrived.has(this.#cumulativeTsn + 1)) this.#cumulativeTsn++;
  }
}

describe('whatever is skipped, wherever the points are, and whatever is reset between them', () => {
  it.each([
    ['DATA', false],
    ['I-DATA', true],
  ])(
    'every other message arrives whole, nothing is left in the receive buffer, and no healthy peer is aborted: %s',
    (_, interleaving) => {
      const property = fc.property(
        fc.array(era, { minLength: 1, maxLength: 3 }),
        fc.array(fc.nat(), { minLength: 1, maxLength: 300, size: 'max' }),
        fc.boolean(),
        (eras, luck, readsWholeOnly) => {
          const scene = new Scene(eras, interleaving, luck);
          for (let n = 0; n < 150 && !scene.isDone; n++) {
            if (readsWholeOnly) scene.stepWhole();
            else scene.step();
          }
          scene.finish();
          expect(scene.victim.events.filter(({ kind }) => kind === 'closed')).toEqual([]);
          const { messages } = scene.sender;
          const arrived = scene.whole.map((each) => each.message);
          expect(new Set(arrived).size).toBe(arrived.length);
          const missing = messages.flatMap(({ isGivenUp }, n) => (isGivenUp || arrived.includes(n) ? [] : [n]));
          expect(missing).toEqual([]);
          for (const each of scene.whole) {
            expect(each.bytes).toBe(messages[each.message]!.pieces.reduce((a, b) => a + b));
          }
          if (readsWholeOnly) {
            for (const streamId of [0, 1, 2]) {
              const order = arrived.filter((n) => messages[n]!.streamId === streamId && !messages[n]!.unordered);
              expect(order).toEqual(order.toSorted((a, b) => a - b));
            }
          }
          expect(scene.victim.endpoint.bufferedBytes).toBe(0);
        },
      );
      assertProperty(property, 400);
    },
    propertyTimeoutMs,
  );
});
