import { describe, expect, it } from 'vitest';
import { pattern } from '../../support/messages.ts';
import { eventKinds } from '../../support/pair.ts';
import { connected, packetsTo } from '../stage.ts';

describe('§3.3.2: an INIT chunk that asks for nothing usable, from a peer that we know', () => {
  it.each([
    [
      '"with the a_rwnd value set to a value smaller than 1500 […] MUST NOT change the state of any existing association"',
      { aRwnd: 1_499 },
    ],
    ['"with the OS value set to 0 […] MUST NOT change the state of any existing association"', { outboundStreams: 0 }],
    ['"with the MIS value set to 0 […] MUST NOT change the state of any existing association"', { inboundStreams: 0 }],
  ])('%s', (_, wrong) => {
    const { network, z, peer } = connected();
    const { myVerificationTag, peerVerificationTag, paths } = z.association;
    for (const initiateTag of [0xabcd, peer.tag]) peer.sendUnder(0, peer.init({ initiateTag, ...wrong }));
    network.run({ forMs: 100 });
    expect(packetsTo(peer)).toMatchObject([
      { verificationTag: 0xabcd, chunks: [{ kind: 'ABORT', tagReflected: false }] },
      { verificationTag: peer.tag, chunks: [{ kind: 'ABORT', tagReflected: false }] },
    ]);
    expect(z.association).toMatchObject({ state: 'ESTABLISHED', myVerificationTag, peerVerificationTag, paths });
    peer.send(peer.data(1));
    z.send(z.association, { data: pattern(0, 10) });
    network.run({ forMs: 100 });
    expect([z.received().length, peer.latest('DATA').tsn, eventKinds(z)]).toEqual([
      1,
      peer.peerInitialTsn,
      ['readable'],
    ]);
  });

  it('§3.3.3, of an INIT ACK chunk: "The value of 0 MUST NOT be used, and […]": whatever the peer\'s limit is', () => {
    for (const streams of [1, 2, 65_535]) {
      const { network, peer } = connected({ outboundStreams: 2 }, { streams });
      peer.sendUnder(0, peer.init({ initiateTag: 0xabcd }));
      network.run({ forMs: 50 });
      expect(peer.latest('INIT ACK').outboundStreams).toBe(Math.min(2, streams));
    }
  });
});
