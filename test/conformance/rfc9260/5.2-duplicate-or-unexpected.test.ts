import { describe, expect, it } from 'vitest';
import { readUint32 } from '../../../src/base/bytes.ts';
import { findParameter, type InitAckChunk } from '../../../src/chunks/index.ts';
import { arrange } from '../../support/states.ts';
import { connected, ipv4, kindsOf, packetsTo, stage } from '../stage.ts';

/** The Tie-Tags within a State Cookie of ours: behind version, secret, two times and two tags. */
function tieTagsIn(initAck: InitAckChunk): number[] {
  const { cookie } = findParameter(initAck.parameters, 'State Cookie')!;
  return [readUint32(cookie, 22), readUint32(cookie, 26)];
}

describe('§5.2.1', () => {
  it('"Upon receipt of an INIT chunk in the COOKIE-WAIT state, an endpoint MUST respond with an INIT ACK chunk using the same parameters it sent in its original INIT chunk (including its Initiate Tag, unchanged)." "the following rules MUST be applied"', () => {
    const { network, host, peer } = arrange('COOKIE-WAIT');
    const { initiateTag, initialTsn, aRwnd } = peer.latest('INIT');
    peer.sendUnder(0, peer.init());
    network.run({ forMs: 50 });
    expect(peer.latest('INIT ACK')).toMatchObject({ initiateTag, initialTsn, aRwnd });
    // "The endpoint MUST also generate a State Cookie with the INIT ACK chunk."
    expect(findParameter(peer.latest('INIT ACK').parameters, 'State Cookie')).toBeDefined();
    // "After that, the endpoint MUST NOT change its state"
    expect(host.association.state).toBe('COOKIE-WAIT');
    // "the corresponding TCB MUST NOT be destroyed."
    expect(host.endpoint.associationCount).toBe(1);
    // "the T1-init timer MUST be left running"
    peer.host.arrivals.length = 0;
    network.run({ forMs: 1_000 });
    expect(packetsTo(peer).map(kindsOf)).toEqual([['INIT']]);
  });

  it('"The packet containing the INIT ACK chunk MUST only be sent to an address passed by the upper layer in the request to initialize the association."; "MUST only be sent to an address reported in the incoming INIT chunk."', () => {
    const { network, host, peer } = arrange('COOKIE-WAIT');
    const other = network.addRawHost('r2', { addresses: ['10.0.1.9'] });
    const before = peer.received.length;
    other.send(peer.packet(0, [peer.init({ parameters: [ipv4('10.0.0.9')] })]), host.addresses[0]!);
    network.run({ forMs: 50 });
    expect([other.arrivals.length, peer.received.length]).toEqual([0, before]);
  });

  it('"Upon receipt of an INIT chunk in the COOKIE-ECHOED state, an endpoint MUST respond with an INIT ACK chunk using the same parameters it sent in its original INIT chunk (including its Initiate Tag, unchanged), provided that no new address has been added"; "it MUST populate its Tie-Tags within both the association TCB and inside the State Cookie"', () => {
    const { network, host, peer } = arrange('COOKIE-ECHOED');
    const { initiateTag, initialTsn } = peer.latest('INIT');
    peer.sendUnder(0, peer.init({ initiateTag: 0xabcd }));
    network.run({ forMs: 50 });
    expect(peer.latest('INIT ACK')).toMatchObject({ initiateTag, initialTsn });
    // "inside the State Cookie"
    const tieTags = tieTagsIn(peer.latest('INIT ACK'));
    expect(tieTags).not.toContain(0);
    expect(host.association.state).toBe('COOKIE-ECHOED');
    // "within both the association TCB": which has them still when another INIT chunk comes.
    peer.sendUnder(0, peer.init({ initiateTag: 0xabce }));
    network.run({ forMs: 50 });
    expect(tieTagsIn(peer.latest('INIT ACK'))).toEqual(tieTags);
  });

  it('"If the INIT chunk indicates that a new address has been added to the association, then the entire INIT chunk MUST be discarded, and the state of the existing association SHOULD NOT be changed. An ABORT chunk SHOULD be sent in a response"', () => {
    const { network, host, peer } = arrange('COOKIE-ECHOED');
    peer.sendUnder(0, peer.init({ initiateTag: 0xabcd, parameters: [ipv4('10.0.1.9')] }));
    network.run({ forMs: 50 });
    expect(peer.latest('ABORT').causes).toMatchObject([{ kind: 'Restart of an Association with New Addresses' }]);
    expect(host.association.state).toBe('COOKIE-ECHOED');
  });
});

