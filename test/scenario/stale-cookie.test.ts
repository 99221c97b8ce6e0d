import { describe, expect, it } from 'vitest';
import { endingOf, eventKinds, pair } from '../support/pair.ts';
import { RawPeer } from '../support/raw-peer.ts';

describe('a cookie that is too old', () => {
  // §5.1.5: "the endpoint MUST transmit an ERROR chunk with a 'Stale Cookie' error cause to the peer endpoint."
  it('is answered with Stale Cookie, and the next INIT asks for a longer life (RFC 9260 §5.1.5, §5.2.6)', () => {
    const { network, a, z } = pair({ z: { validCookieLifeMs: 30 } });
    network.link(a, z).set({ delayMs: 40 });
    a.connect(z);
    network.run({ untilMs: 5_000 });
    expect(network.ladder({ verbose: true })).toEqual([
      expect.stringMatching(/^a > INIT/),
      expect.stringMatching(/^z > INIT ACK/),
      expect.stringMatching(/^a > COOKIE ECHO/),
      // sealed at 40 ms, back at 90 ms
      'z > ERROR Stale Cookie 20000 us',
      // the round trip of COOKIE ECHO and ERROR, and a second
      expect.stringMatching(/^a > INIT .*\[Cookie Preservative 1050 ms\]/),
      expect.stringMatching(/^z > INIT ACK/),
      expect.stringMatching(/^a > COOKIE ECHO/),
      expect.stringMatching(/^z > COOKIE ACK/),
    ]);
    expect(z.endpoint.counters).toMatchObject({ staleCookies: 1, associationsAccepted: 1 });
    expect([eventKinds(a), eventKinds(z)]).toEqual([['established'], ['established']]);
  });

  it('again and again ends the attempt after Max.Init.Retransmits (§5.1.4)', () => {
    const { network, a, z } = pair({ a: { maxInitRetransmits: 3 }, z: { validCookieLifeMs: 1 } });
    a.connect(z);
    network.run({ forMs: 600_000, maxEvents: 1_000 });
    expect(endingOf(a), network.toString()).toBe('SCTP_ERR_CONNECT_TIMEOUT');
    expect(network.ladder().filter((line) => line === 'a > INIT')).toHaveLength(4);
  });

  // §5.2.6: "if the association is not in the COOKIE-ECHOED state, the ERROR chunk SHOULD be silently discarded."
  it("is nobody's business once the association stands (§5.2.6)", () => {
    const { network, z } = pair();
    const peer = new RawPeer(network, z).connect();
    peer.send({ kind: 'ERROR', causes: [{ kind: 'Stale Cookie', measureOfStalenessUs: 1 }] });
    network.run({ forMs: 100 });
    expect([z.association.state, eventKinds(z)]).toEqual(['ESTABLISHED', []]);
  });

  // §5.1.3: "the sender MUST include a MAC". §5.1.5: "the SCTP packet, including the COOKIE ECHO chunk and any DATA
  // chunks, MUST be silently discarded."; "If these values do not match, the packet MUST be silently discarded."
  it('that has been changed, or is not ours, is silently discarded (§5.1.5)', () => {
    const { network, z } = pair();
    const peer = new RawPeer(network, z);
    peer.sendUnder(0, peer.init());
    network.run({ until: () => peer.received.length === 1 });
    const parameter = peer.latest('INIT ACK').parameters[0]!;
    if (parameter.kind !== 'State Cookie') throw new Error('no cookie');
    for (let i = 0; i < parameter.cookie.length; i++) {
      const cookie = parameter.cookie.slice();
      cookie[i] = cookie[i]! ^ 1;
      peer.send({ kind: 'COOKIE ECHO', cookie });
    }
    peer.sendUnder(peer.peerTag ^ 1, { kind: 'COOKIE ECHO', cookie: parameter.cookie });
    network.run({ forMs: 100 });
    expect(z.endpoint.associationCount).toBe(0);
    expect(z.endpoint.counters.forgedCookies).toBe(parameter.cookie.length + 1);
    expect(network.ladder().filter((line) => line.startsWith('z'))).toEqual(['z > INIT ACK']);
  });

  it('after the association has ended sets up nothing again: it was copied or held up on its way', () => {
    const { network, z } = pair();
    const peer = new RawPeer(network, z).connect();
    z.abort();
    network.run({ forMs: 100 });
    network.clearLadder();
    peer.send({ kind: 'COOKIE ECHO', cookie: peer.cookie });
    network.run({ forMs: 100 });
    expect(network.ladder()).toEqual(['r > COOKIE ECHO', 'z > ABORT']);
    expect([z.endpoint.associationCount, z.associations.length]).toEqual([0, 1]);
  });
});
