import { describe, expect, it } from 'vitest';
import { PathMtu, type PathMtuBounds } from '../../../src/association/path-mtu.ts';

const headers = 28;
const probeTimerMs = 1_000;
const bounds: PathMtuBounds = { min: 548, base: 1_200, max: 1_200 };

/** A discovery and the path that it probes, which takes packets up to `passes` bytes within 20 ms. */
class Scene {
  readonly mtu: PathMtu;
  readonly probes: string[] = [];
  now = 0;
  passes: number;
  max: number;
  isUsed = false;
  /** The probes that are lost although they would fit, by their number from 1. */
  readonly unlucky = new Set<number>();

  constructor(passes: number, max: number, given: Partial<PathMtuBounds> = {}) {
    this.passes = passes;
    this.max = max;
    this.mtu = new PathMtu({ ...bounds, ...given }, headers);
  }

  /** Lets time pass; probes are sent and answered. */
  run(forMs: number): this {
    const end = this.now + forMs;
    while (this.mtu.timer.deadline <= end) {
      this.now = Math.max(this.now, this.mtu.timer.deadline);
      if (this.mtu.handleTimeout(this.now, this.max, this.isUsed)) this.#send();
    }
    this.now = end;
    return this;
  }

  #send(): void {
    const { mtu } = this;
    const nonce = mtu.nonce ?? Uint8Array.of(this.probes.length);
    const size = mtu.probedSize;
    mtu.handleSent(nonce, this.now, probeTimerMs);
    const passes = size <= this.passes && !this.unlucky.has(this.probes.length + 1);
    this.probes.push(`${size} ${passes ? '>' : 'x'} ${mtu.state}`);
    if (!passes) return;
    this.now += 20;
    expect(mtu.handleAck(nonce, this.now)).toBe(true);
    expect(mtu.handleAck(nonce, this.now)).toBe(false);
  }

  takeProbes(): string[] {
    return this.probes.splice(0);
  }
}

function started(passes: number, max: number, given?: Partial<PathMtuBounds>): Scene {
  const scene = new Scene(passes, max, given);
  scene.mtu.start();
  return scene;
}

