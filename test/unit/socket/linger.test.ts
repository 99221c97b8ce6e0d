import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { decodePacket } from '../../../src/chunks/index.ts';
import { connect, listen } from '../../../src/index.ts';

// RFC 9260 §8.4 5: who has forgotten the association answers a SHUTDOWN ACK with SHUTDOWN COMPLETE, T bit set. A socket
// that closed with its association could not.
test('a peer that has missed our SHUTDOWN COMPLETE asks again, and is told', async () => {
  const endpoint = await listen({ port: 0, host: '127.0.0.1', udpPort: 0, rtoInitialMs: 100, rtoMinMs: 100 });
  const relay = createSocket('udp4');
  relay.bind(0, '127.0.0.1');
  await once(relay, 'listening');
  let clientPort = 0;
  const completes: boolean[] = [];
  relay.on('message', (packet, { port }) => {
    if (port === endpoint.udpPort) {
      relay.send(packet, clientPort, '127.0.0.1');
      return;
    }
    clientPort = port;
    const [first] = decodePacket(packet)?.chunks ?? [];
    if (first?.kind === 'SHUTDOWN COMPLETE') completes.push(first.tagReflected);
    if (first?.kind !== 'SHUTDOWN COMPLETE' || completes.length > 1) relay.send(packet, endpoint.udpPort, '127.0.0.1');
  });

  const server = new Promise<{ graceful: boolean }>((resolve) => {
    endpoint.on('association', (association) => void association.closed.then(resolve));
  });
  const client = await connect({ host: '127.0.0.1', port: endpoint.port, remoteUdpPort: relay.address().port });
  await client.close();
  expect(await server).toMatchObject({ graceful: true });
  expect(completes).toEqual([false, true]);
  await endpoint.close();
  relay.close();
});
