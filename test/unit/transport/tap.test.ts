import { expect, it } from 'vitest';
import type { NetAddress } from '../../../src/base/address.ts';
import { memoryPair } from '../../../src/transport/memory.ts';
import { tap } from '../../../src/transport/tap.ts';
import type { Transport, TransportReceiver } from '../../../src/transport/transport.ts';
import { Inbox } from './inbox.ts';

it('shows both directions and changes neither', async () => {
  const [a, z] = memoryPair();
  const [aAt, zAt] = [a.addresses[0]!, z.addresses[0]!];
  const seen: unknown[] = [];
  const tapped = tap(a, (direction, packet, from, to) => seen.push([direction, [...packet], from, to]));
  const atA = new Inbox();
  const atZ = new Inbox();
  await tapped.open(atA);
  await z.open(atZ);
  expect(tapped.properties).toEqual(a.properties);
  expect(tapped.addresses).toEqual(a.addresses);

  tapped.send(Uint8Array.of(1), zAt);
  z.send(Uint8Array.of(2), aAt);
  await atA.count(1);
  await atZ.count(1);
  expect(seen).toEqual([
    ['out', [1], aAt, zAt],
    ['in', [2], zAt, aAt],
  ]);

  await tapped.close();
  z.send(Uint8Array.of(3), aAt);
  await Promise.resolve();
  expect(atA.packets).toHaveLength(1);
});

it('names the likely local address where the transport does not tell', async () => {
  const lan = { ip: '192.0.2.1', udpPort: 9899 };
  const local = [{ ip: '127.0.0.1', udpPort: 9899 }, lan, { ip: '2001:db8::1', udpPort: 9899 }];
  const seen: (NetAddress | undefined)[] = [];
  const wildcard = new WildcardTransport(local);
  const tapped = tap(wildcard, (_direction, _packet, from, to) => seen.push(from, to));
  const inbox = new Inbox();
  await tapped.open(inbox);
  const remote = { ip: '192.0.2.2', udpPort: 1 };
  wildcard.receiver?.handlePacket(Uint8Array.of(1), remote, undefined);
  wildcard.receiver?.handleError(new Error('gone'));
  tapped.send(Uint8Array.of(1), { ip: '127.0.0.2', udpPort: 2 });
  tapped.send(Uint8Array.of(1), { ip: '2001:db8::2', udpPort: 3 });
  expect(seen).toEqual([
    remote,
    lan,
    local[0],
    { ip: '127.0.0.2', udpPort: 2 },
    local[2],
    { ip: '2001:db8::2', udpPort: 3 },
  ]);
  expect(inbox.packets[0]?.to).toBeUndefined();
  expect(inbox.errors).toHaveLength(1);
});

/** Bound to every address of its host, so that it knows no destination of what arrives. */
class WildcardTransport implements Transport {
  readonly properties = { overhead: 28, maxPacketSize: 65_507 };
  readonly addresses: readonly NetAddress[];
  receiver: TransportReceiver | undefined;

  constructor(addresses: readonly NetAddress[]) {
    this.addresses = addresses;
  }

  async open(receiver: TransportReceiver): Promise<void> {
    this.receiver = receiver;
  }

  send(): void {}

  async close(): Promise<void> {}
}
