import { describe, expect, it } from 'vitest';
import { distance } from '../../../src/base/serial.ts';
import { chunkTypes, findParameter } from '../../../src/chunks/index.ts';
import { messages, pattern } from '../../support/messages.ts';
import { endingOf, establishedPair } from '../../support/pair.ts';
import { RawPeer } from '../../support/raw-peer.ts';
import { allPackets, connected, dataTo, kindsOf, stage } from '../stage.ts';
import { iData, iDataTo, speaksIData } from './i-data.ts';

const interleaving = { interleaving: true };

describe('§2.2.1 negotiation', () => {
  it.each([
    [
      '"If user message interleaving support has been negotiated for an association, I-DATA chunks MUST be used for all user messages and DATA chunks MUST NOT be used."',
      true,
      'I-DATA',
    ],
    [
      '"If user message interleaving support has not been negotiated for an association, DATA chunks MUST be used for all user messages and I-DATA chunks MUST NOT be used."',
      false,
      'DATA',
    ],
  ])('%s', (_, isOffered, kind) => {
    const { network, a, z } = establishedPair({ a: interleaving, z: { interleaving: isOffered } });
    for (const host of [a, z]) host.feed(host.association, messages(3, 3_000));
    network.run({ until: () => a.received().length + z.received().length === 6 });
    const kinds = allPackets(network).flatMap(kindsOf);
    // "has been negotiated for an association, I-DATA chunks MUST be used for all user messages"; "has been negotiated […] and
    // DATA chunks MUST NOT be used"; "has not been negotiated for an association, DATA chunks MUST be used for all user
    // messages"; "has not been negotiated […] I-DATA chunks MUST NOT be used"
    expect(new Set(kinds.filter((each) => each.endsWith('DATA')))).toEqual(new Set([kind]));
  });

  it('"An endpoint implementing the socket API specified in [RFC6458] MUST NOT indicate user message interleaving support unless the user has requested its use"', () => {
    for (const options of [{}, interleaving]) {
      const { network, peer } = stage(options, { parameters: speaksIData });
      peer.sendUnder(0, peer.init());
      network.run({ forMs: 100 });
      const types = findParameter(peer.latest('INIT ACK').parameters, 'Supported Extensions')?.chunkTypes ?? [];
      expect(types.includes(chunkTypes['I-DATA'])).toBe('interleaving' in options);
    }
  });

  it('§2: "An SCTP implementation supporting user message interleaving is REQUIRED to support the coexistence of associations using DATA chunks and associations using I-DATA chunks."', () => {
    const { network, z, peer } = connected(interleaving, { parameters: speaksIData });
    const plain = new RawPeer(network, z, { name: 'p', address: '10.0.0.8', port: 5556, tag: 7 }).connect();
    peer.send(iData(peer, 1, 0));
    plain.send(plain.data(1));
    for (const association of z.associations) z.send(association, { data: pattern(0, 10) });
    network.run({ forMs: 100 });
    expect([iDataTo(peer).length, dataTo(peer).length, iDataTo(plain).length, dataTo(plain).length]).toEqual([
      1, 0, 0, 1,
    ]);
    expect(z.associations.map((association) => z.received(association).length)).toEqual([1, 1]);
  });
});

