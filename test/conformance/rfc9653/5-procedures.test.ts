import { describe, expect, it } from 'vitest';
import { pattern } from '../../support/messages.ts';
import { connected, type Stage, stage } from '../stage.ts';
import { acceptable, kindsByChecksum, overDtls, sendWith } from './checksums.ts';

describe('§5.2 the sender', () => {
  it.each([
    ['says nothing of it', []],
    ['names another method', [{ ...acceptable, edmid: 77 }]],
  ])(
    '"If an endpoint has not received an INIT or INIT ACK chunk containing a Zero Checksum Acceptable Chunk Parameter indicating an alternate error detection method it supports from its peer during the association setup, it MUST use a correct CRC32c checksum.": the peer %s',
    (_, parameters) => {
      const { network, z, peer } = connected(overDtls, { parameters });
      peer.send(peer.data(1));
      z.send(z.association, { data: pattern(0, 100) });
      network.run({ forMs: 300 });
      expect(kindsByChecksum(peer).zero).toEqual([]);
      expect(kindsByChecksum(peer).correct).toContain('DATA');
    },
  );

  it('"If none of the above restrictions apply, an endpoint SHOULD use zero as the checksum when sending an SCTP packet."', () => {
    const { network, z, peer } = connected(overDtls, { parameters: [acceptable] });
    peer.send(peer.data(1));
    z.send(z.association, { data: pattern(0, 100) });
    network.run({ forMs: 300 });
    expect(kindsByChecksum(peer)).toEqual({ zero: expect.arrayContaining(['DATA', 'SACK']), correct: [] });
  });

  it.each<[string, readonly string[], (stage: Stage) => void]>([
    ["a user's ABORT", ['ABORT'], ({ z }) => z.abort()],
    ['an ABORT for what the peer has done', ['ABORT'], ({ peer }) => peer.send(peer.sack(5))],
    [
      'SHUTDOWN and SHUTDOWN COMPLETE',
      ['SHUTDOWN', 'SHUTDOWN COMPLETE'],
      ({ z, peer }) => {
        z.shutdown();
        peer.send({ kind: 'SHUTDOWN ACK' });
      },
    ],
    ['SHUTDOWN ACK', ['SHUTDOWN ACK'], ({ peer }) => peer.send(peer.shutdown(0))],
    ['an INIT ACK for a peer that is known', ['INIT ACK'], ({ peer }) => peer.sendUnder(0, peer.init())],
  ])('that holds for %s as well', (_, kinds, bringAbout) => {
    const established = connected(overDtls, { parameters: [acceptable] });
    bringAbout(established);
    established.network.run({ forMs: 50 });
    expect(kindsByChecksum(established.peer)).toEqual({ zero: kinds, correct: [] });
  });

  it('for a probe of the path MTU, and for an INIT ACK: the INIT chunk has told', () => {
    const { network, peer } = stage({ ...overDtls, mtu: 1_500 }, { parameters: [acceptable] });
    peer.sendUnder(0, peer.init());
    network.run({ forMs: 50 });
    expect(kindsByChecksum(peer)).toEqual({ zero: ['INIT ACK'], correct: [] });
    peer.connect();
    network.run({ forMs: 500 });
    expect(kindsByChecksum(peer)).toEqual({ zero: ['HEARTBEAT', 'PAD'], correct: [] });
  });

  it('and for an ABORT in COOKIE-ECHOED, when the peer has said so in its INIT ACK', () => {
    for (const [parameters, expected] of [
      [[acceptable], { zero: ['ABORT'], correct: ['INIT', 'COOKIE ECHO'] }],
      [[], { zero: [], correct: ['INIT', 'COOKIE ECHO', 'ABORT'] }],
    ] as const) {
      const { network, z, peer } = stage({ ...overDtls, listening: false }, { parameters });
      z.connect(peer);
      network.run({ until: () => peer.received.length > 0 });
      peer.send(peer.initAck());
      network.run({ forMs: 50 });
      z.abort();
      network.run({ forMs: 50 });
      expect(kindsByChecksum(peer)).toEqual(expected);
    }
  });

  it('1 a: "sends a packet containing an INIT chunk, it MUST include a correct CRC32c checksum in the packet containing the INIT chunk."; 2: "When an endpoint sends a packet containing a COOKIE ECHO chunk, it MUST include a correct CRC32c checksum in the packet containing the COOKIE ECHO chunk."', () => {
    const { network, z, peer } = stage({ ...overDtls, listening: false }, { parameters: [acceptable] });
    z.connect(peer);
    network.run({ forMs: 1_500 }); // and again
    peer.send(peer.initAck());
    network.run({ forMs: 3_500 });
    expect(kindsByChecksum(peer)).toEqual({ zero: [], correct: ['INIT', 'INIT', 'COOKIE ECHO', 'COOKIE ECHO'] });
  });

  it('1 b: "responds to an "Out of the Blue" (OOTB) SCTP packet, it MUST include a correct CRC32c checksum in the response packet."', () => {
    const { network, z, peer } = connected(overDtls, { parameters: [acceptable] });
    z.abort();
    network.run({ forMs: 50 });
    peer.host.arrivals.length = 0;
    z.endpoint.listening = false;
    peer.sendUnder(0, peer.init());
    peer.send(peer.data(1));
    peer.send({ kind: 'SHUTDOWN ACK' });
    network.run({ forMs: 50 });
    expect(kindsByChecksum(peer)).toEqual({ zero: [], correct: ['ABORT', 'ABORT', 'SHUTDOWN COMPLETE'] });
  });
});

describe('§5.3 the receiver', () => {
  it('"in addition to SCTP packets containing the correct CRC32c checksum value it MUST accept SCTP packets that have an incorrect checksum value of zero and that fulfill the requirements of the announced alternate error detection method used for this association."', () => {
    const listening = connected(overDtls);
    const connecting = stage({ ...overDtls, listening: false });
    connecting.z.connect(connecting.peer);
    connecting.peer.accept();
    for (const { network, z, peer } of [listening, connecting]) {
      sendWith(0, peer, peer.data(1));
      peer.send(peer.data(2));
      network.run({ forMs: 50 });
      expect(z.received()).toHaveLength(2);
    }
  });

  it('the INIT ACK chunk, too, which answers what was announced', () => {
    const { network, z, peer } = stage({ ...overDtls, listening: false });
    z.connect(peer);
    network.run({ until: () => peer.received.length > 0 });
    sendWith(0, peer, peer.initAck());
    network.run({ forMs: 50 });
    expect(z.association.state).toBe('COOKIE-ECHOED');
  });

  it('"Otherwise, the endpoint MUST drop all SCTP packets with an incorrect CRC32c checksum."', () => {
    for (const [options, checksum] of [
      [{}, 0],
      [{ ...overDtls, zeroChecksum: false }, 0],
      [overDtls, 1],
      [{}, 0x1234_5678],
    ] as const) {
      const { network, z, peer } = connected(options, { parameters: [acceptable] });
      sendWith(checksum, peer, peer.data(1));
      network.run({ forMs: 300 });
      expect([z.received(), peer.received]).toEqual([[], []]);
    }
  });
});
