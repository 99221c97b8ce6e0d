import { setTimeout as sleep } from 'node:timers/promises';
import { it } from 'vitest';
import { connect, listen } from '../../../src/index.ts';
import { startPathRelay } from '../../support/path-relay.ts';

const opts = { rtoInitialMs: 200, rtoMinMs: 100, rtoMaxMs: 400, hbIntervalMs: 500, pathMaxRetrans: 2 };
it('tries', async () => {
  const endpoint = await listen({ port: 5001, udpPort: 0, host: ['127.0.0.1', '127.0.0.2'], ...opts });
  const relay = await startPathRelay({
    serverUdpPort: endpoint.udpPort,
    routes: [
      { server: '127.0.0.1', serverAlias: '127.0.0.21', client: '127.0.0.3', clientAlias: '127.0.0.31' },
      { server: '127.0.0.2', serverAlias: '127.0.0.22', client: '127.0.0.4', clientAlias: '127.0.0.32' },
    ],
  });
  const client = await connect({
    host: '127.0.0.21',
    port: 5001,
    remoteUdpPort: relay.udpPort,
    localHost: ['127.0.0.3', '127.0.0.4'],
    ...opts,
    pcap: '/tmp/p9t/a.pcapng',
  });
  client.on('pathChange', (p, reason) => console.log('client', p.address.ip, p.state, reason));
  const { value: server } = await endpoint[Symbol.asyncIterator]().next();
  server!.on('pathChange', (p, reason) => console.log('server', p.address.ip, p.state, reason));
  await sleep(300);
  console.log(client.paths, server!.paths);
  let bytes = 0;
  server!.on('message', (m) => {
    bytes += m.data.length;
  });
  const data = new Uint8Array(10000);
  let stop = false;
  const sending = (async () => {
    while (!stop) await client.send(data);
  })();
  const t0 = performance.now();
  const log = (what: string) =>
    console.log(
      what,
      Math.round(performance.now() - t0),
      'ms',
      bytes,
      relay.paths.map((p) => [p.toServer, p.toClient, p.lost].join('/')).join(' '),
    );
  for (const path of relay.paths) {
    await sleep(500);
    log('before cut');
    path.cut();
    await sleep(1500);
    log('cut');
    path.heal();
    await sleep(1000);
    log('healed');
  }
  stop = true;
  await sending;
  await client.close();
  log('closed');
  await endpoint.close();
  await relay.close();
});
