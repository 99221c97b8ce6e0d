import { describe, expect, it } from 'vitest';
import { Network } from '../../src/simulation/index.ts';
import { flawIn, messages } from '../support/messages.ts';
import { eventKinds, eventsOf, pair } from '../support/pair.ts';
import { RawPeer, rawPair } from '../support/raw-peer.ts';

function listener(receiveBufferSize = 10_000) {
  const network = new Network();
  const z = network.addHost('z', { addresses: ['10.0.0.2'], port: 5001, listening: true, receiveBufferSize });
  return { network, z };
}

describe('an INIT for an association that stands', () => {
  // §5.2.2: "the endpoint MUST generate an INIT ACK chunk with a State Cookie."; "the INIT ACK chunk MUST contain a new
  // Initiate Tag"; "After sending the INIT ACK or ABORT chunk, the endpoint MUST take no further actions".
  it('is answered with a new tag and changes nothing (RFC 9260 §5.2.2)', () => {
    const { network, z } = listener();
    const peer = rawPair(network, z);
    const before = { tag: z.association.myVerificationTag, peerTag: z.association.peerVerificationTag };
    peer.sendUnder(0, peer.init({ initiateTag: 0xabcd, initialTsn: peer.initialTsn }));
    network.run({ forMs: 100 });
    const initAck = peer.latest('INIT ACK');
    expect(initAck.initiateTag).not.toBe(before.tag);
    expect(z.association.state).toBe('ESTABLISHED');
    peer.sendUnder(before.tag, peer.data(1), peer.data(2));
    network.run({ forMs: 100 });
    expect(z.received()).toHaveLength(2);
    // "After sending the INIT ACK […] the corresponding TCB MUST NOT be changed."
    expect([z.association.myVerificationTag, z.association.peerVerificationTag]).toEqual([before.tag, before.peerTag]);
    expect(eventKinds(z)).toEqual(['readable']);
  });

  it('from an attacker who does not see the answer stays without effect, however many come (§5.1.3)', () => {
    const { network, z } = listener();
    const peer = rawPair(network, z);
    const tag = z.association.myVerificationTag;
    const attacker = network.addRawHost('m', { addresses: ['10.0.0.66'] });
    for (let i = 1; i <= 1_000; i++) {
      attacker.send(peer.packet(0, [peer.init({ initiateTag: i })]), z.addresses[0]!, peer.addresses[0]);
      attacker.send(
        peer.packet(i, [{ kind: 'COOKIE ECHO', cookie: new Uint8Array(80) }]),
        z.addresses[0]!,
        peer.addresses[0],
      );
    }
    network.run({ forMs: 100 });
    peer.sendUnder(tag, peer.data(1));
    network.run({ forMs: 100 });
    expect(z.received()).toHaveLength(1);
    expect(z.endpoint.associationCount).toBe(1);
  });
});

