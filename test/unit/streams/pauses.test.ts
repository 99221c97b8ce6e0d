import { describe, expect, it } from 'vitest';
import { Fragmenting } from '../../support/fragmenting.ts';

const lengths = (sender: Fragmenting): number[][] =>
  sender.packets().map((packet) => packet.map(({ length }) => length));

describe('fragments', () => {
  it('fill their packets', () => {
    expect(lengths(new Fragmenting('first-come-first-served').add(0, 2_500))).toEqual([[1_000], [1_000], [500]]);
  });

  it('begin in what the packet before has left, unless that is hardly anything', () => {
    const sender = new Fragmenting('first-come-first-served').add(0, 1_300).add(0, 1_000).add(0, 50);
    expect(lengths(sender)).toEqual([[1_000], [300, 700], [300, 50]]);
    const tight = new Fragmenting('first-come-first-served').add(0, 900).add(0, 500).add(0, 100);
    expect(lengths(tight)).toEqual([[900], [500, 100]]);
  });
});

describe('life times', () => {
  it('what is late is not sent when its turn comes, and takes no number', () => {
    const sender = new Fragmenting('round-robin');
    sender.add(0, 100).add(0, 200, 5).add(0, 300, 5).add(0, 400).add(1, 500, 5);
    sender.now = 5;
    expect(sender.packets().flat()).toEqual([
      { streamId: 0, length: 100, messageId: 0, ending: true },
      { streamId: 0, length: 400, messageId: 1, ending: true },
    ]);
    expect(sender.abandoned.map(({ data }) => data.length).sort()).toEqual([200, 300, 500]);
    expect([sender.queue.isEmpty, sender.queue.queuedBytes]).toEqual([true, 0]);
  });

  it('what has begun goes on', () => {
    const sender = new Fragmenting('first-come-first-served').add(0, 3_000, 5);
    sender.packets(1);
    sender.now = 5;
    expect([lengths(sender), sender.abandoned]).toEqual([[[1_000], [1_000]], []]);
  });
});

describe('pauses (RFC 6525 §5.1.2 A1)', () => {
  it('hold what comes later; numbers go on, or begin at 0', () => {
    const sender = new Fragmenting('first-come-first-served').add(0, 10).add(1, 20);
    const pause = sender.queue.pause([0]);
    sender.add(0, 30).add(1, 40);
    expect([sender.queue.isDrained(pause), lengths(sender), sender.queue.isDrained(pause)]).toEqual([
      false,
      [[10, 20, 40]],
      true,
    ]);
    sender.queue.resume(pause, true);
    expect(sender.packets().flat()).toEqual([{ streamId: 0, length: 30, messageId: 0, ending: true }]);
    const denied = sender.queue.pause([]);
    sender.add(0, 50);
    sender.queue.resume(denied, false);
    expect(sender.packets().flat()).toEqual([{ streamId: 0, length: 50, messageId: 1, ending: true }]);
  });

  it('one behind the other: each lets go what came before the next', () => {
    const sender = new Fragmenting('first-come-first-served').add(0, 10);
    const first = sender.queue.pause([0]);
    sender.add(0, 20);
    const second = sender.queue.pause([]);
    sender.add(0, 30).add(5, 40);
    expect(lengths(sender)).toEqual([[10]]);
    expect(sender.queue.isDrained(second)).toBe(false); // 20 is to go before
    sender.queue.resume(first, true);
    expect([sender.queue.isDrained(second), lengths(sender), sender.queue.isDrained(second)]).toEqual([
      false,
      [[20]],
      true,
    ]);
    sender.queue.resume(second, true);
    expect(lengths(sender)).toEqual([[30, 40]]);
  });

  it('that end out of turn keep what an earlier one covers', () => {
    const sender = new Fragmenting('first-come-first-served');
    const first = sender.queue.pause([0]);
    sender.add(0, 10);
    const second = sender.queue.pause([]);
    sender.add(0, 20).add(1, 30);
    sender.queue.resume(second, true);
    expect(lengths(sender)).toEqual([[30]]);
    sender.queue.resume(first, true);
    expect(lengths(sender)).toEqual([[10, 20]]);
  });

  it('count as what waits', () => {
    const sender = new Fragmenting('first-come-first-served');
    sender.queue.pause([]);
    sender.add(0, 10);
    expect([sender.queue.isEmpty, sender.queue.hasSendable]).toEqual([false, false]);
    expect(sender.queue.drain().map(({ data }) => data.length)).toEqual([10]);
    expect([sender.queue.isEmpty, sender.queue.queuedBytes]).toEqual([true, 0]);
    sender.add(0, 20);
    expect(lengths(sender)).toEqual([[20]]);
  });
});
