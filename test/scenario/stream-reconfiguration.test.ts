import { describe, expect, it } from 'vitest';
import type { AssociationReset, StreamsAdded, StreamsReset } from '../../src/association/events.ts';
import { acceptEverything } from '../../src/association/reconfiguration-policy.ts';
import type { ReconfigurationRequest } from '../../src/association/reconfiguration-requester.ts';
import { plus, tsn } from '../../src/base/serial.ts';
import {
  type Chunk,
  chunkTypes,
  type Parameter,
  type ReconfigurationResponseParameter,
} from '../../src/chunks/index.ts';
import { type Host, type HostOptions, Network } from '../../src/simulation/index.ts';
import { messages, pattern } from '../support/messages.ts';
import { operationsOf } from '../support/operations.ts';
import { type EstablishedPair, endingOf, establishedPair, eventsOf, isQuiet } from '../support/pair.ts';
import { type RawPeer, rawPair } from '../support/raw-peer.ts';

const ask = (host: Host, request: ReconfigurationRequest): void =>
  host.command(() => host.association.reconfigure(request));

const send = (host: Host, number: number, streamId = 0, length = 100): void =>
  host.send(host.association, { data: pattern(number, length), streamId, ppid: number });

const resetOut = (...streamIds: number[]): ReconfigurationRequest => ({ kind: 'reset outgoing streams', streamIds });
const resetIn = (...streamIds: number[]): ReconfigurationRequest => ({ kind: 'reset incoming streams', streamIds });
const resetAll: ReconfigurationRequest = { kind: 'reset association' };

/** The outcomes so far, and what was read, in the order in which a host's user sees them. */
function outcomes(host: Host): string[] {
  return host.events.flatMap(({ event }) => {
    if (event.kind === 'streamsReset') return [describeReset(event)];
    if (event.kind === 'associationReset') return [describeAssociationReset(event)];
    return event.kind === 'streamsAdded' ? [describeAdded(event)] : [];
  });
}

const describeReset = ({ direction, streamIds, result }: StreamsReset): string =>
  `${direction} ${streamIds.join() || 'all'} ${result}`;
const describeAssociationReset = ({ by, result }: AssociationReset): string => `association by ${by} ${result}`;
const describeAdded = ({ direction, count, result }: StreamsAdded): string => `${count} more ${direction} ${result}`;

/** Stream Sequence Numbers as they were sent, by stream. */
function numbersSent({ network }: EstablishedPair, side: 'a' | 'z'): string[] {
  const lines = network.ladder({ verbose: true }).filter((line) => line.startsWith(`${side} >`));
  return [...lines.join().matchAll(/stream (\d+) (?:ssn|mid) (\d+)/g)].map(
    ([, stream, number]) => `${stream}:${number}`,
  );
}

const reconfig = (...list: Parameter[]): Chunk => ({ kind: 'RE-CONFIG', parameters: list });

/** Until nobody has anything more to say but heartbeats. */
const settle = ({ network }: EstablishedPair): void => network.run({ forMs: 15_000 });

const received = (host: Host): number[] => host.received().map(({ ppid }) => ppid);

