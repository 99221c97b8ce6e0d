import { describe, expect, it } from 'vitest';
import { decodePacket, type InitAckChunk, type InitChunk } from '../../src/chunks/index.ts';
import { flawIn, messages } from '../support/messages.ts';
import { eventKinds, isQuiet, type Pair, pair } from '../support/pair.ts';

/** Two hosts that both listen on the port from which they connect. */
function listeningPair(seed = 1): Pair {
  return pair({ seed, a: { listening: true } });
}

/** What an INIT that collides must not change, of the first chunk of a packet. */
function fields({ packet }: { readonly packet: Uint8Array }): Partial<InitChunk | InitAckChunk> {
  const chunk = decodePacket(packet)?.chunks[0];
  if (chunk?.kind !== 'INIT' && chunk?.kind !== 'INIT ACK') return {};
  const { kind, initiateTag, aRwnd, initialTsn } = chunk;
  return { kind, initiateTag, aRwnd, initialTsn };
}

/** Whether both have one association, the same one, and it carries messages both ways. */
function expectOne({ network, a, z }: Pair): void {
  const sent = messages(5, 2_000);
  a.feed(a.association, sent);
  z.feed(z.association, sent);
  network.run({ until: () => a.received().length === 5 && z.received().length === 5 });
  expect(flawIn(a.received(), sent, true) ?? flawIn(z.received(), sent, true)).toBeUndefined();
  expect([a.endpoint.associationCount, z.endpoint.associationCount], network.toString()).toEqual([1, 1]);
  expect([a.associations.length, z.associations.length], network.toString()).toEqual([1, 1]);
  expect(a.association.peerVerificationTag).toBe(z.association.myVerificationTag);
  expect(z.association.peerVerificationTag).toBe(a.association.myVerificationTag);
  const established = [a, z].map((host) => eventKinds(host).filter((kind) => kind === 'established').length);
  expect(established, network.toString()).toEqual([1, 1]);
}

describe('both sides connect at once (RFC 9260 §5.2.1)', () => {
  it('INITs that cross lead to one association (§5.2.4 D)', () => {
    const two = listeningPair();
    const { network, a, z } = two;
    a.connect(z);
    z.connect(a);
    network.run({ untilMs: 200 });
    expect(network.ladder()).toEqual([
      'a > INIT',
      'z > INIT',
      'z > INIT ACK',
      'a > INIT ACK',
      'a > COOKIE ECHO',
      'z > COOKIE ECHO',
      'z > COOKIE ACK',
      'a > COOKIE ACK',
    ]);
    expectOne(two);
  });

  it('an INIT that comes in COOKIE-WAIT is answered with the same tag and TSN (§5.2.1)', () => {
    const two = listeningPair();
    const { network, a, z } = two;
    network.link(a, z).set({ drop: (_, index) => index === 0 });
    a.connect(z);
    z.connect(a);
    network.run({ untilMs: 200 });
    expect(network.ladder()).toEqual(['a x INIT', 'z > INIT', 'a > INIT ACK', 'z > COOKIE ECHO', 'a > COOKIE ACK']);
    const [ours, answer] = network.packets.filter(({ from }) => from.ip === '10.0.0.1').map(fields);
    expect(answer).toEqual({ ...ours, kind: 'INIT ACK' });
    expectOne(two);
  });

  it('an INIT that comes in COOKIE-ECHOED: its sender has begun anew, and its cookie replaces ours (§5.2.4 B)', () => {
    const two = listeningPair();
    const { network, a, z } = two;
    network.link(a, z).set({ drop: (_, index) => index === 1 });
    a.connect(z);
    network.at(25, () => z.connect(a));
    network.run({ untilMs: 200 });
    expect(network.ladder()).toEqual([
      'a > INIT',
      'z > INIT ACK',
      'a x COOKIE ECHO',
      'z > INIT',
      'a > INIT ACK',
      'z > COOKIE ECHO',
      'a > COOKIE ACK',
    ]);
    expectOne(two);
  });

  it('whatever is lost on the way', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const two = listeningPair(seed);
      const { network, a, z } = two;
      const bad = { lossRate: 0.3, duplicateRate: 0.2, reorderRate: 0.2, jitterMs: 15 };
      network.linkBoth(a, z).set(bad);
      a.connect(z);
      network.at(seed % 70, () => {
        if (z.associations.length === 0) z.connect(a);
      });
      network.run({
        until: () =>
          a.associations.length > 0 &&
          z.associations.length > 0 &&
          a.association.state === 'ESTABLISHED' &&
          z.association.state === 'ESTABLISHED',
      });
      network.linkBoth(a, z).set({ lossRate: 0, duplicateRate: 0, reorderRate: 0 });
      network.run({ forMs: 100 });
      expectOne(two);
      a.shutdown();
      network.run({ until: () => isQuiet(two) });
    }
  });

  // §1.3: "Two SCTP endpoints MUST NOT have more than one SCTP association between them at any given time."
  it('a second association with the same peer is refused (§1.3)', () => {
    const { network, a, z } = listeningPair();
    a.connect(z);
    expect(() => a.connect(z)).toThrow(expect.objectContaining({ code: 'SCTP_ERR_INVALID_ARGUMENT' }));
    network.run({ untilMs: 100 });
    expect(() => z.connect(a)).toThrow('there is an association with this peer already');
    a.abort();
    a.connect(z);
    network.run({ untilMs: 200 });
    expect(a.association.state).toBe('ESTABLISHED');
  });
});