describe('the discovery of a path MTU (RFC 8899 §5)', () => {
  it('sends nothing before it is started, and uses BASE_PLPMTU', () => {
    const scene = new Scene(1_472, 1_472);
    expect(scene.run(1_000_000).probes).toEqual([]);
    expect([scene.mtu.state, scene.mtu.plpmtu]).toEqual(['DISABLED', 1_200]);
  });

  it("goes for the link's MTU first, and is done within a round trip where the path takes it", () => {
    const scene = started(65_504, 65_504).run(20);
    expect(scene.takeProbes()).toEqual(['65504 > BASE']);
    expect([scene.mtu.state, scene.mtu.plpmtu]).toEqual(['SEARCH_COMPLETE', 65_504]);
    // There is nothing to raise: no timer runs any more.
    expect(scene.mtu.timer.isRunning).toBe(false);
  });

  it('confirms BASE_PLPMTU, then tries the link, common sizes and halves, three probes each', () => {
    const scene = started(1_376, 1_472).run(40_000);
    expect(scene.takeProbes()).toEqual([
      '1472 x BASE',
      '1200 > BASE',
      ...Array.from({ length: 3 }, () => '1472 x SEARCHING'),
      // 1492 less 28
      ...Array.from({ length: 3 }, () => '1464 x SEARCHING'),
      ...Array.from({ length: 3 }, () => '1392 x SEARCHING'),
      // 1400 less 28
      '1372 > SEARCHING',
    ]);
    expect([scene.mtu.state, scene.mtu.plpmtu]).toEqual(['SEARCH_COMPLETE', 1_372]);
  });

  it('is within 1/64 of what passes in the end, or 16 bytes', () => {
    for (const passes of [
      1_200, 1_216, 1_300, 1_388, 1_440, 1_800, 2_222, 4_324, 8_000, 8_968, 9_100, 40_000, 65_500,
    ]) {
      const { mtu } = started(passes, 65_504).run(120_000);
      expect(mtu.state).toBe('SEARCH_COMPLETE');
      expect(mtu.plpmtu).toBeLessThanOrEqual(passes);
      expect(mtu.plpmtu % 4).toBe(0);
      expect(passes - mtu.plpmtu).toBeLessThanOrEqual(Math.max(16, passes / 32) + 4);
    }
  });

  it('does not mind single losses', () => {
    const scene = started(1_472, 1_472);
    scene.unlucky.add(1).add(2).add(4);
    scene.run(10_000);
    expect(scene.takeProbes()).toEqual([
      '1472 x BASE',
      '1200 x BASE',
      '1200 > BASE',
      '1472 x SEARCHING',
      '1472 > SEARCHING',
    ]);
    expect(scene.mtu.plpmtu).toBe(1_472);
  });

  it('lets the answer to an earlier probe of the same size count, and no other', () => {
    const { mtu } = started(0, 1_472);
    expect(mtu.handleTimeout(0, 1_472, false)).toBe(true);
    mtu.handleSent(Uint8Array.of(1), 0, probeTimerMs);
    expect(mtu.handleTimeout(1_000, 1_472, false)).toBe(true);
    expect([mtu.probedSize, mtu.nonce]).toEqual([1_200, undefined]);
    mtu.handleSent(Uint8Array.of(2), 1_000, probeTimerMs);
    expect(mtu.handleAck(Uint8Array.of(1), 1_001)).toBe(false);
    expect(mtu.handleTimeout(2_000, 1_472, false)).toBe(true);
    expect(mtu.nonce).toEqual(Uint8Array.of(2));
    mtu.handleSent(Uint8Array.of(2), 2_000, probeTimerMs);
    expect(mtu.handleAck(Uint8Array.of(2), 2_001)).toBe(true);
    expect(mtu.state).toBe('SEARCHING');
  });
});

describe('PMTU_RAISE_TIMER', () => {
  it('resumes the search after 600 seconds, if data was sent', () => {
    const scene = started(1_200, 1_472).run(60_000);
    expect(scene.mtu.plpmtu).toBe(1_200);
    scene.takeProbes();
    scene.passes = 1_472;
    scene.run(590_000);
    expect(scene.takeProbes()).toEqual([]);
    scene.isUsed = true;
    scene.run(1_210_000);
    expect(scene.takeProbes()).toEqual(['1472 > SEARCHING']);
    expect(scene.mtu.plpmtu).toBe(1_472);
  });

  it('looks at the link again', () => {
    const scene = started(1_200, 1_472).run(60_000);
    scene.isUsed = true;
    scene.passes = 8_972;
    scene.max = 8_972;
    scene.run(600_000);
    expect(scene.mtu.plpmtu).toBe(8_972);
  });
});