describe('§2.2.2 the sender', () => {
  const peerOptions = { parameters: speaksIData };

  it('"The first fragment MUST have the B bit set. The last fragment MUST have the E bit set. All other fragments MUST NOT have the B or E bit set."', () => {
    const { network, z, peer } = connected(interleaving, peerOptions);
    z.send(z.association, { data: pattern(0, 4_000), ppid: 51 });
    network.run({ forMs: 50 });
    const bits = iDataTo(peer).map(({ fragment: { beginning, ending, fsn } }) => [fsn, beginning, ending]);
    expect(bits).toEqual([
      [0, true, false],
      [1, false, false],
      [2, false, true],
    ]);
  });

  it('"congestion control as well as receiver window conditions MUST be observed, as defined in [RFC4960]."', () => {
    for (const [aRwnd, most] of [
      [100_000, 5_000],
      [3_000, 3_000],
    ] as const) {
      const { network, z, peer } = connected(interleaving, { ...peerOptions, aRwnd });
      expect(z.association.paths[0]!.cwnd).toBeLessThan(5_000);
      for (let streamId = 0; streamId < 5; streamId++) {
        z.send(z.association, { data: pattern(0, 10_000), streamId });
      }
      network.run({ forMs: 900 });
      const bytes = iDataTo(peer).reduce((sum, { fragment }) => sum + fragment.payload.length, 0);
      expect(bytes).toBeGreaterThan(1_000);
      expect(bytes).toBeLessThanOrEqual(most + 1_472);
      if (aRwnd < 5_000) expect(bytes).toBeLessThanOrEqual(aRwnd);
    }
  });

  it('"The sender MUST NOT process (move user data into I-DATA chunks and assign a TSN to it) more than one user message in any given stream at any time."; "The sender MUST assign TSNs to I-DATA chunks in a way that the receiver can make progress."', () => {
    const options = { ...interleaving, scheduler: 'round-robin', initialCwndPackets: 100, maxBurst: 0 } as const;
    const { network, z, peer } = connected(options, peerOptions);
    const mixed = Array.from({ length: 12 }, (_, n) => ({
      data: pattern(n, 5_000),
      streamId: n % 3,
      unordered: n % 2 === 0,
    }));
    z.feed(z.association, mixed);
    network.run({ forMs: 50 });
    const sent = iDataTo(peer).toSorted((a, b) => distance(a.tsn, b.tsn));
    const streams = sent.map(({ fragment }) => fragment.streamId);
    expect(new Set(streams.slice(0, 3)).size).toBe(3); // several streams at once
    for (const streamId of [0, 1, 2]) {
      const own = sent.filter(({ fragment }) => fragment.streamId === streamId).map(({ fragment }) => fragment);
      expect(own.length).toBeGreaterThan(12);
      for (const [i, { fsn, beginning }] of own.entries()) {
        const before = own[i - 1];
        expect(beginning).toBe(before === undefined || before.ending);
        expect(fsn).toBe(beginning ? 0 : before!.fsn + 1);
      }
    }
  });
});

describe('§2.2.3 the receiver', () => {
  it('"the receiver MUST first use the SID to identify the stream, consider the U bit to determine if it is part of an ordered or unordered message, find the user message identified by the MID, and use the FSN for reassembly of the message and not the TSN. The receiver MUST NOT make any assumption about the TSN assignments of the sender."', () => {
    const { network, z, peer } = connected(interleaving, { parameters: speaksIData });
    const first = { ending: false, length: 100 };
    const middle = { beginning: false, ending: false, length: 100 };
    const last = { beginning: false, length: 100 };
    // Four messages with MID 0, two of which share a stream, and one with MID 1: backwards, and all mixed.
    const pieces: [
      messageId: number,
      fsn: number,
      options: typeof first & { streamId?: number; unordered?: boolean },
    ][] = [
      [1, 1, { ...middle, ending: true }],
      [0, 2, { ...last, ending: true }],
      [0, 1, { ...last, ending: true, unordered: true }],
      [0, 1, { ...last, ending: true, streamId: 1 }],
      [0, 1, middle],
      [1, 0, first],
      [0, 0, { ...first, streamId: 1 }],
      [0, 0, { ...first, unordered: true }],
      [0, 0, first],
    ];
    for (const [i, [messageId, fsn, options]] of pieces.entries())
      peer.send(iData(peer, i + 1, messageId, fsn, options));
    network.run({ forMs: 100 });
    const read = z.received().map(({ streamId, unordered, data }) => {
      const tsns = [...data].filter((_, i) => i % 100 === 0);
      return `${streamId}${unordered ? 'U' : ''}: ${tsns}`;
    });
    expect(read).toEqual(['1: 7,4', '0U: 8,3', '0: 9,5,2', '0: 6,1']);
  });

  it('"the receiver of the DATA chunk MUST abort the association by sending an ABORT chunk."', () => {
    const { network, z, peer } = connected(interleaving, { parameters: speaksIData });
    peer.send(peer.data(1));
    network.run({ forMs: 100 });
    expect(peer.latest('ABORT').causes).toMatchObject([{ kind: 'Protocol Violation' }]);
    expect(endingOf(z)).toBe('SCTP_ERR_PROTOCOL_VIOLATION');
  });
});
