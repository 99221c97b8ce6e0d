import { describe, expect, it } from 'vitest';
import { outgoingMessage, ownedBytes, type SendOptions } from '../../../src/socket/messages.ts';

describe('outgoingMessage', () => {
  it('has the defaults of the documentation', () => {
    expect(outgoingMessage('x', {})).toMatchObject({ streamId: 0, ppid: 0, unordered: false, sackImmediately: false });
  });

  it('copies, so that the caller may write to its memory again', () => {
    const mine = Uint8Array.of(1, 2, 3);
    const { data } = outgoingMessage(mine, {});
    mine.fill(9);
    expect(data).toEqual(Uint8Array.of(1, 2, 3));
  });

  it('copies views of larger memory, and buffers', () => {
    const memory = Buffer.from('0123456789');
    expect(ownedBytes(memory.subarray(2, 5))).toEqual(new TextEncoder().encode('234'));
  });

  it('makes UTF-8 of strings', () => {
    expect(ownedBytes('Grüße ☺')).toEqual(new TextEncoder().encode('Grüße ☺'));
  });

  it.each([
    [{ streamId: -1 }, 'streamId must be an integer 0 to 65535, not -1'],
    [{ streamId: 65_536 }, 'streamId must be an integer 0 to 65535, not 65536'],
    [{ streamId: 1.5 }, 'streamId must be an integer 0 to 65535, not 1.5'],
    [{ ppid: 2 ** 32 }, 'ppid must be an integer 0 to 4294967295, not 4294967296'],
    [{ ppid: Number.NaN }, 'ppid must be an integer 0 to 4294967295, not NaN'],
    [{ lifetimeMs: -1 }, 'lifetimeMs must not be negative, and is -1'],
    [{ lifetimeMs: Number.NaN }, 'lifetimeMs must not be negative, and is NaN'],
  ] satisfies [SendOptions, string][])('refuses %o', (options, text) => {
    expect(() => outgoingMessage('x', options)).toThrow(
      expect.objectContaining({ code: 'SCTP_ERR_INVALID_ARGUMENT', message: text }),
    );
  });

  it('refuses what is neither text nor bytes', () => {
    for (const data of [undefined, null, 5, {}, [1, 2], new ArrayBuffer(2)]) {
      expect(() => ownedBytes(data as unknown as string)).toThrow(
        expect.objectContaining({ code: 'SCTP_ERR_INVALID_ARGUMENT' }),
      );
    }
  });
});
