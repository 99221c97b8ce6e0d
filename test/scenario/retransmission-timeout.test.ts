import { describe, expect, it } from 'vitest';
import { messages } from '../support/messages.ts';
import { endingOf, establishedPair, eventKinds, eventsOf } from '../support/pair.ts';

/** The times of the packets of `name`, counted from the first. */
function timesOf(network: ReturnType<typeof establishedPair>['network']): number[] {
  const start = network.packets[0]!.timeMs;
  return network.packets.map(({ timeMs }) => Math.round(timeMs - start));
}

describe('T3-rtx (RFC 9260 §6.3)', () => {
  // §6.1: "if the T3-rtx timer of that address is not currently running, the sender MUST start that timer."; "the
  // sender MUST restart the timer if the earliest (i.e., lowest TSN) outstanding DATA chunk sent to that address is
  // being retransmitted."
  it('sends again what nobody acknowledged, and doubles each time (§6.3.3 E2, E3)', () => {
    const { network, a, z } = establishedPair();
    network.link(a, z).set({ drop: (_, index) => index < 4 });
    a.feed(a.association, messages(1, 100));
    network.run({ until: () => z.received().length === 1 });
    expect(network.ladder()).toEqual([
      'a x DATA 1',
      'a x DATA 1',
      'a x DATA 1',
      'a x DATA 1',
      'a > DATA 1',
      'z > SACK 1',
    ]);
    expect(timesOf(network)).toEqual([0, 1_000, 3_000, 7_000, 15_000, 15_010]);
  });

  it('sends one packet, and the rest when that is acknowledged (§6.3.3 E3, §7.2.1)', () => {
    const { network, a, z } = establishedPair();
    network.link(a, z).set({ drop: (_, index) => index < 3 });
    a.feed(a.association, messages(3, 1_440));
    network.run({ until: () => z.received().length === 3 });
    expect(network.ladder()).toEqual([
      'a x DATA 1',
      'a x DATA 2',
      'a x DATA 3',
      'a > DATA 1',
      'z > SACK 1',
      'a > DATA 2',
      'a > DATA 3',
      'z > SACK 3',
    ]);
    expect(a.association.paths[0]).toMatchObject({ ssthresh: 4 * 1_460 });
  });

  it('runs from the earliest TSN that is outstanding (§6.3.2 R3)', () => {
    const { network, a, z } = establishedPair();
    network.link(a, z).set({ drop: (_, index) => index === 1 });
    a.feed(a.association, messages(1, 100));
    network.after(500, () => a.feed(a.association, messages(1, 100)));
    network.run({ until: () => z.received().length === 2 });
    expect(network.ladder()).toEqual(['a > DATA 1', 'z > SACK 1', 'a x DATA 2', 'a > DATA 2']);
    expect(timesOf(network)).toEqual([0, 10, 500, 1_500]);
  });

  it('no RTT is measured on what was sent twice: Karn (§6.3.1 C5)', () => {
    const { network, a, z } = establishedPair({ a: { rtoMinMs: 1, rtoInitialMs: 300 } });
    const measured = a.association.paths[0]?.srttMs;
    network.link(z, a).set({ delayMs: 400 });
    a.feed(a.association, messages(1, 100));
    network.run({ until: () => a.association.bufferedAmount === 0 });
    expect(a.association.metrics().dataChunksRetransmitted).toBeGreaterThan(0);
    expect(a.association.paths[0]?.srttMs).toBe(measured);
    network.run({ forMs: 2_000 });
    const before = a.association.metrics().dataChunksRetransmitted;
    a.feed(a.association, messages(1, 100));
    network.run({ until: () => a.association.bufferedAmount === 0 });
    if (a.association.metrics().dataChunksRetransmitted === before) {
      expect(a.association.paths[0]?.srttMs).toBeGreaterThan(20);
    }
  });

  // §6.3.1: "a new RTT measurement MUST be made each round trip."
  it('RTO follows the round trip and stays between RTO.Min and RTO.Max (§6.3.1)', () => {
    const { network, a, z } = establishedPair({ a: { rtoMinMs: 50, rtoMaxMs: 700 } });
    network.linkBoth(a, z).set({ delayMs: 150 });
    for (let i = 0; i < 20; i++) {
      a.feed(a.association, messages(2, 100));
      network.run({ forMs: 600 });
    }
    const [path] = a.association.paths;
    expect(path?.srttMs).toBeGreaterThan(250);
    expect(path?.srttMs).toBeLessThan(510);
    expect(path?.rtoMs).toBeLessThanOrEqual(700);
    network.link(a, z).cut();
    a.feed(a.association, messages(1, 100));
    network.run({ forMs: 5_000 });
    expect(a.association.paths[0]?.rtoMs).toBe(700);
  });

  it('a peer that is dead in the middle of a transfer is reported with what it did not get (§8.1)', () => {
    const { network, a, z } = establishedPair({ a: { associationMaxRetrans: 4, pathMaxRetrans: 2, rtoMaxMs: 3_000 } });
    a.feed(a.association, messages(3, 1_000));
    network.run({ until: () => z.received().length === 3 });
    network.run({ forMs: 300 });
    network.linkBoth(a, z).cut();
    network.clearLadder();
    a.feed(a.association, messages(5, 1_000));
    network.run({ until: () => endingOf(a) !== undefined });
    expect(eventKinds(a).at(-1)).toBe('closed');
    expect(eventsOf(a, 'pathChange').at(-1)?.path.state).toBe('inactive');
    const ending = eventsOf(a, 'closed')[0]?.ending;
    expect(ending).toMatchObject({ graceful: false, by: 'local', error: { code: 'SCTP_ERR_PEER_UNREACHABLE' } });
    expect(ending?.undelivered).toHaveLength(5);
    // "exceeds": the fifth expiry in a row, after 1, 2, 3, 3 and 3 seconds
    expect(network.now - network.packets[0]!.timeMs).toBe(12_000);
    expect(a.endpoint.nextTimeout).toBe(Number.POSITIVE_INFINITY);
  });
});
