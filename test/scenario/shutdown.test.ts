import { describe, expect, it } from 'vitest';
import { messages } from '../support/messages.ts';
import { endingOf, establishedPair, eventsOf, isQuiet, type Pair } from '../support/pair.ts';
import { RawPeer, rawPair } from '../support/raw-peer.ts';

/** Runs to the end, and finds that it was a good one on both sides. */
function expectGraceful(two: Pair): void {
  const { network, a, z } = two;
  network.run({ until: () => isQuiet(two) });
  expect([endingOf(a), endingOf(z)], network.toString()).toEqual(['graceful', 'graceful']);
  for (const host of [a, z]) expect(eventsOf(host, 'closed'), network.toString()).toHaveLength(1);
}

describe('the graceful end (RFC 9260 §9.2)', () => {
  // §9.2: "MUST send a SHUTDOWN ACK chunk and start a T2-shutdown timer of its own"; "MUST stop the T2-shutdown timer,
  // send a SHUTDOWN COMPLETE chunk to its peer, and remove all record of the association." §3.3.8: "An endpoint in an
  // association MUST use this chunk to initiate a graceful close".
  it('takes three packets', () => {
    const two = establishedPair();
    two.a.shutdown();
    expectGraceful(two);
    expect(two.network.ladder()).toEqual(['a > SHUTDOWN 0', 'z > SHUTDOWN ACK', 'a > SHUTDOWN COMPLETE']);
    expect(eventsOf(two.a, 'closed')[0]?.ending).toMatchObject({ by: 'local', causes: [], undelivered: [] });
    expect(eventsOf(two.z, 'closed')[0]?.ending.by).toBe('peer');
  });

  it('waits until all that was sent has been acknowledged, and asks for that at once (I bit)', () => {
    const two = establishedPair();
    const { network, a, z } = two;
    a.feed(a.association, messages(3, 100));
    network.run({ forMs: 1 });
    a.shutdown();
    expect(a.association.state).toBe('SHUTDOWN-PENDING');
    expectGraceful(two);
    expect(network.ladder()).toEqual([
      'a > DATA 1 + DATA 2 + DATA 3',
      'z > SACK 3',
      'a > SHUTDOWN 0',
      'z > SHUTDOWN ACK',
      'a > SHUTDOWN COMPLETE',
    ]);
    expect(z.received()).toHaveLength(3);
  });

  // §9.2: "MUST continue to follow normal data transmission procedures defined in Section 6, until all outstanding DATA
  // chunks are acknowledged"; "MUST immediately respond to each received packet containing one or more DATA chunks with
  // a SHUTDOWN chunk".
  it('lets the other side send what it still has; each packet of it is answered with SHUTDOWN', () => {
    const two = establishedPair();
    const { network, a, z } = two;
    z.feed(z.association, messages(10, 1_444));
    a.shutdown();
    expectGraceful(two);
    expect(a.received()).toHaveLength(10);
    expect(network.ladder().filter((line) => /^a > (SHUTDOWN \d+|SACK)/.test(line))[1]).toBe('a > SHUTDOWN 1 + SACK 1');
    expect(network.ladder().slice(-2)).toEqual(['z > SHUTDOWN ACK', 'a > SHUTDOWN COMPLETE']);
  });

  it('delivers in both directions when both have data', () => {
    const two = establishedPair({ link: { lossRate: 0.1 } });
    const { network, a, z } = two;
    a.feed(a.association, messages(30, 2_000));
    z.feed(z.association, messages(30, 2_000));
    a.shutdown();
    network.after(15, () => z.shutdown());
    network.run({ until: () => z.received().length === 30 && a.received().length === 30 });
    network.linkBoth(a, z).set({ lossRate: 0 });
    expectGraceful(two);
  });

  it('from both sides at once', () => {
    const two = establishedPair();
    two.a.shutdown();
    two.z.shutdown();
    expectGraceful(two);
    expect(two.network.ladder()).toEqual([
      'a > SHUTDOWN 0',
      'z > SHUTDOWN 0',
      'z > SHUTDOWN ACK',
      'a > SHUTDOWN ACK',
      'a > SHUTDOWN COMPLETE',
      'z > SHUTDOWN COMPLETE',
    ]);
  });

  // §9.2: "An endpoint SHOULD reject any new data request from its upper layer".
  it('accepts nothing new once it has begun, on either side', () => {
    const { network, a, z } = establishedPair();
    a.feed(a.association, messages(1, 100));
    network.link(z, a).cut();
    a.shutdown();
    network.run({ forMs: 20 });
    const refusal = expect.objectContaining({ code: 'SCTP_ERR_SHUTTING_DOWN' });
    expect(() => a.send(a.association, { data: Uint8Array.of(1) })).toThrow(refusal);
    network.link(z, a).restore();
    z.feed(z.association, messages(2, 1_000));
    network.run({ until: () => a.association.state === 'SHUTDOWN-SENT' });
    network.link(a, z).set({ drop: ({ chunks }) => chunks[0]?.kind === 'SHUTDOWN COMPLETE' });
    network.run({ forMs: 30 });
    expect(() => z.send(z.association, { data: Uint8Array.of(1) })).toThrow(refusal);
    network.run({ until: () => endingOf(z) !== undefined });
    expect(() => z.send(z.association, { data: Uint8Array.of(1) })).toThrow(
      expect.objectContaining({ code: 'SCTP_ERR_CLOSED' }),
    );
  });

  it('goes on when the last message that waits is given up', () => {
    const two = establishedPair({
      a: { hbIntervalMs: 0 },
      z: { receiveBufferSize: 1_500, autoRead: false, hbIntervalMs: 0 },
    });
    const { network, a } = two;
    a.feed(a.association, messages(1, 1_400));
    network.run({ forMs: 300 });
    a.send(a.association, { data: new Uint8Array(1_000), lifetimeMs: 100 });
    a.shutdown();
    expectGraceful(two);
    expect(network.now).toBeLessThan(5_000);
  });
});

