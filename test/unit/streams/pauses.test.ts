import { describe, expect, it } from 'vitest';
import { Fragmenting } from '../../support/fragmenting.ts';

const lengths = (sender: Fragmenting): number[][] =>
  sender.packets().map((packet) => packet.map(({ length }) => length));

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
