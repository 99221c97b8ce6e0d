import { describe, expect, it } from 'vitest';
import { Timer } from '../../../src/base/time.ts';

describe('Timer', () => {
  it('does not run until it is started', () => {
    const timer = new Timer();
    expect([timer.isRunning, timer.deadline, timer.expire(1e15)]).toEqual([false, Infinity, false]);
  });

  it('expires at its deadline, once', () => {
    const timer = new Timer();
    timer.start(100, 50);
    expect(timer.deadline).toBe(150);
    expect(timer.expire(149.9)).toBe(false);
    expect(timer.expire(150)).toBe(true);
    expect(timer.expire(200)).toBe(false);
  });

  it('starts anew when it is started again, unless it is told to leave a running one alone', () => {
    const timer = new Timer();
    timer.startIfStopped(0, 50);
    timer.startIfStopped(10, 50);
    expect(timer.deadline).toBe(50);
    timer.start(10, 50);
    expect(timer.deadline).toBe(60);
    timer.stop();
    expect(timer.isRunning).toBe(false);
  });
});
