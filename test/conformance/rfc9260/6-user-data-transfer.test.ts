import { describe, expect, it } from 'vitest';
import { messages } from '../../support/messages.ts';
import { type ArrangedState, arrange, arrangedStates } from '../../support/states.ts';
import { connected, dataTo } from '../stage.ts';

const associationStates = arrangedStates.filter((state) => state !== 'none');

describe('"Data transmission MUST only happen in the ESTABLISHED, SHUTDOWN-PENDING, and SHUTDOWN-RECEIVED states."', () => {
  it.each(['COOKIE-WAIT', 'COOKIE-ECHOED'] as const)('not in %s', (state) => {
    const { network, host, peer } = arrange(state);
    for (const message of messages(3, 100)) host.send(host.association, message);
    network.run({ forMs: 5_000 });
    expect(dataTo(peer)).toEqual([]);
  });

  it.each(['ESTABLISHED', 'SHUTDOWN-PENDING', 'SHUTDOWN-RECEIVED'] as const)('in %s', (state) => {
    const { network, host, peer } = arrange(state);
    const before = dataTo(peer).length;
    peer.send(peer.sack(before));
    network.run({ forMs: 50 });
    expect(dataTo(peer).length).toBeGreaterThan(before);
    expect(host.association.state).toBe(state);
  });
});

describe('"DATA chunks MUST only be received according to the rules below in ESTABLISHED, SHUTDOWN-PENDING, and SHUTDOWN-SENT states."', () => {
  const receiving: readonly ArrangedState[] = ['ESTABLISHED', 'SHUTDOWN-PENDING', 'SHUTDOWN-SENT'];

  it.each(associationStates)('%s', (state) => {
    const { network, host, peer } = arrange(state);
    peer.send(peer.data(1));
    network.run({ forMs: 20 });
    expect(host.received()).toHaveLength(receiving.includes(state) ? 1 : 0);
  });
});

describe('"A SACK chunk MUST be processed in ESTABLISHED, SHUTDOWN-PENDING, and SHUTDOWN-RECEIVED states."', () => {
  const processing: readonly ArrangedState[] = ['ESTABLISHED', 'SHUTDOWN-PENDING', 'SHUTDOWN-RECEIVED'];

  it.each(associationStates)('%s', (state) => {
    const { network, host, peer } = arrange(state);
    const before = host.association.bufferedAmount;
    peer.send(peer.sack(processing.includes(state) ? 1 : 0));
    network.run({ forMs: 20 });
    expect(host.association.metrics().sacksReceived).toBe(processing.includes(state) ? 1 : 0);
    expect(host.association.bufferedAmount).toBe(processing.includes(state) ? before - 1_000 : before);
  });
});

it('"an endpoint MUST properly receive and process bundled or fragmented data." §6.9: "it MUST support reassembly when receiving DATA chunks."; "An endpoint MUST recognize fragmented DATA chunks by examining the B/E bits in each of the received DATA chunks and queue the fragmented DATA chunks for reassembly."', () => {
  const { network, z, peer } = connected();
  const piece = { ssn: 0, length: 100 };
  peer.send(
    peer.data(3, { ...piece, beginning: false }),
    peer.data(4, { ssn: 1, length: 7 }),
    peer.data(1, { ...piece, ending: false }),
  );
  network.run({ forMs: 20 });
  // §6.9: "queue the fragmented DATA chunks for reassembly"
  expect(z.received()).toEqual([]);
  peer.send(peer.data(2, { ...piece, beginning: false, ending: false }));
  network.run({ forMs: 20 });
  // "an endpoint MUST properly receive and process bundled"; "bundled or fragmented data". §6.9: "MUST recognize fragmented
  // DATA chunks by examining the B/E bits in each of the received DATA chunks"
  expect(z.received().map(({ data }) => data.length)).toEqual([300, 7]);
  expect([...z.received()[0]!.data].filter((_, i) => i % 100 === 0)).toEqual([1, 2, 3]);
});
