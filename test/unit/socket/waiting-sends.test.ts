import { beforeEach, describe, expect, it } from 'vitest';
import type { SendRequest } from '../../../src/association/association.ts';
import { SctpError } from '../../../src/base/errors.ts';
import { WaitingSends } from '../../../src/socket/waiting-sends.ts';

function message(byte: number): SendRequest {
  return { data: Uint8Array.of(byte) };
}

describe('WaitingSends', () => {
  let sends: WaitingSends;
  let accepted: number[];

  beforeEach(() => {
    sends = new WaitingSends();
    accepted = [];
  });

  /** Room for so many messages. */
  function room(count: number): (message: SendRequest) => boolean {
    return ({ data }) => {
      if (accepted.length >= count) return false;
      accepted.push(data[0]!);
      return true;
    };
  }

  it('go out in the order in which they came, as far as there is room', async () => {
    const added = [1, 2, 3].map((byte) => sends.add(message(byte), undefined));
    sends.flush(room(2));
    expect(accepted).toEqual([1, 2]);
    await Promise.all(added.slice(0, 2));
    expect(sends.isEmpty).toBe(false);
    sends.flush(room(3));
    expect(accepted).toEqual([1, 2, 3]);
    await added[2];
    expect(sends.isEmpty).toBe(true);
  });

  it('are taken back by their signals, without harm to the others', async () => {
    const controller = new AbortController();
    const [, second, third] = [
      sends.add(message(1), undefined),
      sends.add(message(2), controller.signal),
      sends.add(message(3), undefined),
    ];
    controller.abort(new Error('changed my mind'));
    await expect(second).rejects.toMatchObject({ code: 'SCTP_ERR_CANCELLED', cause: new Error('changed my mind') });
    sends.flush(room(10));
    await third;
    expect(accepted).toEqual([1, 3]);
  });

  it('reject the one that is refused and go on with the next', async () => {
    const refusal = new SctpError('SCTP_ERR_INVALID_STREAM');
    const [first, second] = [sends.add(message(1), undefined), sends.add(message(2), undefined)];
    sends.flush(({ data }) => {
      if (data[0] === 1) throw refusal;
      return true;
    });
    await expect(first).rejects.toBe(refusal);
    await second;
  });

  it('all end with the association', async () => {
    const added = [1, 2].map((byte) => sends.add(message(byte), undefined));
    sends.rejectAll(new SctpError('SCTP_ERR_ABORTED_BY_PEER'));
    for (const each of added) await expect(each).rejects.toMatchObject({ code: 'SCTP_ERR_ABORTED_BY_PEER' });
    expect(sends.isEmpty).toBe(true);
  });

  it('leave nothing behind at a signal that outlives them', async () => {
    const { signal } = new AbortController();
    const counted = countListeners(signal);
    const [first, second] = [sends.add(message(1), signal), sends.add(message(2), signal)];
    expect(counted()).toBe(2);
    sends.flush(room(1));
    await first;
    sends.rejectAll(new SctpError('SCTP_ERR_CLOSED'));
    await expect(second).rejects.toThrow();
    expect(counted()).toBe(0);
  });
});

function countListeners(signal: AbortSignal): () => number {
  let count = 0;
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
    count++;
    addEventListener.apply(signal, args);
  };
  signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
    count--;
    removeEventListener.apply(signal, args);
  };
  return () => count;
}
