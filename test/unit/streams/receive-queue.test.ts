import { beforeEach, describe, expect, it } from 'vitest';
import { Ledger } from '../../../src/base/ledger.ts';
import { PartialMessage } from '../../../src/streams/partial-message.ts';
import { entryOverhead, type Received, ReceiveQueue } from '../../../src/streams/receive-queue.ts';
import { fragmentOf } from './fragments.ts';

describe('ReceiveQueue', () => {
  let ledger: Ledger;
  let queue: ReceiveQueue;

  beforeEach(() => {
    ledger = new Ledger();
    queue = new ReceiveQueue(ledger, 100);
  });

  function push(text: string, streamId = 0): void {
    const data = new Uint8Array(Buffer.from(text));
    queue.charge(data.length);
    queue.push({ data, streamId, ppid: 51, unordered: false });
  }

  function begin(text: string, streamId = 0): PartialMessage {
    const fragment = fragmentOf(`B0 ${text}`, streamId);
    queue.charge(fragment.payload.length);
    return queue.begin([fragment]);
  }

  function append(message: PartialMessage, text: string): void {
    const piece = new Uint8Array(Buffer.from(text));
    queue.charge(piece.length);
    queue.append(message, piece);
  }

  function textOf(received: Received | Uint8Array | undefined): string | undefined {
    if (received === undefined || received === 'reset' || received instanceof PartialMessage)
      return received?.toString();
    return Buffer.from(received instanceof Uint8Array ? received : received.data).toString();
  }

  it('has news when there was nothing to read, and only then', () => {
    push('a');
    expect([queue.takeNews(), queue.takeNews()]).toEqual([true, false]);
    push('b');
    expect(queue.takeNews()).toBe(false);
  });

  describe('a message in delivery', () => {
    it('is read piece by piece, and released as it is read', () => {
      const message = begin('abc');
      expect(queue.take()).toBe(message);
      expect(textOf(queue.read(message))).toBe('abc');
      expect(queue.read(message)).toBeUndefined();
      expect(queue.heldBytes).toBe(entryOverhead);
      append(message, 'def');
      expect([queue.takeWoken(), queue.takeWoken()]).toEqual([message, undefined]);
      queue.complete(message);
      expect(textOf(queue.read(message))).toBe('def');
      expect([queue.heldBytes, ledger.bytes, message.state]).toEqual([0, 0, 'complete']);
    });

    it('lets those pass that are whole, and is whole itself in the end, for a reader of whole messages', () => {
      const message = begin('abc');
      push('whole');
      expect([textOf(queue.shift()), textOf(queue.shift())]).toEqual(['whole', undefined]);
      append(message, 'def');
      queue.complete(message);
      expect(queue.takeNews()).toBe(true);
      expect(textOf(queue.shift())).toBe('abcdef');
      expect(queue.heldBytes).toBe(0);
    });

    it('is readable for whoever reads in part', () => {
      begin('abc');
      expect(queue.isReadable).toBe(false);
      queue.partialDelivery = true;
      expect(queue.isReadable).toBe(true);
    });

    it('that will not be completed is not there, unless somebody has begun to read it', () => {
      const [untaken, taken] = [begin('abc'), begin('def')];
      queue.abandon(untaken);
      expect(queue.take()).toBe(taken);
      queue.abandon(taken);
      expect([textOf(queue.read(taken)), queue.read(taken), taken.state]).toEqual(['def', undefined, 'abandoned']);
      expect(queue.heldBytes).toBe(0);
    });

    it('that nobody wants holds nothing of what still comes', () => {
      const message = begin('abc');
      queue.take();
      queue.discard(message);
      append(message, 'def');
      expect([queue.heldBytes, queue.isReadable]).toEqual([entryOverhead, false]);
      queue.complete(message);
      expect(queue.heldBytes).toBe(0);
    });

    it('goes with its association, but for what was taken of it', () => {
      const [taken] = [begin('abc'), begin('xyz'), push('whole')];
      queue.take();
      queue.charge(1_000);
      queue.releaseIncomplete();
      expect(queue.heldBytes).toBe(3 + entryOverhead + 5 + entryOverhead);
      expect([textOf(queue.read(taken!)), textOf(queue.take()), queue.heldBytes]).toEqual(['abc', 'whole', 0]);
    });
  });

  describe('a stream with its own reader', () => {
    it('has its messages for itself, those too that were here, until it is one like others again', () => {
      push('a', 3);
      push('b', 4);
      queue.openLane(3);
      push('c', 3);
      expect([textOf(queue.take(3)), textOf(queue.take()), textOf(queue.take())]).toEqual(['a', 'b', undefined]);
      queue.closeLane(3);
      expect([queue.take(3), textOf(queue.take())]).toEqual([undefined, 'c']);
      expect(queue.heldBytes).toBe(0);
    });

    it('is told of a reset between the messages before and after', () => {
      queue.openLane(3);
      push('old', 3);
      queue.noteReset([3, 4]);
      push('new', 3);
      expect([textOf(queue.take(3)), queue.take(3), textOf(queue.take(3))]).toEqual(['old', 'reset', 'new']);
    });

    it('has messages in part', () => {
      expect(queue.pointOf(3)).toBe(Number.POSITIVE_INFINITY);
      queue.openLane(3);
      expect([queue.pointOf(3), queue.pointOf(4)]).toEqual([100, Number.POSITIVE_INFINITY]);
      const message = begin('abc', 3);
      expect(queue.isReadable).toBe(true);
      queue.closeLane(3);
      expect([queue.isReadable, queue.shift()]).toEqual([false, undefined]);
      queue.complete(message);
      expect(textOf(queue.shift())).toBe('abc');
    });
  });
});
