import { describe, expect, it } from 'vitest';
import { type LiveVideoFigures, liveVideo, percentile, plan, thinPath } from '../../bench/live-video-scene.mjs';
import { Network } from '../../src/simulation/index.ts';

const seeds = [1, 2, 3, 4, 5, 6, 7, 8];

/** What is wrong with the fate of the frames; empty when nothing is. `node bench/live-video.mjs` prints the figures. */
function flawsIn({ frames, control }: LiveVideoFigures, longestMs: number): string[] {
  const flaws: string[] = [];
  const expect = (holds: boolean, flaw: string): void => void (holds || flaws.push(flaw));
  expect(frames.damaged === 0, 'a frame came with other bytes, or with half of them');
  expect(frames.lateChunks === 0, 'a chunk of a frame was sent when its lifetime was over');
  expect(Math.max(0, ...frames.latenciesMs) <= longestMs, 'a frame came later than its lifetime and its way allow');
  // What is given up may have arrived: only the acknowledgement was late. What was acknowledged has.
  expect(frames.delivered + frames.abandoned >= frames.offered, 'a frame was lost without a word');
  expect(control.delivered === control.sent && control.disordered === 0, 'the control stream is incomplete');
  return flaws;
}

describe('30 frames of 40 KiB a second with 100 ms to live, beside a control stream with priority', () => {
  const { delayMs, queueBytes, rateBitsPerSecond } = thinPath;
  const longestMs = plan.lifetimeMs + delayMs + (queueBytes * 8_000) / rateBitsPerSecond;

  it('over 10 Mbit/s with 5 % loss: late frames are given up, none comes in part, and control does not wait', () => {
    let delivered = 0;
    for (const seed of seeds) {
      const figures = liveVideo(Network, { seed });
      const { frames, control, restingRttMs } = figures;
      expect(flawsIn(figures, longestMs), `seed ${seed}`).toEqual([]);
      expect([frames.offered, control.sent]).toEqual([600, 400]);
      expect(restingRttMs, `seed ${seed}`).toBeCloseTo(2 * delayMs, 0);
      expect(percentile(control.latenciesMs, 99), `seed ${seed}`).toBeLessThan(3 * restingRttMs);
      delivered += frames.delivered;
    }
    expect(delivered).toBeGreaterThan(0);
  });

  it('over 20 Mbit/s with 0.1 % loss: most frames come in time', () => {
    const path = { ...thinPath, rateBitsPerSecond: 20_000_000, lossRate: 0.001 };
    for (const seed of seeds.slice(0, 3)) {
      const figures = liveVideo(Network, { seed, path, durationMs: 5_000 });
      expect(flawsIn(figures, longestMs), `seed ${seed}`).toEqual([]);
      expect(figures.frames.delivered).toBeGreaterThan(0.9 * figures.frames.offered);
      expect(percentile(figures.control.latenciesMs, 99)).toBeLessThan(3 * figures.restingRttMs);
    }
  });

  it('is the same for the same seed', () => {
    const run = (): readonly number[] => liveVideo(Network, { seed: 9, durationMs: 2_000 }).control.latenciesMs;
    expect(run()).toEqual(run());
  });
});
