import { beforeEach, describe, expect, it } from 'vitest';
import { SendBuffer } from '../../../src/association/send-buffer.ts';
import { Ledger } from '../../../src/base/ledger.ts';
import { OutgoingMessage } from '../../../src/streams/message.ts';

describe('SendBuffer', () => {
  let ledger: Ledger;
  let buffer: SendBuffer;
  let timesWritable: number;

  beforeEach(() => {
    ledger = new Ledger();
    timesWritable = 0;
    buffer = new SendBuffer(1_000, ledger, () => timesWritable++);
  });

  function add(length: number | undefined): OutgoingMessage {
    const data = length === undefined ? undefined : new Uint8Array(length);
    const message = new OutgoingMessage({ data, streamId: 0, ppid: 0, unordered: false }, false);
    buffer.addMessage(message);
    return message;
  }

  function acknowledge(message: OutgoingMessage, bytes: number): void {
    message.acknowledged += bytes;
    buffer.handleAcknowledged(message, bytes);
  }

  it('is full once it holds its size, and says when there is room again', () => {
    add(600);
    expect(buffer.isWritable).toBe(true);
    const second = add(600);
    expect([buffer.isWritable, buffer.amount, buffer.overflow, ledger.bytes]).toEqual([false, 1_200, 201, 1_200]);
    acknowledge(second, 200);
    expect([buffer.isWritable, timesWritable]).toEqual([false, 0]);
    acknowledge(second, 1);
    expect([buffer.isWritable, timesWritable, buffer.amount, ledger.bytes]).toEqual([true, 1, 999, 999]);
    buffer.handleAbandoned(second);
    expect([buffer.amount, timesWritable]).toEqual([600, 1]);
    buffer.clear();
    expect([buffer.amount, ledger.bytes, timesWritable]).toEqual([0, 0, 1]);
  });

  it('takes a limited number of messages, however small they are', () => {
    const messages = Array.from({ length: 64 }, () => add(1));
    expect([buffer.isWritable, buffer.overflow]).toEqual([false, 1]);
    acknowledge(messages[0]!, 1);
    expect([buffer.isWritable, timesWritable]).toEqual([true, 1]);
    add(1);
    buffer.handleAbandoned(messages[1]!);
    expect([buffer.isWritable, timesWritable]).toEqual([true, 2]);
  });

  it('keeps half of itself for others where one message is larger than all of it', () => {
    const giant = add(100_000);
    expect([buffer.isWritable, buffer.amount]).toEqual([true, 100_000]);
    add(500);
    expect(buffer.isWritable).toBe(false);
    acknowledge(giant, 99_500);
    expect(buffer.isWritable).toBe(false);
    acknowledge(giant, 500);
    expect([buffer.isWritable, buffer.amount, timesWritable]).toEqual([true, 500, 1]);
  });

  it('is filled by a message in pieces, too', () => {
    const message = add(undefined);
    for (let i = 0; i < 5; i++) {
      expect(buffer.isWritable).toBe(true);
      message.length += 200;
      buffer.addPiece(200);
    }
    expect(buffer.isWritable).toBe(false);
    acknowledge(message, 999);
    message.isEnded = true;
    acknowledge(message, 1);
    expect([buffer.amount, ledger.bytes]).toEqual([0, 0]);
    for (let i = 0; i < 63; i++) add(1);
    expect(buffer.isWritable).toBe(true);
  });
});
