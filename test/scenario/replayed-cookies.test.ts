import { describe, expect, it } from 'vitest';
import { findParameter, type InitAckChunk } from '../../src/chunks/index.ts';
import { pair } from '../support/pair.ts';
import { RawPeer } from '../support/raw-peer.ts';
import { Attacker, chunksOf, kindsOf, Victim } from '../support/victim.ts';

function cookieOf(initAck: InitAckChunk): Uint8Array {
  return findParameter(initAck.parameters, 'State Cookie')!.cookie.slice();
}

describe('a crossed COOKIE ECHO (RFC 9260 §5.2.4, case B) that is replayed', () => {
  /** A connects to a peer that has sent two INIT chunks, under two tags, and sets the association up by the second one. */
  function crossed() {
    const { network, a } = pair();
    const [first, second] = [0x1111, 0x2222];
    const peer = new RawPeer(network, a, { tag: second });
    const association = a.connect(peer);
    network.run({ until: () => peer.received.length === 1 });
    const cookies = [first, second].map((initiateTag) => {
      peer.sendUnder(0, peer.init({ initiateTag }));
      network.run({ forMs: 50 });
      return cookieOf(peer.latest('INIT ACK'));
    });
    const echo = (index: number): void => {
      peer.send({ kind: 'COOKIE ECHO', cookie: cookies[index]! });
      network.run({ forMs: 50 });
    };
    echo(1);
    expect([association.state, association.peerVerificationTag]).toEqual(['ESTABLISHED', second]);
    return { network, a, peer, association, echo, first, second };
  }

  it('is taken while nothing has gone either way: the peer has begun anew', () => {
    const { association, echo, first } = crossed();
    echo(0);
    expect(association.peerVerificationTag).toBe(first);
  });

  it("behind the peer's data changes nothing", () => {
    const { network, a, peer, association, echo, second } = crossed();
    peer.send(peer.data(1));
    network.run({ forMs: 300 });
    echo(0);
    expect(association.peerVerificationTag).toBe(second);
    peer.send(peer.data(2));
    network.run({ forMs: 300 });
    expect(peer.latest('SACK').cumulativeTsnAck).toBe(2);
    expect(a.received(association)).toHaveLength(2);
  });

  it('behind our own data changes nothing', () => {
    const { network, a, peer, association, echo, second } = crossed();
    a.send(association, { data: new Uint8Array(10) });
    network.run({ forMs: 50 });
    echo(0);
    expect(association.peerVerificationTag).toBe(second);
    peer.send(peer.sack(1));
    network.run({ forMs: 50 });
    expect(association.bufferedAmount).toBe(0);
  });
});

describe('the cookie of an association that has ended', () => {
  function ended(victim: Victim, attacker: Attacker): void {
    attacker.send({ kind: 'ABORT', tagReflected: false, causes: [] });
    expect(victim.endpoint.associationCount).toBe(0);
  }

  it('of before a restart is of no use behind the end of the association that restarted', () => {
    const victim = new Victim();
    const before = new Attacker(victim, { tag: 0x1111 });
    before.connect();
    const after = new Attacker(victim, { tag: 0x2222 });
    after.connect();
    expect(victim.association.metrics().restarts).toBe(1);
    ended(victim, after);
    for (const attacker of [before, after]) {
      expect(kindsOf(attacker.send({ kind: 'COOKIE ECHO', cookie: attacker.cookie }))).toEqual(['ABORT']);
      expect(victim.endpoint.associationCount).toBe(0);
    }
  });

  it('works once, whatever came between, and fresh ones work', () => {
    // A cookie lives for a minute. 33,000 associations end meanwhile: more than are remembered.
    const victim = new Victim();
    const early = new Attacker(victim, { tag: 0x1111 });
    early.connect();
    ended(victim, early);
    const unused = new Attacker(victim, { ip: '10.7.7.7' });
    unused.askForCookie();
    for (let n = 0; n < 33_000; n++) {
      if (n % 10 === 0) victim.advance(1);
      const other = new Attacker(victim, { port: 10_000 + (n % 50_000), tag: n + 1 });
      other.askForCookie();
      other.send({ kind: 'COOKIE ECHO', cookie: other.cookie });
      other.send({ kind: 'ABORT', tagReflected: false, causes: [] });
    }
    expect(victim.now).toBeLessThan(60_000);
    // One that may have been used is refused as too old, which its owner knows how to mend; it is never set up twice.
    for (const attacker of [early, unused]) {
      const [answer] = attacker.send({ kind: 'COOKIE ECHO', cookie: attacker.cookie });
      expect(chunksOf(answer)).toMatchObject([{ kind: 'ERROR', causes: [{ kind: 'Stale Cookie' }] }]);
    }
    expect(victim.endpoint.associationCount).toBe(0);
    unused.connect();
    expect(victim.endpoint.associationCount).toBe(1);
  }, 60_000);
});