describe('a path that does not take BASE_PLPMTU', () => {
  it('is in the state ERROR, and asked again every 30 seconds; BASE_PLPMTU stays until data is lost, too', () => {
    const scene = started(1_000, 1_472).run(10_000);
    expect(scene.takeProbes()).toEqual(['1472 x BASE', '1200 x BASE', '1200 x BASE', '1200 x BASE']);
    expect([scene.mtu.state, scene.mtu.plpmtu]).toEqual(['ERROR', 1_200]);
    scene.run(60_000);
    expect(scene.takeProbes()).toEqual(['1200 x ERROR', '1200 x ERROR']);
    scene.passes = 1_472;
    scene.run(30_000);
    expect(scene.takeProbes()).toEqual(['1200 > ERROR', '1472 > SEARCHING']);
    expect(scene.mtu.plpmtu).toBe(1_472);
  });

  it('is searched between MIN_PLPMTU and there once data is lost and MIN_PLPMTU passes', () => {
    const scene = started(1_000, 1_472).run(10_000);
    scene.takeProbes();
    scene.mtu.handleDataLoss(1_200, scene.now);
    scene.run(25_000);
    expect(scene.takeProbes()).toEqual([
      '548 > CONFIRMING',
      '1200 x CONFIRMING',
      '872 > ERROR',
      ...Array.from({ length: 3 }, () => '1036 x ERROR'),
      '952 > ERROR',
      '992 > ERROR',
      ...Array.from({ length: 3 }, () => '1012 x ERROR'),
    ]);
    expect([scene.mtu.state, scene.mtu.plpmtu]).toEqual(['ERROR', 992]);
    // From then on it is asked for the base size alone, every 30 seconds, and every 600 for the sizes below.
    scene.run(60_000);
    expect(new Set(scene.takeProbes())).toEqual(new Set(['1200 x ERROR']));
    scene.passes = 1_100;
    scene.run(700_000);
    expect(scene.mtu.plpmtu).toBeGreaterThan(1_060);
    scene.takeProbes();
    scene.passes = 1_472;
    scene.run(31_000);
    expect(scene.takeProbes()).toEqual(['1200 > ERROR', '1472 > SEARCHING']);
  });

  it('is as near as any other, wherever it ends', () => {
    for (const passes of [548, 572, 600, 700, 850, 972, 1_000, 1_100, 1_172, 1_196]) {
      const scene = started(passes, 1_472).run(500);
      scene.mtu.handleDataLoss(1_200, scene.now);
      scene.run(60_000);
      const { plpmtu } = scene.mtu;
      expect(plpmtu).toBeLessThanOrEqual(passes);
      expect(passes - plpmtu).toBeLessThanOrEqual(Math.max(16, passes / 64) + 8);
    }
  });

  it('may shrink below what was found there', () => {
    const scene = started(1_000, 1_472).run(10_000);
    scene.mtu.handleDataLoss(1_200, scene.now);
    scene.run(25_000);
    scene.passes = 700;
    scene.mtu.handleDataLoss(992, scene.now);
    scene.run(4_000);
    expect(scene.mtu.plpmtu).toBeLessThanOrEqual(700);
    scene.run(30_000);
    expect(scene.mtu.plpmtu).toBeGreaterThan(680);
  });

  it('is none of IPv6: there is nothing below', () => {
    const scene = started(1_000, 1_472, { min: 1_200 }).run(10_000);
    for (let failures = 1; failures < 10; failures++) scene.mtu.handleDataLoss(1_200, scene.now, failures);
    expect([scene.mtu.state, scene.mtu.plpmtu]).toEqual(['ERROR', 1_200]);
  });
});

describe('data that arrives', () => {
  it('confirms BASE_PLPMTU, whatever becomes of probes, which go on', () => {
    const scene = started(0, 1_472).run(500);
    expect(scene.mtu.isInDoubt(1_196)).toBe(false);
    scene.mtu.handleDataAck(1_196, scene.now);
    expect(scene.mtu.state).toBe('BASE');
    expect(scene.mtu.isInDoubt(1_200)).toBe(true);
    scene.mtu.handleDataAck(1_200, scene.now);
    expect([scene.mtu.state, scene.mtu.plpmtu]).toEqual(['SEARCHING', 1_200]);
    expect(scene.mtu.isInDoubt(1_200)).toBe(false);
    scene.run(60_000);
    expect(scene.probes.slice(0, 4)).toEqual([
      '1472 x BASE',
      '1472 x SEARCHING',
      '1472 x SEARCHING',
      '1464 x SEARCHING',
    ]);
    expect([scene.mtu.state, scene.mtu.plpmtu]).toEqual(['SEARCH_COMPLETE', 1_200]);
  });

  it('does so later, too, and opens the search', () => {
    const scene = started(0, 1_472).run(10_000);
    expect(scene.mtu.state).toBe('ERROR');
    scene.passes = 1_472;
    scene.mtu.handleDataAck(1_200, scene.now);
    scene.run(100);
    expect([scene.mtu.state, scene.mtu.plpmtu]).toEqual(['SEARCH_COMPLETE', 1_472]);
  });

  it('clears a size of the suspicion of being lost for it, or shows that the smaller one passes', () => {
    const suspected = (): Scene => {
      const scene = started(1_472, 1_472).run(100);
      scene.passes = 0;
      scene.mtu.handleDataLoss(1_472, scene.now);
      return scene.run(10);
    };
    const innocent = suspected();
    innocent.mtu.handleDataAck(1_472, innocent.now);
    expect([innocent.mtu.state, innocent.mtu.plpmtu]).toEqual(['SEARCH_COMPLETE', 1_472]);
    const guilty = suspected();
    guilty.mtu.handleDataAck(1_300, guilty.now);
    guilty.run(2_100);
    expect([guilty.mtu.state, guilty.mtu.plpmtu]).toEqual(['SEARCHING', 1_200]);
  });
});

