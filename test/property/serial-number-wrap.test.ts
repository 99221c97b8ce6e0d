import { describe, expect, it } from 'vitest';
import type { Environment } from '../../src/base/environment.ts';
import { Host, Network, type NetworkOptions, seededEnvironment } from '../../src/simulation/index.ts';
import { flawIn, messages, numberedMessage } from '../support/messages.ts';
import { endingOf, isQuiet, type Pair } from '../support/pair.ts';

/** An environment that draws nothing but `value` and the four before it: Verification Tags, secrets and the initial TSN. */
function drawing(value: number, seed: number): Environment {
  let draws = 0;
  return { ...seededEnvironment(seed), random: { uint32: () => value - (draws++ % 5) } };
}

/** A pair whose initial TSNs lie at most 20 before the wrap. */
function pairBeforeWrap(options: NetworkOptions): Pair {
  const network = new Network(options);
  const host = (name: string, ip: string, listening: boolean, seed: number): Host =>
    network.attach(new Host(network, name, { addresses: [ip], port: 5000, listening }, drawing(0xffff_fff5, seed)));
  return { network, a: host('a', '10.0.0.1', false, 1), z: host('z', '10.0.0.2', true, 2) };
}

function finish(two: Pair): void {
  const { network, a, z } = two;
  a.shutdown();
  network.run({ until: () => isQuiet(two) });
  expect([endingOf(a), endingOf(z)], network.toString()).toEqual(['graceful', 'graceful']);
}

describe('serial numbers that wrap (RFC 9260 §1.6)', () => {
  it('TSNs pass 2^32 - 1, whatever is lost at that point', () => {
    for (let seed = 1; seed <= 30; seed++) {
      const two = pairBeforeWrap({ seed });
      const { network, a, z } = two;
      const sent = Array.from({ length: 60 }, (_, number) =>
        numberedMessage(number, { length: 900, streamId: number % 3, unordered: number % 4 === 0 }),
      );
      a.connect(z);
      network.run({ until: () => z.associations.length === 1 });
      network.linkBoth(a, z).set({ lossRate: 0.15, duplicateRate: 0.1, reorderRate: 0.1, jitterMs: 5 });
      a.feed(a.association, sent);
      z.feed(z.association, sent);
      network.run({ until: () => a.received().length === 60 && z.received().length === 60 });
      const flaw = flawIn(a.received(), sent, true) ?? flawIn(z.received(), sent, true);
      expect(flaw, network.toString()).toBeUndefined();
      expect(network.ladder({ relativeTsns: false }).join()).toMatch(/DATA 42949672\d\d\b.*DATA [12]\d\b/);
      network.linkBoth(a, z).set({ lossRate: 0, duplicateRate: 0, reorderRate: 0 });
      network.run({ forMs: 1_000 });
      finish(two);
    }
  });

  it('SSNs pass 2^16 - 1 within a stream (§6.5)', () => {
    const network = new Network({ link: { lossRate: 0.002 }, recordedPackets: 200 });
    const a = network.addHost('a', { addresses: ['10.0.0.1'], port: 5000 });
    const z = network.addHost('z', { addresses: ['10.0.0.2'], port: 5001, listening: true });
    const sent = messages(70_000, 2);
    a.feed(a.connect(z), sent);
    network.run({
      until: () => z.associations.length === 1 && z.received().length === sent.length,
      maxEvents: 10_000_000,
    });
    expect(flawIn(z.received(), sent, true)).toBeUndefined();
    network.linkBoth(a, z).set({ lossRate: 0 });
    finish({ network, a, z });
  }, 60_000);
});
