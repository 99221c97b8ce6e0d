import { describe, expect, it } from 'vitest';
import { asciiBytes } from '../../src/base/bytes.ts';
import { messages } from '../support/messages.ts';
import { endingOf, establishedPair, eventsOf, isQuiet, pair } from '../support/pair.ts';
import { RawPeer, rawPair } from '../support/raw-peer.ts';

describe('ABORT (RFC 9260 §9.1)', () => {
  // §9.1: "When an endpoint decides to abort an existing association, it MUST send an ABORT chunk to its peer
  // endpoint."; "the receiving endpoint MUST remove the association from its record".
  it('ends both sides at once, with its reason', () => {
    const two = establishedPair();
    const { network, a, z } = two;
    a.abort(a.association, asciiBytes('enough'));
    expect(a.association.state).toBe('CLOSED');
    network.run();
    expect(network.ladder({ verbose: true })).toEqual(["a > ABORT User-Initiated Abort 'enough'"]);
    const causes = [{ kind: 'User-Initiated Abort', reason: asciiBytes('enough') }];
    expect(eventsOf(a, 'closed')[0]?.ending).toMatchObject({ by: 'local', error: { code: 'SCTP_ERR_ABORTED' } });
    expect(eventsOf(z, 'closed')[0]?.ending).toMatchObject({
      by: 'peer',
      error: { code: 'SCTP_ERR_ABORTED_BY_PEER' },
      causes,
    });
    expect(isQuiet(two)).toBe(true);
  });

  it('from the side that was asked works as well', () => {
    const two = establishedPair();
    two.z.abort();
    two.network.run();
    expect([endingOf(two.a), endingOf(two.z)]).toEqual(['SCTP_ERR_ABORTED_BY_PEER', 'SCTP_ERR_ABORTED']);
  });

  it('reports what was not delivered, in the order of sending, on both sides', () => {
    const { network, a, z } = establishedPair({ z: { receiveBufferSize: 3_000, autoRead: false } });
    a.feed(a.association, messages(10, 1_000));
    z.feed(z.association, messages(2, 1_000));
    network.run({ forMs: 5 });
    a.abort();
    network.run();
    expect(eventsOf(a, 'closed')[0]?.ending.undelivered.map(({ ppid }) => ppid)).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
    ]);
    expect(eventsOf(z, 'closed')[0]?.ending.undelivered.map(({ ppid }) => ppid)).toEqual([0, 1]);
    expect(a.association.bufferedAmount).toBe(0);
  });

  it('leaves what was received to be read', () => {
    const { network, a, z } = establishedPair({ z: { autoRead: false } });
    a.feed(a.association, messages(2, 100));
    network.run({ forMs: 15 });
    a.abort();
    network.run();
    expect([z.receive(), z.receive(), z.receive()].map((message) => message?.ppid)).toEqual([0, 1, undefined]);
  });

  // §9.1: "An endpoint MUST NOT respond to any received packet that contains an ABORT chunk".
  it('is not answered, and a second one finds nobody', () => {
    const two = establishedPair();
    const { network, a, z } = two;
    a.abort();
    z.abort();
    a.abort();
    network.run();
    expect(network.ladder()).toEqual(['a > ABORT User-Initiated Abort', 'z > ABORT User-Initiated Abort']);
    expect([eventsOf(a, 'closed').length, eventsOf(z, 'closed').length]).toEqual([1, 1]);
  });

  it('that is lost: the next packet of the other side is answered with another (§8.4 8)', () => {
    const two = establishedPair();
    const { network, a, z } = two;
    network.link(a, z).set({ drop: (_, index) => index === 0 });
    a.abort();
    z.send(z.association, { data: Uint8Array.of(1) });
    network.run();
    expect(network.ladder({ verbose: true })).toEqual([
      'a x ABORT User-Initiated Abort',
      expect.stringMatching(/^z > DATA 1/),
      'a > ABORT T',
    ]);
    expect(endingOf(z)).toBe('SCTP_ERR_ABORTED_BY_PEER');
  });

  // §8.5.1: "MUST accept the packet if the Verification Tag field of the packet matches its own tag and the T bit is
  // not set OR if it is set to its Peer's Tag and the T bit is set in the Chunk Flags. Otherwise, the receiver MUST
  // silently discard the packet and take no further action."
  it('under a wrong tag is ignored, with or without the T bit (§8.5.1 B)', () => {
    const { network, z } = pair();
    const peer = rawPair(network, z);
    for (const tagReflected of [false, true]) {
      const tags = [peer.peerTag ^ 1, peer.tag ^ 1, 0, tagReflected ? peer.peerTag : peer.tag];
      for (const tag of tags) peer.sendUnder(tag, { kind: 'ABORT', tagReflected, causes: [] });
    }
    network.run({ forMs: 50 });
    expect(z.association.state).toBe('ESTABLISHED');
    peer.sendUnder(peer.tag, { kind: 'ABORT', tagReflected: true, causes: [] });
    network.run({ forMs: 50 });
    expect(endingOf(z)).toBe('SCTP_ERR_ABORTED_BY_PEER');
  });

  it('before the peer has answered says nothing: there is no tag to say it under (§8.5.1 B)', () => {
    const { network, a, z } = pair();
    a.connect(z);
    a.abort();
    network.run({ forMs: 100 });
    expect(network.ladder()).toEqual(['a > INIT', 'z > INIT ACK', 'a > ABORT']);
    expect(endingOf(a)).toBe('SCTP_ERR_ABORTED');
  });

  it('of the peer in the middle of the handshake is a refusal', () => {
    const { network, a } = pair();
    const peer = new RawPeer(network, a);
    a.connect(peer);
    network.run({ until: () => peer.received.length === 1 });
    peer.send(peer.initAck());
    network.run({ until: () => a.association.state === 'COOKIE-ECHOED' });
    peer.send({ kind: 'ABORT', tagReflected: false, causes: [{ kind: 'Out of Resource' }] });
    network.run();
    expect(eventsOf(a, 'closed')[0]?.ending).toMatchObject({
      error: { code: 'SCTP_ERR_REFUSED' },
      causes: [{ kind: 'Out of Resource' }],
    });
  });

  it('of a peer that has nothing left of a shutdown is the end of it', () => {
    const { network, z } = pair();
    const peer = rawPair(network, z);
    peer.send(peer.shutdown(0));
    network.run({ forMs: 50 });
    peer.sendUnder(peer.tag, { kind: 'ABORT', tagReflected: true, causes: [] });
    network.run();
    expect(endingOf(z)).toBe('graceful');
  });
});
