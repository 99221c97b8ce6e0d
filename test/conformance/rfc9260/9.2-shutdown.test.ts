import { expect, it } from 'vitest';
import { arrange } from '../../support/states.ts';
import { dataTo } from '../stage.ts';

it('"Once an endpoint has reached the SHUTDOWN-RECEIVED state, it MUST ignore ULP shutdown requests but MUST continue responding to SHUTDOWN chunks from its peer."', () => {
  const { network, host, peer } = arrange('SHUTDOWN-RECEIVED');
  host.shutdown();
  network.run({ forMs: 50 });
  // "it MUST ignore ULP shutdown requests"
  expect(host.association.state).toBe('SHUTDOWN-RECEIVED');
  expect(peer.received.map(({ kind }) => kind)).not.toContain('SHUTDOWN');
  // "MUST continue responding to SHUTDOWN chunks from its peer"
  for (let i = 0; i < 10 && host.association.state === 'SHUTDOWN-RECEIVED'; i++) {
    peer.send(peer.shutdown(dataTo(peer).length));
    network.run({ forMs: 50 });
  }
  expect(host.association.state).toBe('SHUTDOWN-ACK-SENT');
  expect(peer.received.at(-1)?.kind).toBe('SHUTDOWN ACK');
});

it('"If a SHUTDOWN chunk by itself cannot acknowledge all of the received DATA chunks (i.e., there are TSNs that can be acknowledged that are larger than the cumulative TSN and thus gaps exist in the TSN sequence) or if duplicate TSNs have been received, then a SACK chunk MUST also be sent."', () => {
  const { network, peer } = arrange('SHUTDOWN-SENT');
  peer.host.arrivals.length = 0;
  peer.send(peer.data(2));
  network.run({ forMs: 25 });
  expect(peer.received).toMatchObject([
    { kind: 'SHUTDOWN', cumulativeTsnAck: 0 },
    { kind: 'SACK', cumulativeTsnAck: 0, gapAckBlocks: [{ start: 2, end: 2 }] },
  ]);
  peer.host.arrivals.length = 0;
  peer.send(peer.data(1), peer.data(2));
  network.run({ forMs: 25 });
  expect(peer.received).toMatchObject([
    { kind: 'SHUTDOWN', cumulativeTsnAck: 2 },
    { kind: 'SACK', cumulativeTsnAck: 2, duplicateTsns: [2] },
  ]);
});
