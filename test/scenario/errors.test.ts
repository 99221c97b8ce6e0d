import { describe, expect, it } from 'vitest';
import { type Chunk, decodeParameters, type Parameter } from '../../src/chunks/index.ts';
import { Network } from '../../src/simulation/index.ts';
import { endingOf, eventsOf, pair } from '../support/pair.ts';
import { RawPeer, rawPair } from '../support/raw-peer.ts';

function listener(options: { maxInboundStreams?: number } = {}) {
  const network = new Network();
  const z = network.addHost('z', { addresses: ['10.0.0.2'], port: 5001, listening: true, ...options });
  return { network, z, peer: rawPair(network, z) };
}

const unknownChunk = (type: number, length = 4): Chunk => ({
  kind: 'unknown',
  type,
  flags: 0,
  value: new Uint8Array(length),
});

describe('chunks that are not known (RFC 9260 §3.2)', () => {
  /** What becomes of the DATA behind such a chunk, and what is said about it. */
  function behind(type: number): { delivered: boolean; report: readonly unknown[] | undefined } {
    const { network, z, peer } = listener();
    peer.send(unknownChunk(type), peer.data(1));
    network.run({ forMs: 50 });
    const error = peer.received.find((chunk) => chunk.kind === 'ERROR');
    return { delivered: z.received().length === 1, report: error?.kind === 'ERROR' ? error.causes : undefined };
  }
  const report = (type: number) => [
    { kind: 'Unrecognized Chunk Type', chunk: Uint8Array.of(type, 0, 0, 8, 0, 0, 0, 0) },
  ];

  it('00: the rest of the packet is left alone', () => {
    expect(behind(0x3f)).toEqual({ delivered: false, report: undefined });
  });

  it('01: likewise, and it is reported', () => {
    expect(behind(0x7f)).toEqual({ delivered: false, report: report(0x7f) });
  });

  it('10: it is passed over', () => {
    expect(behind(0xb0)).toEqual({ delivered: true, report: undefined });
  });

  it('11: it is passed over and reported', () => {
    expect(behind(0xf0)).toEqual({ delivered: true, report: report(0xf0) });
  });

  it('a large one is reported by its beginning, in one packet', () => {
    const { network, peer } = listener();
    peer.send(unknownChunk(0xf0, 4_000));
    network.run({ forMs: 50 });
    expect(peer.received.map(({ kind }) => kind)).toEqual(['ERROR']);
    expect(peer.host.arrivals[0]?.bytes.length).toBeLessThanOrEqual(1_472);
  });

  it('a packet full of them is no lever: what comes back is no more than what came', () => {
    const { network, peer } = listener();
    peer.send(...Array.from({ length: 300 }, () => unknownChunk(0xf0, 0)));
    network.run({ forMs: 50 });
    const sent = peer.host.arrivals.reduce((sum, { bytes }) => sum + bytes.length, 0);
    expect(sent).toBeLessThanOrEqual(1_472);
  });
});

