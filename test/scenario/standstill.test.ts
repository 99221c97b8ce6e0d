import { describe, expect, it } from 'vitest';
import type { Association } from '../../src/association/association.ts';
import type { EndpointOptions } from '../../src/endpoint/endpoint.ts';
import { endingOf, establishedPair } from '../support/pair.ts';
import { Attacker, chunksOf, kindsOf, Victim } from '../support/victim.ts';

const MiB = 1024 * 1024;

/** A peer that keeps its window closed and answers everything else. */
class ClosedWindow extends Attacker {
  readonly #of: Victim;
  association: Association | undefined;

  constructor(victim: Victim, n: number) {
    super(victim, { ip: `10.1.${n >> 8}.${n & 255}`, aRwnd: 1_500 });
    this.#of = victim;
  }

  /** Connects, and takes nothing of what it is sent. */
  begin(bytes: number): void {
    this.association = this.connect();
    this.association.send({ data: new Uint8Array(Math.round(bytes)) }, this.#of.now);
    this.#of.drain();
    this.refuse();
  }

  refuse(): void {
    this.send({ ...this.sack(0), aRwnd: 0 } as never);
  }
}

function crowd(victim: Victim, count: number, bytes = 1.1 * MiB): ClosedWindow[] {
  return Array.from({ length: count }, (_, n) => {
    const peer = new ClosedWindow(victim, n);
    peer.begin(bytes);
    return peer;
  });
}

/** Time passes, and each of the peers says once a second that its window is closed. */
function wait(victim: Victim, peers: readonly ClosedWindow[], seconds: number): void {
  for (let n = 0; n < seconds; n++) {
    victim.advance(1_000);
    for (const peer of peers) if (peer.association!.state !== 'CLOSED') peer.refuse();
  }
}

function fullVictim(options: Partial<EndpointOptions> = {}): Victim {
  return new Victim({ limits: { maxBufferedBytes: 4 * MiB }, hbIntervalMs: 0, ...options });
}

describe('peers that stand still when memory is short', () => {
  it('go, the one that has stood still longest first, and tell why; honest ones are taken', () => {
    const victim = fullVictim();
    const peers = crowd(victim, 3);
    wait(victim, peers, 5);
    // The first one takes something, and has stood still for the shortest time of all.
    peers[0]!.send({ ...peers[0]!.sack(1), aRwnd: 0 } as never);
    peers.push(new ClosedWindow(victim, 3));
    peers[3]!.begin(1.1 * MiB);
    const honest = new Attacker(victim, { ip: '10.9.9.9' });
    honest.connect();
    expect(victim.association.state).toBe('ESTABLISHED');
    expect(peers.map(({ association }) => association!.state)).toEqual([
      'ESTABLISHED',
      'CLOSED',
      'ESTABLISHED',
      'ESTABLISHED',
    ]);
    expect(victim.events.filter(({ kind }) => kind === 'closed')).toMatchObject([
      { ending: { by: 'local', error: { code: 'SCTP_ERR_STANDSTILL' }, causes: [{ kind: 'Out of Resource' }] } },
    ]);
    expect(victim.endpoint.bufferedBytes).toBeLessThan(4 * MiB);
  });

  it('are told by ABORT', () => {
    const victim = fullVictim();
    const peers = crowd(victim, 4);
    const sent = victim.advance(10_000);
    peers[0]!.refuse();
    const aborts = [...sent, ...victim.advance(1)].filter((transmit) => chunksOf(transmit)[0]?.kind === 'ABORT');
    expect(aborts.map((transmit) => chunksOf(transmit))).toEqual([
      [{ kind: 'ABORT', tagReflected: false, causes: [{ kind: 'Out of Resource' }] }],
    ]);
  });

  it('whose reading is what is slow, and ours, stay: what waits for our own reader is not their fault', () => {
    const victim = fullVictim();
    const peers = Array.from({ length: 5 }, (_, n) => new Attacker(victim, { ip: `10.2.0.${n}` }));
    for (const peer of peers) {
      peer.connect();
      for (let n = 1; n <= 20; n++) peer.send(peer.data(n, { messageId: n - 1, payload: new Uint8Array(50_000) }));
    }
    expect(victim.endpoint.bufferedBytes).toBeGreaterThan(4 * MiB);
    victim.advance(60_000);
    expect(
      new Attacker(victim, { ip: '10.9.9.9' }).sendUnder(0, peers[0]!.init()).map((sent) => chunksOf(sent)[0]?.kind),
    ).toEqual(['ABORT']);
    expect(victim.endpoint.associationCount).toBe(5);
  });

  it('have sent half a message and nothing since', () => {
    const victim = fullVictim();
    const peers = Array.from({ length: 5 }, (_, n) => new Attacker(victim, { ip: `10.2.0.${n}` }));
    for (const peer of peers) {
      peer.connect();
      for (let n = 1; n <= 20; n++) {
        peer.send(peer.data(n, { beginning: n === 1, ending: false, messageId: 0, payload: new Uint8Array(50_000) }));
      }
      victim.advance(1_000);
    }
    victim.advance(10_000);
    const honest = new Attacker(victim, { ip: '10.9.9.9' });
    honest.connect();
    expect(victim.association.state).toBe('ESTABLISHED');
    expect(victim.endpoint.associationCount).toBe(5);
    // The first to stop was the first to go.
    expect(victim.events.filter(({ kind }) => kind === 'closed')).toHaveLength(1);
    expect(kindsOf(peers[0]!.send(peers[0]!.data(21)))).toEqual(['ABORT']);
    expect(kindsOf(peers[1]!.send({ kind: 'HEARTBEAT', value: Uint8Array.of(0, 1, 0, 4) }))).toEqual(['HEARTBEAT ACK']);
  });

  it('for less than three seconds may wait for a retransmission: they stay, and the next one is refused', () => {
    const victim = fullVictim();
    const peers = crowd(victim, 4);
    wait(victim, peers, 2);
    expect(kindsOf(new Attacker(victim, { ip: '10.9.9.9' }).sendUnder(0, peers[0]!.init()))).toEqual(['ABORT']);
    expect(victim.endpoint.associationCount).toBe(4);
  });

  it('are gone through once a second at most, however many packets come', () => {
    const victim = fullVictim();
    const peers = crowd(victim, 4);
    let asked = 0;
    for (const { association } of peers) {
      const since = association!.standstillSince.bind(association);
      association!.standstillSince = (now) => {
        asked++;
        return since(now);
      };
    }
    victim.advance(1_000);
    for (let n = 0; n < 1_000; n++) peers[0]!.refuse();
    expect(asked).toBe(4);
  });
});

describe('standstillMs', () => {
  it('ends an association that stands still for so long, without pressure', () => {
    const victim = new Victim({ standstillMs: 10_000, hbIntervalMs: 0 });
    const [peer] = crowd(victim, 1) as [ClosedWindow];
    wait(victim, [peer], 9);
    expect(peer.association!.state).toBe('ESTABLISHED');
    peer.send({ ...peer.sack(1), aRwnd: 0 } as never);
    wait(victim, [peer], 9);
    expect(peer.association!.state).toBe('ESTABLISHED');
    wait(victim, [peer], 2);
    expect(victim.events.at(-1)).toMatchObject({ ending: { error: { code: 'SCTP_ERR_STANDSTILL' } } });
    expect(victim.endpoint.nextTimeout).toBe(Number.POSITIVE_INFINITY);
  });

  it('ends one whose message never completes, and not one that our reader has not read', () => {
    const victim = new Victim({ standstillMs: 10_000, hbIntervalMs: 0 });
    const half = new Attacker(victim, { ip: '10.2.0.1' });
    const whole = new Attacker(victim, { ip: '10.2.0.2' });
    const [halfDone, unread] = [half.connect(), whole.connect()];
    half.send(half.data(1, { ending: false }));
    whole.send(whole.data(1), whole.data(2, { ending: false }));
    victim.advance(30_000);
    expect([halfDone.state, unread.state]).toEqual(['CLOSED', 'ESTABLISHED']);
    // From when it is read on the peer's silence counts.
    unread.receive(victim.now);
    victim.advance(9_000);
    expect(unread.state).toBe('ESTABLISHED');
    victim.advance(31_000);
    expect(unread.state).toBe('CLOSED');
  });

  it('is off by default, and leaves what moves or idles alone', () => {
    const victim = new Victim({ hbIntervalMs: 0 });
    const [peer] = crowd(victim, 1) as [ClosedWindow];
    wait(victim, [peer], 300);
    expect(peer.association!.state).toBe('ESTABLISHED');
    const { network, a, z, association } = establishedPair({ a: { standstillMs: 1_000 }, z: { standstillMs: 1_000 } });
    for (let n = 0; n < 10; n++) {
      a.send(association, { data: new Uint8Array(1_000) });
      network.run({ forMs: 5_000 });
      z.receive();
    }
    expect([endingOf(a), endingOf(z)]).toEqual([undefined, undefined]);
  });

  it('can be changed while the association stands, and is checked', () => {
    const victim = new Victim({ hbIntervalMs: 0 });
    const [peer] = crowd(victim, 1) as [ClosedWindow];
    wait(victim, [peer], 20);
    peer.association!.standstillMs = 5_000;
    victim.drain();
    victim.advance(1);
    expect(peer.association!.state).toBe('CLOSED');
    for (const value of [-1, 0.5, Number.NaN, '1']) {
      expect(() => {
        peer.association!.standstillMs = value as number;
      }).toThrow('standstillMs must be an integer');
      expect(() => new Victim({ standstillMs: value as number })).toThrow('standstillMs must be an integer');
    }
  });
});