describe('a lost packet of the end (§9.2)', () => {
  // §9.2: "If the timer expires, the endpoint MUST resend the SHUTDOWN chunk with the updated last sequential TSN
  // received from its peer. The rules in Section 6.3 MUST be followed to determine the proper timer value for
  // T2-shutdown."
  it('SHUTDOWN: T2-shutdown sends it again', () => {
    const two = establishedPair();
    two.network.link(two.a, two.z).set({ drop: (_, index) => index < 2 });
    two.a.shutdown();
    expectGraceful(two);
    expect(two.network.ladder()).toEqual([
      'a x SHUTDOWN 0',
      'a x SHUTDOWN 0',
      'a > SHUTDOWN 0',
      'z > SHUTDOWN ACK',
      'a > SHUTDOWN COMPLETE',
    ]);
    expect(two.network.packets.map(({ timeMs }) => timeMs - 40)).toEqual([0, 1_000, 3_000, 3_010, 3_020]);
  });

  it('SHUTDOWN ACK: whoever is first sends again', () => {
    const two = establishedPair();
    two.network.link(two.z, two.a).set({ drop: (_, index) => index === 0 });
    two.a.shutdown();
    expectGraceful(two);
    expect(two.network.ladder()).toEqual([
      'a > SHUTDOWN 0',
      'z x SHUTDOWN ACK',
      'a > SHUTDOWN 0',
      'z > SHUTDOWN ACK',
      'z > SHUTDOWN ACK',
      'a > SHUTDOWN COMPLETE',
      'a > SHUTDOWN COMPLETE',
    ]);
  });

  // §9.2: "If the timer expires, the endpoint MUST resend the SHUTDOWN ACK chunk."
  it('SHUTDOWN COMPLETE: the SHUTDOWN ACK that comes again finds nobody, who answers all the same (§8.4 5)', () => {
    const two = establishedPair();
    two.network.link(two.a, two.z).set({ drop: (_, index) => index === 1 });
    two.a.shutdown();
    expectGraceful(two);
    expect(two.network.ladder({ verbose: true })).toEqual([
      'a > SHUTDOWN 0',
      'z > SHUTDOWN ACK',
      'a x SHUTDOWN COMPLETE',
      'z > SHUTDOWN ACK',
      'a > SHUTDOWN COMPLETE T',
    ]);
  });

  it('any of them, whatever the order', () => {
    for (let seed = 1; seed <= 100; seed++) {
      const two = establishedPair({ seed, link: { lossRate: 0.4, duplicateRate: 0.2, reorderRate: 0.2 } });
      const { network, a, z } = two;
      a.shutdown();
      network.at(seed * 13, () => z.shutdown());
      network.at(30_000, () => network.linkBoth(a, z).set({ lossRate: 0, duplicateRate: 0, reorderRate: 0 }));
      expectGraceful(two);
    }
  });
});

