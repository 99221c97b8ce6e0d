import { createSocket } from 'node:dgram';
import { afterEach, describe, expect, it } from 'vitest';
import { type ConnectOptions, connect, listen, type SctpAssociation, type SctpEndpoint } from '../../../src/index.ts';
import { freeUdpPort } from '../../support/udp-port.ts';

const host = '127.0.0.1';
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function listening(port: number, udpPort?: number): Promise<SctpEndpoint> {
  const endpoint = await listen({ port, host, udpPort: udpPort ?? (await freeUdpPort()) });
  cleanups.push(() => endpoint.abort());
  return endpoint;
}

async function connected({ udpPort, port }: SctpEndpoint, options: Partial<ConnectOptions> = {}) {
  const association = await connect({ host, port, remoteUdpPort: udpPort, ...options });
  cleanups.push(() => association.abort());
  return association;
}

/** Ours at the other end, by its local SCTP port. */
async function peerOf(endpoint: SctpEndpoint, { localPort }: SctpAssociation): Promise<SctpAssociation> {
  await expect.poll(() => [...endpoint.associations].some(({ remotePort }) => remotePort === localPort)).toBe(true);
  return [...endpoint.associations].find(({ remotePort }) => remotePort === localPort)!;
}

async function udpPortOf(endpoint: SctpEndpoint, association: SctpAssociation): Promise<number> {
  const [path] = (await peerOf(endpoint, association)).paths;
  return path!.address.udpPort;
}

/** Whether nothing is bound to a UDP port. */
function isFree(udpPort: number): Promise<boolean> {
  const socket = createSocket('udp4');
  return new Promise((resolve) => {
    socket.once('error', () => socket.close(() => resolve(false)));
    socket.bind(udpPort, host, () => socket.close(() => resolve(true)));
  });
}

// RFC 6951 §5.1: "a single local UDP encapsulation port number".
describe('several SCTP ports on one UDP port', () => {
  it('associations with one peer leave from one UDP port, up to 16 of them', async () => {
    const endpoint = await listening(5_000);
    const associations = await Promise.all(Array.from({ length: 17 }, () => connected(endpoint)));
    const counts = new Map<number, number>();
    for (const association of associations) {
      const udpPort = await udpPortOf(endpoint, association);
      counts.set(udpPort, (counts.get(udpPort) ?? 0) + 1);
    }
    expect([...counts.values()].sort((a, b) => b - a)).toEqual([16, 1]);
    // And each message reaches the one for whom it is.
    await Promise.all(
      associations.map(async (association) => {
        await (await peerOf(endpoint, association)).send(`for ${association.localPort}`);
        for await (const { data } of association) {
          expect(Buffer.from(data).toString()).toBe(`for ${association.localPort}`);
          break;
        }
      }),
    );
  });

  it('those that go elsewhere, or leave from an address of their own, have another', async () => {
    const [one, other] = await Promise.all([listening(5_000), listening(5_000)]);
    const ports = new Set([
      await udpPortOf(one, await connected(one)),
      await udpPortOf(other, await connected(other)),
      await udpPortOf(one, await connected(one, { localHost: host })),
    ]);
    expect(ports.size).toBe(3);
  });

  it('the UDP port is given back behind the last of them', async () => {
    const endpoint = await listening(5_000);
    const [first, second] = [await connected(endpoint), await connected(endpoint)];
    const udpPort = await udpPortOf(endpoint, first);
    first.abort();
    await first.closed;
    await second.send('still here');
    expect(await isFree(udpPort)).toBe(false);
    second.abort();
    await second.closed;
    await expect.poll(() => isFree(udpPort)).toBe(true);
  });

  it('several endpoints listen on one UDP port, and a port that nobody has is refused', async () => {
    const one = await listening(5_000);
    const other = await listening(5_001, one.udpPort);
    expect(other.udpPort).toBe(one.udpPort);
    await connected(one);
    await connected(other);
    expect([one.associations.size, other.associations.size]).toEqual([1, 1]);
    await expect(connect({ host, port: 5_002, remoteUdpPort: one.udpPort })).rejects.toMatchObject({
      code: 'SCTP_ERR_REFUSED',
    });
    await one.abort();
    await connected(other);
    await expect(connect({ host, port: 5_000, remoteUdpPort: other.udpPort })).rejects.toMatchObject({
      code: 'SCTP_ERR_REFUSED',
    });
  });

  it('an SCTP port on it belongs to one endpoint', async () => {
    const one = await listening(5_000);
    const inUse = { code: 'SCTP_ERR_ADDRESS_IN_USE' };
    await expect(listen({ port: 5_000, host, udpPort: one.udpPort })).rejects.toMatchObject(inUse);
    await one.close();
    expect((await listening(5_000, one.udpPort)).udpPort).toBe(one.udpPort);
  });

  it('whoever listens is heard by everybody, even where an association had the UDP port before', async () => {
    const endpoint = await listening(5_000);
    const udpPort = (await listening(5_001)).udpPort;
    for (const cleanup of cleanups.splice(1)) await cleanup();
    const association = await connected(endpoint, { localHost: host, udpPort });
    // Enough for the socket to be connected to its one remote.
    for (let n = 0; n < 500; n++) await association.send(new Uint8Array(1_000));
    await association.send('all of it', { until: 'delivered' });
    const late = await listening(5_001, udpPort);
    await connected(late);
    expect(late.associations.size).toBe(1);
    await association.send('still here', { until: 'delivered' });
  });
});
