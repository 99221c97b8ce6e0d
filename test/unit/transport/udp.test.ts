import { createSocket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import { UdpTransport, type UdpTransportOptions } from '../../../src/transport/udp.ts';
import { Inbox } from './inbox.ts';

const open: UdpTransport[] = [];
const hasIpv6 = Object.values(networkInterfaces()).some((list) => list?.some((entry) => entry.address === '::1'));

async function bound(options: UdpTransportOptions): Promise<{ transport: UdpTransport; inbox: Inbox; port: number }> {
  const transport = new UdpTransport({ udpPort: 0, ...options });
  const inbox = new Inbox();
  await transport.open(inbox);
  open.push(transport);
  return { transport, inbox, port: transport.addresses[0]!.udpPort };
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((transport) => transport.close()));
});

describe('UDP on loopback', () => {
  // RFC 6951 §5.3: "the source port MUST be the local UDP encapsulation port number of the SCTP stack".
  it('carries datagrams both ways, as plain Uint8Arrays between known addresses', async () => {
    const a = await bound({ host: '127.0.0.1' });
    const z = await bound({ host: '127.0.0.1' });
    a.transport.send(Uint8Array.of(1, 2, 3), { ip: '127.0.0.1', udpPort: z.port });
    await z.inbox.count(1);
    const [arrival] = z.inbox.packets;
    expect(arrival).toEqual({
      packet: Uint8Array.of(1, 2, 3),
      from: { ip: '127.0.0.1', udpPort: a.port },
      to: { ip: '127.0.0.1', udpPort: z.port },
    });
    expect(Object.getPrototypeOf(arrival!.packet)).toBe(Uint8Array.prototype);
    z.transport.send(Uint8Array.of(4), arrival!.from);
    await a.inbox.count(1);
    expect(a.inbox.packets[0]!.packet).toEqual(Uint8Array.of(4));
  });

  it('gives the packets of one peer the very same frozen address', async () => {
    const a = await bound({ host: '127.0.0.1' });
    const b = await bound({ host: '127.0.0.1' });
    const z = await bound({ host: '127.0.0.1' });
    const to = { ip: '127.0.0.1', udpPort: z.port };
    for (const sender of [a, b, a]) {
      sender.transport.send(Uint8Array.of(1), to);
      await z.inbox.count(z.inbox.packets.length + 1);
    }
    const [first, second, third] = z.inbox.packets;
    expect(third!.from).toBe(first!.from);
    expect(second!.from).not.toBe(first!.from);
    expect(Object.isFrozen(first!.from)).toBe(true);
  });

  it('binds one port on several addresses and leaves from the chosen one', async () => {
    const a = await bound({ host: ['127.0.0.1', '127.0.0.2'] });
    const z = await bound({ host: '127.0.0.3' });
    expect(a.transport.addresses).toEqual([
      { ip: '127.0.0.1', udpPort: a.port },
      { ip: '127.0.0.2', udpPort: a.port },
    ]);
    const to = z.transport.addresses[0]!;
    a.transport.send(Uint8Array.of(1), to);
    await z.inbox.count(1);
    a.transport.send(Uint8Array.of(2), to, a.transport.addresses[1]);
    await z.inbox.count(2);
    expect(z.inbox.packets.map(({ from }) => from.ip)).toEqual(['127.0.0.1', '127.0.0.2']);
  });

  it('tells that the memory of a packet is free once the system has it', async () => {
    const a = await bound({ host: '127.0.0.1' });
    const z = await bound({ host: '127.0.0.1' });
    const packet = Uint8Array.of(1);
    a.transport.send(packet, z.transport.addresses[0]!);
    await expect.poll(() => a.transport.properties.isDrained?.()).toBe(true);
    packet[0] = 2;
    await z.inbox.count(1);
    expect(z.inbox.packets[0]!.packet).toEqual(Uint8Array.of(1));
  });

  it('takes the longest datagram and loses a longer one', async () => {
    const a = await bound({ host: '127.0.0.1' });
    const z = await bound({ host: '127.0.0.1' });
    a.transport.send(new Uint8Array(65_508), z.transport.addresses[0]!);
    a.transport.send(new Uint8Array(65_507), z.transport.addresses[0]!);
    await z.inbox.count(1);
    expect(z.inbox.packets[0]!.packet).toHaveLength(65_507);
    expect(a.transport.sendErrors).toBe(1);
  });
});