describe('a peer that answers no probe at all', () => {
  /** A path that has carried BASE_PLPMTU, if `carries`, until now. */
  function silent(carries: boolean): Scene {
    const scene = started(0, 1_472).run(500);
    if (carries) scene.mtu.handleDataAck(1_200, scene.now);
    return scene.run(60_000);
  }

  it.each([
    [false, 3],
    [true, 5],
  ])('leaves it to data: was BASE_PLPMTU carried before? %s: %d timeouts in a row tell', (carries, timeouts) => {
    const scene = silent(carries);
    for (let failures = 1; failures < timeouts; failures++) {
      scene.mtu.handleDataLoss(1_200, scene.now, failures);
      scene.run(1_000 * 2 ** failures);
      expect(scene.mtu.plpmtu).toBe(1_200);
    }
    scene.mtu.handleDataLoss(1_200, scene.now, timeouts);
    expect([scene.mtu.state, scene.mtu.plpmtu]).toEqual(['ERROR', 548]);
    // Data tries again after 30 seconds. One timeout is enough then, and the next trial comes later.
    scene.run(29_000);
    expect(scene.mtu.plpmtu).toBe(548);
    scene.run(2_000);
    expect(scene.mtu.plpmtu).toBe(1_200);
    scene.mtu.handleDataLoss(1_200, scene.now);
    expect(scene.mtu.plpmtu).toBe(548);
    scene.run(59_000);
    expect(scene.mtu.plpmtu).toBe(548);
    scene.run(2_000);
    expect(scene.mtu.plpmtu).toBe(1_200);
    scene.mtu.handleDataAck(1_200, scene.now);
    expect(scene.mtu.state).toBe('SEARCHING');
  });

  it('loses small packets for other reasons', () => {
    const scene = silent(false);
    for (let failures = 1; failures < 10; failures++) scene.mtu.handleDataLoss(548, scene.now, failures);
    expect(scene.mtu.plpmtu).toBe(1_200);
  });
});

describe('a suspicion', () => {
  it('does not put off what is due anyway', () => {
    const scene = started(1_300, 1_472).run(60_000);
    scene.isUsed = true;
    scene.passes = 1_472;
    for (let i = 0; i < 60; i++) {
      scene.mtu.handleDataLoss(1_200, scene.now);
      scene.run(10_000);
    }
    expect(scene.mtu.plpmtu).toBe(1_472);
    const below = started(1_000, 1_472).run(500);
    below.mtu.handleDataLoss(1_200, below.now);
    below.run(20_000);
    below.passes = 1_472;
    for (let i = 0; i < 4; i++) {
      below.mtu.handleDataLoss(900, below.now);
      below.run(10_000);
    }
    expect(below.mtu.plpmtu).toBe(1_472);
  });
});

