import { describe, expect, it } from 'vitest';
import { resolveOptions } from '../../../src/association/options.ts';
import { addressParameter, heartbeatInfo, type Parameter } from '../../../src/chunks/index.ts';
import { endingOf } from '../../support/pair.ts';
import { connected, dataTo, ipv4, stage } from '../stage.ts';

const refusal = expect.objectContaining({ code: 'SCTP_ERR_INVALID_ARGUMENT' });

describe('DATA (§3.3.1)', () => {
  it('"the same Stream Sequence Number MUST be carried in each of the fragments of the message." PPID: "This field MUST be sent even in fragmented DATA chunks"', () => {
    const { network, z, peer } = connected();
    z.send(z.association, { data: new Uint8Array(10), streamId: 3 });
    z.send(z.association, { data: new Uint8Array(4_000), streamId: 3, ppid: 51 });
    network.run({ forMs: 50 });
    const fragments = dataTo(peer).slice(1);
    expect(fragments.length).toBeGreaterThan(2);
    for (const { fragment } of fragments) expect(fragment).toMatchObject({ streamId: 3, messageId: 1, ppid: 51 });
  });

  it('"An unfragmented user message MUST have both the B and E bits set to 1." §6.9: "MUST also set the B/E bits of the first DATA chunk in the series to 10, the B/E bits of the last DATA chunk in the series to 01, and the B/E bits of all other DATA chunks in the series to 00."', () => {
    const { network, z, peer } = connected();
    z.send(z.association, { data: new Uint8Array(10) });
    z.send(z.association, { data: new Uint8Array(4_000) });
    network.run({ forMs: 50 });
    const bits = dataTo(peer).map(({ fragment }) => `${Number(fragment.beginning)}${Number(fragment.ending)}`);
    // §6.9: "the B/E bits of the first DATA chunk in the series to 10"; "the B/E bits of the last DATA chunk in the series to
    // 01"; "the B/E bits of all other DATA chunks in the series to 00"
    expect(bits).toEqual(['11', '10', '00', '01']);
    // "the TSNs for each fragment of a fragmented user message MUST be strictly sequential."
    const first = dataTo(peer)[0]!.tsn;
    expect(dataTo(peer).map(({ tsn }) => tsn - first)).toEqual([0, 1, 2, 3]);
  });

  it('"If an unordered user message is fragmented, each fragment of the message MUST have its U bit set to 1."', () => {
    const { network, z, peer } = connected();
    z.send(z.association, { data: new Uint8Array(4_000), unordered: true });
    network.run({ forMs: 50 });
    expect(dataTo(peer).map(({ fragment }) => fragment.unordered)).toEqual([true, true, true]);
  });

  it('of unordered ones "the receiver MUST ignore the Stream Sequence Number field", and they "MUST be dispatched to the upper layer by the receiver without any attempt to reorder."', () => {
    const { network, z, peer } = connected();
    for (const number of [3, 2, 1]) peer.send(peer.data(number, { unordered: true, ssn: 77, length: number }));
    network.run({ forMs: 50 });
    expect(z.received().map(({ data }) => data.length)).toEqual([3, 2, 1]);
  });

  it('a User Data field of length L, "where L MUST be greater than 0."', () => {
    const { z } = connected();
    expect(() => z.send(z.association, { data: new Uint8Array(0) })).toThrow(
      expect.objectContaining({ code: 'SCTP_ERR_EMPTY_MESSAGE' }),
    );
  });
});

