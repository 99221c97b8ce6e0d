import { describe, expect, it } from 'vitest';
import { Network } from '../../src/simulation/index.ts';
import { messages } from '../support/messages.ts';
import { endingOf, establishedPair } from '../support/pair.ts';
import { rawPair } from '../support/raw-peer.ts';

function listener() {
  const network = new Network();
  const z = network.addHost('z', { addresses: ['10.0.0.2'], port: 5001, listening: true });
  return { network, z, peer: rawPair(network, z) };
}

/** The ladder with times, from the first packet on. */
function timed(network: Network): string[] {
  const start = network.packets[0]?.timeMs ?? 0;
  return network.ladder().map((line, i) => `${Math.round(network.packets[i]!.timeMs - start)} ${line}`);
}

describe('acknowledgement of data (RFC 9260 §6.2)', () => {
  it('the first DATA chunk of an association is acknowledged at once (§5.1)', () => {
    const { network, peer } = listener();
    peer.send(peer.data(1));
    network.run({ forMs: 500 });
    expect(timed(network)).toEqual(['0 r > DATA 1', '10 z > SACK 1']);
  });

  // §6.2: "The SCTP endpoint MUST always acknowledge the reception of each valid DATA chunk"; "MUST NOT be more
  // aggressive in sending SACK chunks than the following algorithms allow."
  it('every second packet at once, the last one after 200 ms', () => {
    const { network, peer } = listener();
    peer.send(peer.data(1));
    network.run({ forMs: 500 });
    network.clearLadder();
    for (const number of [2, 3, 4]) peer.send(peer.data(number));
    network.run({ forMs: 500 });
    expect(timed(network)).toEqual(['0 r > DATA 2', '0 r > DATA 3', '0 r > DATA 4', '10 z > SACK 3', '210 z > SACK 4']);
  });

  // §6.2: "An SCTP receiver MUST NOT generate more than one SACK chunk for every incoming packet".
  it('a packet counts once, however many DATA chunks it holds', () => {
    const { network, peer } = listener();
    peer.send(peer.data(1));
    network.run({ forMs: 500 });
    network.clearLadder();
    peer.send(peer.data(2), peer.data(3), peer.data(4));
    network.run({ forMs: 500 });
    expect(timed(network)).toEqual(['0 r > DATA 2 + DATA 3 + DATA 4', '210 z > SACK 4']);
  });

  it('travels with data that goes the other way (§6.1)', () => {
    const { network, z, peer } = listener();
    peer.send(peer.data(1));
    network.run({ forMs: 500 });
    network.clearLadder();
    peer.send(peer.data(2));
    network.run({ forMs: 50 });
    z.send(z.association, { data: new Uint8Array(10) });
    network.run({ forMs: 500 });
    expect(timed(network).slice(0, 2)).toEqual(['0 r > DATA 2', '50 z > SACK 2 + DATA 1']);
  });

  it('does not wait where the I bit asks for it (RFC 7053)', () => {
    const { network, a, z } = establishedPair();
    a.send(a.association, { data: new Uint8Array(10) });
    network.run({ forMs: 500 });
    network.clearLadder();
    a.send(a.association, { data: new Uint8Array(10), sackImmediately: true });
    network.run({ until: () => z.received().length === 2 });
    network.run({ forMs: 5 });
    expect(timed(network)).toEqual(['0 a > DATA 2', '10 z > SACK 2']);
  });

  it('reports every hole, at once and with each packet, until it is filled (§6.7)', () => {
    const { network, peer } = listener();
    for (const number of [1, 3, 4, 6, 2, 5]) {
      peer.send(peer.data(number));
      network.run({ forMs: 20 });
    }
    network.run({ forMs: 500 });
    expect(network.ladder().filter((line) => line.startsWith('z'))).toEqual([
      'z > SACK 1',
      'z > SACK 1 gaps 2-2',
      'z > SACK 1 gaps 2-3',
      'z > SACK 1 gaps 2-3 5-5',
      'z > SACK 4 gaps 2-2',
      'z > SACK 6',
    ]);
  });

  // §6.2: "When a packet arrives with duplicate DATA chunk(s) and with no new DATA chunk(s), the endpoint MUST
  // immediately send a SACK chunk with no delay."
  it('reports what came twice, at once', () => {
    const { network, z, peer } = listener();
    peer.send(peer.data(1));
    network.run({ forMs: 500 });
    network.clearLadder();
    peer.send(peer.data(1));
    network.run({ forMs: 20 });
    peer.send(peer.data(2), peer.data(2), peer.data(1));
    network.run({ forMs: 500 });
    expect(timed(network)).toEqual([
      '0 r > DATA 1',
      '10 z > SACK 1 dups 1',
      '20 r > DATA 2 + DATA 2 + DATA 1',
      '30 z > SACK 2 dups 2 1',
    ]);
    expect(z.received()).toHaveLength(2);
  });

  it('a DATA chunk far beyond what could be reported is dropped', () => {
    const { network, z, peer } = listener();
    peer.send(peer.data(1), peer.data(0x10000), peer.data(0x10001), peer.data(0x7000_0000));
    network.run({ forMs: 100 });
    expect(network.ladder().at(-1)).toBe('z > SACK 1 gaps 65535-65535');
    expect(z.association.metrics().dataChunksDropped).toBe(2);
  });

  it('SACKs and data go both ways at once', () => {
    const { network, a, z } = establishedPair();
    a.feed(a.association, messages(2, 1_400));
    z.feed(z.association, messages(2, 1_400));
    network.run({ forMs: 500 });
    expect(network.ladder()).toEqual([
      'a > DATA 1',
      'a > DATA 2',
      'z > DATA 1',
      'z > DATA 2',
      'z > SACK 1',
      'a > SACK 1',
      'a > SACK 2',
      'z > SACK 2',
    ]);
  });
});

