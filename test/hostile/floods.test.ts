import { describe, expect, it } from 'vitest';
import { memoryInUse } from '../support/memory.ts';
import { Attacker, chunksOf, kindsOf, Victim } from '../support/victim.ts';

const refused = [{ kind: 'ABORT', tagReflected: false, causes: [{ kind: 'Out of Resource' }] }];

/** Somebody else each time. */
function stranger(victim: Victim, n: number): Attacker {
  const ip = `10.${(n >>> 16) & 255}.${(n >>> 8) & 255}.${n & 255}`;
  return new Attacker(victim, { ip, port: 1 + (n % 65_535), tag: n + 1 });
}

/** A peer that is there before the flood, and is served behind it. */
function established(victim: Victim): { isServed: () => boolean; sendInit: () => unknown } {
  const peer = new Attacker(victim, { ip: '10.99.0.1' });
  const association = peer.connect();
  let number = 0;
  const isServed = (): boolean => {
    peer.send(peer.data(++number));
    return association.receive(victim.now)?.data[0] === number;
  };
  return { isServed, sendInit: () => peer.sendUnder(0, peer.init()) };
}

describe('an INIT flood', () => {
  it('of 100,000 from as many addresses leaves nothing behind (RFC 9260 §5.1 B)', () => {
    const victim = new Victim({ limits: { maxHandshakesPerSecond: 1_000_000 } });
    let answers = 0;
    const flood = (first: number, count: number): void => {
      for (let n = first; n < first + count; n++) {
        const attacker = stranger(victim, n);
        answers += attacker.sendUnder(0, attacker.init()).length;
      }
    };
    flood(0, 2_000); // what is compiled and cached once is no state
    const before = memoryInUse();
    flood(2_000, 100_000);
    expect(memoryInUse() - before).toBeLessThan(1_000_000);
    expect(answers).toBe(102_000);
    expect(victim.hmacs).toBe(102_000);
    const { endpoint } = victim;
    expect([endpoint.associationCount, endpoint.bufferedBytes]).toEqual([0, 0]);
    expect(endpoint.nextTimeout).toBe(Number.POSITIVE_INFINITY);
    expect(victim.drain()).toEqual([]);
  });

  it('beyond maxHandshakesPerSecond is not answered, and costs no HMAC: T1-init tries again; who is there already is served', () => {
    const victim = new Victim({ limits: { maxHandshakesPerSecond: 100 } });
    const peer = established(victim);
    const before = victim.hmacs;
    for (let n = 0; n < 99; n++) stranger(victim, n).askForCookie();
    expect(victim.hmacs - before).toBe(99);
    for (let n = 100; n < 1_000; n++) {
      const attacker = stranger(victim, n);
      expect(attacker.sendUnder(0, attacker.init())).toEqual([]);
    }
    // Nor in the name of who is there already.
    expect(peer.sendInit()).toEqual([]);
    expect(victim.hmacs - before).toBe(99);
    expect(peer.isServed()).toBe(true);
    victim.advance(1_000);
    expect(stranger(victim, 2_000).askForCookie().kind).toBe('INIT ACK');
  });
});

describe('a COOKIE ECHO flood', () => {
  it('costs at most one HMAC for each forged cookie, and leaves nothing behind (§5.1.5)', () => {
    const victim = new Victim();
    const honest = stranger(victim, 1);
    honest.askForCookie();
    const before = victim.hmacs;
    const attempts = 20_000;
    for (let n = 0; n < attempts; n++) {
      const cookie = honest.cookie.slice();
      const place = n % cookie.length;
      cookie[place] = cookie[place]! ^ (1 + (n % 255));
      const sent = honest.sendUnder(honest.victimTag, { kind: 'COOKIE ECHO', cookie });
      if (sent.length > 0) throw new Error(`a cookie with byte ${place} changed was answered`);
    }
    expect(victim.hmacs - before).toBeLessThanOrEqual(attempts);
    expect(victim.endpoint.counters.forgedCookies).toBe(attempts);
    expect(victim.endpoint.associationCount).toBe(0);
    honest.send({ kind: 'COOKIE ECHO', cookie: honest.cookie });
    expect(victim.endpoint.associationCount).toBe(1);
  });

  it('with one cookie, again and again, makes one association', () => {
    const victim = new Victim();
    const attacker = new Attacker(victim);
    attacker.connect();
    for (let n = 0; n < 1_000; n++) {
      expect(kindsOf(attacker.send({ kind: 'COOKIE ECHO', cookie: attacker.cookie }))).toEqual(['COOKIE ACK']);
    }
    expect(victim.endpoint.associationCount).toBe(1);
  });
});

describe('limits of an endpoint', () => {
  it('maxAssociations: more are refused with "Out of Resource", at the INIT and at the COOKIE ECHO', () => {
    const victim = new Victim({ limits: { maxAssociations: 3 } });
    const peer = established(victim);
    const late = stranger(victim, 9);
    late.askForCookie();
    for (let n = 0; n < 2; n++) stranger(victim, n).connect();
    const [atCookie] = late.send({ kind: 'COOKIE ECHO', cookie: late.cookie });
    expect(chunksOf(atCookie)).toEqual(refused);
    const [atInit] = late.sendUnder(0, late.init());
    expect(chunksOf(atInit)).toEqual(refused);
    expect(victim.endpoint.associationCount).toBe(3);
    expect(peer.isServed()).toBe(true);
  });

  it('maxBufferedBytes: nobody new while the buffers are full, everybody again when they are read', () => {
    const victim = new Victim({ limits: { maxBufferedBytes: 10_000 } });
    const peer = established(victim);
    const hoarder = stranger(victim, 1);
    const hoard = hoarder.connect();
    for (let n = 1; n <= 10; n++) hoarder.send(hoarder.data(n, { payload: new Uint8Array(1_000) }));
    expect(victim.endpoint.bufferedBytes).toBe(10 * (1_000 + 128));
    const newcomer = stranger(victim, 2);
    expect(chunksOf(newcomer.sendUnder(0, newcomer.init())[0])).toEqual(refused);
    expect(peer.isServed()).toBe(true);
    while (hoard.receive(victim.now) !== undefined);
    expect(newcomer.askForCookie().kind).toBe('INIT ACK');
  });

  it('bytes count once, however often their sender restarts (§5.2.4 A)', () => {
    const victim = new Victim();
    for (let n = 0; n < 50; n++) {
      const attacker = new Attacker(victim, { tag: 1_000 + n });
      attacker.connect();
      attacker.send(attacker.data(2, { payload: new Uint8Array(1_000) }));
    }
    expect(victim.association.metrics().restarts).toBe(49);
    expect(victim.endpoint.bufferedBytes).toBe(1_128);
  });
});
