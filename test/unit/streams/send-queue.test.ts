import { describe, expect, it } from 'vitest';
import { OutgoingMessage, reliable } from '../../../src/streams/message.ts';
import { createScheduler } from '../../../src/streams/schedulers.ts';
import { SendQueue } from '../../../src/streams/send-queue.ts';
import type { SchedulerName } from '../../../src/streams/stream-scheduler.ts';
import { nextLength } from '../../support/next-length.ts';
import { operationsOf } from '../../support/operations.ts';

const maxPayload = 1_000;

interface Enqueued {
  readonly streamId?: number;
  readonly unordered?: boolean;
  readonly expiresAt?: number;
}

/** A send queue, and what it gave up. Messages are known by their text. */
class Sender {
  readonly abandoned: string[] = [];
  readonly queue: SendQueue;

  constructor(scheduler: SchedulerName = 'first-come-first-served') {
    this.queue = new SendQueue(createScheduler(scheduler), ({ data }) => this.abandoned.push(textOf(data)));
  }

  enqueue(text: string, { streamId = 0, unordered = false, expiresAt = Infinity }: Enqueued = {}): this {
    const message = { data: new Uint8Array(Buffer.from(text)), streamId, ppid: 51, unordered };
    this.queue.enqueue(new OutgoingMessage(message, false, { ...reliable, expiresAt }));
    return this;
  }

  /** The next fragment as text (`'1/0 BE hello'`: stream, SSN, flags, payload), undefined when nothing fits. */
  take(room = maxPayload, now = 0): string | undefined {
    const length = nextLength(this.queue, room, maxPayload, now);
    if (length === 0) return undefined;
    const { streamId, messageId, unordered, beginning, ending, payload } = this.queue.takeFragment(length);
    const flags = `${unordered ? 'U' : ''}${beginning ? 'B' : ''}${ending ? 'E' : ''}`;
    return `${streamId}/${messageId} ${flags} ${payload.length > 12 ? payload.length : textOf(payload)}`;
  }

  takeAll(room = maxPayload, now = 0): (string | undefined)[] {
    const fragments: (string | undefined)[] = [];
    for (let each = this.take(room, now); each !== undefined; each = this.take(room, now)) fragments.push(each);
    return fragments;
  }
}

function textOf(data: Uint8Array): string {
  return Buffer.from(data).toString();
}

describe('fragmentation (RFC 9260 §6.9)', () => {
  it('leaves a message whole that fits', () => {
    const sender = new Sender().enqueue('x'.repeat(maxPayload));
    expect(sender.takeAll()).toEqual(['0/0 BE 1000']);
    expect([sender.queue.isEmpty, sender.queue.queuedBytes]).toEqual([true, 0]);
  });

  it('marks the first fragment with the B bit and the last with the E bit, under one Stream Sequence Number', () => {
    const sender = new Sender().enqueue('x'.repeat(2_500)).enqueue('next');
    expect(sender.takeAll()).toEqual(['0/0 B 1000', '0/0  1000', '0/0 E 500', '0/1 BE next']);
  });

  it('copies nothing', () => {
    const sender = new Sender();
    const data = new Uint8Array(1_500);
    sender.queue.enqueue(new OutgoingMessage({ data, streamId: 0, ppid: 0, unordered: false }, false));
    const payload = sender.queue.takeFragment(nextLength(sender.queue, 1_000, maxPayload, 0)).payload;
    expect([payload.buffer, payload.length]).toEqual([data.buffer, 1_000]);
  });

  it('fills the rest of a packet, unless it is too small to be worth its header', () => {
    const sender = new Sender().enqueue('x'.repeat(2_000));
    expect(sender.take(255)).toBeUndefined();
    expect(sender.take(256)).toBe('0/0 B 256');
    expect(sender.take(700)).toBe('0/0  700');
    expect(sender.take()).toBe('0/0  1000');
    expect(sender.take(44)).toBe('0/0 E 44');
  });

  it('counts what is not yet fragmented', () => {
    const sender = new Sender().enqueue('x'.repeat(1_500)).enqueue('abc');
    expect(sender.queue.queuedBytes).toBe(1_503);
    sender.take();
    expect([sender.queue.queuedBytes, sender.queue.isEmpty]).toEqual([503, false]);
    sender.takeAll();
    expect([sender.queue.queuedBytes, sender.queue.isEmpty]).toEqual([0, true]);
  });
});

