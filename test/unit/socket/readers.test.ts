import { beforeEach, describe, expect, it } from 'vitest';
import { SctpError } from '../../../src/base/errors.ts';
import { Readers } from '../../../src/socket/readers.ts';

describe('Readers', () => {
  let items: number[];
  let taken: number;
  let end: { error?: SctpError | undefined } | undefined;
  let readers: Readers<number>;

  beforeEach(() => {
    items = [];
    taken = 0;
    end = undefined;
    readers = new Readers({
      take() {
        const item = items.shift();
        if (item !== undefined) taken++;
        return item;
      },
      end: () => end,
    });
  });

  it('take nothing before somebody asks', async () => {
    items = [1, 2];
    const reader = readers.iterate();
    readers.wake();
    expect(taken).toBe(0);
    expect(await reader.next()).toEqual({ done: false, value: 1 });
    expect(taken).toBe(1);
  });

  it('hand items to those who wait in the order of their asking, each to one', async () => {
    const [a, b] = [readers.iterate(), readers.iterate()];
    const asked = [a.next(), b.next(), a.next()];
    items = [1, 2, 3];
    readers.wake();
    expect((await Promise.all(asked)).map(({ value }) => value)).toEqual([1, 2, 3]);
  });

  it('end after the last item', async () => {
    items = [1, 2];
    end = {};
    const seen: number[] = [];
    for await (const item of readers.iterate()) seen.push(item);
    expect(seen).toEqual([1, 2]);
  });

  it('throw the error after the last item, once for each iterator', async () => {
    items = [1];
    end = { error: new SctpError('SCTP_ERR_ABORTED_BY_PEER') };
    const [a, b] = [readers.iterate(), readers.iterate()];
    expect(await a.next()).toEqual({ done: false, value: 1 });
    await expect(a.next()).rejects.toBe(end.error);
    expect(await a.next()).toEqual({ done: true, value: undefined });
    await expect(b.next()).rejects.toBe(end.error);
  });

  it('end all that wait when the end comes', async () => {
    const [a, b] = [readers.iterate(), readers.iterate()];
    const asked = [a.next(), b.next(), a.next()];
    end = {};
    readers.wake();
    expect((await Promise.all(asked)).map(({ done }) => done)).toEqual([true, true, true]);
  });

  it('leave everything to others when one breaks out', async () => {
    items = [1, 2, 3];
    for await (const item of readers.iterate()) if (item === 1) break;
    expect(await readers.iterate().next()).toEqual({ done: false, value: 2 });
  });

  it('skip an iterator that was ended while it waited', async () => {
    const [a, b] = [readers.iterate(), readers.iterate()];
    const [first, second] = [a.next(), b.next()];
    await a.return?.();
    expect(await first).toEqual({ done: true, value: undefined });
    items = [1];
    readers.wake();
    expect(await second).toEqual({ done: false, value: 1 });
  });
});