describe('parameters that are not known (§3.2.1)', () => {
  const unknown = (type: number): Parameter => ({ kind: 'unknown', type, value: Uint8Array.of(1, 2, 3, 4) });
  const wire = (type: number): Uint8Array => Uint8Array.of(type >> 8, type & 0xff, 0, 8, 1, 2, 3, 4);

  // RFC 9260 §3.2.2: "it MUST put the 'Unrecognized Parameter' parameter(s) in the INIT ACK chunk sent in response to
  // the INIT chunk."
  it('in an INIT: those to report come back in the INIT ACK, in their order', () => {
    const { network, z } = pair();
    const parameters = [0xbff0, 0xfff0, 0xfff1].map(unknown);
    const peer = new RawPeer(network, z, { parameters });
    peer.sendUnder(0, peer.init());
    network.run({ forMs: 50 });
    const reported = peer.latest('INIT ACK').parameters.filter(({ kind }) => kind === 'Unrecognized Parameter');
    expect(reported).toEqual(
      [0xfff0, 0xfff1].map((type) => ({ kind: 'Unrecognized Parameter', parameter: wire(type) })),
    );
  });

  it('in an INIT: 01 reports and stops there, 00 stops silently', () => {
    for (const [type, count] of [
      [0x7ff0, 1],
      [0x3ff0, 0],
    ] as const) {
      const { network, z } = pair();
      const peer = new RawPeer(network, z, { parameters: [unknown(type), unknown(0xfff0)] });
      peer.sendUnder(0, peer.init());
      network.run({ forMs: 50 });
      const reported = peer.latest('INIT ACK').parameters.filter(({ kind }) => kind === 'Unrecognized Parameter');
      expect(reported).toHaveLength(count);
    }
  });

  it('in an INIT ACK: they are reported behind the COOKIE ECHO (§3.2.2)', () => {
    const { network, a } = pair();
    const peer = new RawPeer(network, a, { parameters: [0xfff0, 0xbff0, 0x7ff0, 0xfff1].map(unknown) });
    a.connect(peer);
    network.run({ until: () => peer.received.length === 1 });
    peer.send(peer.initAck());
    network.run({ forMs: 30 });
    expect(network.ladder().at(-1)).toBe('a > COOKIE ECHO + ERROR Unrecognized Parameters');
    const [cause] = peer.latest('ERROR').causes;
    const reported = cause?.kind === 'Unrecognized Parameters' ? decodeParameters(cause.parameters) : undefined;
    expect(reported).toEqual([unknown(0xfff0), unknown(0x7ff0)]);
  });

  // RFC 9260 §3.3.3: "An implementation MUST be prepared to receive an INIT ACK chunk that is quite large (more than
  // 1500 bytes)". §3.3.11: "This field MUST contain the exact cookie received in the State Cookie parameter from the
  // previous INIT ACK chunk."
  it('a cookie that comes back to a packet that is too small for it is sent all the same', () => {
    const { network, a } = pair({ a: { pathMtu: 512 } });
    const peer = new RawPeer(network, a);
    a.connect(peer);
    network.run({ until: () => peer.received.length === 1 });
    const cookie = new Uint8Array(2_000).fill(7);
    peer.send(peer.initAck({ parameters: [{ kind: 'State Cookie', cookie }] }));
    network.run({ forMs: 30 });
    expect(peer.latest('COOKIE ECHO').cookie).toEqual(cookie);
  });
});

describe('an answer to our INIT that cannot be used (§5.1, §3.3.3)', () => {
  /** How A ends when it gets this INIT ACK, and what it says last. */
  function endWith(fields: Parameters<RawPeer['initAck']>[0]): [string | undefined, string | undefined] {
    const { network, a } = pair();
    const peer = new RawPeer(network, a);
    a.connect(peer);
    network.run({ until: () => peer.received.length === 1 });
    peer.send(peer.initAck(fields));
    network.run({ forMs: 50 });
    return [endingOf(a), peer.takeReceived().at(-1)];
  }

  // RFC 9260 §3.3.3: "with the Initiate Tag set to 0, it MUST destroy the TCB and SHOULD send an ABORT chunk with the T
  // bit set."
  it('without a tag', () => {
    expect(endWith({ initiateTag: 0 })).toEqual(['SCTP_ERR_PROTOCOL_VIOLATION', 'ABORT T']);
  });

  it('without a cookie', () => {
    expect(endWith({ parameters: [] })).toEqual(['SCTP_ERR_PROTOCOL_VIOLATION', 'ABORT Missing Mandatory Parameter 7']);
  });

  // RFC 9260 §3.3.3: "with the a_rwnd value set to a value smaller than 1500 MUST discard the packet, SHOULD send a packet in
  // response containing an ABORT chunk and using the Initiate Tag as the Verification Tag, and MUST NOT change the state of
  // any existing association."
  it('with too small a window: it is refused, and INIT goes out again as if nothing had come', () => {
    const { network, a } = pair();
    const peer = new RawPeer(network, a);
    const association = a.connect(peer);
    network.run({ until: () => peer.received.length === 1 });
    const timeout = association.nextTimeout;
    peer.send(peer.initAck({ aRwnd: 1_499 }));
    network.run({ forMs: 50 });
    expect(peer.host.arrivals.at(-1)!.packet).toMatchObject({
      verificationTag: peer.tag,
      chunks: [{ kind: 'ABORT', causes: [{ kind: 'Invalid Mandatory Parameter' }] }],
    });
    const { state, nextTimeout, peerVerificationTag, paths } = association;
    // RFC 9260 §3.3.3: "with the a_rwnd value set to a value smaller than 1500 […] MUST NOT change the state of any existing association"
    expect([state, nextTimeout, peerVerificationTag]).toEqual(['COOKIE-WAIT', timeout, 0]);
    // RFC 9260 §3.3.3: "with the a_rwnd value set to a value smaller than 1500 MUST discard the packet"
    expect(paths).toMatchObject([{ srttMs: undefined }]);
    // What comes then is taken.
    peer.send(peer.initAck());
    network.run({ forMs: 50 });
    peer.send({ kind: 'COOKIE ACK' });
    network.run({ forMs: 50 });
    expect(association.state).toBe('ESTABLISHED');
  });

  // RFC 9260 §3.3.3: "with the OS value set to 0, it MUST destroy the TCB"; "with the MIS value set to 0, it MUST
  // destroy the TCB".
  it('without streams', () => {
    for (const fields of [{ outboundStreams: 0 }, { inboundStreams: 0 }]) {
      expect(endWith(fields)).toEqual(['SCTP_ERR_PROTOCOL_VIOLATION', 'ABORT Invalid Mandatory Parameter']);
    }
  });

  // RFC 9260 §5.1.2: "If there is a Host Name Address parameter present in the received INIT or INIT ACK chunk, the
  // endpoint MUST immediately send an ABORT chunk".
  it('with the name of a host in place of addresses (§5.1.2)', () => {
    const cookie: Parameter = { kind: 'State Cookie', cookie: Uint8Array.of(1, 2, 3, 4) };
    const hostName: Parameter = { kind: 'Host Name Address', hostName: Uint8Array.of(0x7a, 0) };
    const [code, said] = endWith({ parameters: [cookie, hostName] });
    expect([code, said]).toEqual(['SCTP_ERR_PROTOCOL_VIOLATION', 'ABORT Unresolvable Address']);
  });
});

