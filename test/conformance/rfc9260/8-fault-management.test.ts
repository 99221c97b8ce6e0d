import { describe, expect, it } from 'vitest';
import type { Chunk } from '../../../src/chunks/index.ts';
import { messages } from '../../support/messages.ts';
import { endingOf, establishedPair, pair } from '../../support/pair.ts';
import { type ArrangedState, arrange, arrangedStates } from '../../support/states.ts';
import { allPackets } from '../stage.ts';

it('§8.1: "The counter used for endpoint failure detection MUST be reset each time a DATA chunk sent to that peer endpoint is acknowledged (by the reception of a SACK chunk)."', () => {
  const { network, a, z } = establishedPair({ a: { associationMaxRetrans: 3, rtoMaxMs: 1_000 } });
  for (let i = 0; i < 5; i++) {
    network.link(a, z).set({ drop: (_, index) => index < 3 });
    a.feed(a.association, messages(1, 100));
    network.run({ until: () => z.received().length === i + 1 });
    network.run({ forMs: 500 });
  }
  expect([a.association.state, a.association.metrics().retransmissionTimeouts]).toEqual(['ESTABLISHED', 15]);
});

it('§8.1: beyond Association.Max.Retrans "the endpoint SHOULD consider the peer endpoint unreachable"; it "SHALL stop transmitting any more data to it"', () => {
  const { network, a, z } = establishedPair({ a: { associationMaxRetrans: 2 } });
  network.linkBoth(a, z).cut();
  a.feed(a.association, messages(10, 1_000));
  network.run({ until: () => a.association.state === 'CLOSED' });
  expect(endingOf(a)).toBe('SCTP_ERR_PEER_UNREACHABLE');
  network.linkBoth(a, z).restore();
  network.clearLadder();
  network.run({ forMs: 20_000 });
  expect(network.ladder().filter((line) => line.startsWith('a'))).toEqual([]);
});

describe('§8.3: "A receiver of a HEARTBEAT chunk MUST respond to a HEARTBEAT chunk with a HEARTBEAT ACK chunk after entering the COOKIE-ECHOED state (sender of the INIT chunk) or the ESTABLISHED state (receiver of the INIT chunk), up until reaching the SHUTDOWN-SENT state"', () => {
  const answering: readonly ArrangedState[] = ['ESTABLISHED', 'SHUTDOWN-PENDING', 'SHUTDOWN-SENT', 'SHUTDOWN-RECEIVED'];
  const heartbeat: Chunk = { kind: 'HEARTBEAT', value: Uint8Array.of(0, 1, 0, 8, 1, 2, 3, 4) };

  it.each(arrangedStates.filter((state) => state !== 'none' && state !== 'COOKIE-ECHOED'))('%s', (state) => {
    const { network, peer } = arrange(state);
    peer.send(heartbeat);
    network.run({ forMs: 50 });
    expect(peer.received.some(({ kind }) => kind === 'HEARTBEAT ACK')).toBe(answering.includes(state));
  });

  it('COOKIE-ECHOED: once the COOKIE ACK chunk has come, before which nothing else may be sent (§5.1 C)', () => {
    const { network, peer } = arrange('COOKIE-ECHOED');
    peer.send(heartbeat);
    peer.send({ kind: 'COOKIE ACK' });
    network.run({ forMs: 50 });
    expect(peer.received.at(-1)?.kind).toBe('HEARTBEAT ACK');
  });
});

describe('§8.5: the Verification Tag', () => {
  it('"the endpoint MUST fill in the Verification Tag field of the outbound packet with the tag value in the Initiate Tag parameter of the INIT or INIT ACK chunk received from its peer." of an INIT: "The sender MUST set the Verification Tag of the packet to 0."', () => {
    const { network, a, z } = pair();
    const association = a.connect(z);
    network.run({ until: () => association.state === 'ESTABLISHED' });
    const tags = { 5000: association.peerVerificationTag, 5001: association.myVerificationTag } as const;
    for (const host of [a, z]) host.feed(host.association, messages(5, 2_000));
    network.run({ forMs: 40_000 });
    a.shutdown();
    network.run();
    // §8.5.1 C: "the T bit MUST NOT be set."
    expect(allPackets(network).at(-1)?.chunks).toEqual([{ kind: 'SHUTDOWN COMPLETE', tagReflected: false }]);
    for (const { chunks, sourcePort, verificationTag } of allPackets(network)) {
      // §12.3: "and (2) a packet containing an INIT chunk MUST have a zero Verification Tag."
      const isInit = chunks[0]?.kind === 'INIT';
      // §8.5.1 C: "then the destination endpoint's tag MUST be used"
      expect(verificationTag).toBe(isInit ? 0 : tags[sourcePort as 5000 | 5001]);
    }
  });

  it('of an ABORT: "The endpoint MUST always fill in the Verification Tag field of the outbound packet with the destination endpoint\'s tag value if it is known." §9.1: "The sender MUST fill in the peer\'s Verification Tag in the outbound packet and MUST NOT bundle any DATA chunk with the ABORT chunk."', () => {
    const { network, a, association } = establishedPair();
    a.feed(association, messages(20, 1_000));
    a.abort();
    const last = allPackets(network).at(-1)!;
    // §9.1: "MUST fill in the peer's Verification Tag in the outbound packet"
    expect(last.verificationTag).toBe(association.peerVerificationTag);
    // §9.1: "MUST NOT bundle any DATA chunk with the ABORT chunk"
    expect(last.chunks).toMatchObject([{ kind: 'ABORT', tagReflected: false }]);
  });
});