describe('a black hole (RFC 8899 §4.3)', () => {
  it('is one when a packet of the base size passes where three larger ones in a row did not', () => {
    const scene = started(1_472, 1_472).run(100);
    scene.takeProbes();
    scene.passes = 1_300;
    scene.mtu.handleDataLoss(1_472, scene.now);
    scene.run(500);
    expect(scene.takeProbes()).toEqual(['1200 > CONFIRMING', '1472 x CONFIRMING']);
    expect(scene.mtu.plpmtu).toBe(1_472);
    scene.run(1_000);
    expect(scene.takeProbes()).toEqual(['1472 x CONFIRMING']);
    scene.mtu.handleDataLoss(1_472, scene.now);
    expect([scene.mtu.state, scene.mtu.plpmtu]).toEqual(['SEARCHING', 1_200]);
    // What has just failed is not tried again before the raise timer.
    scene.run(100);
    expect(scene.takeProbes()).toEqual(['1464 x SEARCHING']);
    scene.run(60_000);
    expect(scene.mtu.plpmtu).toBeGreaterThan(1_272);
  });

  it('is found without more data, too', () => {
    const scene = started(1_472, 1_472).run(100);
    scene.passes = 1_300;
    scene.mtu.handleDataLoss(1_472, scene.now);
    scene.run(2_100);
    expect(scene.mtu.plpmtu).toBe(1_200);
  });

  it('is none when packets were lost that pass everywhere', () => {
    const scene = started(1_472, 1_472).run(100);
    for (let i = 0; i < 5; i++) scene.mtu.handleDataLoss(548, scene.now);
    expect(scene.mtu.state).toBe('SEARCH_COMPLETE');
  });

  it('may take even packets below BASE_PLPMTU, while the path MTU is above', () => {
    const scene = started(1_472, 1_472).run(100);
    scene.passes = 572;
    scene.mtu.handleDataLoss(576, scene.now);
    scene.run(5_000);
    expect([scene.mtu.state, scene.mtu.plpmtu]).toEqual(['ERROR', 548]);
  });

  it('is none when the size passes after all', () => {
    const scene = started(1_472, 1_472).run(100);
    scene.takeProbes();
    scene.mtu.handleDataLoss(1_472, scene.now);
    scene.run(1_000);
    expect(scene.takeProbes()).toEqual(['1200 > CONFIRMING', '1472 > CONFIRMING']);
    expect([scene.mtu.state, scene.mtu.plpmtu]).toEqual(['SEARCH_COMPLETE', 1_472]);
  });

  it('is none when nothing passes at all: an outage', () => {
    const scene = started(1_472, 1_472).run(100);
    scene.takeProbes();
    scene.passes = 0;
    for (const [i, pauseMs] of [2_000, 4_000, 16_000, 32_000, 60_000, 60_000].entries()) {
      scene.mtu.handleDataLoss(1_472, scene.now, i + 1);
      scene.run(pauseMs);
    }
    expect(new Set(scene.probes)).toEqual(new Set(['1200 x CONFIRMING', '548 x CONFIRMING']));
    expect([scene.mtu.state, scene.mtu.plpmtu]).toEqual(['SEARCH_COMPLETE', 1_472]);
  });

  it('that takes not even BASE_PLPMTU leaves MIN_PLPMTU, where there is a smaller one', () => {
    const scene = started(1_200, 1_200).run(100);
    scene.passes = 600;
    scene.mtu.handleDataLoss(1_200, scene.now);
    scene.run(3_000);
    expect([scene.mtu.state, scene.mtu.plpmtu]).toEqual(['ERROR', 548]);
    const ipv6 = started(1_200, 1_200, { min: 1_200 }).run(100);
    ipv6.mtu.handleDataLoss(1_200, ipv6.now);
    expect(ipv6.mtu.state).toBe('SEARCH_COMPLETE');
  });
});

describe('loss of connectivity', () => {
  it('ends the discovery, which begins anew when it returns', () => {
    const scene = started(1_472, 1_472).run(100);
    scene.mtu.stop();
    scene.takeProbes();
    expect(scene.run(1_000_000).probes).toEqual([]);
    expect(scene.mtu.state).toBe('DISABLED');
    scene.passes = 1_300;
    scene.mtu.start();
    scene.mtu.start();
    scene.run(2_000);
    expect(scene.probes.slice(0, 2)).toEqual(['1472 x BASE', '1200 > BASE']);
    expect(scene.mtu.plpmtu).toBe(1_200);
  });
});
