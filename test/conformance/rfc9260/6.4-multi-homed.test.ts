import { expect, it } from 'vitest';
import { connected, ipv4 } from '../stage.ts';

it('§6.4: "An endpoint SHOULD transmit reply chunks (e.g., INIT ACK, COOKIE ACK, and HEARTBEAT ACK) in response to control chunks to the same destination transport address from which it received the control chunk to which it is replying.": the SACK chunk for DATA from another address than ours goes to', () => {
  const { network, z, peer } = connected({}, { parameters: [ipv4('10.0.1.9')] });
  const other = network.addRawHost('o', { addresses: ['10.0.1.9'] });
  network.run({ until: () => other.arrivals.length === 1 });
  const [question] = other.arrivals[0]!.packet!.chunks;
  if (question?.kind !== 'HEARTBEAT') throw new Error(question?.kind);
  other.send(peer.packet(peer.peerTag, [{ kind: 'HEARTBEAT ACK', value: question.value }]), z.addresses[0]!);
  network.run({ until: () => z.association.paths[1]!.state === 'active' });
  const send = (number: number): void => other.send(peer.packet(peer.peerTag, [peer.data(number)]), z.addresses[0]!);
  send(1);
  network.run({ forMs: 300 });
  other.arrivals.length = 0;
  peer.host.arrivals.length = 0;
  // Data of ours is to go to the primary path when a SACK chunk is due on the other.
  send(2);
  network.run({ forMs: 15 });
  z.send(z.association, { data: new Uint8Array(10) });
  send(3);
  network.run({ forMs: 50 });
  expect(other.arrivals.at(-1)!.packet!.chunks).toMatchObject([{ kind: 'SACK', cumulativeTsnAck: 3 }]);
  expect(peer.received.map(({ kind }) => kind)).toEqual(['DATA']);
});
