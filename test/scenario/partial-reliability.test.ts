import { describe, expect, it } from 'vitest';
import { ssn, tsn } from '../../src/base/serial.ts';
import type { ForwardTsnChunk } from '../../src/chunks/index.ts';
import { type Host, Network, type OutgoingMessage } from '../../src/simulation/index.ts';
import { pattern } from '../support/messages.ts';
import { type EstablishedPair, endingOf, establishedPair, eventsOf, isQuiet } from '../support/pair.ts';
import { type RawPeer, rawPair } from '../support/raw-peer.ts';

const message = (number: number, policy: Partial<OutgoingMessage> = {}): OutgoingMessage => ({
  data: pattern(number, 1_000),
  ppid: number,
  ...policy,
});

const numbers = (host: Host): number[] => host.received().map(({ ppid }) => ppid);

/** What was given up, and whether something of it had been sent. */
const abandoned = (host: Host): string[] =>
  eventsOf(host, 'abandoned').map(({ message: { ppid }, wasSent }) => `${ppid}${wasSent ? ' sent' : ''}`);

/** Loses the packets with these TSNs, each the first so many times that it is sent. */
function lose({ network, a, z }: EstablishedPair, tsns: readonly number[], times = 1): void {
  const losses = new Map(tsns.map((number) => [number, times]));
  network.link(a, z).set({
    drop: ({ chunks }) => {
      const lost = chunks.flatMap((chunk) => ('tsn' in chunk ? [chunk.tsn] : [])).filter((n) => losses.get(n));
      for (const number of lost) losses.set(number, losses.get(number)! - 1);
      return lost.length > 0;
    },
  });
}

/** Loses the first so many packets with a chunk of this kind. */
function loseKind({ network, a, z }: EstablishedPair, kind: string, times: number): void {
  let left = times;
  network.link(a, z).set({ drop: ({ chunks }) => chunks.some((chunk) => chunk.kind === kind) && left-- > 0 });
}

/** Until nothing is left to send or to hear of. */
function settle({ network, association, z }: EstablishedPair): void {
  network.run({ until: () => association.bufferedAmount === 0, forMs: 60_000 });
  network.run({ forMs: 5_000 });
  expect(z.endpoint.bufferedBytes).toBe(0);
}

describe('limited retransmissions (RFC 7496 §3.1)', () => {
  it('0: a message that is lost is not sent again, and the peer goes on without it', () => {
    const two = establishedPair();
    const { network, a, z } = two;
    lose(two, [2]);
    for (let n = 0; n < 5; n++) a.send(a.association, message(n, { maxRetransmits: 0 }));
    settle(two);
    expect(network.ladder()).toEqual([
      'a > DATA 1',
      'a x DATA 2',
      'a > DATA 3',
      'a > DATA 4',
      'a > DATA 5',
      'z > SACK 1',
      'z > SACK 1 gaps 2-2',
      'z > SACK 1 gaps 2-3',
      'z > SACK 1 gaps 2-4',
      'a > FORWARD-TSN 2',
      'z > SACK 5',
    ]);
    expect(numbers(z)).toEqual([0, 2, 3, 4]);
    expect([abandoned(a), a.association.abandonedMessages(0)]).toEqual([['1 sent'], { unsent: 0, sent: 1 }]);
  });

  it('1: it is sent once more', () => {
    const two = establishedPair();
    const { network, a, z } = two;
    lose(two, [2], 2);
    for (let n = 0; n < 5; n++) a.send(a.association, message(n, { maxRetransmits: 1 }));
    settle(two);
    expect(network.ladder().filter((line) => line.includes(' DATA 2'))).toEqual(['a x DATA 2', 'a x DATA 2']);
    expect([numbers(z), abandoned(a)]).toEqual([[0, 2, 3, 4], ['1 sent']]);
  });

  it('a message that arrives at the second attempt is delivered', () => {
    const two = establishedPair();
    const { a, z } = two;
    lose(two, [2]);
    for (let n = 0; n < 5; n++) a.send(a.association, message(n, { maxRetransmits: 1, reportDelivery: true }));
    settle(two);
    expect([numbers(z), abandoned(a)]).toEqual([[0, 1, 2, 3, 4], []]);
    expect(eventsOf(a, 'delivered').map(({ message: { ppid } }) => ppid)).toEqual([0, 1, 2, 3, 4]);
  });

  it('the last message: T3-rtx finds that it is lost', () => {
    const two = establishedPair();
    const { network, a, z } = two;
    lose(two, [1]);
    a.send(a.association, message(0, { maxRetransmits: 0 }));
    settle(two);
    expect(network.ladder({ times: true }).map((line) => line.trim())).toEqual([
      '40.000 a x DATA 1',
      '1040.000 a > FORWARD-TSN 1',
      '1050.000 z > SACK 1',
    ]);
    expect(numbers(z)).toEqual([]);
  });

  it('a reliable message behind it is sent again', () => {
    const two = establishedPair();
    const { a, z } = two;
    lose(two, [1, 2, 3]);
    a.send(a.association, message(0, { maxRetransmits: 0 }));
    a.send(a.association, message(1));
    a.send(a.association, message(2, { maxRetransmits: 0 }));
    settle(two);
    expect([numbers(z), abandoned(a)]).toEqual([[1], ['0 sent', '2 sent']]);
  });
});