describe.skipIf(!hasIpv6)('both families', () => {
  it('binds all addresses by default and spells IPv4 peers plainly in both directions', async () => {
    const z = await bound({});
    const four = await bound({ host: '127.0.0.1' });
    const six = await bound({ host: '::1' });
    expect(z.transport.addresses).toContainEqual({ ip: '127.0.0.1', udpPort: z.port });
    expect(z.transport.addresses).toContainEqual({ ip: '::1', udpPort: z.port });
    expect(z.transport.addresses.some(({ ip }) => ip.startsWith('fe80'))).toBe(false);
    four.transport.send(Uint8Array.of(4), { ip: '127.0.0.1', udpPort: z.port });
    await z.inbox.count(1);
    six.transport.send(Uint8Array.of(6), { ip: '::1', udpPort: z.port });
    await z.inbox.count(2);
    expect(z.inbox.packets.map(({ from, to }) => [from, to])).toEqual([
      [{ ip: '127.0.0.1', udpPort: four.port }, undefined],
      [{ ip: '::1', udpPort: six.port }, undefined],
    ]);
    for (const { packet, from } of z.inbox.packets) z.transport.send(packet, from);
    await four.inbox.count(1);
    await six.inbox.count(1);
    expect(four.inbox.packets[0]!.from).toEqual({ ip: '127.0.0.1', udpPort: z.port });
  });

  it('binds an address of each family to one port', async () => {
    const z = await bound({ host: ['0.0.0.0', '::'] });
    const ports = new Set(z.transport.addresses.map(({ udpPort }) => udpPort));
    expect(ports.size).toBe(1);
    const four = await bound({ host: '::ffff:127.0.0.1' });
    expect(four.transport.addresses).toEqual([{ ip: '127.0.0.1', udpPort: four.port }]);
    four.transport.send(Uint8Array.of(1), { ip: '127.0.0.1', udpPort: z.port });
    await z.inbox.count(1);
  });
});

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const canSharePort = process.platform === 'linux' && (major > 23 || (major === 23 && minor >= 1));

describe('a shared port', () => {
  it.skipIf(!canSharePort)(
    'takes several sockets, and each packet of one remote comes to the same (Node 23.1)',
    async () => {
      const { port } = await bound({ host: '127.0.0.1' });
      await open.pop()!.close();
      const shared = { host: '127.0.0.1', udpPort: port, reusePort: true };
      const [one, other] = [await bound(shared), await bound(shared)];
      const arrivals = (): number => one.inbox.packets.length + other.inbox.packets.length;
      for (let n = 0; n < 16; n++) {
        const remote = await bound({ host: '127.0.0.1' });
        const before = [one.inbox.packets.length, other.inbox.packets.length];
        for (let i = 0; i < 4; i++) remote.transport.send(Uint8Array.of(n), { ip: '127.0.0.1', udpPort: port });
        await expect.poll(arrivals).toBe(4 * (n + 1));
        const after = [one.inbox.packets.length, other.inbox.packets.length];
        expect(after.map((count, index) => count - before[index]!).sort()).toEqual([0, 4]);
      }
      const alone = new UdpTransport({ host: '127.0.0.1', udpPort: port });
      await expect(alone.open(new Inbox())).rejects.toMatchObject({ code: 'SCTP_ERR_ADDRESS_IN_USE' });
    },
  );

  it.skipIf(canSharePort)('is refused where it would not work', async () => {
    const transport = new UdpTransport({ host: '127.0.0.1', udpPort: 9_899, reusePort: true });
    await expect(transport.open(new Inbox())).rejects.toMatchObject({
      code: 'SCTP_ERR_NOT_SUPPORTED',
      message: expect.stringContaining('cannot share a UDP port'),
    });
  });

  it('has a number', () => {
    expect(() => new UdpTransport({ udpPort: 0, reusePort: true })).toThrow('reusePort needs a udpPort');
  });
});