describe('§5.2.2', () => {
  it("\"the endpoint MUST check to see if the unexpected INIT chunk adds new addresses to the association. If new addresses are added to the association, the endpoint MUST respond with an ABORT chunk, copying the 'Initiate Tag' of the unexpected INIT chunk into the 'Verification Tag' of the outbound packet carrying the ABORT chunk.\"", () => {
    const { network, z, peer } = connected();
    peer.sendUnder(0, peer.init({ initiateTag: 0xabcd, parameters: [ipv4('10.0.1.9')] }));
    network.run({ forMs: 50 });
    const [packet] = packetsTo(peer);
    expect(packet).toMatchObject({ verificationTag: 0xabcd, chunks: [{ kind: 'ABORT', tagReflected: false }] });
    // "The error SHOULD list the addresses that were added to the restarting association."
    expect(peer.latest('ABORT').causes).toMatchObject([{ addresses: Uint8Array.of(0, 5, 0, 8, 10, 0, 1, 9) }]);
    // "or ABORT chunk, the endpoint MUST take no further actions"
    expect(z.association).toMatchObject({ state: 'ESTABLISHED', peerVerificationTag: peer.tag });
    expect(z.association.paths.map(({ address: { ip } }) => ip)).toEqual(['10.0.0.9']);
    peer.send(peer.data(1));
    network.run({ forMs: 50 });
    expect(z.received()).toHaveLength(1);
  });

  it('"the endpoint MUST copy its current Tie-Tags to a reserved place within the State Cookie and the association\'s TCB. The outbound SCTP packet containing this INIT ACK chunk MUST carry a Verification Tag value equal to the Initiate Tag found in the unexpected INIT chunk."', () => {
    const { network, peer } = connected();
    for (const initiateTag of [0xabcd, 0xabce]) peer.sendUnder(0, peer.init({ initiateTag }));
    network.run({ forMs: 50 });
    const packets = packetsTo(peer);
    expect(packets.map(({ verificationTag }) => verificationTag)).toEqual([0xabcd, 0xabce]);
    const [one, other] = packets.map(({ chunks }) => tieTagsIn(chunks[0] as InitAckChunk));
    expect(one).not.toContain(0);
    expect(other).toEqual(one);
  });

  it('"For a normal association INIT chunk (i.e., the endpoint is in the CLOSED state), the Tie-Tags MUST be set to 0 (indicating that no previous TCB existed)."', () => {
    const { network, peer } = stage();
    peer.sendUnder(0, peer.init());
    network.run({ forMs: 50 });
    expect(tieTagsIn(peer.latest('INIT ACK'))).toEqual([0, 0]);
  });
});

describe('§5.2.4', () => {
  it('a cookie that is too old, with other tags: "The endpoint also MUST transmit an ERROR chunk with a \'Stale Cookie\' error cause to the peer endpoint"', () => {
    const { network, z, peer } = connected({ validCookieLifeMs: 100 });
    peer.sendUnder(0, peer.init({ initiateTag: 0xabcd }));
    network.run({ forMs: 50 });
    const { cookie } = findParameter(peer.latest('INIT ACK').parameters, 'State Cookie')!;
    network.run({ forMs: 200 });
    peer.send({ kind: 'COOKIE ECHO', cookie });
    network.run({ forMs: 50 });
    expect(peer.latest('ERROR').causes).toMatchObject([{ kind: 'Stale Cookie' }]);
    expect([z.association.state, z.association.peerVerificationTag]).toEqual(['ESTABLISHED', peer.tag]);
  });

  it('B: "it MUST update its peer\'s Verification Tag from the State Cookie, stop any T1-init or T1-cookie timers that might be running, and send a COOKIE ACK chunk."', () => {
    const { network, host, peer } = arrange('COOKIE-ECHOED');
    peer.sendUnder(0, peer.init({ initiateTag: 0xabcd }));
    network.run({ forMs: 50 });
    const { cookie } = findParameter(peer.latest('INIT ACK').parameters, 'State Cookie')!;
    peer.send({ kind: 'COOKIE ECHO', cookie });
    network.run({ forMs: 50 });
    // "it MUST update its peer's Verification Tag from the State Cookie"
    expect([host.association.state, host.association.peerVerificationTag]).toEqual(['ESTABLISHED', 0xabcd]);
    // "that might be running, and send a COOKIE ACK chunk"
    expect(peer.received.at(-1)?.kind).toBe('COOKIE ACK');
    // "stop any T1-init or T1-cookie timers that might be running"
    const before = peer.received.length;
    network.run({ forMs: 5_000 });
    expect(peer.received.slice(before).map(({ kind }) => kind)).not.toContain('COOKIE ECHO');
  });
});
