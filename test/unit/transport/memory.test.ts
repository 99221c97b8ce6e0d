import { describe, expect, it } from 'vitest';
import type { NetAddress } from '../../../src/base/address.ts';
import { MemoryHub, memoryPair } from '../../../src/transport/memory.ts';
import type { Transport, TransportReceiver } from '../../../src/transport/transport.ts';
import { Inbox } from './inbox.ts';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

describe('a memory pair', () => {
  it('delivers in order, and never inside of send', async () => {
    const [a, z] = memoryPair();
    const inbox = new Inbox();
    await a.open(new Inbox());
    await z.open(inbox);
    a.send(bytes(1), z.addresses[0]!);
    a.send(bytes(2), z.addresses[0]!);
    expect(inbox.packets).toEqual([]);
    await inbox.count(2);
    expect(inbox.packets).toEqual([
      { packet: bytes(1), from: a.addresses[0], to: z.addresses[0] },
      { packet: bytes(2), from: a.addresses[0], to: z.addresses[0] },
    ]);
  });

  it('answers from within the delivery of a packet', async () => {
    const [a, z] = memoryPair();
    const inbox = new Inbox();
    await a.open(inbox);
    await z.open(echo(z));
    a.send(bytes(7), z.addresses[0]!);
    await inbox.count(1);
    expect(inbox.packets[0]).toMatchObject({ packet: bytes(7), from: z.addresses[0] });
  });

  it('loses what is sent to nobody, to a closed end and by a closed end', async () => {
    const [a, z] = memoryPair();
    const inbox = new Inbox();
    await a.open(new Inbox());
    await z.open(inbox);
    a.send(bytes(1), { ip: '10.9.9.9', udpPort: 9899 });
    await z.close();
    a.send(bytes(2), z.addresses[0]!);
    await Promise.resolve();
    await z.open(inbox);
    await a.close();
    await a.close();
    a.send(bytes(3), z.addresses[0]!);
    await Promise.resolve();
    expect(inbox.packets).toEqual([]);
  });
});

describe('a memory hub', () => {
  const home = { ip: '10.0.0.1', udpPort: 9899 };
  const away = { ip: '10.1.0.1', udpPort: 9899 };
  const other = { ip: '10.0.0.2', udpPort: 9899 };

  it('reaches every address of a multi-homed transport and keeps the chosen source', async () => {
    const hub = new MemoryHub();
    const a = hub.transport(home, away);
    const z = hub.transport(other);
    const atA = new Inbox();
    const atZ = new Inbox();
    await a.open(atA);
    await z.open(atZ);
    z.send(bytes(1), away);
    a.send(bytes(2), other, away);
    await atA.count(1);
    await atZ.count(1);
    expect(atA.packets[0]).toMatchObject({ from: other, to: away });
    expect(atZ.packets[0]).toMatchObject({ from: away, to: other });
  });

  it('refuses an address twice', async () => {
    const hub = new MemoryHub();
    await hub.transport(home).open(new Inbox());
    await expect(hub.transport(other, home).open(new Inbox())).rejects.toMatchObject({
      code: 'SCTP_ERR_ADDRESS_IN_USE',
    });
    await hub.transport(other).open(new Inbox());
  });
});

function echo(transport: Transport): TransportReceiver {
  return {
    handlePacket: (packet: Uint8Array, from: NetAddress) => transport.send(packet, from),
    handleError: (error) => {
      throw error;
    },
  };
}
