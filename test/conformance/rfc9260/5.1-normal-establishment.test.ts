import { describe, expect, it } from 'vitest';
import { findParameter, type Packet } from '../../../src/chunks/index.ts';
import { pair } from '../../support/pair.ts';
import { RawPeer } from '../../support/raw-peer.ts';
import { arrange } from '../../support/states.ts';
import { ipv4, kindsOf, packetsTo, type Stage, stage } from '../stage.ts';

/** The answer to an INIT chunk. */
function answered(all: Stage, fields: Parameters<RawPeer['init']>[0] = {}): Packet {
  all.peer.sendUnder(0, all.peer.init(fields));
  all.network.run({ forMs: 50 });
  return packetsTo(all.peer).at(-1)!;
}

describe('INIT', () => {
  it('"\'A\' MUST provide its Verification Tag (Tag_A) in the Initiate Tag field."', () => {
    const { network, z, peer } = stage();
    z.connect(peer);
    network.run({ forMs: 50 });
    expect(peer.latest('INIT').initiateTag).toBe(z.association.myVerificationTag);
  });

  it('§5.1.1: "In the INIT and INIT ACK chunks, the sender of the chunk MUST indicate the number of outbound streams (OS) it wishes to have in the association, as well as the maximum inbound streams (MIS) it will accept"', () => {
    const all = stage({ outboundStreams: 6, maxInboundStreams: 3 });
    all.z.connect({ addresses: all.peer.addresses, port: 1_000 });
    answered(all);
    for (const kind of ['INIT', 'INIT ACK'] as const) {
      expect(all.peer.latest(kind)).toMatchObject({ outboundStreams: 6, inboundStreams: 3 });
    }
  });
});

describe('INIT ACK', () => {
  it('"The destination IP address of the INIT ACK chunk MUST be set to the source IP address of the INIT chunk to which this INIT ACK chunk is responding."', () => {
    const { network, z, peer } = stage({}, { parameters: [ipv4('10.0.0.9')] });
    const other = network.addRawHost('r2', { addresses: ['10.0.1.9'] });
    other.send(peer.packet(0, [peer.init()]), z.addresses[0]!);
    network.run({ forMs: 50 });
    expect(other.arrivals.map(({ packet }) => kindsOf(packet!))).toEqual([['INIT ACK']]);
    expect(peer.received).toEqual([]);
  });

  it("\"'Z' MUST set the Verification Tag field to Tag_A and also provide its own Verification Tag (Tag_Z) in the Initiate Tag field. Moreover, 'Z' MUST generate and send along with the INIT ACK chunk a State Cookie.\"", () => {
    const all = stage();
    const packet = answered(all);
    // "MUST set the Verification Tag field to Tag_A"
    expect(packet.verificationTag).toBe(all.peer.tag);
    const initAck = all.peer.latest('INIT ACK');
    // "provide its own Verification Tag (Tag_Z) in the Initiate Tag field"
    expect(initAck.initiateTag).not.toBe(0);
    expect(findParameter(initAck.parameters, 'State Cookie')).toBeDefined();
  });

  it('"The Verification Tag field in the common header of the outbound SCTP packet containing the ABORT chunk MUST be set to the Initiate Tag value of the received INIT or INIT ACK chunk this ABORT chunk is responding to."', () => {
    const all = stage();
    const toInit = answered(all, { outboundStreams: 0, initiateTag: 0x1234 });
    expect([toInit.verificationTag, ...kindsOf(toInit)]).toEqual([0x1234, 'ABORT']);
    const { network, a } = pair();
    const peer = new RawPeer(network, a);
    a.connect(peer);
    network.run({ until: () => peer.received.length === 1 });
    peer.send(peer.initAck({ inboundStreams: 0, initiateTag: 0x4321 }));
    network.run({ forMs: 50 });
    const toInitAck = packetsTo(peer).at(-1)!;
    expect([toInitAck.verificationTag, ...kindsOf(toInitAck)]).toEqual([0x4321, 'ABORT']);
  });
});

it('§5.1.2: "The ABORT chunk SHOULD be sent to the source IP address from which the last peer packet was received."', () => {
  const { network, z, peer } = stage();
  const other = network.addRawHost('r2', { addresses: ['10.0.1.9'] });
  z.connect({ addresses: [...peer.addresses, ...other.addresses], port: peer.port });
  network.run({ until: () => peer.received.length === 1 });
  other.send(peer.packet(peer.peerTag, [peer.initAck({ outboundStreams: 0 })]), z.addresses[0]!);
  network.run({ forMs: 50 });
  expect(other.arrivals.map(({ packet }) => kindsOf(packet!))).toEqual([['ABORT']]);
  expect(peer.received).toHaveLength(1);
});

it('COOKIE ECHO: "until the COOKIE ACK chunk is returned, the sender MUST NOT send any other packets to the peer", whatever the peer and the upper layer say meanwhile', () => {
  const { network, host, peer } = arrange('COOKIE-ECHOED');
  network.run({ forMs: 50 });
  const before = peer.received.length;
  const value = Uint8Array.of(0, 1, 0, 8, 1, 2, 3, 4);
  host.send(host.association, { data: value });
  peer.send({ kind: 'HEARTBEAT', value });
  peer.send(peer.data(1), peer.data(3));
  peer.send({ kind: 'unknown', type: 0xfd, flags: 0, value });
  peer.send(peer.shutdown(0));
  network.run({ forMs: 500 });
  expect(peer.received).toHaveLength(before);
  network.run({ forMs: 600 });
  expect(peer.received.slice(before).map(({ kind }) => kind)).toEqual(['COOKIE ECHO']);
});

