import { expect, it } from 'vitest';
import { connected } from '../stage.ts';

it.each([
  ['set', true, 20],
  ['not set', false, 220],
])(
  '"Upon receipt of an SCTP packet containing a DATA chunk with the I bit set, the receiver SHOULD NOT delay the sending of the corresponding SACK chunk, i.e., the receiver SHOULD immediately respond with the corresponding SACK chunk.": it is %s',
  (_, immediateAck, delayMs) => {
    // Neither the number of packets nor a gap is a reason to answer at once.
    const { network, peer } = connected({ sackFrequency: 16 });
    peer.send(peer.data(1)); // the first of an association never waits
    network.run({ forMs: 300 });
    peer.host.arrivals.length = 0;
    const start = network.now;
    // Any DATA chunk of the packet may have it.
    peer.send(peer.data(2, { immediateAck }), peer.data(3));
    network.run({ forMs: 1_000 });
    const [arrival] = peer.host.arrivals;
    expect(arrival!.timeMs - start).toBe(delayMs);
    expect(arrival!.packet!.chunks).toMatchObject([{ kind: 'SACK', cumulativeTsnAck: 3 }]);
  },
);
