import { describe, expect, it } from 'vitest';
import { distance } from '../../../src/base/serial.ts';
import type { OutgoingMessage } from '../../../src/simulation/index.ts';
import { pattern } from '../../support/messages.ts';
import { eventsOf } from '../../support/pair.ts';
import { connected, dataTo, type Stage } from '../stage.ts';

const supported = { kind: 'Forward-TSN-Supported' } as const;

function begun(parameters: readonly (typeof supported)[] = [supported]): Stage {
  return connected({ initialCwndPackets: 20, maxBurst: 0, hbIntervalMs: 0 }, { parameters });
}

const message = (more: Partial<OutgoingMessage> = {}, length = 1_000): OutgoingMessage => ({
  data: pattern(0, length),
  ...more,
});

/** How often each TSN has arrived. */
function transmissions({ peer }: Stage): number[] {
  const counts: number[] = [];
  for (const { tsn } of dataTo(peer)) {
    const place = distance(tsn, peer.peerInitialTsn);
    counts[place] = (counts[place] ?? 0) + 1;
  }
  return counts;
}

it('"it is REQUIRED to implement [RFC3758], if you want to implement these additional policies.": without it, messages stay reliable', () => {
  for (const [parameters, isGivenUp] of [
    [[supported], true],
    [[], false],
  ] as const) {
    const all = begun([...parameters]);
    all.z.send(all.z.association, message({ maxRetransmits: 0 }));
    all.network.run({ forMs: 5_000 });
    expect(eventsOf(all.z, 'abandoned').length > 0).toBe(isGivenUp);
    expect(transmissions(all)[0]! > 1).toBe(!isGivenUp);
  }
});

describe('§3.1 "The sender MUST abandon a user message if the number of retransmissions of any of the DATA chunks of the user message would exceed the provided limit."', () => {
  it.each([0, 1, 2, 3])('%d: by timeouts', (maxRetransmits) => {
    const all = begun();
    all.z.send(all.z.association, message({ maxRetransmits }));
    all.network.run({ forMs: 60_000 });
    expect(transmissions(all)).toEqual([1 + maxRetransmits]);
    expect(eventsOf(all.z, 'abandoned')).toHaveLength(1);
  });

  it('by fast retransmissions and timeouts together', () => {
    const all = begun();
    const { network, z, peer } = all;
    z.send(z.association, message({ maxRetransmits: 1 }));
    for (let n = 0; n < 4; n++) z.send(z.association, message());
    network.run({ forMs: 30 });
    for (const end of [2, 3, 4]) peer.send(peer.sack(0, [[2, end]]));
    network.run({ forMs: 30 });
    expect(transmissions(all)[0]).toBe(2);
    expect(eventsOf(z, 'abandoned')).toEqual([]);
    network.run({ forMs: 3_000 });
    expect(transmissions(all)[0]).toBe(2);
    expect(eventsOf(z, 'abandoned')).toHaveLength(1);
  });

  it('of any of them: the others go with it', () => {
    const all = begun();
    const { network, z, peer } = all;
    z.send(z.association, message({ maxRetransmits: 0 }, 6_000));
    network.run({ forMs: 30 });
    for (const end of [3, 4, 5]) peer.send(peer.sack(1, [[2, end - 1]]));
    network.run({ forMs: 10_000 });
    expect(transmissions(all)).toEqual([1, 1, 1, 1, 1]);
    expect(eventsOf(z, 'abandoned')).toHaveLength(1);
  });
});

describe('§3.1 "The sender MUST perform all other actions required for processing the retransmission event, such as adapting the congestion window and the retransmission timeout."', () => {
  it('a timeout', () => {
    const { network, z } = begun();
    const before = z.association.paths[0]!;
    z.send(z.association, message({ maxRetransmits: 0 }));
    network.run({ forMs: 1_100 });
    expect(eventsOf(z, 'abandoned')).toHaveLength(1);
    const after = z.association.paths[0]!;
    expect([after.rtoMs, after.errorCount]).toEqual([2 * before.rtoMs, 1]);
    expect(after.cwnd).toBeLessThan(before.cwnd / 4);
  });

  it('three missing reports', () => {
    const { network, z, peer } = begun();
    for (let n = 0; n < 5; n++) z.send(z.association, message({ maxRetransmits: 0 }));
    network.run({ forMs: 30 });
    const before = z.association.paths[0]!;
    for (const end of [2, 3, 4]) peer.send(peer.sack(0, [[2, end]]));
    network.run({ forMs: 30 });
    expect(eventsOf(z, 'abandoned')).toHaveLength(1);
    const after = z.association.paths[0]!;
    expect(after.cwnd).toBeLessThan(before.cwnd);
    expect(after.ssthresh).toBe(after.cwnd);
    expect(z.association.metrics().fastRetransmits).toBe(1);
  });
});