describe('a peer that does not play along', () => {
  it('and is silent: Association.Max.Retrans ends it (§9.2)', () => {
    const { network, a, z } = establishedPair({ a: { associationMaxRetrans: 3, rtoMaxMs: 4_000 } });
    network.linkBoth(a, z).cut();
    a.shutdown();
    network.run({ until: () => endingOf(a) !== undefined });
    const goodbye = 'a x ABORT Protocol Violation';
    expect(network.ladder()).toEqual([...Array.from({ length: 4 }, () => 'a x SHUTDOWN 0'), goodbye]);
    expect(endingOf(a)).toBe('SCTP_ERR_PEER_UNREACHABLE');
    expect(a.endpoint.nextTimeout).toBe(Number.POSITIVE_INFINITY);
  });

  it('and never stops sending data: T5-shutdown-guard ends it after five times RTO.Max (§9.2)', () => {
    const { network, a } = establishedPair({ a: { rtoMaxMs: 2_000 } });
    const peer = rawPair(network, a.endpoint.listening ? a : listening(a), { name: 'p' });
    a.shutdown();
    network.run({ forMs: 100 });
    let number = 1;
    const chatter = (): void => {
      peer.send(peer.data(number++));
      network.after(100, chatter);
    };
    chatter();
    const start = network.now;
    network.run({ until: () => endingOf(a) !== undefined });
    expect(endingOf(a)).toBe('SCTP_ERR_SHUTDOWN_TIMEOUT');
    expect(network.now - start).toBeGreaterThan(9_800);
    expect(network.now - start).toBeLessThanOrEqual(10_000);
    network.run({ forMs: 20 });
    expect(peer.latest('ABORT').causes).toEqual([]);
  });

  it('and repeats SHUTDOWN in one packet gets one answer', () => {
    const { network, z } = establishedPair();
    const peer = rawPair(network, z);
    peer.send(peer.shutdown(0));
    network.run({ forMs: 50 });
    network.clearLadder();
    peer.send(...Array.from({ length: 150 }, () => peer.shutdown(0)));
    network.run({ forMs: 50 });
    expect(network.ladder().filter((line) => line.startsWith('z'))).toEqual(['z > SHUTDOWN ACK']);
  });

  it('and acknowledges with its SHUTDOWN what it never got as a SACK', () => {
    const { network, z } = establishedPair();
    const peer = rawPair(network, z);
    z.feed(z.association, messages(3, 100));
    network.run({ forMs: 50 });
    peer.send(peer.shutdown(3));
    network.run({ forMs: 50 });
    expect(z.association.state).toBe('SHUTDOWN-ACK-SENT');
    peer.send({ kind: 'SHUTDOWN COMPLETE', tagReflected: false });
    network.run({ forMs: 50 });
    expect(endingOf(z)).toBe('graceful');
  });

  it('and answers a SHUTDOWN ACK in the middle of the handshake as if we were strangers (§8.5.1 E)', () => {
    const { network, z } = establishedPair();
    const peer = new RawPeer(network, z);
    z.connect(peer);
    network.run({ until: () => peer.received.length === 1 });
    peer.send({ kind: 'SHUTDOWN ACK' });
    network.run({ forMs: 50 });
    expect(network.ladder({ verbose: true }).at(-1)).toBe('z > SHUTDOWN COMPLETE T');
    expect(z.association.state).toBe('COOKIE-WAIT');
  });

  // §8.5.1: "An endpoint MUST ignore the SHUTDOWN COMPLETE chunk if it is not in the SHUTDOWN-ACK-SENT state."
  it('SHUTDOWN ACK and SHUTDOWN COMPLETE that nobody waits for change nothing (§8.5.1 C)', () => {
    const { network, z } = establishedPair();
    const peer = rawPair(network, z);
    peer.send({ kind: 'SHUTDOWN ACK' });
    peer.send({ kind: 'SHUTDOWN COMPLETE', tagReflected: false });
    peer.sendUnder(peer.tag, { kind: 'SHUTDOWN COMPLETE', tagReflected: true });
    network.run({ forMs: 50 });
    expect(z.association.state).toBe('ESTABLISHED');
    expect(network.ladder().filter((line) => line.startsWith('z'))).toEqual([]);
  });
});

function listening(host: Pair['a']): Pair['a'] {
  host.endpoint.listening = true;
  return host;
}
