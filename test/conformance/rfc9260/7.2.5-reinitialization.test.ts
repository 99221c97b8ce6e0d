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
  // From the same address: nothing changes. To the other address of ours: answers leave from there.
  const { cwnd } = z.association.paths[0]!;
  const heartbeat = peer.packet(peer.peerTag, [{ kind: 'HEARTBEAT', value: Uint8Array.of(0, 1, 0, 4) }]);
  peer.host.send(heartbeat, z.addresses[0]!);
  network.run({ forMs: 50 });
  expect(z.association.paths[0]!.cwnd).toBe(cwnd);
  peer.host.send(heartbeat, z.addresses[1]!);
  network.run({ forMs: 50 });
  expect(z.association.paths[0]).toMatchObject({ localAddress: { ip: '10.0.1.2' }, cwnd: initial });
  expect(z.association.paths[0]!.ssthresh).toBe(Number.MAX_SAFE_INTEGER);
});
