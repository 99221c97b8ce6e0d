import { describe, expect, it } from 'vitest';
import { messages } from '../support/messages.ts';
import { establishedPair, pair } from '../support/pair.ts';
import { RawPeer } from '../support/raw-peer.ts';

/** A pair whose window is so large that nothing but a loss changes what is sent. */
function wide(initialCwndPackets = 12) {
  return establishedPair({ a: { initialCwndPackets, maxBurst: 0 } });
}

describe('fast retransmit (RFC 9260 §7.2.4)', () => {
  // §6.7: "MUST be treated as 'missing' by the sending endpoint."; "The number of 'missing' reports for each
  // outstanding DATA chunk MUST be recorded by the data sender".
  it('comes with the third report that a TSN is missing, without waiting for T3-rtx', () => {
    const { network, a, z } = wide();
    network.link(a, z).set({ drop: (_, index) => index === 1 });
    a.feed(a.association, messages(6, 1_440));
    network.run({ until: () => z.received().length === 6 });
    expect(network.ladder()).toEqual([
      'a > DATA 1',
      'a x DATA 2',
      'a > DATA 3',
      'a > DATA 4',
      'a > DATA 5',
      'a > DATA 6',
      'z > SACK 1',
      'z > SACK 1 gaps 2-2',
      'z > SACK 1 gaps 2-3',
      'z > SACK 1 gaps 2-4',
      'z > SACK 1 gaps 2-5',
      'a > DATA 2',
      'z > SACK 6',
    ]);
    expect(a.association.metrics()).toMatchObject({ fastRetransmits: 1, retransmissionTimeouts: 0 });
  });

  it('does not come after two reports: reordering is no loss', () => {
    const { network, a, z } = wide();
    network.link(a, z).set({ reorderDelayMs: 5 });
    a.feed(a.association, messages(1, 1_440));
    network.run({ forMs: 300 });
    network.clearLadder();
    network.link(a, z).set({ reorderRate: 1 });
    a.feed(a.association, messages(1, 1_440));
    network.link(a, z).set({ reorderRate: 0 });
    a.feed(a.association, messages(2, 1_440));
    network.run({ forMs: 500 });
    expect(network.ladder().filter((line) => line.startsWith('z'))).toEqual([
      'z > SACK 1 gaps 2-2',
      'z > SACK 1 gaps 2-3',
      'z > SACK 4',
    ]);
    expect(a.association.metrics().dataChunksRetransmitted).toBe(0);
  });

  it('halves the window once for all losses of one round trip: Fast Recovery (§7.2.3, §7.2.4)', () => {
    const { network, a, z } = wide(20);
    network.link(a, z).set({ drop: (_, index) => [1, 4, 7].includes(index) });
    a.feed(a.association, messages(20, 1_440));
    network.run({ until: () => z.received().length === 20 });
    const metrics = a.association.metrics();
    expect(metrics).toMatchObject({ fastRetransmits: 1, dataChunksRetransmitted: 3, retransmissionTimeouts: 0 });
    const [path] = a.association.paths;
    expect(path?.ssthresh).toBe((20 * 1_460) / 2);
    expect(path?.cwnd).toBe((20 * 1_460) / 2);
  });

  it('sends at once what fits into one packet, whatever cwnd says, and nothing new beside it (§7.2.4 3, §6.1 B)', () => {
    const { network, a, z } = wide(10);
    network.link(a, z).set({ drop: (_, index) => index === 0 });
    a.feed(a.association, messages(1, 100));
    a.feed(a.association, messages(30, 1_444));
    network.run({ until: () => a.association.metrics().fastRetransmits === 1 });
    const [path] = a.association.paths;
    expect(path!.flightSize, network.toString()).toBeGreaterThan(path!.cwnd);
    expect(network.ladder().at(-1)).toBe('a > DATA 1');
  });

  it('is not repeated for the same TSN: if it is lost, too, T3-rtx sends it (§7.2.4 5)', () => {
    const { network, a, z } = wide();
    network
      .link(a, z)
      .set({ drop: ({ chunks }, index) => index < 20 && chunks[0]?.kind === 'DATA' && chunks[0].tsn === 2 });
    a.feed(a.association, messages(12, 1_440));
    network.run({ until: () => a.association.metrics().fastRetransmits === 1 });
    a.feed(a.association, messages(8, 1_440));
    network.run({ until: () => z.received().length === 20 });
    expect(network.ladder().filter((line) => line.endsWith('DATA 2'))).toEqual([
      'a x DATA 2',
      'a x DATA 2',
      'a > DATA 2',
    ]);
    expect(a.association.metrics()).toMatchObject({ fastRetransmits: 1, retransmissionTimeouts: 1 });
  });

  it('counts only reports that acknowledge something newer for the first time (the HTNA algorithm)', () => {
    const { network, a } = pair();
    const peer = new RawPeer(network, a);
    a.connect(peer);
    peer.accept();
    a.feed(a.association, messages(3, 1_000));
    network.run({ forMs: 20 });
    network.clearLadder();
    for (let copy = 0; copy < 5; copy++) peer.send(peer.sack(0, [[2, 2]]));
    network.run({ forMs: 100 });
    expect(network.ladder()).toEqual(Array.from({ length: 5 }, () => 'r > SACK 0 gaps 2-2'));
    expect(a.association.metrics().fastRetransmits).toBe(0);
  });
});
