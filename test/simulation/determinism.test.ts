import { describe, expect, it } from 'vitest';
import type { NetworkOptions } from '../../src/simulation/index.ts';
import { messages } from '../support/messages.ts';
import { isQuiet, pair } from '../support/pair.ts';

/** Every fault there is. */
const link = {
  jitterMs: 7,
  lossRate: 0.1,
  burstLoss: { enterRate: 0.02, leaveRate: 0.5 },
  duplicateRate: 0.1,
  reorderRate: 0.1,
  corruptRate: 0.05,
  rateBitsPerSecond: 20_000_000,
  queueBytes: 60_000,
} satisfies NetworkOptions['link'];

/** A whole association in bad weather, from INIT to SHUTDOWN COMPLETE. */
function run(seed: number, bystanders = 0): { ladder: string[]; endedAt: number } {
  const two = pair({ seed, link });
  const { network, a, z } = two;
  for (let n = 0; n < bystanders; n++) network.addHost(`b${n}`, { addresses: [`10.0.1.${n}`], port: 1 });
  a.feed(a.connect(z), messages(50, 2_500));
  network.run({ until: () => z.associations.length > 0 && z.received().length === 50 });
  z.shutdown();
  network.run({ until: () => isQuiet(two) });
  return { ladder: network.ladder({ times: true, verbose: true }), endedAt: network.now };
}

describe('a simulated run', () => {
  it('is the same for the same seed: every packet, every time, every fate', () => {
    for (const seed of [1, 2, 0xffff_ffff]) expect(run(seed)).toEqual(run(seed));
  });

  it('is another for another seed', () => {
    expect(run(1).ladder).not.toEqual(run(2).ladder);
  });

  it('does not depend on hosts that take no part in it', () => {
    expect(run(3, 4)).toEqual(run(3));
  });

  it('that fails shows its seed and its ladder, and the seed shows it again', () => {
    const fail = (seed: number): string => {
      const { network, a, z } = pair({ seed, link: { lossRate: 0.5 } });
      a.connect(z);
      try {
        network.run({ until: () => z.associations.length === 2, forMs: 3_000 });
      } catch (error) {
        return String(error);
      }
      return 'no failure';
    };
    const message = fail(77);
    expect(message).toMatch(/^SimulationError: time is up\nseed 77 at /);
    expect(message).toMatch(/ 0\.000 a [>x] INIT\n/);
    const [, seed] = message.match(/seed (\d+)/)!;
    expect(fail(Number(seed))).toBe(message);
  });
});