describe('timed reliability (RFC 7496, RFC 9260 §11.1.5)', () => {
  it('a message whose time is over before its turn is not sent, and takes no number', () => {
    const two = establishedPair({ link: { rateBitsPerSecond: 100_000 } });
    const { a, z } = two;
    for (let n = 0; n < 8; n++) a.send(a.association, message(n));
    a.send(a.association, message(8, { lifetimeMs: 100 }));
    a.send(a.association, message(9));
    settle(two);
    expect([numbers(z), abandoned(a)]).toEqual([[0, 1, 2, 3, 4, 5, 6, 7, 9], ['8']]);
    expect(a.association.abandonedMessages(0)).toEqual({ unsent: 1, sent: 0 });
  });

  it('a full send buffer gives up those that are late, and takes another', () => {
    const two = establishedPair({ a: { sendBufferSize: 8_000 } });
    const { network, a, z } = two;
    network.link(a, z).cut();
    for (let n = 0; n < 5; n++) a.send(a.association, message(n)); // as many as cwnd takes
    for (let n = 5; n < 8; n++) a.send(a.association, message(n, { lifetimeMs: 500, streamId: n }));
    expect(() => a.send(a.association, message(8))).toThrow('full');
    network.run({ forMs: 500 });
    a.send(a.association, message(9));
    expect(abandoned(a)).toEqual(['5', '6', '7']);
    network.link(a, z).restore();
    settle(two);
    expect(numbers(z)).toEqual([0, 1, 2, 3, 4, 9]);
  });

  it('one whose time is over is not sent again', () => {
    const two = establishedPair();
    const { network, a, z } = two;
    lose(two, [1]);
    a.send(a.association, message(0, { lifetimeMs: 500 }));
    settle(two);
    expect([numbers(z), abandoned(a)]).toEqual([[], ['0 sent']]);
    expect(network.ladder()).toEqual(['a x DATA 1', 'a > FORWARD-TSN 1', 'z > SACK 1']);
  });

  it('one that was begun is broken off: no half of it is read', () => {
    const two = establishedPair({ link: { rateBitsPerSecond: 1_000_000 } });
    const { network, a, z } = two;
    a.send(a.association, { ...message(0), data: pattern(0, 200_000), lifetimeMs: 300 });
    a.send(a.association, message(1));
    settle(two);
    expect([numbers(z), abandoned(a)]).toEqual([[1], ['0 sent']]);
    const sent = network.packets.reduce((sum, { packet }) => sum + packet.length, 0);
    expect(sent).toBeLessThan(100_000);
  });

  it('is not broken off where the peer does not speak FORWARD TSN', () => {
    const two = establishedPair({ link: { rateBitsPerSecond: 1_000_000 }, z: { partialReliability: false } });
    const { a, z } = two;
    a.send(a.association, { ...message(0), data: pattern(0, 100_000), lifetimeMs: 100 });
    a.send(a.association, message(1, { lifetimeMs: 100 }));
    a.send(a.association, message(2, { maxRetransmits: 0 }));
    settle(two);
    expect([numbers(z), abandoned(a)]).toEqual([[0, 2], ['1']]);
  });
});