describe.each([
  ['DATA', false],
  ['I-DATA', true],
])('with %s', (_, interleaving) => {
  const options = { interleaving };
  const both = (): EstablishedPair => establishedPair({ a: options, z: options });

  it('a reset of outgoing streams lets what was accepted before go first, and what comes after wait (RFC 6525 §5.1.2)', () => {
    const two = both();
    const { network, a, z } = two;
    for (let n = 0; n < 3; n++) send(a, n, n % 2);
    ask(a, resetOut(0));
    send(a, 3, 0);
    send(a, 4, 1);
    settle(two);
    expect(numbersSent(two, 'a')).toEqual(['0:0', '1:0', '0:1', '1:1', '0:0']);
    expect(received(z)).toEqual([0, 1, 2, 4, 3]);
    expect([outcomes(a), outcomes(z)]).toEqual([['outgoing 0 performed'], ['incoming 0 performed']]);
    expect(network.ladder().filter((line) => line.includes('RE-CONFIG'))).toHaveLength(2);
  });

  it('none named means all', () => {
    const two = both();
    const { a, z } = two;
    for (let n = 0; n < 4; n++) send(a, n, n % 2);
    ask(a, resetOut());
    for (let n = 4; n < 8; n++) send(a, n, n % 2);
    send(a, 8, 7);
    settle(two);
    expect(numbersSent(two, 'a').slice(4)).toEqual(['0:0', '1:0', '0:1', '1:1', '7:0']);
    expect(received(z)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect([outcomes(a), outcomes(z)]).toEqual([['outgoing all performed'], ['incoming all performed']]);
  });

  it('incoming streams are reset by the peer, which is asked to (§5.1.3, §5.2.3)', () => {
    const two = both();
    const { network, a, z } = two;
    send(z, 0, 3);
    settle(two);
    network.clearLadder();
    ask(a, resetIn(3));
    settle(two);
    send(z, 1, 3);
    settle(two);
    expect(network.ladder().slice(0, 4)).toEqual([
      'a > RE-CONFIG Incoming SSN Reset Request',
      'z > RE-CONFIG Outgoing SSN Reset Request + SACK 0',
      'a > RE-CONFIG Re-configuration Response + SACK 1',
      expect.stringMatching(/^z > (I-)?DATA 2$/),
    ]);
    expect(numbersSent(two, 'z')).toEqual(['3:0']);
    expect([outcomes(a), outcomes(z)]).toEqual([['incoming 3 performed'], ['outgoing 3 performed']]);
    expect(received(a)).toEqual([0, 1]);
  });

  it('several in a row take effect one after the other', () => {
    const two = both();
    const { a, z } = two;
    for (let n = 0; n < 4; n++) {
      send(a, 2 * n);
      send(a, 2 * n + 1);
      ask(a, resetOut(0));
    }
    settle(two);
    expect(numbersSent(two, 'a')).toEqual(['0:0', '0:1', '0:0', '0:1', '0:0', '0:1', '0:0', '0:1']);
    expect(received(z)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(outcomes(z)).toEqual(new Array(4).fill('incoming 0 performed'));
  });

  it('a reset of the association whose answer is overtaken by a FORWARD TSN of the new TSNs loses nothing', () => {
    const two = establishedPair({ a: options, z: { ...options, rtoInitialMs: 200, rtoMinMs: 100 } });
    const { network, a, z } = two;
    let isAnswered = false;
    network.link(z, a).set({
      drop: ({ chunks }) => {
        const answers = chunks.some(({ kind }) => kind === 'RE-CONFIG');
        const isLost = answers && !isAnswered;
        isAnswered ||= answers;
        return isLost;
      },
    });
    ask(a, resetAll);
    network.run({ until: () => isAnswered });
    // The first message of the new TSNs is lost and given up; the answer comes only when it is asked for again.
    network.link(z, a).set({ drop: (_, index) => index === 0 });
    z.send(z.association, { data: pattern(7, 100), ppid: 7, maxRetransmits: 0 });
    network.run({ until: () => network.packets.at(-1)?.lost !== undefined });
    send(z, 0);
    settle(two);
    expect(received(a)).toEqual([0]);
    expect(endingOf(a)).toBeUndefined();
    send(z, 1);
    settle(two);
    expect(received(a)).toEqual([0, 1]);
  });

  it('a reset of the association moves the TSNs of both sides, and loses nothing (§5.1.4, §5.2.4)', () => {
    const two = both();
    const { network, a, z } = two;
    for (let n = 0; n < 40; n++) send(a, n, n % 3, 2_000);
    for (let n = 0; n < 40; n++) send(z, n, n % 3, 2_000);
    ask(a, resetAll);
    for (let n = 40; n < 45; n++) send(a, n, 1);
    network.run({ forMs: 15 });
    for (let n = 40; n < 45; n++) send(z, n, 2);
    settle(two);
    expect([received(a).length, received(z).length]).toEqual([45, 45]);
    expect([outcomes(a), outcomes(z)]).toEqual([['association by local performed'], ['association by peer performed']]);
    expect(numbersSent(two, 'a').slice(-5)).toEqual(['1:0', '1:1', '1:2', '1:3', '1:4']);
    a.shutdown();
    network.run({ until: () => isQuiet(two) });
    expect([endingOf(a), endingOf(z)]).toEqual(['graceful', 'graceful']);
  });

  it('both sides may reset the association at once', () => {
    const two = both();
    const { a, z } = two;
    for (const host of [a, z]) for (let n = 0; n < 3; n++) send(host, n);
    settle(two);
    for (const host of [a, z]) ask(host, resetAll);
    for (const host of [a, z]) for (let n = 3; n < 6; n++) send(host, n);
    settle(two);
    expect([received(a), received(z)]).toEqual([
      [0, 1, 2, 3, 4, 5],
      [0, 1, 2, 3, 4, 5],
    ]);
    const told = [outcomes(a), outcomes(z)].sort((x, y) => x.length - y.length);
    expect(told).toEqual([
      ['association by local performed'],
      ['association by local nothing to do', 'association by peer performed'],
    ]);
  });
});

describe('requests and responses that are lost', () => {
  it.each([
    ['the request', 'a'],
    ['the response', 'z'],
  ])('%s comes again, and takes effect once (§5.1.1, §5.2.1)', (_, side) => {
    const two = establishedPair();
    const { network, a, z } = two;
    let left = 2;
    const drop = ({ chunks }: { readonly chunks: readonly Chunk[] }): boolean =>
      chunks.some(({ kind }) => kind === 'RE-CONFIG') && left-- > 0;
    (side === 'a' ? network.link(a, z) : network.link(z, a)).set({ drop });
    send(a, 0);
    ask(a, resetOut(0));
    send(a, 1);
    send(a, 2);
    settle(two);
    expect(
      network
        .ladder({ times: true })
        .filter((line) => line.includes('a > RE-CONFIG') || line.includes('a x RE-CONFIG')),
    ).toHaveLength(3);
    expect([received(z), outcomes(a), outcomes(z)]).toEqual([
      [0, 1, 2],
      ['outgoing 0 performed'],
      ['incoming 0 performed'],
    ]);
  });

  it('the timer doubles, counts errors, and gives the peer up', () => {
    const two = establishedPair({ a: { associationMaxRetrans: 3, hbIntervalMs: 0 } });
    const { network, a, z } = two;
    network.link(a, z).cut();
    ask(a, resetOut(0));
    network.run({ until: () => endingOf(a) !== undefined });
    // The last one is the ABORT chunk that tells the peer.
    expect(network.ladder({ times: true }).map((line) => Math.round(Number(line.trim().split(' ')[0])))).toEqual([
      40, 1_040, 3_040, 7_040, 15_040,
    ]);
    expect(network.ladder().at(-1)).toContain('a x ABORT');
    expect(endingOf(a)).toBe('SCTP_ERR_PEER_UNREACHABLE');
  });

  it('an answer to a reset of the association that is lost, with data behind it that is not', () => {
    const two = establishedPair();
    const { network, a, z } = two;
    send(z, 0);
    settle(two);
    let left = 1;
    network.link(z, a).set({ drop: ({ chunks }) => chunks.some(({ kind }) => kind === 'RE-CONFIG') && left-- > 0 });
    ask(a, resetAll);
    network.run({ until: () => outcomes(z).length > 0 });
    for (let n = 1; n < 5; n++) send(z, n);
    settle(two);
    expect(received(a)).toEqual([0, 1, 2, 3, 4]);
    expect(outcomes(a)).toEqual(['association by local performed']);
  });
});

describe('data that the reset has overtaken', () => {
  it('is waited for: "In progress" (§5.2.2 E2)', () => {
    const two = establishedPair();
    const { network, a, z } = two;
    network.link(a, z).set({ drop: (_, index) => index === 0 });
    send(a, 0);
    network.run({ forMs: 0 });
    send(a, 1);
    ask(a, resetOut(0));
    send(a, 2);
    settle(two);
    const results = network
      .ladder({ verbose: true })
      .filter((line) => line.startsWith('z') && line.includes('RE-CONFIG'));
    expect(results.map((line) => /In progress|Performed/.exec(line)?.[0])).toEqual(['In progress', 'Performed']);
    expect([received(z), numbersSent(two, 'a')]).toEqual([
      [0, 1, 2],
      ['0:1', '0:0', '0:0'],
    ]);
  });

  it('held up for long, the request is asked again without an error being counted (§5.2.7 H2)', () => {
    const two = establishedPair({ a: { associationMaxRetrans: 2, pathMaxRetrans: 2, hbIntervalMs: 0 } });
    const { network, a, z } = two;
    for (let n = 0; n < 10; n++) send(z, n, 0, 1_000);
    network.link(z, a).set({ drop: ({ chunks }) => chunks.some(({ kind }) => kind === 'DATA') });
    send(z, 10, 0, 1_000);
    network.run({ forMs: 50 });
    ask(a, resetAll);
    network.run({ forMs: 30_000 });
    expect(endingOf(a)).toBeUndefined();
    expect(network.ladder().filter((line) => line === 'a > RE-CONFIG SSN/TSN Reset Request').length).toBeGreaterThan(3);
    network.link(z, a).set({ drop: undefined });
    network.run({ until: () => outcomes(a).length > 0, forMs: 120_000 });
    expect([received(a).length, outcomes(a)]).toEqual([11, ['association by local performed']]);
  });
});

describe('more streams (§5.1.5, §5.1.6)', () => {
  const few = { outboundStreams: 2, maxInboundStreams: 5 };

  it('are there once the peer has agreed', () => {
    const two = establishedPair({ a: few, z: few });
    const { a, z } = two;
    expect(() => send(a, 0, 2)).toThrow('no outbound stream');
    ask(a, { kind: 'add outgoing streams', count: 3 });
    settle(two);
    send(a, 0, 4);
    settle(two);
    expect([a.association.outboundStreams, z.association.inboundStreams, received(z)]).toEqual([5, 5, [0]]);
    expect([outcomes(a), outcomes(z)]).toEqual([['3 more outgoing performed'], ['3 more incoming performed']]);
  });

  it('of the peer are asked for', () => {
    const two = establishedPair({ a: few, z: few });
    const { a, z } = two;
    ask(a, { kind: 'add incoming streams', count: 2 });
    settle(two);
    expect([a.association.inboundStreams, z.association.outboundStreams]).toEqual([4, 4]);
    expect([outcomes(a), outcomes(z)]).toEqual([['2 more incoming performed'], ['2 more outgoing performed']]);
  });

  it('than the peer takes are denied', () => {
    const two = establishedPair({ a: few, z: few });
    const { a } = two;
    ask(a, { kind: 'add outgoing streams', count: 4 });
    settle(two);
    expect([a.association.outboundStreams, outcomes(a)]).toEqual([2, ['4 more outgoing denied']]);
  });

  it.each([
    ['none', { kind: 'add outgoing streams', count: 0 }],
    ['a part of one', { kind: 'add outgoing streams', count: 1.5 }],
    ['more than there can be', { kind: 'add outgoing streams', count: 65_534 }],
    ['more than we take', { kind: 'add incoming streams', count: 4 }],
  ] as const)('%s is refused at once', (_, request) => {
    const { a } = establishedPair({ a: few, z: few });
    expect(() => ask(a, request)).toThrow('cannot add');
  });
});

describe('what is not allowed', () => {
  const forbidden = { acceptStreamResets: false, acceptAssociationResets: false, acceptAddedStreams: false };

  it('is denied, and changes nothing', () => {
    const two = establishedPair({ a: { outboundStreams: 2 }, z: { outboundStreams: 2 } });
    const { a, z } = two;
    z.association.reconfigurationPolicy = forbidden;
    send(a, 0);
    const requests = [
      resetOut(0),
      resetIn(0),
      resetAll,
      { kind: 'add outgoing streams', count: 1 } as const,
      { kind: 'add incoming streams', count: 1 } as const,
    ];
    for (const request of requests) ask(a, request);
    send(a, 1);
    settle(two);
    expect(outcomes(a)).toEqual([
      'outgoing 0 denied',
      'incoming 0 denied',
      'association by local denied',
      '1 more outgoing denied',
      '1 more incoming denied',
    ]);
    expect([outcomes(z), received(z), numbersSent(two, 'a')]).toEqual([[], [0, 1], ['0:0', '0:1']]);
  });

  it('we may still ask for it ourselves', () => {
    const two = establishedPair();
    const { a } = two;
    a.association.reconfigurationPolicy = forbidden;
    ask(a, resetIn(1));
    settle(two);
    expect(outcomes(a)).toEqual(['incoming 1 performed']);
  });

  it.each([
    ['a stream that there is not', resetOut(99), 'no stream 99'],
    ['an incoming stream that there is not', resetIn(99), 'no stream 99'],
    ['too many at once', resetOut(...Array.from({ length: 101 }, (_, n) => n % 10)), 'up to 100'],
  ])('%s is refused at once', (_, request, words) => {
    const few = { outboundStreams: 10 };
    const { a } = establishedPair({ a: few, z: few });
    expect(() => ask(a, request)).toThrow(words);
  });

  it('a peer that does not speak it is not asked (§5.1.1)', () => {
    const { a } = establishedPair({ z: { streamReconfiguration: false } });
    expect(() => ask(a, resetOut(0))).toThrow('does not support');
  });
});

describe('requests that cross', () => {
  it('a reset asked for and a reset offered are one: "Nothing to do" (§5.2.3)', () => {
    const two = establishedPair();
    const { a, z } = two;
    ask(a, resetOut(1, 2));
    ask(z, resetIn(1));
    settle(two);
    expect([outcomes(a), outcomes(z)]).toEqual([
      ['outgoing 1,2 performed'],
      ['incoming 1,2 performed', 'incoming 1 nothing to do'],
    ]);
  });

  it('both sides may ask each other for resets at once, and neither waits for ever', () => {
    const two = establishedPair();
    const { a, z } = two;
    for (const host of [a, z]) ask(host, resetIn());
    settle(two);
    for (const host of [a, z])
      expect(outcomes(host).sort()).toEqual(['incoming all performed', 'outgoing all performed']);
  });

  it('with a shutdown: what waits for the reset is delivered all the same', () => {
    const two = establishedPair();
    const { network, a, z } = two;
    send(a, 0);
    ask(a, resetOut(0));
    send(a, 1);
    z.shutdown();
    network.run({ until: () => isQuiet(two), forMs: 30_000 });
    expect([received(z), endingOf(a), endingOf(z)]).toEqual([[0, 1], 'graceful', 'graceful']);
  });

  it('a shutdown of our own waits for the answer', () => {
    const two = establishedPair();
    const { network, a } = two;
    ask(a, resetAll);
    a.shutdown();
    network.run({ until: () => isQuiet(two), forMs: 30_000 });
    expect(outcomes(a)).toEqual(['association by local performed']);
  });

  it('a second reset of the association goes 30 seconds after the first (§5.1.4)', () => {
    const two = establishedPair();
    const { network, a } = two;
    ask(a, resetAll);
    ask(a, resetAll);
    network.run({ until: () => outcomes(a).length === 2, forMs: 60_000 });
    const requests = network.ladder({ times: true }).filter((line) => line.includes('SSN/TSN'));
    expect(requests.map((line) => Math.round(Number(line.trim().split(' ')[0])))).toEqual([40, 30_040]);
  });
});

describe('a peer that does as it likes', () => {
  const parameters: Parameter[] = [{ kind: 'Supported Extensions', chunkTypes: [chunkTypes['RE-CONFIG']] }];
  const first = 1; // its Initial TSN, from which its requests are counted

  function listener(): { network: Network; z: Host; peer: RawPeer } {
    const network = new Network();
    const z = network.addHost('z', { addresses: ['10.0.0.2'], port: 5001, listening: true });
    return { network, z, peer: rawPair(network, z, { parameters }) };
  }

  const outgoing = (requestSequenceNumber: number, streamNumbers: number[] = [], last = 0): Parameter => ({
    kind: 'Outgoing SSN Reset Request',
    requestSequenceNumber,
    responseSequenceNumber: 0,
    sendersLastAssignedTsn: tsn(last),
    streamNumbers,
  });

  /** What z has answered since the last call: number and result. */
  function answers(peer: RawPeer): string[] {
    return peer.host.arrivals
      .splice(0)
      .flatMap(({ packet }) =>
        (packet?.chunks ?? []).flatMap((chunk) =>
          chunk.kind === 'RE-CONFIG'
            ? chunk.parameters
                .filter((each): each is ReconfigurationResponseParameter => each.kind === 'Re-configuration Response')
                .map(({ responseSequenceNumber, result }) => `${responseSequenceNumber}:${result}`)
            : [],
        ),
      );
  }

  it('a number that is not the next: "Error - Bad Sequence Number"', () => {
    const { network, z, peer } = listener();
    for (const number of [first + 1, first - 1, first + 2 ** 31]) {
      peer.send(reconfig(outgoing(number)));
      network.run({ forMs: 100 });
      expect(answers(peer)).toEqual([`${number >>> 0}:5`]);
    }
    expect(outcomes(z)).toEqual([]);
  });

  it('a request that comes again gets the same answer, and is done once (§5.2.1)', () => {
    const { network, z, peer } = listener();
    for (let n = 0; n < 3; n++) peer.send(reconfig(outgoing(first)));
    network.run({ forMs: 100 });
    expect([answers(peer), outcomes(z)]).toEqual([['1:1', '1:1', '1:1'], ['incoming all performed']]);
  });

  it('streams that there are not: "Error - Wrong SSN"', () => {
    const { network, z, peer } = listener();
    peer.send(reconfig(outgoing(first, [9, 10])));
    network.run({ forMs: 100 });
    expect([answers(peer), outcomes(z)]).toEqual([['1:3'], []]);
  });

  it('what we asked for may come in words and in several steps, even where nothing else is allowed (§5.2.2 E1)', () => {
    const { network, z, peer } = listener();
    const number = peer.peerInitialTsn; // of z's first request
    z.association.reconfigurationPolicy = { ...acceptEverything, acceptStreamResets: false };
    ask(z, resetIn());
    network.run({ forMs: 50 });
    const inAnswer = (n: number, streams: number[]): Parameter => ({
      ...(outgoing(n, streams) as Extract<Parameter, { kind: 'Outgoing SSN Reset Request' }>),
      responseSequenceNumber: number,
    });
    const inWords = { kind: 'Re-configuration Response' as const, responseSequenceNumber: number, result: 1 };
    peer.send(reconfig(inAnswer(first, [0, 2]), inWords));
    peer.send(reconfig(inAnswer(first + 1, [1])));
    peer.send(reconfig(outgoing(first + 2, [1])));
    network.run({ forMs: 50 });
    expect(outcomes(z)).toEqual(['incoming 0,2 performed', 'incoming 1 performed']);
    expect(eventsOf(z, 'streamsReset').map(({ askedFor }) => askedFor)).toEqual([[], []]);
    expect(answers(peer)).toEqual([`${first}:1`, `${first + 1}:1`, `${first + 2}:2`]);
  });

  it('an answer to nothing is nothing (§5.2.7 H1)', () => {
    const { network, z, peer } = listener();
    for (const responseSequenceNumber of [0, 1, peer.peerInitialTsn]) {
      peer.send(reconfig({ kind: 'Re-configuration Response', responseSequenceNumber, result: 1 }));
    }
    network.run({ forMs: 1_000 });
    expect([network.ladder().filter((line) => line.startsWith('z')), outcomes(z)]).toEqual([[], []]);
  });

  it('an answer without TSNs to a reset of the association is an error; streams stay as they are', () => {
    const { network, z, peer } = listener();
    send(z, 0);
    network.run({ forMs: 100 });
    peer.send(peer.sack(1));
    network.run({ forMs: 100 });
    ask(z, resetAll);
    send(z, 1);
    network.run({ forMs: 100 });
    peer.send(reconfig({ kind: 'Re-configuration Response', responseSequenceNumber: peer.peerInitialTsn, result: 1 }));
    network.run({ forMs: 100 });
    expect(outcomes(z)).toEqual(['association by local error']);
    expect(peer.latest('DATA').fragment.messageId).toBe(1);
  });

  it('a reset in front of data in one packet: the data has the new numbers', () => {
    const { network, z, peer } = listener();
    peer.send(peer.data(1, { ssn: 0 }), peer.data(3, { ssn: 2 }));
    peer.send(reconfig(outgoing(first, [0], 3)));
    network.run({ forMs: 100 });
    expect(answers(peer)).toEqual(['1:6']);
    peer.send(
      peer.data(2, { ssn: 1 }),
      reconfig(outgoing(first, [0], 3)),
      peer.data(4, { ssn: 0 }),
      peer.data(5, { ssn: 1 }),
    );
    network.run({ forMs: 100 });
    expect(outcomes(z)).toEqual(['incoming 0 performed']);
    expect([z.received().length, z.endpoint.bufferedBytes]).toEqual([5, 0]);
  });

  it('data behind a reset that waits is held, and accounted for (§5.2.2 E2, E4)', () => {
    const { network, z, peer } = listener();
    peer.send(
      reconfig(outgoing(first, [0], 2)),
      peer.data(3, { ssn: 0, length: 700 }),
      peer.data(4, { streamId: 1, ssn: 0 }),
    );
    network.run({ forMs: 100 });
    expect([z.received().length, z.endpoint.bufferedBytes > 700]).toEqual([1, true]);
    peer.send(peer.data(1), peer.data(2));
    network.run({ forMs: 100 });
    expect([z.received().length, z.endpoint.bufferedBytes]).toEqual([4, 0]);
  });

  it('requests without end are answered, one packet each, and none of them throws', () => {
    const { network, z, peer } = listener();
    for (let n = 0; n < 300; n++) {
      const kind = n % 2 === 0 ? ('Incoming SSN Reset Request' as const) : ('Add Incoming Streams Request' as const);
      peer.send(reconfig({ kind, requestSequenceNumber: first + n, streamNumbers: [], newStreams: 1 } as Parameter));
    }
    network.run({ forMs: 500 });
    expect(answers(peer).length).toBeLessThanOrEqual(300);
    expect(z.association.state).toBe('ESTABLISHED');
  });

  it('a whole packet of requests is answered by one packet', () => {
    const { network, z, peer } = listener();
    const chunks = Array.from({ length: 60 }, (_, n) => reconfig(outgoing(first + n)));
    peer.send(...chunks);
    network.run({ forMs: 100 });
    expect(network.ladder().filter((line) => line.startsWith('z'))).toHaveLength(1);
    expect(z.association.state).toBe('ESTABLISHED');
  });

  it('a SACK chunk from before the reset that was late is old, and not foresight', () => {
    const { network, z, peer } = listener();
    for (let n = 0; n < 3; n++) send(z, n);
    network.run({ forMs: 100 });
    peer.send(peer.sack(3));
    network.run({ forMs: 100 });
    ask(z, resetAll);
    network.run({ forMs: 100 });
    const nextTsns = { sendersNextTsn: tsn(5_000), receiversNextTsn: plus(peer.peerInitialTsn, 2 ** 31 + 3) };
    const answer = { kind: 'Re-configuration Response' as const, result: 1, nextTsns };
    peer.send(reconfig({ ...answer, responseSequenceNumber: peer.peerInitialTsn }));
    peer.send(peer.sack(2));
    peer.send(peer.sack(3));
    network.run({ forMs: 100 });
    expect([outcomes(z), z.association.state]).toEqual([['association by local performed'], 'ESTABLISHED']);
    send(z, 3);
    network.run({ forMs: 100 });
    expect(peer.latest('DATA')).toMatchObject({ tsn: nextTsns.receiversNextTsn, fragment: { messageId: 0 } });
  });
});

describe('65,535 streams', () => {
  it('opening, using one and resetting all of them costs what it costs with few', () => {
    const cost = (streams: number): number => {
      const options = { outboundStreams: streams, maxInboundStreams: streams };
      const two = establishedPair({ a: options, z: options });
      const { a, z } = two;
      const operations = operationsOf(() => {
        for (let n = 0; n < 5; n++) {
          send(a, n, streams - 1);
          ask(a, resetOut());
          two.network.run({ until: () => outcomes(a).length > n });
        }
        settle(two);
      });
      expect(received(z)).toHaveLength(5);
      return operations;
    };
    expect(cost(65_535)).toBeLessThan(1.1 * cost(5));
  });

  it('all of them can be used and reset', () => {
    const many = { outboundStreams: 65_535, maxInboundStreams: 65_535, sendBufferSize: 2 ** 25 };
    const two = establishedPair({ a: many, z: many, recordedPackets: 10 });
    const { network, a, z } = two;
    const all = messages(65_535, 1).map((message, streamId) => ({ ...message, streamId }));
    const some = all.filter(({ streamId }) => streamId % 100 === 0);
    a.feed(a.association, all);
    ask(a, resetOut());
    a.feed(a.association, some);
    network.run({ until: () => z.received().length === all.length + some.length, forMs: 60_000 });
    expect([outcomes(a), z.endpoint.bufferedBytes]).toEqual([['outgoing all performed'], 0]);
  });
});

describe('messages that were given up (RFC 3758)', () => {
  it.each([
    ['FORWARD-TSN', false],
    ['I-FORWARD-TSN', true],
  ] as const)('before a reset are never named together with those behind it: %s', (kind, interleaving) => {
    const network = new Network();
    const z = network.addHost('z', { addresses: ['10.0.0.2'], port: 5001, listening: true, interleaving });
    const types = [
      chunkTypes['RE-CONFIG'],
      ...(interleaving ? [chunkTypes['I-DATA'], chunkTypes['I-FORWARD-TSN']] : []),
    ];
    const parameters: Parameter[] = [
      { kind: 'Forward-TSN-Supported' },
      { kind: 'Supported Extensions', chunkTypes: types },
    ];
    const peer = rawPair(network, z, { parameters });
    const partial = (streamId: number): void =>
      z.send(z.association, { data: pattern(0, 1_400), streamId, maxRetransmits: 0 });
    const isToldOf = (number: number): boolean =>
      peer.received.some(
        (chunk) => chunk.kind === kind && chunk.newCumulativeTsn === plus(peer.peerInitialTsn, number - 1),
      );
    partial(0);
    partial(0);
    ask(z, resetOut(0));
    partial(1); // not part of the reset: it goes on
    network.run({ until: () => isToldOf(2), forMs: 10_000 });
    // The peer has skipped both and done the reset; nothing of that is heard of, and all is repeated.
    network.run({ forMs: 20_000 });
    expect(isToldOf(3)).toBe(false);
    const responseSequenceNumber = peer.peerInitialTsn;
    peer.send(reconfig({ kind: 'Re-configuration Response', responseSequenceNumber, result: 1 }));
    network.run({ until: () => outcomes(z).length > 0 });
    partial(0);
    network.run({ forMs: 120_000 });
    expect([isToldOf(3), isToldOf(4)]).toEqual([false, false]);
    peer.send(peer.sack(2));
    network.run({ until: () => isToldOf(4), forMs: 120_000 });
    const numbers = peer.latest(kind).streams.map((each) => [each.streamId, 'ssn' in each ? each.ssn : each.mid]);
    expect(numbers).toEqual([
      [1, 0],
      [0, 0],
    ]);
  });
});

describe('a request that the peer answers by one of its own', () => {
  const first = 1;

  function listener(given: Partial<HostOptions> = {}): { network: Network; z: Host; peer: RawPeer } {
    const network = new Network();
    const z = network.addHost('z', { addresses: ['10.0.0.2'], port: 5001, listening: true, ...given });
    const parameters: Parameter[] = [{ kind: 'Supported Extensions', chunkTypes: [chunkTypes['RE-CONFIG']] }];
    return { network, z, peer: rawPair(network, z, { parameters }) };
  }

  const adds = (newStreams: number, requestSequenceNumber = first): Chunk =>
    reconfig({ kind: 'Add Outgoing Streams Request', requestSequenceNumber, newStreams });
  const resets = (responseSequenceNumber: number, ...streamNumbers: number[]): Chunk =>
    reconfig({
      kind: 'Outgoing SSN Reset Request',
      requestSequenceNumber: first,
      responseSequenceNumber,
      sendersLastAssignedTsn: tsn(0),
      streamNumbers,
    });
  const responds = (peer: RawPeer, n: number, result: number): Chunk =>
    reconfig({
      kind: 'Re-configuration Response',
      responseSequenceNumber: plus(peer.peerInitialTsn, n),
      result,
    });
  const requests = (peer: RawPeer): string[] =>
    peer.host.arrivals
      .splice(0)
      .flatMap(({ packet }) =>
        (packet?.chunks ?? []).flatMap((chunk) =>
          chunk.kind === 'RE-CONFIG'
            ? chunk.parameters.flatMap((each) =>
                'requestSequenceNumber' in each
                  ? [`${(each.requestSequenceNumber - peer.peerInitialTsn) >>> 0} ${each.kind}`]
                  : [],
              )
            : [],
        ),
      );

  it('Add Incoming Streams is answered by Add Outgoing Streams alone (§5.2.6)', () => {
    const { network, z, peer } = listener();
    z.association.reconfigurationPolicy = { ...acceptEverything, acceptAddedStreams: false };
    ask(z, { kind: 'add incoming streams', count: 2 });
    ask(z, resetOut(0));
    network.run({ forMs: 50 });
    peer.send(adds(2));
    network.run({ forMs: 50 });
    expect(outcomes(z)).toEqual(['2 more incoming performed']);
    expect(requests(peer)).toEqual(['0 Add Incoming Streams Request', '1 Outgoing SSN Reset Request']);
    peer.send(responds(peer, 1, 1));
    network.run({ forMs: 50 });
    z.command(() => z.association.shutdown(network.now));
    network.run({ forMs: 50 });
    expect([z.association.inboundStreams, outcomes(z).at(-1), peer.latest('SHUTDOWN').kind]).toEqual([
      12,
      'outgoing 0 performed',
      'SHUTDOWN',
    ]);
  });

  it('which comes twice, as its answer was lost', () => {
    const { network, z, peer } = listener();
    ask(z, { kind: 'add incoming streams', count: 2 });
    network.run({ forMs: 50 });
    for (let n = 0; n < 2; n++) peer.send(adds(2));
    network.run({ forMs: 50 });
    expect([z.association.inboundStreams, outcomes(z)]).toEqual([12, ['2 more incoming performed']]);
  });

  it('Add Incoming Streams may be denied in words, and the next one performed', () => {
    const { network, z, peer } = listener();
    for (let n = 0; n < 2; n++) ask(z, { kind: 'add incoming streams', count: 2 });
    network.run({ forMs: 50 });
    peer.send(responds(peer, 0, 2));
    network.run({ forMs: 50 });
    peer.send(responds(peer, 1, 1), adds(2));
    network.run({ forMs: 50 });
    expect([z.association.inboundStreams, outcomes(z)]).toEqual([
      12,
      ['2 more incoming denied', '2 more incoming performed'],
    ]);
  });

  it('another number of streams is the idea of the peer, or its answer: ours goes again, and then the next', () => {
    const { network, z, peer } = listener();
    ask(z, { kind: 'add incoming streams', count: 2 });
    ask(z, resetOut(0));
    network.run({ forMs: 50 });
    peer.send(adds(1));
    network.run({ forMs: 500 });
    expect(requests(peer)).toEqual(['0 Add Incoming Streams Request']);
    network.run({ forMs: 10_000 });
    expect(requests(peer).slice(0, 2)).toEqual(['0 Add Incoming Streams Request', '1 Outgoing SSN Reset Request']);
    expect(outcomes(z)).toEqual(['1 more incoming performed', '2 more incoming error']);
  });

  it('a peer that has answered in words will do so again, whatever it adds of its own', () => {
    const { network, z, peer } = listener();
    for (let n = 0; n < 2; n++) ask(z, { kind: 'add incoming streams', count: 2 });
    network.run({ forMs: 50 });
    peer.send(responds(peer, 0, 1), adds(2));
    network.run({ forMs: 50 });
    peer.send(adds(1, first + 1));
    network.run({ forMs: 10_000 });
    const asked = requests(peer);
    expect(asked.length).toBeGreaterThan(3);
    expect(new Set(asked)).toEqual(new Set(['0 Add Incoming Streams Request', '1 Add Incoming Streams Request']));
    peer.send(responds(peer, 1, 1), adds(2, first + 2));
    network.run({ forMs: 50 });
    expect(outcomes(z)).toEqual([
      '2 more incoming performed',
      '1 more incoming performed',
      '2 more incoming performed',
    ]);
  });

  it('a peer that has added as many by chance has not seen ours: it goes again, and the next behind it', () => {
    const { network, z, peer } = listener();
    ask(z, { kind: 'add incoming streams', count: 2 });
    ask(z, resetOut(0));
    network.run({ forMs: 50 });
    peer.send(adds(2));
    network.run({ forMs: 50 });
    requests(peer);
    peer.send(responds(peer, 1, 5)); // Bad Sequence Number
    network.run({ forMs: 50 });
    expect(requests(peer)).toEqual(['0 Add Incoming Streams Request']);
    peer.send(responds(peer, 0, 1));
    network.run({ forMs: 50 });
    expect(requests(peer)).toEqual(['1 Outgoing SSN Reset Request']);
    peer.send(responds(peer, 1, 1), adds(2, first + 1));
    network.run({ forMs: 50 });
    expect([z.association.inboundStreams, outcomes(z)]).toEqual([
      14,
      ['2 more incoming performed', 'outgoing 0 performed', '2 more incoming performed'],
    ]);
  });

  it('Incoming SSN Reset is answered by Outgoing SSN Reset alone (§5.2.2 E1)', () => {
    const { network, z, peer } = listener();
    ask(z, resetIn(3));
    ask(z, { kind: 'add outgoing streams', count: 1 });
    network.run({ forMs: 50 });
    peer.send(resets(peer.peerInitialTsn, 3));
    network.run({ forMs: 50 });
    expect(outcomes(z)).toEqual(['incoming 3 performed']);
    expect(requests(peer)).toEqual(['0 Incoming SSN Reset Request', '1 Add Outgoing Streams Request']);
  });

  it('or by one that bears another number: ours goes again, and then the next', () => {
    const { network, z, peer } = listener();
    ask(z, resetIn(3));
    ask(z, { kind: 'add outgoing streams', count: 1 });
    network.run({ forMs: 50 });
    peer.send(resets(77, 3));
    network.run({ forMs: 10_000 });
    expect(outcomes(z)).toEqual(['incoming 3 performed']);
    expect(requests(peer).slice(0, 3)).toEqual([
      '0 Incoming SSN Reset Request',
      '0 Incoming SSN Reset Request',
      '1 Add Outgoing Streams Request',
    ]);
  });

  it('ours, once answered itself, is followed by words where the peer asks again', () => {
    const { network, z, peer } = listener();
    const asks = reconfig({ kind: 'Incoming SSN Reset Request', requestSequenceNumber: first, streamNumbers: [0] });
    peer.send(asks);
    network.run({ forMs: 50 });
    expect(requests(peer)).toEqual(['0 Outgoing SSN Reset Request']);
    peer.send(responds(peer, 0, 1));
    peer.send(asks);
    network.run({ forMs: 50 });
    expect(outcomes(z)).toEqual(['outgoing 0 performed']);
    expect(peer.latest('RE-CONFIG').parameters).toMatchObject([
      { kind: 'Re-configuration Response', responseSequenceNumber: first, result: 1 },
    ]);
  });
});
