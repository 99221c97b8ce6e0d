import { describe, expect, it } from 'vitest';
import { messages } from '../support/messages.ts';
import { endingOf, establishedPair, eventKinds, eventsOf } from '../support/pair.ts';
import { rawPair } from '../support/raw-peer.ts';

/** Only A speaks up. */
const quiet = { z: { hbIntervalMs: 0 } };

describe('a path on which nothing is sent (RFC 9260 §8.3)', () => {
  it('gets a HEARTBEAT after HB.interval and an RTO, more or less half of it', () => {
    const { network, a } = establishedPair(quiet);
    network.run({ forMs: 120_000 });
    expect(network.ladder().slice(0, 4)).toEqual([
      'a > HEARTBEAT',
      'z > HEARTBEAT ACK',
      'a > HEARTBEAT',
      'z > HEARTBEAT ACK',
    ]);
    const times = network.packets.filter((_, i) => i % 2 === 0).map(({ timeMs }) => timeMs);
    for (let i = 1; i < times.length; i++) {
      const pause = times[i]! - times[i - 1]!;
      expect(pause).toBeGreaterThanOrEqual(30_500);
      expect(pause).toBeLessThanOrEqual(31_600);
    }
    expect(a.association.metrics()).toMatchObject({ heartbeatsSent: 3, heartbeatAcksReceived: 3 });
  });

  it('measures its round trip', () => {
    const { network, a, z } = establishedPair(quiet);
    network.linkBoth(a, z).set({ delayMs: 200 });
    network.run({ until: () => a.association.metrics().heartbeatAcksReceived === 1 });
    // 20 ms from the handshake, 400 ms now
    expect(a.association.paths[0]?.srttMs).toBeCloseTo((7 * 20 + 400) / 8);
  });

  it('is not idle while data goes over it', () => {
    const { network, a } = establishedPair({ ...quiet, a: { hbIntervalMs: 5_000 } });
    for (let i = 0; i < 30; i++) {
      a.feed(a.association, messages(1, 100));
      network.run({ forMs: 2_000 });
    }
    expect(a.association.metrics().heartbeatsSent).toBe(0);
  });

  it('gets none where hbIntervalMs is 0', () => {
    const { network, a } = establishedPair({ ...quiet, a: { hbIntervalMs: 0 } });
    expect(a.endpoint.nextTimeout).toBe(Number.POSITIVE_INFINITY);
    network.run({ forMs: 1_000_000 });
    expect(network.ladder()).toEqual([]);
  });

  it('that does not answer becomes inactive, and the association ends (§8.1, §8.2)', () => {
    const { network, a, z } = establishedPair({ ...quiet, a: { pathMaxRetrans: 2, associationMaxRetrans: 4 } });
    network.linkBoth(a, z).cut();
    network.run({ until: () => endingOf(a) !== undefined });
    const goodbye = 'a x ABORT Protocol Violation';
    expect(network.ladder()).toEqual([...Array.from({ length: 5 }, () => 'a x HEARTBEAT'), goodbye]);
    expect(eventsOf(a, 'pathChange').at(-1)?.path).toMatchObject({ state: 'inactive', errorCount: 3 });
    expect(eventKinds(a).at(-1)).toBe('closed');
    expect(endingOf(a)).toBe('SCTP_ERR_PEER_UNREACHABLE');
    expect(z.association.state).toBe('ESTABLISHED');
  });

  it('that answers again is active again (§8.2)', () => {
    const { network, a, z } = establishedPair({ ...quiet, a: { pathMaxRetrans: 1 } });
    network.linkBoth(a, z).cut();
    network.run({ until: () => a.association.paths[0]?.state === 'inactive' });
    network.linkBoth(a, z).restore();
    network.run({ until: () => a.association.paths[0]?.state === 'active' });
    expect(a.association.paths[0]?.errorCount).toBe(0);
    expect(eventsOf(a, 'pathChange').at(-1)).toMatchObject({ path: { state: 'active' } });
    expect(a.association.state).toBe('ESTABLISHED');
  });

  it('believes no answer that it did not ask for: late, copied or forged', () => {
    const { network, a, z } = establishedPair(quiet);
    network.link(z, a).set({ delayMs: 1_500 });
    network.run({ until: () => a.association.metrics().heartbeatsSent === 1 });
    // The answer takes longer than an RTO: when it comes, another question has been asked.
    network.run({ forMs: 1_600 });
    expect(a.association.metrics()).toMatchObject({ heartbeatsSent: 2, heartbeatAcksReceived: 0 });
    expect(a.association.paths[0]?.srttMs).toBe(20);
    const peer = rawPair(network, z);
    peer.send({ kind: 'HEARTBEAT ACK', value: Uint8Array.of(0, 1, 0, 20, ...new Uint8Array(16)) });
    peer.send({ kind: 'HEARTBEAT ACK', value: Uint8Array.of(0, 9, 0, 4) });
    network.run({ forMs: 50 });
    expect(z.association.metrics().heartbeatAcksReceived).toBe(0);
  });
});

describe('a HEARTBEAT of the peer (§8.3)', () => {
  // §8.3: "contains the Heartbeat Information TLV, together with any other received TLVs, copied unchanged from the
  // received HEARTBEAT chunk."
  it('comes back unchanged, with everything that is in it', () => {
    const { network, z } = establishedPair(quiet);
    const peer = rawPair(network, z);
    const value = Uint8Array.of(0, 1, 0, 7, 1, 2, 3, 0, 0xff, 0xff, 0, 4);
    peer.send({ kind: 'HEARTBEAT', value });
    network.run({ forMs: 50 });
    expect(peer.latest('HEARTBEAT ACK').value).toEqual(value);
  });

  it('is answered a limited number of times: a packet full of them is no lever', () => {
    const { network, z } = establishedPair(quiet);
    const peer = rawPair(network, z);
    peer.send(...Array.from({ length: 170 }, () => ({ kind: 'HEARTBEAT', value: new Uint8Array(4) }) as const));
    network.run({ forMs: 50 });
    const sent = peer.host.arrivals.reduce((sum, { bytes }) => sum + bytes.length, 0);
    expect(sent).toBeLessThan(1_500);
  });
});
