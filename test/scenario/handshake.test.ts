import { describe, expect, it } from 'vitest';
import type { Chunk } from '../../src/chunks/index.ts';
import { messages } from '../support/messages.ts';
import { endingOf, eventKinds, eventsOf, pair } from '../support/pair.ts';
import { RawPeer } from '../support/raw-peer.ts';

describe('opening an association (RFC 9260 §5.1)', () => {
  // §5.1.1: "the endpoint MUST use MIS outbound streams". §5.1.4: "it MUST immediately send a COOKIE ECHO chunk to its
  // peer with the received State Cookie."
  it('takes four packets, and both sides agree on streams (§5.1.1)', () => {
    const { network, a, z } = pair({ a: { outboundStreams: 7, maxInboundStreams: 4 }, z: { outboundStreams: 5 } });
    const association = a.connect(z);
    network.run({ untilMs: 100 });
    expect(network.ladder()).toEqual(['a > INIT', 'z > INIT ACK', 'a > COOKIE ECHO', 'z > COOKIE ACK']);
    expect([association.state, z.association.state]).toEqual(['ESTABLISHED', 'ESTABLISHED']);
    expect([eventKinds(a), eventKinds(z)]).toEqual([['established'], ['established']]);
    expect([association.outboundStreams, association.inboundStreams]).toEqual([7, 4]);
    expect([z.association.outboundStreams, z.association.inboundStreams]).toEqual([4, 7]);
  });

  it('leaves nothing behind on the side that is asked until the cookie comes back (§5.1 B)', () => {
    const { network, a, z } = pair();
    network.link(a, z).set({ drop: ({ chunks }) => chunks[0]?.kind === 'COOKIE ECHO' });
    a.connect(z);
    network.run({ untilMs: 500 });
    expect(network.ladder()).toEqual(['a > INIT', 'z > INIT ACK', 'a x COOKIE ECHO']);
    // §5.1: "keep any states for the new association"
    expect([z.endpoint.associationCount, z.endpoint.nextTimeout]).toEqual([0, Number.POSITIVE_INFINITY]);
  });

  // §5: "the two endpoints MUST complete an initialization process".
  it('sends nothing but the COOKIE ECHO until it is acknowledged (§5.1 C), and data at once from then on', () => {
    const { network, a, z } = pair();
    const association = a.connect(z);
    for (const message of messages(2, 100)) a.send(association, message);
    network.run({ until: () => z.associations.length === 1 && z.received().length === 2 });
    expect(network.ladder()).toEqual([
      'a > INIT',
      'z > INIT ACK',
      'a > COOKIE ECHO',
      'z > COOKIE ACK',
      'a > DATA 1 + DATA 2',
      'z > SACK 2',
    ]);
  });

  it('lets the side that was asked send data right behind its COOKIE ACK (§5.1 D)', () => {
    const { network, a, z } = pair({
      z: {
        onEvent: (association, { kind }) => kind === 'established' && association.send({ data: new Uint8Array(9) }, 0),
      },
    });
    a.connect(z);
    network.run({ until: () => a.received().length === 1 });
    expect(network.ladder().slice(3)).toEqual(['z > COOKIE ACK', 'z > DATA 1', 'a > SACK 1']);
  });

  it('gives up messages for streams that the peer does not accept (§5.1.1)', () => {
    const { network, a, z } = pair({ z: { maxInboundStreams: 2 } });
    const association = a.connect(z);
    for (const streamId of [1, 2]) a.send(association, { data: Uint8Array.of(streamId), streamId });
    network.run({ until: () => z.associations.length === 1 && z.received().length === 1 });
    expect(z.received()).toMatchObject([{ streamId: 1 }]);
    expect(eventsOf(a, 'abandoned')).toMatchObject([{ message: { streamId: 2 } }]);
    expect(association.bufferedAmount).toBe(1);
  });
});