describe('Stream Sequence Numbers (RFC 9260 §6.5)', () => {
  it('"MUST start from 0" and be "incremented by 1 for each ordered user message sent on that outgoing stream"', () => {
    const sender = new Sender().enqueue('a').enqueue('b', { streamId: 7 }).enqueue('c').enqueue('d', { streamId: 7 });
    expect(sender.takeAll()).toEqual(['0/0 BE a', '7/0 BE b', '0/1 BE c', '7/1 BE d']);
  });

  it('"For unordered user messages, the Stream Sequence Number MUST NOT be changed"', () => {
    const sender = new Sender().enqueue('a').enqueue('u', { unordered: true }).enqueue('b');
    expect(sender.takeAll()).toEqual(['0/0 BE a', '0/0 UBE u', '0/1 BE b']);
  });

  it('"when the Stream Sequence Number reaches the value 65535, the next […] MUST be set to 0"', () => {
    const sender = new Sender();
    for (let i = 0; i < 65_537; i++) sender.enqueue('x');
    const fragments = sender.takeAll();
    expect(fragments.slice(-2)).toEqual(['0/65535 BE x', '0/0 BE x']);
  });

  it('are not used up by a message that is never sent', () => {
    const sender = new Sender().enqueue('a', { expiresAt: 10 }).enqueue('b');
    expect(sender.takeAll(maxPayload, 10)).toEqual(['0/0 BE b']);
  });
});

describe('the life time of a message (RFC 9260 §11.1.5)', () => {
  it('ends while it waits: it is given up', () => {
    const sender = new Sender().enqueue('late', { expiresAt: 100 }).enqueue('patient');
    expect(sender.take(maxPayload, 100)).toBe('0/0 BE patient');
    expect(sender.abandoned).toEqual(['late']);
    expect([sender.queue.isEmpty, sender.queue.queuedBytes]).toEqual([true, 0]);
  });

  it('that are over can be given up before their turn, wherever they wait', () => {
    const sender = new Sender().enqueue('long').enqueue('a', { expiresAt: 5 }).enqueue('b', { expiresAt: 9 });
    sender.enqueue('c', { streamId: 1, expiresAt: 5 }).enqueue('x'.repeat(2_000), { streamId: 2, expiresAt: 5 });
    sender.queue.dropExpired(4);
    expect(sender.abandoned).toEqual([]);
    sender.queue.dropExpired(5);
    expect(sender.abandoned).toEqual(['a', 'c', 'x'.repeat(2_000)]);
    sender.queue.dropExpired(9);
    expect([sender.abandoned.at(-1), sender.takeAll(maxPayload, 9)]).toEqual(['b', ['0/0 BE long']]);
  });

  it('does not end in time', () => {
    const sender = new Sender().enqueue('quick', { expiresAt: 100 });
    expect(sender.take(maxPayload, 99)).toBe('0/0 BE quick');
    expect(sender.abandoned).toEqual([]);
  });

  it('does not end here once something was sent: what the peer has begun to get is not for this queue to give up', () => {
    const sender = new Sender().enqueue('x'.repeat(1_500), { expiresAt: 100 });
    sender.take(maxPayload, 0);
    expect(sender.take(maxPayload, 200)).toBe('0/0 E 500');
  });
});

