import { describe, expect, it } from 'vitest';
import { findParameter } from '../../../src/chunks/index.ts';
import { messages } from '../../support/messages.ts';
import { pair } from '../../support/pair.ts';
import { connected, ipv4, kindsOf, stage } from '../stage.ts';

describe('§5.3.1', () => {
  it('"the Verification Tag value used by either endpoint in a given association MUST NOT change during the life time of an association."', () => {
    const { network, z, peer } = connected();
    const tags = [z.association.myVerificationTag, z.association.peerVerificationTag];
    z.feed(z.association, messages(3, 100));
    peer.sendUnder(0, peer.init({ initiateTag: 0xabcd }));
    network.run({ forMs: 5_000 });
    expect([z.association.myVerificationTag, z.association.peerVerificationTag]).toEqual(tags);
  });

  it('"A new Verification Tag value MUST be used each time the endpoint tears down and then reestablishes an association to the same peer."', () => {
    const { network, a, z } = pair();
    const tags = new Set<number>();
    for (let i = 0; i < 5; i++) {
      const association = a.connect(z);
      network.run({ until: () => association.state === 'ESTABLISHED' && z.endpoint.associationCount === 1 });
      tags.add(association.myVerificationTag).add(association.peerVerificationTag);
      a.shutdown(association);
      network.run();
    }
    expect(tags.size).toBe(10);
  });
});

describe('§5.4: an UNCONFIRMED address', () => {
  it('gets no COOKIE ECHO: "the implementation MUST NOT send a COOKIE ECHO chunk to an UNCONFIRMED address."', () => {
    const { network, z, peer } = stage({ maxInitRetransmits: 3 });
    const other = network.addRawHost('r2', { addresses: ['10.0.1.9'] });
    z.connect(peer);
    network.run({ until: () => peer.received.length === 1 });
    const cookie = { kind: 'State Cookie', cookie: new Uint8Array(8) } as const;
    peer.send(peer.initAck({ parameters: [cookie, ipv4('10.0.1.9')] }));
    network.run({ until: () => z.association.state === 'CLOSED' });
    expect(peer.received.filter(({ kind }) => kind === 'COOKIE ECHO')).toHaveLength(4);
    expect(other.arrivals).toEqual([]);
  });

  it('gets no COOKIE ACK: one "MUST NOT send a COOKIE ACK chunk to an UNCONFIRMED address."', () => {
    const { network, z, peer } = stage({}, { parameters: [ipv4('10.0.1.9')] });
    const other = network.addRawHost('r2', { addresses: ['10.0.1.9'] });
    peer.sendUnder(0, peer.init());
    network.run({ forMs: 50 });
    const { cookie } = findParameter(peer.latest('INIT ACK').parameters, 'State Cookie')!;
    other.send(peer.packet(peer.peerTag, [{ kind: 'COOKIE ECHO', cookie }]), z.addresses[0]!);
    network.run({ forMs: 50 });
    expect(peer.received.map(({ kind }) => kind)).toEqual(['INIT ACK', 'COOKIE ACK']);
    expect(other.arrivals.flatMap(({ packet }) => kindsOf(packet!))).not.toContain('COOKIE ACK');
  });
});
