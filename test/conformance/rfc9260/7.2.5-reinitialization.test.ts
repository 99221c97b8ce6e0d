import { expect, it } from 'vitest';
import { messages } from '../../support/messages.ts';
import { connected } from '../stage.ts';

it('§7.2.5.2: "If such a routing change happens, the congestion control parameters for the affected destination addresses MUST be reset to their initial values.", which "includes the selection of a different source address". §7.2.5: "the congestion control MUST be reinitialized."', () => {
  const { network, z, peer } = connected({ addresses: ['10.0.0.2', '10.0.1.2'] });
  const initial = z.association.paths[0]!.cwnd;
  z.feed(z.association, messages(40, 1_400));
  for (let acknowledged = 0; acknowledged < 40; ) {
    network.run({ forMs: 50 });
    acknowledged = peer.received.filter(({ kind }) => kind === 'DATA').length;
    peer.send(peer.sack(acknowledged));
  }
  network.run({ forMs: 50 });
  expect(z.association.paths[0]!.cwnd).toBeGreaterThan(initial);
  // To the other address of ours, as a peer may in turn: what works stays.
  const { cwnd } = z.association.paths[0]!;
  const heartbeat = peer.packet(peer.peerTag, [{ kind: 'HEARTBEAT', value: Uint8Array.of(0, 1, 0, 4) }]);
  for (const address of [z.addresses[0]!, z.addresses[1]!]) {
    peer.host.send(heartbeat, address);
    network.run({ forMs: 50 });
    expect(z.association.paths[0]).toMatchObject({ localAddress: { ip: '10.0.0.2' }, cwnd });
  }
  // Once it does not work any more, packets leave from the other address.
  z.feed(z.association, messages(1, 100));
  network.run({ until: () => z.association.paths[0]!.errorCount > 1 });
  expect(z.association.paths[0]).toMatchObject({ localAddress: { ip: '10.0.1.2' }, cwnd: initial });
  expect(z.association.paths[0]!.ssthresh).toBe(Number.MAX_SAFE_INTEGER);
});