describe('DATA that cannot be taken', () => {
  it('for a stream that there is not: acknowledged, reported and dropped (§6.5)', () => {
    const { network, z, peer } = listener({ maxInboundStreams: 3 });
    peer.send(peer.data(1, { streamId: 3 }), peer.data(2, { streamId: 2, ssn: 0 }));
    network.run({ forMs: 300 });
    expect(peer.takeReceived()).toEqual([expect.stringMatching(/^ERROR Invalid Stream Identifier 3 \+ SACK 2 a_rwnd/)]);
    expect(z.received()).toMatchObject([{ streamId: 2 }]);
  });

  it('without user data: the association ends, No User Data names the TSN (§6.2)', () => {
    const { network, z, peer } = listener();
    peer.send(peer.data(1), peer.data(2, { length: 0 }));
    network.run({ forMs: 50 });
    expect(peer.takeReceived()).toEqual(['ABORT No User Data in TSN 2']);
    expect(endingOf(z)).toBe('SCTP_ERR_PROTOCOL_VIOLATION');
  });

  it('in pieces that do not fit together: the association ends, Protocol Violation says why', () => {
    const wrong = [
      [{ ending: false }, {}],
      [{ ending: false }, { beginning: false, ending: false }, {}],
    ];
    for (const pieces of wrong) {
      const { network, z, peer } = listener();
      for (const [i, piece] of pieces.entries()) peer.send(peer.data(i + 1, { ssn: 0, ...piece }));
      network.run({ forMs: 50 });
      expect(endingOf(z), network.toString()).toBe('SCTP_ERR_PROTOCOL_VIOLATION');
      expect(peer.takeReceived().at(-1)).toMatch(/^ABORT Protocol Violation/);
    }
  });

  it('whose sequence number came already: likewise', () => {
    const { network, z, peer } = listener();
    peer.send(peer.data(2, { ssn: 5 }), peer.data(3, { ssn: 5 }));
    network.run({ forMs: 50 });
    expect(endingOf(z)).toBe('SCTP_ERR_PROTOCOL_VIOLATION');
  });
});

describe('an ERROR of the peer (§11.2.6)', () => {
  it('is told to the user and changes nothing', () => {
    const { network, z, peer } = listener();
    const causes = [{ kind: 'Invalid Stream Identifier', streamId: 9 }] as const;
    peer.send({ kind: 'ERROR', causes });
    network.run({ forMs: 50 });
    expect(eventsOf(z, 'error')).toEqual([{ kind: 'error', causes }]);
    expect(z.association.state).toBe('ESTABLISHED');
  });
});
