import { describe, expect, it } from 'vitest';
import { ssn, tsn } from '../../../src/base/serial.ts';
import type { Chunk } from '../../../src/chunks/index.ts';
import type { RawPeer } from '../../support/raw-peer.ts';
import { connected, type Stage } from '../stage.ts';

const forward = (peer: RawPeer, number: number, streams: readonly (readonly [number, number])[] = []): Chunk => ({
  kind: 'FORWARD-TSN',
  newCumulativeTsn: tsn(peer.initialTsn + number - 1),
  streams: streams.map(([streamId, value]) => ({ streamId, ssn: ssn(value) })),
});

/** A peer that has sent DATA 1, which was acknowledged. */
function begun(): Stage {
  const all = connected({}, { parameters: [{ kind: 'Forward-TSN-Supported' }] });
  all.peer.send(all.peer.data(1));
  all.network.run({ forMs: 300 });
  all.peer.host.arrivals.length = 0;
  return all;
}

describe('the cumulative TSN point', () => {
  it('"When a FORWARD TSN chunk arrives, the data receiver MUST first update its cumulative TSN point to the value carried in the FORWARD TSN chunk, and then MUST further advance its cumulative TSN point locally if possible"; "After the above processing, the data receiver MUST stop reporting any missing TSNs earlier than or equal to the new cumulative TSN point."', () => {
    const { network, peer } = begun();
    // The picture of §3.6, from 102 on.
    peer.send(...[3, 4, 6].map((number) => peer.data(number, { unordered: true })));
    peer.send(forward(peer, 2));
    network.run({ forMs: 30 });
    // "MUST first update its cumulative TSN point to the value carried in the FORWARD TSN chunk": to 2. "then MUST further
    // advance its cumulative TSN point locally if possible": to 4.
    expect(peer.latest('SACK')).toMatchObject({ cumulativeTsnAck: 4, gapAckBlocks: [{ start: 2, end: 2 }] });
  });

  it('"the data receiver MUST treat this FORWARD TSN as out-of-date and MUST NOT update its Cumulative TSN. The receiver SHOULD send a SACK to its peer"', () => {
    for (const number of [1, 0, -5]) {
      const { network, peer } = begun();
      peer.send(forward(peer, number));
      network.run({ forMs: 30 });
      // "MUST treat this FORWARD TSN as out-of-date"; "MUST NOT update its Cumulative TSN"
      expect(peer.received).toMatchObject([{ kind: 'SACK', cumulativeTsnAck: 1, gapAckBlocks: [] }]);
    }
  });

  it('"the receiver MUST perform the same TSN handling, including duplicate detection, gap detection, SACK generation, cumulative TSN advancement"', () => {
    const { network, z, peer } = begun();
    peer.send(forward(peer, 3, [[0, 2]]));
    peer.send(peer.data(2), peer.data(5, { ssn: 4 }));
    network.run({ forMs: 30 });
    expect(peer.latest('SACK')).toMatchObject({
      cumulativeTsnAck: 3,
      gapAckBlocks: [{ start: 2, end: 2 }],
      duplicateTsns: [2],
    });
    expect(z.received()).toHaveLength(1);
  });
});

describe('"Any time a FORWARD TSN chunk arrives, for the purposes of sending a SACK, the receiver MUST follow the same rules as if a DATA chunk had been received (i.e., follow the delayed sack rules specified in RFC 2960 [2] section 6.2)."', () => {
  const sackTime = (send: (peer: RawPeer) => void): number => {
    const { network, peer } = begun();
    const start = network.now;
    send(peer);
    network.run({ forMs: 1_000 });
    return peer.host.arrivals[0]!.timeMs - start;
  };

  it('one is acknowledged with delay, at least every second packet without', () => {
    expect(sackTime((peer) => peer.send(peer.data(2)))).toBe(220);
    expect(sackTime((peer) => peer.send(forward(peer, 2)))).toBe(220);
    const two = sackTime((peer) => {
      peer.send(forward(peer, 2));
      peer.send(forward(peer, 3));
    });
    expect(two).toBe(20);
  });
});

describe('messages', () => {
  it('"In particular, during processing of a FORWARD TSN, the receiver MUST use the stream sequence information to examine all of the listed stream reordering queues, and immediately make available for delivery stream sequence numbers earlier than or equal to the stream sequence number listed inside the FORWARD TSN. Any such stranded data SHOULD be made immediately available to the upper layer application."', () => {
    const { network, z, peer } = begun();
    peer.send(
      peer.data(3, { ssn: 2, length: 3 }),
      peer.data(5, { ssn: 4, length: 5 }),
      peer.data(7, { streamId: 1, ssn: 1, length: 7 }),
      peer.data(9, { ssn: 6, length: 9 }),
    );
    network.run({ forMs: 30 });
    expect(z.received()).toHaveLength(1);
    peer.send(
      forward(peer, 6, [
        [0, 3],
        [1, 0],
      ]),
    );
    network.run({ forMs: 15 });
    expect(z.received().map(({ data }) => data.length)).toEqual([4, 3, 5, 7]);
  });

  it('"After receiving and processing a FORWARD TSN, the data receiver MUST take cautions in updating its re-assembly queue. The receiver MUST remove any partially reassembled message, which is still missing one or more TSNs earlier than or equal to the new cumulative TSN point."', () => {
    const { network, z, peer } = begun();
    const piece = { ssn: 1, beginning: false, ending: false, length: 500 };
    peer.send(peer.data(3, piece), peer.data(4, { ...piece, ending: true }));
    // One that begins behind the point stays, and is completed.
    peer.send(peer.data(5, { ...piece, ssn: 2, beginning: true }));
    network.run({ forMs: 30 });
    const held = z.endpoint.bufferedBytes;
    peer.send(forward(peer, 4, [[0, 1]]));
    network.run({ forMs: 30 });
    expect(z.endpoint.bufferedBytes).toBeLessThanOrEqual(held - 1_000);
    peer.send(peer.data(6, { ...piece, ssn: 2, ending: true }));
    network.run({ forMs: 30 });
    expect(z.received().map(({ data }) => data.length)).toEqual([4, 1_000]);
    expect(z.endpoint.bufferedBytes).toBe(0);
  });
});