describe('SACK chunks that are not what they should be (§6.2.1)', () => {
  /** A host with five DATA chunks outstanding. */
  function sending() {
    const { network, z, peer } = listener();
    z.feed(z.association, messages(5, 100));
    network.run({ forMs: 50 });
    network.clearLadder();
    return { network, z, peer };
  }

  // §12.4: "MUST abort the association if it receives a SACK chunk acknowledging a TSN that has not been sent."
  it('end the association when they speak of TSNs that were never sent (§3.3.10.13)', () => {
    for (const [number, gaps] of [
      [6, []],
      [1, [[2, 5]]],
      [0, [[65_000, 65_535]]],
    ] as const) {
      const { network, z, peer } = sending();
      peer.send(peer.sack(number, gaps));
      network.run({ forMs: 50 });
      expect(endingOf(z)).toBe('SCTP_ERR_PROTOCOL_VIOLATION');
      expect(peer.latest('ABORT').causes).toMatchObject([{ kind: 'Protocol Violation' }]);
      expect(z.association.bufferedAmount).toBe(0);
    }
  });

  it('are dropped when they are older than what is known', () => {
    const { network, z, peer } = sending();
    peer.send(peer.sack(4));
    peer.send(peer.sack(2, [[2, 3]], 1));
    network.run({ forMs: 50 });
    expect([z.association.bufferedAmount, z.association.metrics().sacksDropped]).toEqual([100, 1]);
  });

  it('are dropped when their blocks overlap, touch the cumulative TSN or run backwards', () => {
    const { network, z, peer } = sending();
    for (const gaps of [
      [[1, 2]],
      [[3, 2]],
      [
        [2, 3],
        [3, 4],
      ],
      [
        [4, 4],
        [2, 2],
      ],
    ] as const) {
      peer.send(peer.sack(0, gaps as readonly (readonly [number, number])[]));
    }
    network.run({ forMs: 50 });
    expect([z.association.bufferedAmount, z.association.metrics().sacksDropped]).toEqual([500, 4]);
  });

  it('that take back what a Gap Ack Block had told are believed, and nothing counts twice (D iii)', () => {
    const { network, z, peer } = sending();
    peer.send(peer.sack(1, [[2, 4]]));
    network.run({ forMs: 50 });
    expect(z.association.bufferedAmount).toBe(100);
    peer.send(peer.sack(1));
    network.run({ forMs: 5_000 });
    expect(network.ladder().filter((line) => line.startsWith('z'))).toContain('z > DATA 2 + DATA 3 + DATA 4 + DATA 5');
    peer.send(peer.sack(5));
    network.run({ forMs: 50 });
    expect(z.association.bufferedAmount).toBe(0);
    expect(z.association.paths[0]?.flightSize).toBe(0);
  });

  it('with blocks only: what they report is not delivered yet, and is reported when the association ends', () => {
    const { network, z, peer } = sending();
    peer.send(peer.sack(0, [[2, 5]]));
    network.run({ forMs: 50 });
    z.abort();
    const event = z.events.at(-1)?.event;
    expect(event?.kind === 'closed' && event.ending.undelivered.length).toBe(5);
  });
});
