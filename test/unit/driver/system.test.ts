import { createHmac } from 'node:crypto';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { systemEnvironment, systemNow, systemWallClockMs } from '../../../src/driver/system.ts';

describe('the machine', () => {
  it('draws words that fill 32 bits and do not repeat', () => {
    const words = Array.from({ length: 10_000 }, () => systemEnvironment.random.uint32());
    expect(words.every((word) => Number.isInteger(word) && word >= 0 && word <= 0xffff_ffff)).toBe(true);
    // 10,000 of 2^32: a repetition or two may happen, a repeated page would be hundreds.
    expect(new Set(words).size).toBeGreaterThan(9_990);
    expect(words.reduce((bits, word) => bits | word, 0) >>> 0).toBe(0xffff_ffff);
  });

  it('computes the HMAC-SHA-256 of RFC 4231 test case 2', () => {
    const mac = systemEnvironment.hmac(Buffer.from('Jefe'), Buffer.from('what do ya want for nothing?'));
    expect(Buffer.from(mac).toString('hex')).toBe('5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843');
    expect(mac).toEqual(createHmac('sha256', 'Jefe').update('what do ya want for nothing?').digest());
  });

  it('has a monotonic clock, and one for people, which agree on how time goes by', () => {
    const clock = vi.spyOn(performance, 'now').mockReturnValue(1_234.5);
    onTestFinished(() => clock.mockRestore());
    expect(systemNow()).toBe(1_234.5);
    expect(systemWallClockMs()).toBe(performance.timeOrigin + 1_234.5);
  });
});