describe('COOKIE ACK', () => {
  it('"the COOKIE ACK chunk MUST be the first chunk in the packet." §5.1.5 6: "Immediately acknowledge any DATA chunk bundled with the COOKIE ECHO chunk with a SACK chunk"', () => {
    const all = stage();
    answered(all);
    const { cookie } = findParameter(all.peer.latest('INIT ACK').parameters, 'State Cookie')!;
    all.peer.send({ kind: 'COOKIE ECHO', cookie }, all.peer.data(1));
    all.network.run({ forMs: 50 });
    expect(packetsTo(all.peer).map(kindsOf)).toEqual([['INIT ACK'], ['COOKIE ACK', 'SACK']]);
  });

  it('§5.1.5: "If secrets are kept only for a limited amount of time and the secret key to use is not available anymore, the packet containing the COOKIE ECHO chunk MUST be silently discarded."', () => {
    const all = stage({ validCookieLifeMs: 3_600_000 });
    answered(all);
    const { peer, network, z } = all;
    const { cookie } = findParameter(peer.latest('INIT ACK').parameters, 'State Cookie')!;
    const tag = peer.peerTag;
    // Two changes of the secret, which come with INIT chunks.
    for (let hour = 1; hour <= 2; hour++) {
      network.run({ forMs: 3_600_001 });
      answered(all);
    }
    const before = peer.received.length;
    peer.sendUnder(tag, { kind: 'COOKIE ECHO', cookie });
    network.run({ forMs: 100 });
    expect([peer.received.length, z.endpoint.associationCount]).toEqual([before, 0]);
  });
});

describe('addresses (§5.1.2)', () => {
  /** The addresses that the host knows of a peer whose INIT or INIT ACK chunk lists these. */
  function learned(...addresses: string[]): string[] {
    const { z, peer } = stage(
      { addresses: ['10.0.0.2'] },
      {
        parameters: addresses.map((address) =>
          address.includes(':') ? { kind: 'IPv6 Address', address } : { kind: 'IPv4 Address', address },
        ),
      },
    );
    peer.connect();
    return z.association.paths.map(({ address: { ip } }) => ip);
  }

  it('A: "If there are no address parameters present in the received INIT or INIT ACK chunk, the endpoint MUST take the source IP address from which the chunk arrives and record it […] as the only destination transport address for this peer."', () => {
    expect(learned()).toEqual(['10.0.0.9']);
    const { network, z, peer } = stage();
    z.connect(peer);
    peer.accept();
    expect(z.association.paths.map(({ address: { ip } }) => ip)).toEqual(['10.0.0.9']);
    expect(network.now).toBeLessThan(1_000);
  });

  it('C: "the receiver MUST derive and record all the transport addresses from the received chunk AND the source IP address that sent the INIT or INIT ACK chunk."', () => {
    // "all the transport addresses from the received chunk"; "the source IP address that sent the INIT or INIT ACK chunk"
    expect(learned('10.0.1.9', '10.0.2.9')).toEqual(['10.0.0.9', '10.0.1.9', '10.0.2.9']);
  });

  it('D: "An INIT or INIT ACK chunk MUST be treated as belonging to an already established association […] if the use of any of the valid address parameters contained within the chunk would identify an existing TCB."', () => {
    const { network, z, peer } = stage();
    peer.connect();
    const other = network.addRawHost('r2', { addresses: ['10.0.1.9'] });
    other.send(peer.packet(0, [peer.init({ parameters: [ipv4('10.0.0.9')] })]), z.addresses[0]!);
    network.run({ forMs: 50 });
    expect(other.arrivals.map(({ packet }) => packet!.chunks)).toMatchObject([
      [{ kind: 'ABORT', causes: [{ kind: 'Restart of an Association with New Addresses' }] }],
    ]);
    expect(z.association.state).toBe('ESTABLISHED');
  });

  it('C of an INIT ACK chunk: "all the transport addresses from the received chunk AND the source IP address that sent the INIT or INIT ACK chunk"', () => {
    const { z, peer } = stage({}, { parameters: [ipv4('10.0.1.9')] });
    z.connect(peer);
    peer.accept();
    expect(z.association.paths.map(({ address: { ip } }) => ip)).toEqual(['10.0.0.9', '10.0.1.9']);
  });

  it('D: "or one in the process of being established"', () => {
    const { network, host, peer } = arrange('COOKIE-ECHOED');
    const other = network.addRawHost('r2', { addresses: ['10.0.1.9'] });
    other.send(peer.packet(0, [peer.init({ parameters: [ipv4('10.0.0.9')] })]), host.addresses[0]!);
    network.run({ forMs: 50 });
    expect(other.arrivals.map(({ packet }) => packet!.chunks)).toMatchObject([
      [{ kind: 'ABORT', causes: [{ kind: 'Restart of an Association with New Addresses' }] }],
    ]);
    expect(host.association.state).toBe('COOKIE-ECHOED');
  });

  it('"If an SCTP endpoint that only supports either IPv4 or IPv6 receives IPv4 and IPv6 addresses in an INIT or INIT ACK chunk from its peer, it MUST use all the addresses belonging to the supported address family."', () => {
    expect(learned('2001:db8::9', '10.0.1.9')).toEqual(['10.0.0.9', '10.0.1.9']);
  });
});