describe('a peer that has lost its memory and begins anew', () => {
  it('is a restart: reported with what went down, and everything counts from the start (§5.2.4 A, §11.2.7)', () => {
    const { network, a, z } = pair();
    a.connect(z);
    network.run({ until: () => z.associations.length === 1 });
    network.link(z, a).cut();
    for (const message of messages(3, 1_000)) z.send(z.association, message);
    network.run({ forMs: 50 });
    network.unbind('10.0.0.1');
    const reborn = network.addHost('b', { addresses: ['10.0.0.1'], port: 5000 });
    network.linkBoth(reborn, z).restore();
    z.events.length = 0;
    network.clearLadder();

    reborn.connect(z);
    network.run({ forMs: 100 });
    expect(network.ladder()).toEqual(['b > INIT', 'z > INIT ACK', 'b > COOKIE ECHO', 'z > COOKIE ACK']);
    expect(eventKinds(z)).toEqual(['restart']);
    expect(eventsOf(z, 'restart')[0]?.undelivered).toHaveLength(3);
    expect(z.associations).toHaveLength(1);
    expect(z.association.metrics().restarts).toBe(1);
    expect(z.association.bufferedAmount).toBe(0);

    const sent = messages(20, 3_000);
    z.feed(z.association, sent);
    reborn.feed(reborn.association, sent);
    network.run({ until: () => reborn.received().length === 20 && z.received().length === 20 });
    expect(flawIn(reborn.received(), sent, true) ?? flawIn(z.received(), sent, true)).toBeUndefined();
    expect(network.ladder().slice(4)).not.toContain('z > DATA 4');
  });

  it('leaves nothing of its pieces in the receive buffer', () => {
    const { network, z } = listener(10_000);
    const peer = rawPair(network, z);
    // The beginnings of a message, and what waits behind a hole.
    peer.send(peer.data(1, { length: 1_000, ending: false }), peer.data(4, { length: 1_000, ssn: 5 }));
    peer.send(peer.data(2, { length: 1_000, beginning: false, ending: false, ssn: 0 }));
    network.run({ forMs: 50 });
    expect(peer.latest('SACK').aRwnd).toBeLessThan(7_000);
    const reborn = { initiateTag: 0xabcd, initialTsn: peer.initialTsn };
    peer.sendUnder(0, peer.init(reborn));
    network.run({ forMs: 50 });
    const [parameter] = peer.latest('INIT ACK').parameters;
    if (parameter?.kind !== 'State Cookie') throw new Error('no cookie');
    peer.send({ kind: 'COOKIE ECHO', cookie: parameter.cookie }, peer.data(1, { length: 10 }));
    network.run({ forMs: 50 });
    // Ten bytes and what holds them are all that is in it.
    expect(peer.latest('SACK')).toMatchObject({ cumulativeTsnAck: 1, aRwnd: 10_000 - 138, gapAckBlocks: [] });
    expect(z.received()).toHaveLength(1);
  });

  it('while we wait for the end of the shutdown: it is told so (§5.2.4 A)', () => {
    const { network, z } = listener();
    const peer = rawPair(network, z);
    peer.send(peer.shutdown(0));
    network.run({ forMs: 50 });
    peer.sendUnder(0, peer.init({ initiateTag: 0xabcd }));
    network.run({ forMs: 50 });
    // §9.2: "it SHOULD discard the INIT chunk and retransmit the SHUTDOWN ACK chunk"
    expect(network.ladder()).toEqual(['r > SHUTDOWN 0', 'z > SHUTDOWN ACK', 'r > INIT', 'z > SHUTDOWN ACK']);
  });

  // §5.2.4: "it MUST NOT set up a new association but instead resend the SHUTDOWN ACK chunk and send an ERROR chunk
  // with a 'Cookie Received While Shutting Down' error cause".
  it('with a cookie from before the shutdown: likewise, with an error', () => {
    const { network, z } = listener();
    const peer = rawPair(network, z);
    const oldTag = peer.peerTag;
    peer.sendUnder(0, peer.init({ initiateTag: 0xabcd }));
    network.run({ forMs: 50 });
    const [parameter] = peer.latest('INIT ACK').parameters;
    if (parameter?.kind !== 'State Cookie') throw new Error('no cookie');
    const newTag = peer.peerTag;
    peer.sendUnder(oldTag, peer.shutdown(0));
    network.run({ forMs: 50 });
    network.clearLadder();
    peer.sendUnder(newTag, { kind: 'COOKIE ECHO', cookie: parameter.cookie });
    network.run({ forMs: 50 });
    // "instead resend the SHUTDOWN ACK chunk"; "send an ERROR chunk with a 'Cookie Received While Shutting Down' error cause"
    expect(network.ladder()).toEqual([
      'r > COOKIE ECHO',
      'z > SHUTDOWN ACK + ERROR Cookie Received While Shutting Down',
    ]);
    // "it MUST NOT set up a new association"
    expect(z.association.state).toBe('SHUTDOWN-ACK-SENT');
  });

  it('a copy of its COOKIE ECHO does not restart it again (§5.2.4 D)', () => {
    const { network, z } = listener();
    const peer = new RawPeer(network, z);
    peer.connect();
    peer.send(peer.data(1));
    network.run({ forMs: 50 });
    network.clearLadder();
    z.events.length = 0;
    for (let i = 0; i < 3; i++) peer.send({ kind: 'COOKIE ECHO', cookie: peer.cookie });
    peer.send(peer.data(2));
    network.run({ forMs: 50 });
    expect(network.ladder()).toEqual([
      'r > COOKIE ECHO',
      'r > COOKIE ECHO',
      'r > COOKIE ECHO',
      'r > DATA 2',
      'z > COOKIE ACK',
      'z > COOKIE ACK',
      'z > COOKIE ACK',
    ]);
    expect([z.received().length, z.association.metrics().restarts]).toEqual([2, 0]);
    expect(eventKinds(z)).toEqual(['readable']);
  });
});
