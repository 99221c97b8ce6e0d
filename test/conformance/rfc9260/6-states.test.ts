import { describe, expect, it } from 'vitest';
import { type ArrangedState, arrange, arrangedStates } from '../../support/states.ts';

const withPeer = arrangedStates.filter((state) => state !== 'none' && state !== 'COOKIE-WAIT');

describe('§6: "DATA chunks MUST only be received according to the rules below in ESTABLISHED, SHUTDOWN-PENDING, and SHUTDOWN-SENT states. A DATA chunk received in CLOSED is out of the blue and SHOULD be handled per Section 8.4. A DATA chunk received in any other state SHOULD be discarded."', () => {
  const receiving: readonly ArrangedState[] = ['ESTABLISHED', 'SHUTDOWN-PENDING', 'SHUTDOWN-SENT'];

  it.each(withPeer)('%s', (state) => {
    const { network, host, peer } = arrange(state);
    network.run({ forMs: 50 });
    peer.host.arrivals.length = 0;
    peer.send(peer.data(1), peer.data(2));
    network.run({ forMs: 300 });
    const isReceived = receiving.includes(state);
    expect(host.received()).toHaveLength(isReceived ? 2 : 0);
    // What is received is acknowledged, what is discarded is not: SHUTDOWN acknowledges, too.
    const sacks = peer.received.flatMap((chunk) => (chunk.kind === 'SACK' ? [chunk.cumulativeTsnAck] : []));
    expect(sacks.at(-1)).toBe(isReceived ? 2 : undefined);
  });
});

describe('§6: "A SACK chunk MUST be processed in ESTABLISHED, SHUTDOWN-PENDING, and SHUTDOWN-RECEIVED states."', () => {
  it.each(['ESTABLISHED', 'SHUTDOWN-PENDING', 'SHUTDOWN-RECEIVED'] as const)('%s', (state) => {
    const { network, host, peer } = arrange(state);
    const { bufferedAmount } = host.association;
    expect(bufferedAmount).toBeGreaterThan(1_000);
    peer.send(peer.sack(1));
    network.run({ forMs: 15 });
    expect(host.association.bufferedAmount).toBe(bufferedAmount - 1_000);
  });
});

it('§9.2: in SHUTDOWN-SENT a packet without DATA is no reason for another SHUTDOWN chunk', () => {
  const { network, peer } = arrange('SHUTDOWN-SENT');
  peer.host.arrivals.length = 0;
  peer.send({ kind: 'HEARTBEAT', value: Uint8Array.of(0, 1, 0, 4) });
  network.run({ forMs: 100 });
  expect(peer.received.map(({ kind }) => kind)).toEqual(['HEARTBEAT ACK']);
});