describe('INIT and INIT ACK (§3.3.2, §3.3.3)', () => {
  /** The parameters of the INIT chunk of one host and of the INIT ACK chunk of another, both with several addresses. */
  function offered(): [Parameter[], Parameter[]] {
    const addresses = ['10.0.0.2', '10.0.1.2', '::1:2'];
    const { network, z, peer } = stage(
      { addresses },
      { parameters: [ipv4('10.0.0.9'), { kind: 'Supported Address Types', addressTypes: [11, 5, 6] }] },
    );
    z.connect({ addresses: peer.addresses, port: 1_000 });
    peer.sendUnder(0, peer.init());
    network.run({ forMs: 50 });
    return [[...peer.latest('INIT').parameters], [...peer.latest('INIT ACK').parameters]];
  }

  it('"each parameter MUST only be included once in the INIT chunk", addresses apart', () => {
    for (const parameters of offered()) {
      const kinds = parameters.map(({ kind }) => kind).filter((kind) => !/^IPv. Address$/.test(kind));
      expect(new Set(kinds).size).toBe(kinds.length);
    }
  });

  it('§3.3.2.1.4, of the Host Name Address parameter: "The sender of an INIT chunk or INIT ACK chunk MUST NOT include this parameter."', () => {
    for (const parameters of offered()) expect(parameters.map(({ kind }) => kind)).not.toContain('Host Name Address');
  });

  it('§3.3.2.1.5: "The value indicating the Host Name Address parameter MUST NOT be used when sending this parameter and MUST be ignored when receiving this parameter."', () => {
    // 11 among the types of `offered` changes nothing: an INIT ACK chunk comes.
    const [init, initAck] = offered();
    // "MUST be ignored when receiving this parameter"
    expect(initAck.map(({ kind }) => kind)).toContain('State Cookie');
    // "MUST NOT be used when sending this parameter"
    for (const parameter of init) {
      if (parameter.kind === 'Supported Address Types') expect(parameter.addressTypes).not.toContain(11);
    }
  });

  it('§3.3.2: "The Advertised Receiver Window Credit MUST NOT be smaller than 1500."', () => {
    expect(() => resolveOptions({ receiveBufferSize: 1_499 })).toThrow(refusal);
    expect(resolveOptions({ receiveBufferSize: 1_500 }).receiveBufferSize).toBe(1_500);
  });

  it('§3.3.2, of the numbers of streams: "The value of 0 MUST NOT be used."; "The value 0 MUST NOT be used."', () => {
    expect(() => resolveOptions({ outboundStreams: 0 })).toThrow(refusal);
    expect(() => resolveOptions({ maxInboundStreams: 0 })).toThrow(refusal);
  });

  it('§3.3.3: OS "MUST NOT be greater than the MIS value sent in the INIT chunk."', () => {
    const { network, peer } = stage({ outboundStreams: 500 }, { streams: 7 });
    peer.sendUnder(0, peer.init());
    network.run({ forMs: 50 });
    expect(peer.latest('INIT ACK').outboundStreams).toBe(7);
  });

  it('§3.3.2.1.2: "A sender MUST NOT use an IPv4-mapped IPv6 address [RFC4291] but SHOULD instead use an IPv4 Address parameter for an IPv4 address."', () => {
    expect(addressParameter('::ffff:192.0.2.1')).toEqual({ kind: 'IPv4 Address', address: '192.0.2.1' });
  });

  it('§3.3.3.1.1: the State Cookie "MUST contain all the necessary state and parameter information required for the sender of this INIT ACK chunk to create the association"', () => {
    const { network, z, peer } = stage({ outboundStreams: 5, maxInboundStreams: 4 }, { streams: 9 });
    peer.sendUnder(0, peer.init());
    network.run({ forMs: 50 });
    expect([z.endpoint.associationCount, z.endpoint.nextTimeout]).toEqual([0, Number.POSITIVE_INFINITY]);
    peer.connect();
    const { outboundStreams, inboundStreams, peerVerificationTag } = z.association;
    expect([outboundStreams, inboundStreams, peerVerificationTag]).toEqual([5, 4, peer.tag]);
  });
});

it('§3.3.5: "When a HEARTBEAT chunk is being used for path verification purposes, it MUST include a random nonce of length 64 bits or longer"', () => {
  const { network, peer } = stage({ pathMaxRetrans: 3 }, { parameters: [ipv4('10.0.1.9')] });
  const other = network.addRawHost('r2', { addresses: ['10.0.1.9'] });
  peer.connect();
  network.run({ until: () => other.arrivals.length === 3 });
  const infos = other.arrivals.map(({ packet }) => {
    const [chunk] = packet!.chunks;
    return chunk?.kind === 'HEARTBEAT' ? heartbeatInfo(chunk)! : new Uint8Array(0);
  });
  const nonces = infos.map((info) => Buffer.from(info.subarray(0, 8)).toString('hex'));
  expect(infos.every((info) => info.length >= 8)).toBe(true);
  expect(new Set(nonces).size).toBe(3);
});

it('§3.3.7: "If an endpoint receives an ABORT chunk with a format error or no TCB is found, it MUST silently discard it."', () => {
  const malformed = { kind: 'unknown', type: 6, flags: 0, value: Uint8Array.of(0, 12, 0, 99) } as const;
  const { network, z, peer } = connected();
  peer.send(malformed);
  peer.sendUnder(7, malformed);
  peer.sendUnder(7, { kind: 'ABORT', tagReflected: false, causes: [] });
  network.run({ forMs: 100 });
  expect(peer.received).toEqual([]);
  expect([z.association.state, endingOf(z)]).toEqual(['ESTABLISHED', undefined]);
});

it('§3.3.8: "the receiver of the SHUTDOWN chunk MUST NOT interpret the lack of a Gap Ack Block as a renege."', () => {
  const { network, z, peer } = connected();
  for (let i = 0; i < 3; i++) z.send(z.association, { data: new Uint8Array(1_400) });
  network.run({ forMs: 30 });
  peer.send(peer.sack(0, [[2, 3]]));
  peer.send(peer.shutdown(0));
  network.run({ forMs: 50 });
  expect(z.association.bufferedAmount).toBe(1_400);
  network.clearLadder();
  network.run({ forMs: 2_000 });
  expect(network.ladder()).toEqual(['z > DATA 1']);
});