describe('a lost packet of the handshake (§5.1.4)', () => {
  // §4: "If the T1-init timer expires, the endpoint MUST retransmit the INIT chunk and restart the T1-init timer."
  it('INIT: T1-init sends it again after RTO.Initial', () => {
    const { network, a, z } = pair();
    network.link(a, z).set({ drop: (_, index) => index === 0 });
    a.connect(z);
    network.run({ untilMs: 2_000 });
    expect(network.ladder({ times: true }).map((line) => line.trim())).toEqual([
      '0.000 a x INIT',
      '1000.000 a > INIT',
      '1010.000 z > INIT ACK',
      '1020.000 a > COOKIE ECHO',
      '1030.000 z > COOKIE ACK',
    ]);
  });

  it('INIT ACK: the same, and the second cookie is as good', () => {
    const { network, a, z } = pair();
    network.link(z, a).set({ drop: (_, index) => index === 0 });
    a.connect(z);
    network.run({ untilMs: 2_000 });
    expect(network.ladder()).toEqual([
      'a > INIT',
      'z x INIT ACK',
      'a > INIT',
      'z > INIT ACK',
      'a > COOKIE ECHO',
      'z > COOKIE ACK',
    ]);
  });

  it('INIT ACK that comes after all: only one of two is answered (§5.2.3)', () => {
    const { network, a, z } = pair();
    network.link(z, a).set({ delayMs: 1_500 });
    a.connect(z);
    network.run({ untilMs: 10_000 });
    expect(network.ladder()).toEqual([
      'a > INIT',
      'z > INIT ACK',
      'a > INIT',
      'z > INIT ACK',
      'a > COOKIE ECHO',
      'z > COOKIE ACK',
    ]);
    expect(z.associations).toHaveLength(1);
  });

  // §5.1.4: "The endpoint MUST also start the T1-cookie timer after sending the COOKIE ECHO chunk. If the timer
  // expires, the endpoint MUST retransmit the COOKIE ECHO chunk and restart the T1-cookie timer."
  it('COOKIE ECHO: T1-cookie sends it again', () => {
    const { network, a, z } = pair();
    network.link(a, z).set({ drop: (_, index) => index === 1 });
    a.connect(z);
    network.run({ untilMs: 2_000 });
    expect(network.ladder()).toEqual([
      'a > INIT',
      'z > INIT ACK',
      'a x COOKIE ECHO',
      'a > COOKIE ECHO',
      'z > COOKIE ACK',
    ]);
    expect([eventKinds(a), eventKinds(z)]).toEqual([['established'], ['established']]);
  });

  it('COOKIE ACK: the COOKIE ECHO that comes again is acknowledged and changes nothing (§5.2.4 D)', () => {
    const { network, a, z } = pair();
    network.link(z, a).set({ drop: (_, index) => index === 1 });
    a.connect(z);
    network.run({ untilMs: 2_000 });
    expect(network.ladder()).toEqual([
      'a > INIT',
      'z > INIT ACK',
      'a > COOKIE ECHO',
      'z x COOKIE ACK',
      'a > COOKIE ECHO',
      'z > COOKIE ACK',
    ]);
    expect([eventKinds(a), eventKinds(z)]).toEqual([['established'], ['established']]);
    expect(z.associations).toHaveLength(1);
  });

  it('COOKIE ACK with data behind it: the data is dropped, and comes again (§6)', () => {
    const { network, a, z } = pair({
      z: {
        onEvent: (association, { kind }) => kind === 'established' && association.send({ data: new Uint8Array(9) }, 0),
      },
    });
    network.link(z, a).set({ drop: ({ chunks }, index) => index === 1 && chunks[0]?.kind === 'COOKIE ACK' });
    a.connect(z);
    network.run({ until: () => a.received().length === 1 });
    expect(network.ladder().slice(2)).toEqual([
      'a > COOKIE ECHO',
      'z x COOKIE ACK',
      'z > DATA 1',
      'a > COOKIE ECHO',
      'z > COOKIE ACK',
      'z > DATA 1',
      'a > SACK 1',
    ]);
  });
});

describe('nobody answers', () => {
  // §4: "This MUST be repeated up to 'Max.Init.Retransmits' times. After that, the endpoint MUST abort the
  // initialization process and report the error to the SCTP user." §5.1.6: "MUST follow the rules defined in Section
  // 6.3 to determine the proper timer value."
  it('T1-init backs off up to Max.Init.Retransmits, then the peer is reported unreachable (§5.1.4)', () => {
    const { network, a, z } = pair({ a: { maxInitRetransmits: 4, rtoMaxMs: 4_000 } });
    network.link(a, z).cut();
    const association = a.connect(z);
    a.send(association, { data: Uint8Array.of(1) });
    network.run();
    expect(network.packets.map(({ timeMs }) => timeMs)).toEqual([0, 1_000, 3_000, 7_000, 11_000]);
    expect(network.now).toBe(15_000);
    expect(endingOf(a)).toBe('SCTP_ERR_CONNECT_TIMEOUT');
    expect(eventsOf(a, 'closed')[0]?.ending).toMatchObject({ by: 'local', undelivered: [{ data: Uint8Array.of(1) }] });
  });

  it('to the INIT, with maxInitRetransmits 0: one is all', () => {
    const { network, a, z } = pair({ a: { maxInitRetransmits: 0 } });
    network.link(a, z).cut();
    a.connect(z);
    network.run();
    expect(network.ladder()).toEqual(['a x INIT']);
    expect([network.now, endingOf(a)]).toEqual([1_000, 'SCTP_ERR_CONNECT_TIMEOUT']);
  });

  it('to the COOKIE ECHO: T1-cookie does the same (§5.1.4), and a peer that may live is told of the end', () => {
    const { network, a, z } = pair({ a: { maxInitRetransmits: 2 } });
    network.link(a, z).set({ drop: ({ chunks }) => chunks[0]?.kind === 'COOKIE ECHO' });
    a.connect(z);
    network.run();
    expect(network.ladder()).toEqual([
      'a > INIT',
      'z > INIT ACK',
      'a x COOKIE ECHO',
      'a x COOKIE ECHO',
      'a x COOKIE ECHO',
      'a > ABORT Protocol Violation',
    ]);
    expect(endingOf(a)).toBe('SCTP_ERR_CONNECT_TIMEOUT');
  });
});

