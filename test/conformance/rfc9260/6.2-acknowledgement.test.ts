import { expect, it } from 'vitest';
import { messages } from '../../support/messages.ts';
import { connected, kindsOf, packetsTo } from '../stage.ts';

it('"When the receiver\'s advertised window is 0, the receiver MUST drop any new incoming DATA chunk with a TSN larger than the largest TSN received so far." "the receiver MUST immediately send back a SACK chunk with the current receive window showing only DATA chunks received and accepted so far. The dropped DATA chunk(s) MUST NOT be included in the SACK chunk, as they were not accepted."', () => {
  const { network, z, peer } = connected({ receiveBufferSize: 4_000, autoRead: false });
  for (const number of [1, 2, 3]) peer.send(peer.data(number, { length: 1_300 }));
  network.run({ forMs: 300 });
  expect(peer.latest('SACK')).toMatchObject({ cumulativeTsnAck: 3, aRwnd: 0 });
  peer.host.arrivals.length = 0;
  peer.send(peer.data(4, { length: 100 }));
  network.run({ forMs: 25 });
  expect(peer.received).toMatchObject([{ kind: 'SACK', cumulativeTsnAck: 3, aRwnd: 0, gapAckBlocks: [] }]);
  while (z.receive() !== undefined);
  network.run({ forMs: 25 });
  expect(z.association.metrics()).toMatchObject({ messagesReceived: 3, dataChunksDropped: 1 });
});

it('"Acknowledgements MUST be sent in SACK chunks unless shutdown was requested by the ULP, in which case an endpoint MAY send an acknowledgement in the SHUTDOWN chunk."', () => {
  const { network, z, peer } = connected();
  peer.send(peer.data(1));
  network.run({ forMs: 50 });
  expect(peer.received).toMatchObject([{ kind: 'SACK', cumulativeTsnAck: 1 }]);
  peer.send(peer.data(2));
  network.run({ forMs: 15 });
  z.shutdown();
  network.run({ forMs: 15 });
  expect(peer.received.slice(1)).toMatchObject([{ kind: 'SHUTDOWN', cumulativeTsnAck: 2 }]);
});

it('"The SCTP endpoint MUST report as many Gap Ack Blocks as can fit in a single SACK chunk such that the size of the SCTP packet does not exceed the current PMTU." §6.7: "the endpoint MUST send only one SACK chunk. This single SACK chunk MUST report the Gap Ack Blocks from the lowest to highest TSNs, within the size limit set by the PMTU"', () => {
  const { network, peer } = connected({ pathMtu: 512 });
  peer.send(...Array.from({ length: 70 }, (_, i) => peer.data(3 + 2 * i)));
  peer.send(...Array.from({ length: 70 }, (_, i) => peer.data(143 + 2 * i)));
  network.run({ forMs: 50 });
  const { bytes, packet } = peer.host.arrivals.at(-1)!;
  // 484 bytes for SCTP, less common header, chunk header and fixed fields: room for 114 blocks.
  expect(bytes.length).toBe(484);
  expect(kindsOf(packet!)).toEqual(['SACK']);
  const { gapAckBlocks } = peer.latest('SACK');
  expect(gapAckBlocks).toEqual(Array.from({ length: 114 }, (_, i) => ({ start: 3 + 2 * i, end: 3 + 2 * i })));
  expect(packetsTo(peer)).toHaveLength(2);
});

it('§6.7: "Upon the reception of a SACK chunk, the endpoint MUST remove all DATA chunks that have been acknowledged by the SACK chunk\'s Cumulative TSN Ack from its transmit queue."', () => {
  const { network, z, peer } = connected();
  z.feed(z.association, messages(3, 100));
  network.run({ forMs: 50 });
  peer.send(peer.sack(2));
  network.run({ forMs: 20 });
  expect(z.association.bufferedAmount).toBe(100);
  network.clearLadder();
  network.run({ forMs: 10_000 });
  expect(new Set(network.ladder())).toEqual(new Set(['z > DATA 3']));
});
