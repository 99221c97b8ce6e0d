import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { expect, it, onTestFinished } from 'vitest';
import { connect } from '../../../src/socket/connect.ts';
import { listen } from '../../../src/socket/listen.ts';
import { linkMtu } from '../../../src/transport/link-mtu.ts';

const loopback = '127.0.0.1';

/** What UDP over IPv4 and packets of whole words leave of the loopback's MTU. */
async function findLoopbackMtu(): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, loopback);
  await once(socket, 'listening');
  socket.setRecvBufferSize(4 * 1024 * 1024);
  const mtu = linkMtu({ ip: loopback, udpPort: 0 }, undefined, socket.getRecvBufferSize());
  socket.close();
  return ((Math.min(mtu, 65_535) - 28) & ~3) + 28;
}

async function udpPair(options: { readonly pmtud?: boolean } = {}) {
  const endpoint = await listen({ port: 7001, host: loopback, udpPort: 0 });
  onTestFinished(() => endpoint.abort());
  const client = await connect({ host: loopback, port: 7001, remoteUdpPort: endpoint.udpPort, ...options });
  onTestFinished(() => client.abort());
  return { endpoint, client };
}

it.skipIf(process.platform === 'darwin')('the path MTU on loopback is the one of the loopback interface', async () => {
  const loopbackMtu = await findLoopbackMtu();
  const { endpoint, client } = await udpPair();
  const changes: string[] = [];
  client.on('pathChange', (_path, reason) => changes.push(reason));
  await expect.poll(() => client.paths[0]?.pathMtu, { timeout: 5_000 }).toBe(loopbackMtu);
  await expect.poll(() => changes).toEqual([`the path MTU is now ${loopbackMtu}`]);
  expect(client.metrics().pathMtuProbesSent).toBe(1);
  const { value: server } = await endpoint[Symbol.asyncIterator]().next();
  await expect.poll(() => server?.paths[0]?.pathMtu, { timeout: 5_000 }).toBe(loopbackMtu);
  const sent = client.metrics().packetsSent;
  await client.send(new Uint8Array(loopbackMtu - 100).fill(7));
  for await (const { data } of server ?? []) {
    expect(data).toEqual(new Uint8Array(loopbackMtu - 100).fill(7));
    break;
  }
  expect(client.metrics().packetsSent - sent).toBeLessThanOrEqual(2);
});

it('without pmtud it stays as it is', async () => {
  const { client } = await udpPair({ pmtud: false });
  await client.send('x');
  await client.close();
  expect(client.metrics().pathMtuProbesSent).toBe(0);
});