describe('a refusal', () => {
  it('a host that does not listen answers with ABORT (§8.4 3)', () => {
    const { network, a, z } = pair({ z: { listening: false } });
    a.connect(z);
    network.run();
    expect(network.ladder()).toEqual(['a > INIT', 'z > ABORT']);
    expect(endingOf(a)).toBe('SCTP_ERR_REFUSED');
    expect(eventsOf(a, 'closed')[0]?.ending.by).toBe('peer');
  });

  it('so does a host that has no such port', () => {
    const { network, a, z } = pair();
    a.connect({ addresses: z.addresses, port: 4 });
    network.run();
    expect(network.ladder()).toEqual(['a > INIT', 'z > ABORT']);
    expect(endingOf(a)).toBe('SCTP_ERR_REFUSED');
  });

  it('a host that stops listening before the cookie comes back lets it fall', () => {
    const { network, a, z } = pair({ a: { maxInitRetransmits: 1 } });
    a.connect(z);
    network.run({ until: () => network.packets.length === 2 });
    z.endpoint.listening = false;
    network.run();
    expect(endingOf(a)).toBe('SCTP_ERR_CONNECT_TIMEOUT');
  });
});

describe('round-trip times of the handshake (RFC 9260 §6.3.1 C5, Karn)', () => {
  function rttWith(lost: readonly Chunk['kind'][]): number | undefined {
    const { network, a, z } = pair();
    const left = [...lost];
    network.link(a, z).set({
      drop: ({ chunks }) => {
        const isLost = left[0] !== undefined && chunks[0]?.kind === left[0];
        if (isLost) left.shift();
        return isLost;
      },
    });
    const association = a.connect(z);
    network.run({ until: () => association.state === 'ESTABLISHED' });
    expect(left).toEqual([]);
    return association.paths[0]!.srttMs;
  }

  it('are measured by INIT and COOKIE ECHO', () => {
    expect(rttWith([])).toBe(20);
  });

  // §6.3.1: "RTT measurements MUST NOT be made using packets that were retransmitted".
  it('are not, where both were sent more than once', () => {
    expect(rttWith(['INIT', 'COOKIE ECHO'])).toBeUndefined();
    expect(rttWith(['INIT', 'INIT', 'COOKIE ECHO', 'COOKIE ECHO'])).toBeUndefined();
  });

  it('are measured by the one that was sent once', () => {
    expect(rttWith(['INIT'])).toBe(20);
    expect(rttWith(['COOKIE ECHO'])).toBe(20);
  });
});

describe('before the COOKIE ACK', () => {
  // §5.1 C: "until the COOKIE ACK chunk is returned, the sender MUST NOT send any other packets to the peer."
  it('nothing but COOKIE ECHO goes out, whatever comes and whatever is to be sent', () => {
    const { network, a } = pair();
    const peer = new RawPeer(network, a);
    const association = a.connect(peer);
    a.send(association, { data: new Uint8Array(10) });
    network.run({ until: () => peer.received.length === 1 });
    peer.send(peer.initAck());
    network.run({ forMs: 50 });
    expect(association.state).toBe('COOKIE-ECHOED');
    a.send(association, { data: new Uint8Array(10) });
    association.requestHeartbeat(peer.addresses[0]!.ip, network.now);
    const heartbeat: Chunk = { kind: 'HEARTBEAT', value: Uint8Array.of(0, 1, 0, 8, 1, 2, 3, 4) };
    const unknown: Chunk = { kind: 'unknown', type: 0xff, flags: 0, value: new Uint8Array(4) };
    for (const chunk of [heartbeat, unknown, peer.data(1), peer.sack(0), peer.initAck()]) {
      peer.send(chunk);
      network.run({ forMs: 50 });
    }
    peer.send({ kind: 'SHUTDOWN', cumulativeTsnAck: peer.peerInitialTsn });
    network.run({ forMs: 8_000 });
    const kinds = peer.host.arrivals.slice(1).map(({ packet }) => packet!.chunks.map(({ kind }) => kind));
    expect(kinds).toEqual(Array.from({ length: kinds.length }, () => ['COOKIE ECHO']));
    expect(kinds.length).toBeGreaterThan(2);
    peer.send({ kind: 'COOKIE ACK' });
    network.run({ forMs: 50 });
    expect(peer.latest('DATA')).toBeDefined();
  });
});
