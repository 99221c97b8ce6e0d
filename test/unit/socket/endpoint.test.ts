import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { SctpAssociation } from '../../../src/socket/association.ts';
import { connect } from '../../../src/socket/connect.ts';
import { listen } from '../../../src/socket/listen.ts';
import { readCapture } from '../../../src/trace/index.ts';
import { clientAddress, pair, quiet, read, readAll, serverAddress, Wire } from './pair.ts';

const elsewhere = { ip: '10.0.0.3', udpPort: 9899 };

describe('listen', () => {
  it('opens a port on UDP and picks what is left open', async () => {
    const endpoint = await listen({ port: 0, host: '127.0.0.1', udpPort: 0 });
    expect(endpoint.port).toBeGreaterThanOrEqual(49_152);
    expect(endpoint.udpPort).toBeGreaterThan(0);
    expect(endpoint.addresses).toEqual(['127.0.0.1']);
    expect(endpoint.associations.size).toBe(0);
    await endpoint.close();
  });

  it.each([
    [{ port: -1 }, 'port'],
    [{ port: 65_536 }, 'port'],
    [{ port: 1.5 }, 'port'],
    [{ port: 1, udpPort: 70_000 }, 'udpPort'],
    [{ port: 1, udpPort: 0, host: [] }, 'host'],
    [{ port: 1, udpPort: 0, rtoMinMs: -1 }, 'rtoMinMs'],
    [{ port: 1, udpPort: 0, outboundStreams: 0 }, 'outboundStreams'],
  ])('refuses %o', async (options, name) => {
    await expect(listen(options)).rejects.toMatchObject({
      code: 'SCTP_ERR_INVALID_ARGUMENT',
      message: expect.stringContaining(name),
    });
  });

  it('says when its UDP port is taken', async () => {
    const first = await listen({ port: 0, host: '127.0.0.1', udpPort: 0 });
    await expect(listen({ port: 0, host: '127.0.0.1', udpPort: first.udpPort })).rejects.toMatchObject({
      name: 'SctpError',
      code: 'SCTP_ERR_ADDRESS_IN_USE',
      message: expect.stringContaining(String(first.udpPort)),
    });
    await first.close();
  });

  it('is closed by its signal', async () => {
    await expect(listen({ port: 0, udpPort: 0, signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'SCTP_ERR_CANCELLED',
    });
    const controller = new AbortController();
    const endpoint = await listen({ port: 0, host: '127.0.0.1', udpPort: 0, signal: controller.signal });
    const closed = new Promise<void>((resolve) => endpoint.once('close', resolve));
    controller.abort();
    await closed;
  });
});

describe('connect', () => {
  it('names a host that does not exist', async () => {
    await expect(connect({ host: 'no-such-host.invalid', port: 1 })).rejects.toMatchObject({
      code: 'SCTP_ERR_HOST_NOT_FOUND',
      message: expect.stringContaining('no-such-host.invalid'),
    });
  });

  it('says that nobody listens', async () => {
    const wire = new Wire();
    const endpoint = await listen({ port: 5000, transport: wire.transport(serverAddress) });
    const refused = connect({ host: serverAddress.ip, port: 5001, transport: wire.transport(clientAddress) });
    await expect(refused).rejects.toMatchObject({
      code: 'SCTP_ERR_REFUSED',
      message: expect.stringContaining('10.0.0.2:5001'),
    });
    await endpoint.close();
  });

  it('gives up on a peer that does not answer', async () => {
    const transport = new Wire().transport(clientAddress);
    const times = { rtoInitialMs: 10, rtoMinMs: 10, rtoMaxMs: 20, maxInitRetransmits: 2 };
    await expect(connect({ host: '10.9.9.9', port: 7, transport, ...times })).rejects.toMatchObject({
      code: 'SCTP_ERR_CONNECT_TIMEOUT',
      message: expect.stringContaining('10.9.9.9:7 (UDP port 9899)'),
    });
  });

  it('gives up when its signal aborts', async () => {
    const transport = new Wire().transport(clientAddress);
    const controller = new AbortController();
    const connecting = connect({ host: '10.9.9.9', port: 7, transport, signal: controller.signal });
    await quiet();
    const reason = new Error('not today');
    controller.abort(reason);
    await expect(connecting).rejects.toMatchObject({ code: 'SCTP_ERR_CANCELLED', cause: reason });
    await expect(connect({ host: '10.9.9.9', port: 7, signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'SCTP_ERR_CANCELLED',
    });
  });

  it.each([
    [{ host: '', port: 1 }, 'host'],
    [{ host: [], port: 1 }, 'host'],
    [{ host: '127.0.0.1', port: 0 }, 'port'],
    [{ host: '127.0.0.1', port: 1, remoteUdpPort: -1 }, 'remoteUdpPort'],
    [{ host: '127.0.0.1', port: 1, localPort: 65_536 }, 'localPort'],
    [{ host: '127.0.0.1', port: 1, hbIntervalMs: -1 }, 'hbIntervalMs'],
  ])('refuses %o', async (options, name) => {
    await expect(connect({ udpPort: 0, ...options })).rejects.toMatchObject({
      code: 'SCTP_ERR_INVALID_ARGUMENT',
      message: expect.stringContaining(name),
    });
  });

  it('closes its own socket behind the association', async () => {
    const wire = new Wire();
    const endpoint = await listen({ port: 5000, transport: wire.transport(serverAddress) });
    const transport = wire.transport(clientAddress);
    const close = vi.spyOn(transport, 'close');
    const association = await connect({ host: serverAddress.ip, port: 5000, transport });
    expect(close).not.toHaveBeenCalled();
    await association.close();
    await vi.waitFor(() => expect(close).toHaveBeenCalled());
    await endpoint.close();
  });

  it('works over UDP on loopback, IPv4 and IPv6', async () => {
    for (const host of ['127.0.0.1', '::1']) {
      const endpoint = await listen({ port: 0, host, udpPort: 0 });
      const client = await connect({ host, port: endpoint.port, remoteUdpPort: endpoint.udpPort });
      const { value: server } = await endpoint[Symbol.asyncIterator]().next();
      expect(server).toBeInstanceOf(SctpAssociation);
      await client.send('x'.repeat(1_000_000));
      const [text] = await read(server!, 1);
      expect(text).toHaveLength(1_000_000);
      expect(client.paths).toMatchObject([{ address: { ip: host, udpPort: endpoint.udpPort }, isPrimary: true }]);
      await client.close();
      await endpoint.close();
    }
  });
});

describe('SctpEndpoint', () => {
  it('serves many associations, iterated', async () => {
    const wire = new Wire();
    const endpoint = await listen({ port: 5000, transport: wire.transport(serverAddress) });
    void (async () => {
      for await (const association of endpoint) {
        void (async () => {
          for await (const { data, streamId } of association) await association.send(data, { streamId });
        })();
      }
    })();
    const client = await listen({ port: 6000, transport: wire.transport(clientAddress) });
    const other = await listen({ port: 6000, transport: wire.transport(elsewhere) });
    const associations = await Promise.all(
      [client, other].map((from) => from.connect({ host: serverAddress.ip, port: 5000 })),
    );
    expect(endpoint.associations.size).toBe(2);
    for (const [i, association] of associations.entries()) {
      await association.send(`I am ${i}`);
      expect(await read(association, 1)).toEqual([`I am ${i}`]);
    }
    await Promise.all([client.close(), other.close()]);
    await endpoint.close();
    expect(endpoint.associations.size).toBe(0);
  });

  it('shares its socket between those who came and those it called', async () => {
    const wire = new Wire();
    const [a, b] = await Promise.all([
      listen({ port: 5000, transport: wire.transport(serverAddress) }),
      listen({ port: 5000, transport: wire.transport(clientAddress) }),
    ]);
    const called = await a.connect({ host: clientAddress.ip, port: 5000 });
    const [came] = b.associations;
    expect([called.localPort, called.remotePort]).toEqual([5000, 5000]);
    void came?.send('hi');
    expect(await read(called, 1)).toEqual(['hi']);
    await Promise.all([a.close(), b.close()]);
  });

  it('hands associations to listeners, also those that waited for them', async () => {
    const wire = new Wire();
    const endpoint = await listen({ port: 5000, transport: wire.transport(serverAddress) });
    const client = await connect({ host: serverAddress.ip, port: 5000, transport: wire.transport(clientAddress) });
    const server = await new Promise<SctpAssociation>((resolve) => endpoint.once('association', resolve));
    expect(server.remotePort).toBe(client.localPort);
    await client.close();
    await endpoint.close();
  });

  it('hands over an association that has already ended, with its messages', async () => {
    const wire = new Wire();
    const endpoint = await listen({ port: 5000, transport: wire.transport(serverAddress) });
    const client = await connect({ host: serverAddress.ip, port: 5000, transport: wire.transport(clientAddress) });
    void client.send('I could not wait');
    await client.close();
    const { value: server } = await endpoint[Symbol.asyncIterator]().next();
    expect(await readAll(server!)).toEqual(['I could not wait']);
    await endpoint.close();
  });

  it('closes gracefully, with all associations and iterators', async () => {
    const { endpoint, client, server } = await pair();
    const iteration = (async () => {
      for await (const _ of endpoint);
    })();
    void server.send('on my way out');
    const text = readAll(client);
    await endpoint.close();
    await endpoint.close();
    await iteration;
    expect(await text).toEqual(['on my way out']);
    expect((await client.closed).graceful).toBe(true);
    await expect(endpoint.connect({ host: '10.0.0.1', port: 1 })).rejects.toMatchObject({ code: 'SCTP_ERR_CLOSED' });
  });

  it('aborts', async () => {
    const { endpoint, client } = await pair();
    await endpoint.abort('fire drill');
    expect((await client.closed).error).toMatchObject({ code: 'SCTP_ERR_ABORTED_BY_PEER' });
  });

  it('ends a connect that is under way', async () => {
    const endpoint = await listen({ port: 5000, transport: new Wire().transport(serverAddress) });
    const connecting = endpoint.connect({ host: '10.9.9.9', port: 7 });
    const outcome = expect(connecting).rejects.toMatchObject({ name: 'SctpError' });
    await quiet();
    await endpoint.abort();
    await outcome;
  });

  it('tells everybody when the transport fails', async () => {
    const { wire, endpoint, client, server } = await pair();
    const errors: unknown[] = [];
    endpoint.on('error', (error) => errors.push(error));
    const iteration = endpoint[Symbol.asyncIterator]().next();
    wire.fail(0, new Error('cable cut'));
    expect((await server.closed).error).toMatchObject({ code: 'SCTP_ERR_TRANSPORT', message: 'cable cut' });
    await expect(iteration).rejects.toMatchObject({ code: 'SCTP_ERR_TRANSPORT' });
    expect(errors).toEqual([(await server.closed).error]);
    expect((await client.closed).graceful).toBe(false);
  });

  it('refuses strangers when too many wait to be taken', async () => {
    const wire = new Wire();
    const endpoint = await listen({ port: 5000, transport: wire.transport(serverAddress) });
    const caller = await listen({ port: 6000, transport: wire.transport(clientAddress) });
    const clients = await Promise.all(
      Array.from({ length: 140 }, (_, i) =>
        connect({
          host: serverAddress.ip,
          port: 5000,
          transport: wire.transport({ ip: `10.1.0.${i}`, udpPort: 9899 }),
        }),
      ),
    );
    await vi.waitFor(() => expect(clients.filter(({ state }) => state === 'CLOSED')).toHaveLength(12));
    await Promise.all([endpoint.abort(), caller.close()]);
  });

  it('records what passes', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sctp-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const [serverFile, clientFile] = [join(folder, 'server.pcapng'), join(folder, 'client.pcapng')];
    const { endpoint, client, server } = await pair({ pcap: clientFile }, { pcap: serverFile });
    void client.send('recorded');
    await read(server, 1);
    await client.close();
    await endpoint.close();
    const packets = [...readCapture(await readFile(serverFile))];
    expect(packets.length).toBeGreaterThanOrEqual(8);
    expect(packets[0]).toMatchObject({ from: clientAddress, to: serverAddress });
    expect(packets.some(({ packet }) => Buffer.from(packet).includes('recorded'))).toBe(true);
    await vi.waitFor(async () => expect([...readCapture(await readFile(clientFile))]).toHaveLength(packets.length));
  });

  it('says when it cannot record', async () => {
    await expect(listen({ port: 0, udpPort: 0, pcap: '/nowhere/at/all.pcapng' })).rejects.toMatchObject({
      code: 'SCTP_ERR_TRANSPORT',
      message: expect.stringContaining('/nowhere/at/all.pcapng'),
    });
  });
});
