import { describe, expect, it } from 'vitest';
import { encodeChunk, heartbeatInfo, heartbeatValue } from '../../../src/chunks/index.ts';
import { hex, unhex } from '../../support/hex.ts';

const info = unhex('0102030405');

describe('heartbeatValue', () => {
  it('wraps what heartbeatInfo unwraps', () => {
    const value = heartbeatValue(info);
    expect(hex(encodeChunk({ kind: 'HEARTBEAT', value }))).toBe(hex(unhex('0400000d 0001 0009 0102030405 000000')));
    expect(heartbeatInfo({ kind: 'HEARTBEAT ACK', value })).toEqual(info);
  });
});

describe('heartbeatInfo', () => {
  it('finds the parameter among others, with or without its padding', () => {
    const value = unhex('c0ff 0005 aa 000000 0001 0009 0102030405 000000 0001 0005 ff');
    expect(heartbeatInfo({ kind: 'HEARTBEAT', value })).toEqual(info);
  });

  it.each(['c0ff 0004', '0001 0000', '0001 0009 0102', '00'])('is undefined in %s', (digits) => {
    expect(heartbeatInfo({ kind: 'HEARTBEAT', value: unhex(digits) })).toBeUndefined();
  });
});
