import { describe, expect, it } from 'vitest';
import { encodePacket } from '../../../src/chunks/index.ts';
import { eventKinds } from '../../support/pair.ts';
import { connected, stage } from '../stage.ts';

describe('§8.4 1): "If the OOTB packet is to or from a non-unicast address, a receiver SHOULD silently discard the packet."', () => {
  it.each([
    ['from', '224.0.0.1', '10.0.0.2'],
    ['to', '10.0.0.9', '224.0.0.1'],
    ['from', 'ff02::1', '10.0.0.2'],
    ['to', '10.0.0.9', '255.255.255.255'],
  ])('an INIT %s such an address, by one who listens', (_, from, to) => {
    const { network, z, peer } = stage();
    const init = peer.packet(0, [peer.init()]);
    const hop = (ip: string) => ({ ip, udpPort: 9899 });
    z.command((now) => z.endpoint.handlePacket(init, hop(from), hop(to), now));
    network.run({ forMs: 100 });
    expect(network.packets).toEqual([]);
    z.command((now) => z.endpoint.handlePacket(init, peer.addresses[0]!, hop('10.0.0.2'), now));
    network.run({ forMs: 100 });
    expect(peer.received.map(({ kind }) => kind)).toEqual(['INIT ACK']);
  });
});

describe('§8.5: a Verification Tag is worth what it is to one association', () => {
  it('under our tag, but from another SCTP port: belongs to nobody', () => {
    const { network, z, peer } = connected();
    const header = { sourcePort: peer.port + 1, destinationPort: z.port, verificationTag: peer.peerTag };
    for (const chunk of [peer.data(1), { kind: 'ABORT', tagReflected: false, causes: [] } as const]) {
      peer.sendBytes(encodePacket(header, [chunk]));
    }
    network.run({ forMs: 300 });
    expect([z.association.state, z.received().length, eventKinds(z)]).toEqual(['ESTABLISHED', 0, []]);
  });
});