describe('a socket that may be connected', () => {
  it('keeps the port that was picked for it when it is connected and let go again', async () => {
    const near = await bound({ host: '127.0.0.1' });
    const far = await bound({ host: '127.0.0.1' });
    const { transport, inbox, port } = await bound({ host: '127.0.0.1', connects: true });
    expect(port).toBeGreaterThanOrEqual(49_152);
    near.transport.send(Uint8Array.of(0), { ip: '127.0.0.1', udpPort: port });
    await inbox.count(1);
    for (let i = 0; i < 70; i++) transport.send(Uint8Array.of(i), { ip: '127.0.0.1', udpPort: near.port });
    transport.send(Uint8Array.of(70), { ip: '127.0.0.1', udpPort: far.port });
    await Promise.all([near.inbox.count(70), far.inbox.count(1)]);
    const sources = [...near.inbox.packets, ...far.inbox.packets].map(({ from }) => from.udpPort);
    expect(new Set(sources)).toEqual(new Set([port]));
    far.transport.send(Uint8Array.of(1), { ip: '127.0.0.1', udpPort: port });
    await inbox.count(2);
  });
});

describe('what goes wrong', () => {
  // RFC 9260 §1.3: "A transport address used by an SCTP endpoint MUST NOT be used by another SCTP endpoint."
  it('says that an address is in use, and lets go of those bound before', async () => {
    const taken = await bound({ host: '127.0.0.2' });
    const transport = new UdpTransport({ host: ['127.0.0.1', '127.0.0.2'], udpPort: taken.port });
    await expect(transport.open(new Inbox())).rejects.toMatchObject({ code: 'SCTP_ERR_ADDRESS_IN_USE' });
    await bound({ host: '127.0.0.1', udpPort: taken.port });
  });

  it('says that the default port is in use where the wildcard meets it', async () => {
    const taken = await bound({ host: '0.0.0.0' });
    const transport = new UdpTransport({ udpPort: taken.port });
    await expect(transport.open(new Inbox())).rejects.toMatchObject({ code: 'SCTP_ERR_ADDRESS_IN_USE' });
  });

  it('names an address that is not of this host, and a name that is of none', async () => {
    await expect(new UdpTransport({ host: '192.0.2.1', udpPort: 0 }).open(new Inbox())).rejects.toMatchObject({
      code: 'SCTP_ERR_TRANSPORT',
      cause: { code: 'EADDRNOTAVAIL' },
    });
    await expect(new UdpTransport({ host: 'no such host' }).open(new Inbox())).rejects.toMatchObject({
      code: 'SCTP_ERR_HOST_NOT_FOUND',
    });
    expect(() => new UdpTransport({ udpPort: 65_536 })).toThrow('udpPort must be 0 to 65535');
  });

  it('counts packets without a way and throws for none', async () => {
    const a = await bound({ host: '127.0.0.1' });
    a.transport.send(Uint8Array.of(1), { ip: '127.0.0.1', udpPort: 0 });
    a.transport.send(Uint8Array.of(1), { ip: '2001:db8::1', udpPort: 9 });
    a.transport.send(Uint8Array.of(1), { ip: '203.0.113.1', udpPort: 9 });
    a.transport.send(Uint8Array.of(1), { ip: 'nonsense', udpPort: 9 });
    await expect.poll(() => a.transport.sendErrors).toBe(4);
    await a.transport.close();
    await a.transport.close();
    a.transport.send(Uint8Array.of(1), { ip: '127.0.0.1', udpPort: 9 });
    expect(a.transport.sendErrors).toBe(5);
    expect(a.inbox.errors).toEqual([]);
  });

  // RFC 6951 §5.5: "the SCTP stack MUST NOT rely on receiving ICMP or ICMPv6 messages."
  it('outlives a peer whose port is closed', async () => {
    const a = await bound({ host: '127.0.0.1' });
    const gone = createSocket('udp4');
    await new Promise<void>((resolve) => gone.bind(0, '127.0.0.1', resolve));
    const { port } = gone.address();
    await new Promise<void>((resolve) => gone.close(resolve));
    for (let i = 0; i < 3; i++) a.transport.send(Uint8Array.of(i), { ip: '127.0.0.1', udpPort: port });
    a.transport.send(Uint8Array.of(9), a.transport.addresses[0]!);
    await a.inbox.count(1);
    expect(a.inbox.packets[0]!.packet).toEqual(Uint8Array.of(9));
    expect(a.inbox.errors).toEqual([]);
  });
});