describe('a message that has begun', () => {
  it.each<SchedulerName>([
    'first-come-first-served',
    'round-robin',
    'round-robin-per-packet',
    'priority',
    'fair-capacity',
    'weighted-fair-queueing',
  ])(
    'goes on before any other, whatever the scheduler: "TSNs […] MUST be strictly sequential" (§3.3.1): %s',
    (name) => {
      const sender = new Sender(name).enqueue('x'.repeat(2_500), { streamId: 1 });
      sender.enqueue('y', { streamId: 2 });
      expect(sender.take()).toBe('1/0 B 1000');
      sender.queue.stream(2).priority = -1;
      sender.queue.reschedule(sender.queue.stream(2));
      expect([sender.take(), sender.take()]).toEqual(['1/0  1000', '1/0 E 500']);
      sender.queue.handlePacketEnd();
      expect(sender.take()).toBe('2/0 BE y');
    },
  );

  it.each<SchedulerName>(['round-robin', 'priority'])('goes on when messages behind it are dropped: %s', (name) => {
    const sender = new Sender(name).enqueue('x'.repeat(1_500), { streamId: 1 }).enqueue('behind', { streamId: 1 });
    sender.enqueue('other', { streamId: 2 });
    expect(sender.take()).toBe('1/0 B 1000');
    sender.queue.dropUnsent(({ data }) => textOf(data) === 'behind');
    expect(sender.takeAll()).toEqual(['1/0 E 500', '2/0 BE other']);
    expect(sender.abandoned).toEqual(['behind']);
  });

  it('goes on when another scheduler takes over', () => {
    const sender = new Sender().enqueue('x'.repeat(1_500), { streamId: 1 }).enqueue('other', { streamId: 2 });
    sender.take();
    sender.queue.scheduler = createScheduler('priority');
    expect(sender.takeAll()).toEqual(['1/0 E 500', '2/0 BE other']);
  });

  it('can be given up for the rest', () => {
    const sender = new Sender().enqueue('x'.repeat(1_500)).enqueue('next');
    sender.take();
    sender.queue.discardRest(sender.queue.next(1_000, 0)!);
    expect(sender.takeAll()).toEqual(['0/1 BE next']);
    expect([sender.queue.isEmpty, sender.queue.queuedBytes]).toEqual([true, 0]);
  });
});

describe('streams that the peer does not accept (RFC 9260 §5.1.1)', () => {
  it('lose their messages; the others go on', () => {
    const sender = new Sender();
    for (const streamId of [0, 5, 1, 9]) sender.enqueue(`on ${streamId}`, { streamId });
    sender.queue.dropStreamsFrom(5);
    expect(sender.abandoned).toEqual(['on 5', 'on 9']);
    expect(sender.queue.queuedBytes).toBe(8);
    expect(sender.takeAll()).toEqual(['0/0 BE on 0', '1/0 BE on 1']);
  });

  it('do not send the message that was next', () => {
    const sender = new Sender().enqueue('first', { streamId: 5 }).enqueue('second', { streamId: 0 });
    expect(nextLength(sender.queue, maxPayload, maxPayload, 0)).toBe(5);
    sender.queue.dropStreamsFrom(5);
    expect(sender.takeAll()).toEqual(['0/0 BE second']);
  });
});

describe('the end of an association', () => {
  it('gives back what was not sent wholly, and starts anew', () => {
    const sender = new Sender().enqueue('x'.repeat(1_500)).enqueue('b', { streamId: 1 });
    sender.take();
    expect(sender.queue.drain().map(({ data }) => data.length)).toEqual([1_500, 1]);
    expect([sender.queue.isEmpty, sender.queue.queuedBytes, sender.takeAll()]).toEqual([true, 0, []]);
    sender.enqueue('again').enqueue('and here', { streamId: 2 });
    expect(sender.takeAll()).toEqual(['0/0 BE again', '2/0 BE and here']);
  });

  it('costs what it gives back, on however many streams', () => {
    const cost = (messages: number): number => {
      const sender = new Sender();
      const operations = operationsOf(() => {
        for (let i = 0; i < messages; i++) sender.enqueue('x', { streamId: i % 2 === 0 ? 0 : i % 1_000 });
        expect(sender.queue.drain()).toHaveLength(messages);
      });
      return operations / messages;
    };
    expect(cost(8_000)).toBeLessThan(1.1 * cost(1_000));
  });
});

describe('the order of messages, first come first served (RFC 8260 §3.1)', () => {
  it('is that of the calls, across all streams', () => {
    const sender = new Sender();
    for (const streamId of [3, 1, 3, 2, 1]) sender.enqueue(`${streamId}`, { streamId });
    expect(sender.takeAll().map((text) => text?.at(-1))).toEqual(['3', '1', '3', '2', '1']);
  });
});