describe('priority (RFC 7496 §3.2)', () => {
  const blocked = (): EstablishedPair => {
    const two = establishedPair({ a: { sendBufferSize: 10_000 } });
    two.network.link(two.a, two.z).cut();
    return two;
  };

  it('a full send buffer gives up the highest number first, and the latest of those', () => {
    const two = blocked();
    const { a } = two;
    for (let n = 0; n < 10; n++) a.send(a.association, message(n, { priority: n < 5 ? 7 : 3 }));
    a.send(a.association, message(10, { priority: 1 }));
    expect(abandoned(a)).toEqual(['4 sent']);
    a.send(a.association, { ...message(11, { priority: 1 }), data: pattern(11, 2_000) });
    expect(abandoned(a).slice(1)).toEqual(['3 sent', '2 sent']);
  });

  it('what is worth as much, or reliable, stays', () => {
    const { a } = blocked();
    for (let n = 0; n < 10; n++) a.send(a.association, message(n, n % 2 === 0 ? {} : { priority: 3 }));
    expect(() => a.send(a.association, message(10, { priority: 3 }))).toThrow('full');
    expect(abandoned(a)).toEqual([]);
  });

  it('nothing is given up when all of it would not make room', () => {
    const { a } = blocked();
    for (let n = 0; n < 9; n++) a.send(a.association, message(n));
    a.send(a.association, message(9, { priority: 3 }));
    expect(() => a.send(a.association, { data: pattern(1, 2_000), priority: 1 })).toThrow('full');
    expect(abandoned(a)).toEqual([]);
  });

  it('what has been given up in the middle is skipped', () => {
    const two = blocked();
    const { network, a, z } = two;
    for (let n = 0; n < 10; n++) a.send(a.association, message(n, { priority: 10 - n }));
    for (let n = 10; n < 15; n++) a.send(a.association, message(n, { priority: 0 }));
    network.link(a, z).restore();
    settle(two);
    expect(numbers(z)).toEqual([5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
  });
});

describe('a message in pieces (RFC 3758 §3.5 A3)', () => {
  const large = (policy: Partial<OutgoingMessage>): OutgoingMessage => ({
    data: pattern(9, 6_000),
    ppid: 9,
    ...policy,
  });

  it.each([
    ['its first piece', [1]],
    ['a piece in the middle', [3]],
    ['its last piece', [5]],
    ['all of it', [1, 2, 3, 4, 5]],
  ])('is given up as a whole when %s is lost', (_, lost) => {
    for (const unordered of [false, true]) {
      for (const interleaving of [false, true]) {
        const options = { interleaving };
        const two = establishedPair({ a: options, z: options });
        const { a, z } = two;
        lose(two, lost);
        a.send(a.association, large({ maxRetransmits: 0, unordered }));
        a.send(a.association, message(1, { unordered }));
        settle(two);
        expect([numbers(z), abandoned(a)]).toEqual([[1], ['9 sent']]);
      }
    }
  });

  it('an unsent rest takes one TSN, which is never sent', () => {
    const two = establishedPair();
    const { network, a, z } = two;
    lose(two, [2]);
    a.send(a.association, { ...large({ maxRetransmits: 0 }), data: pattern(9, 60_000) });
    a.send(a.association, message(1));
    settle(two);
    const sent = network
      .ladder()
      .join()
      .match(/DATA \d+/g)!
      .map((text) => Number(text.slice(5)));
    const last = sent.at(-1)!;
    expect(sent).toEqual([...Array.from({ length: last - 2 }, (_, i) => i + 1), last]);
    expect(network.ladder().filter((line) => line.includes('FORWARD'))).toContain(
      `a > FORWARD-TSN ${last - 1} + DATA ${last}`,
    );
    expect(numbers(z)).toEqual([1]);
  });
});

describe('FORWARD TSN (RFC 3758 §3.5)', () => {
  it('that is lost comes again with T3-rtx (A5)', () => {
    const two = establishedPair();
    const { network, a } = two;
    const drop = network.link(two.a, two.z);
    drop.set({ drop: (_, index) => index < 3 });
    a.send(a.association, message(0, { maxRetransmits: 0 }));
    network.run({ forMs: 10_000 });
    expect(network.ladder({ times: true }).map((line) => line.trim())).toEqual([
      '40.000 a x DATA 1',
      '1040.000 a x FORWARD-TSN 1',
      '3040.000 a x FORWARD-TSN 1',
      '7040.000 a > FORWARD-TSN 1',
      '7050.000 z > SACK 1',
    ]);
  });

  it('whose answer comes puts off no retransmission: nothing that is outstanding was acknowledged (RFC 9260 §6.3.2 R3)', () => {
    const two = establishedPair();
    const { network, a } = two;
    const isData = ({ chunks }: { chunks: readonly { kind: string }[] }): boolean => chunks[0]!.kind === 'DATA';
    let lost = 0;
    network.link(a, two.z).set({ drop: (packet) => isData(packet) && lost++ < 3 });
    const data = pattern(0, 1_440);
    a.send(a.association, { data, maxRetransmits: 0 });
    a.send(a.association, { data });
    settle(two);
    expect(network.ladder({ times: true }).map((line) => line.trim())).toEqual([
      '40.000 a x DATA 1',
      '40.000 a x DATA 2',
      '1040.000 a > FORWARD-TSN 1',
      '1040.000 a x DATA 2',
      '1050.000 z > SACK 1',
      '3040.000 a > DATA 2',
      expect.stringMatching(/z > SACK 2$/),
    ]);
  });

  it('that nobody answers ends the association, as data does', () => {
    const two = establishedPair({ a: { associationMaxRetrans: 3, hbIntervalMs: 0 } });
    const { network, a, z } = two;
    network.link(a, z).cut();
    a.send(a.association, message(0, { maxRetransmits: 0 }));
    network.run({ until: () => endingOf(a) !== undefined });
    expect(endingOf(a)).toBe('SCTP_ERR_PEER_UNREACHABLE');
  });

  it('is bundled with data (F2)', () => {
    const two = establishedPair();
    const { network, a } = two;
    lose(two, [1, 2]);
    a.send(a.association, message(0, { maxRetransmits: 0 }));
    a.send(a.association, message(1));
    settle(two);
    expect(network.ladder()).toEqual(['a x DATA 1', 'a x DATA 2', 'a > FORWARD-TSN 1 + DATA 2', 'z > SACK 2']);
  });

  it('names each stream once, with its highest number (C4); unordered messages need no mention', () => {
    const two = establishedPair();
    const { network, a, z } = two;
    network.link(a, z).cut();
    const streams = [1, 2, 1, 2, 2];
    for (const [n, streamId] of streams.entries()) a.send(a.association, message(n, { streamId, maxRetransmits: 0 }));
    a.send(a.association, message(9, { streamId: 3, maxRetransmits: 0, unordered: true }));
    network.run({ forMs: 900 });
    network.link(a, z).restore();
    settle(two);
    const forward = network.ladder({ verbose: true }).filter((line) => line.includes('FORWARD'));
    expect(forward[0]).toContain('FORWARD-TSN 5 1:1 2:2 + DATA 6');
    expect(forward.join()).not.toContain('3:0');
  });

  it('does not go back and forth without end', () => {
    const two = establishedPair();
    const { network, a, z } = two;
    lose(two, [1]);
    for (let n = 0; n < 3; n++) {
      a.send(a.association, message(n, { maxRetransmits: 0 }));
      z.send(z.association, message(n));
    }
    settle(two);
    expect(network.ladder().filter((line) => line.includes('FORWARD')).length).toBeLessThanOrEqual(2);
  });

  it('goes at once when the hole before it is closed, and does not wait for T3-rtx', () => {
    const two = establishedPair({ link: { delayMs: 50 } });
    const { network, a, z } = two;
    lose(two, [1, 3, 5, 7], 1);
    const policies = [0, undefined, 0, undefined, 0, undefined, 0, undefined];
    for (const [n, odd] of policies.entries())
      a.send(a.association, message(n, odd === 0 ? { maxRetransmits: 0 } : {}));
    network.run({ until: () => association(a).bufferedAmount === 0 });
    settle(two);
    expect(numbers(z)).toEqual([1, 3, 5, 7]);
    expect(a.association.metrics().retransmissionTimeouts).toBeLessThanOrEqual(1);
  });

  it('more than half of all Stream Sequence Numbers are skipped in steps', () => {
    const many = 40_000;
    const options = {
      initialCwndPackets: 1_000,
      maxBurst: 0,
      receiveBufferSize: 32 * 2 ** 20,
      sendBufferSize: 2 ** 25,
    };
    const two = establishedPair({ a: options, z: options, recordedPackets: 10 });
    const { network, a, z } = two;
    network.link(a, z).cut();
    const tiny = (n: number): OutgoingMessage => ({ data: pattern(n, 1), ppid: n, maxRetransmits: 0 });
    a.feed(
      a.association,
      Array.from({ length: many }, (_, n) => tiny(n)),
    );
    expect(a.association.metrics().messagesSent).toBe(many);
    network.run({ forMs: 500 });
    network.link(a, z).restore();
    a.send(a.association, { ...message(many), maxRetransmits: undefined });
    settle(two);
    expect(numbers(z)).toEqual([many]);
  });

  it('for a closed window: lost there, it comes again', () => {
    const two = establishedPair({ z: { receiveBufferSize: 5_000, autoRead: false } });
    const { network, a, z } = two;
    for (let n = 0; n < 8; n++) a.send(a.association, message(n, { maxRetransmits: 0 }));
    network.run({ forMs: 5_000 });
    loseKind(two, 'FORWARD-TSN', 3);
    network.run({ forMs: 60_000 });
    while (z.receive() !== undefined);
    network.run({ until: () => a.association.bufferedAmount === 0, forMs: 120_000 });
    a.shutdown();
    network.run({ until: () => isQuiet(two), forMs: 120_000 });
    expect([endingOf(a), endingOf(z)]).toEqual(['graceful', 'graceful']);
  });
});

describe('a shutdown (RFC 9260 §9.2)', () => {
  it('waits for what is given up to be skipped', () => {
    const two = establishedPair();
    const { network, a, z } = two;
    lose(two, [1]);
    a.send(a.association, message(0, { maxRetransmits: 0 }));
    a.shutdown();
    network.run({ until: () => isQuiet(two), forMs: 60_000 });
    expect(network.ladder()).toEqual([
      'a x DATA 1',
      'a > FORWARD-TSN 1',
      'z > SACK 1',
      'a > SHUTDOWN 0',
      'z > SHUTDOWN ACK',
      'a > SHUTDOWN COMPLETE',
    ]);
    expect([endingOf(a), endingOf(z)]).toEqual(['graceful', 'graceful']);
  });
});

describe('FORWARD TSN from anybody (RFC 3758 §3.6)', () => {
  const supported = { parameters: [{ kind: 'Forward-TSN-Supported' as const }] };

  function forward(
    peer: RawPeer,
    number: number,
    streams: readonly (readonly [number, number])[] = [],
  ): ForwardTsnChunk {
    return {
      kind: 'FORWARD-TSN',
      newCumulativeTsn: tsn(peer.initialTsn + number - 1),
      streams: streams.map(([streamId, value]) => ({ streamId, ssn: ssn(value) })),
    };
  }

  function listener(options: Parameters<typeof rawPair>[2]): { network: Network; z: Host; peer: RawPeer } {
    const network = new Network();
    const z = network.addHost('z', { addresses: ['10.0.0.2'], port: 5001, listening: true });
    return { network, z, peer: rawPair(network, z, options) };
  }

  it('without negotiation is a chunk that nobody knows (§3.3.2)', () => {
    const { network, z, peer } = listener({});
    peer.send(forward(peer, 3), peer.data(1));
    network.run({ forMs: 1_000 });
    expect(network.ladder()).toEqual(['r > FORWARD-TSN 3 + DATA 1', 'z > ERROR Unrecognized Chunk Type + SACK 1']);
    expect(z.received()).toHaveLength(1);
  });

  it('I-FORWARD-TSN where DATA was negotiated breaks the protocol (RFC 8260 §2.3.1)', () => {
    const { network, z, peer } = listener(supported);
    peer.send({ kind: 'I-FORWARD-TSN', newCumulativeTsn: tsn(3), streams: [] });
    network.run({ forMs: 1_000 });
    expect(endingOf(z)).toBe('SCTP_ERR_PROTOCOL_VIOLATION');
  });

  it('backwards, or where it is already: answered by a SACK chunk, and nothing else', () => {
    const { network, z, peer } = listener(supported);
    peer.send(peer.data(1), peer.data(2), peer.data(3));
    network.run({ forMs: 1_000 });
    for (const number of [3, 1, 0, -70_000]) {
      network.clearLadder();
      peer.send(forward(peer, number, [[0, 7]]));
      network.run({ forMs: 1_000 });
      expect(network.ladder().slice(1)).toEqual(['z > SACK 3']);
    }
    peer.send(peer.data(4));
    network.run({ forMs: 1_000 });
    expect(z.received()).toHaveLength(4);
  });

  it.each([65_536, 1_000_000, 2 ** 31 - 1])('further ahead than TSNs can be reported (%i): taken', (number) => {
    const { network, z, peer } = listener(supported);
    peer.send(peer.data(3, { beginning: false, ending: false }));
    peer.send(forward(peer, number));
    peer.send(peer.data(number + 1, { ssn: 0 }));
    network.run({ forMs: 1_000 });
    expect(network.ladder().at(-1)).toBe(`z > SACK ${number + 1}`);
    expect(z.received()).toHaveLength(1);
    expect(z.endpoint.bufferedBytes).toBe(0);
  });

  it('2^31 ahead is behind', () => {
    const { network, z, peer } = listener(supported);
    peer.send(peer.data(1));
    peer.send(forward(peer, 2 ** 31 + 1));
    peer.send(peer.data(2));
    network.run({ forMs: 1_000 });
    expect(network.ladder().at(-1)).toBe('z > SACK 2');
    expect(z.received()).toHaveLength(2);
  });

  it('as far ahead as can be: taken, at no cost', () => {
    const { network, z, peer } = listener(supported);
    peer.send(peer.data(2, { streamId: 1, ssn: 5 }), forward(peer, 65_535, [[1, 4]]));
    network.run({ forMs: 1_000 });
    expect(network.ladder().at(-1)).toBe('z > SACK 65535');
    expect([z.received().length, z.endpoint.bufferedBytes]).toEqual([1, 0]);
  });

  it('for streams that there are not, or one stream twice: as if each were named once, or not at all', () => {
    const { network, z, peer } = listener(supported);
    peer.send(
      forward(peer, 2, [
        [65_535, 9],
        [10, 1],
        [0, 0],
        [0, 1],
        [0, 0],
      ]),
    );
    peer.send(peer.data(3, { ssn: 2 }));
    network.run({ forMs: 1_000 });
    expect(z.received()).toHaveLength(1);
    expect(network.ladder().at(-1)).toBe('z > SACK 3');
  });

  it('lets go of what waited: "MUST remove any partially reassembled message", delivers what is whole', () => {
    const { network, z, peer } = listener(supported);
    peer.send(
      peer.data(2, { ssn: 0, beginning: false, ending: false, length: 500 }),
      peer.data(4, { ssn: 1, length: 10 }),
      peer.data(5, { streamId: 1, unordered: true, ending: false, length: 500 }),
      peer.data(7, { ssn: 2, length: 20 }),
    );
    network.run({ forMs: 1_000 });
    expect([z.received().length, z.endpoint.bufferedBytes > 1_000]).toEqual([0, true]);
    peer.send(forward(peer, 6, [[0, 0]]));
    network.run({ forMs: 1_000 });
    expect(z.received().map(({ data }) => data.length)).toEqual([10, 20]);
    expect(z.endpoint.bufferedBytes).toBe(0);
  });
});

const association = (host: Host): Host['association'] => host.association;
