import { describe, expect, it } from 'vitest';
import { type Chunk, findParameter } from '../../../src/chunks/index.ts';
import { eventKinds } from '../../support/pair.ts';
import { connected, type Stage } from '../stage.ts';

/** The cookie of an INIT ACK that the peer gets for another INIT, under the tag that comes with it. */
function anotherCookie({ network, peer }: Stage, initiateTag: number): { tag: number; cookie: Uint8Array } {
  peer.sendUnder(0, peer.init({ initiateTag }));
  network.run({ forMs: 50 });
  const { cookie } = findParameter(peer.latest('INIT ACK').parameters, 'State Cookie')!;
  peer.host.arrivals.length = 0;
  return { tag: peer.peerTag, cookie };
}

describe('§5.2.4, Table 12', () => {
  it('C, where only the peer\'s tag is known: "The cookie SHOULD be silently discarded. The endpoint SHOULD NOT change states"', () => {
    const all = connected();
    const { network, z, peer } = all;
    const { myVerificationTag, peerVerificationTag } = z.association;
    const { tag, cookie } = anotherCookie(all, peer.tag);
    expect(tag).not.toBe(myVerificationTag);
    peer.sendUnder(tag, { kind: 'COOKIE ECHO', cookie });
    network.run({ forMs: 500 });
    expect(peer.received).toEqual([]);
    expect(z.association).toMatchObject({ state: 'ESTABLISHED', myVerificationTag, peerVerificationTag });
    expect(eventKinds(z)).toEqual([]);
  });

  it('Tie-Tags of before a restart: "For any case not shown in Table 12, the cookie SHOULD be silently discarded."', () => {
    const all = connected();
    const { network, z, peer } = all;
    const [earlier, later] = [anotherCookie(all, 0xabcd), anotherCookie(all, 0xabce)];
    peer.sendUnder(later.tag, { kind: 'COOKIE ECHO', cookie: later.cookie });
    network.run({ forMs: 50 });
    expect([peer.received.map(({ kind }) => kind), eventKinds(z)]).toEqual([['COOKIE ACK'], ['restart']]);
    peer.host.arrivals.length = 0;
    peer.sendUnder(earlier.tag, { kind: 'COOKIE ECHO', cookie: earlier.cookie });
    network.run({ forMs: 500 });
    expect(peer.received).toEqual([]);
    expect(z.association).toMatchObject({ myVerificationTag: later.tag, peerVerificationTag: 0xabce });
    expect(z.association.metrics().restarts).toBe(1);
  });

  it('D, however old: "If both Verification Tags in the State Cookie match the Verification Tags of the current association, consider the State Cookie valid […] even if the lifespan is exceeded."', () => {
    const { network, z, peer } = connected({ validCookieLifeMs: 100 });
    network.run({ forMs: 10_000 });
    peer.host.arrivals.length = 0;
    peer.send({ kind: 'COOKIE ECHO', cookie: peer.cookie });
    network.run({ forMs: 50 });
    expect(peer.received.map(({ kind }) => kind)).toEqual(['COOKIE ACK']);
    expect([z.association.state, z.association.metrics().restarts]).toEqual(['ESTABLISHED', 0]);
  });

  it('A: "All the congestion control parameters (e.g., cwnd, ssthresh) related to this peer MUST be reset to their initial values", and the addresses are those of the new cookie', () => {
    const all = connected({}, { parameters: [{ kind: 'IPv4 Address', address: '10.0.1.9' }] });
    const { network, z, peer } = all;
    const [fresh] = z.association.paths;
    const first = peer.peerInitialTsn;
    const { tag, cookie } = anotherCookie(all, 0xabcd);
    for (let n = 0; n < 20; n++) z.send(z.association, { data: new Uint8Array(1_400) });
    network.run({ forMs: 50 });
    peer.sendUnder(z.association.myVerificationTag, {
      ...peer.sack(1),
      cumulativeTsnAck: first + 2,
    } as Chunk);
    network.run({ forMs: 50 });
    expect(z.association.paths[0]!.cwnd).toBeGreaterThan(fresh!.cwnd);
    network.run({ forMs: 1_500 });
    expect(z.association.paths[0]).toMatchObject({ errorCount: 1 });
    peer.sendUnder(tag, { kind: 'COOKIE ECHO', cookie });
    network.run({ forMs: 15 });
    const { cwnd, ssthresh } = fresh!;
    expect(z.association.paths[0]).toMatchObject({ cwnd, ssthresh, errorCount: 0, srttMs: undefined });
    expect(z.association.paths.map(({ address, state }) => [address.ip, state])).toEqual([
      ['10.0.0.9', 'active'],
      ['10.0.1.9', 'unconfirmed'],
    ]);
  });

  it('A: the restarted association is watched over like any other (§8.3), and nothing of the one before goes out', () => {
    const all = connected({ hbIntervalMs: 1_000 });
    const { network, z, peer } = all;
    const { tag, cookie } = anotherCookie(all, 0xabcd);
    z.send(z.association, { data: new Uint8Array(100) });
    network.run({ forMs: 50 });
    peer.host.arrivals.length = 0;
    peer.sendUnder(tag, { kind: 'COOKIE ECHO', cookie });
    network.run({ forMs: 4_000 });
    const kinds = peer.received.map(({ kind }) => kind);
    expect(kinds.slice(0, 2)).toEqual(['COOKIE ACK', 'HEARTBEAT']);
    expect(kinds).not.toContain('DATA');
  });
});
