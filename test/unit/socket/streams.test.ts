import { describe, expect, it, onTestFinished } from 'vitest';
import type { ReconfigurationRequest } from '../../../src/association/reconfiguration-requester.ts';
import {
  connect,
  listen,
  type OutgoingStream,
  type SctpAssociation,
  type SctpError,
  type StreamScheduler,
} from '../../../src/index.ts';
import { Reconfigurations } from '../../../src/socket/reconfigurations.ts';
import { pair, quiet, read } from './pair.ts';

const outcome = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'resolved',
    (error: SctpError) => error.code,
  );

/** Two ends over UDP on loopback. */
async function udpPair(): Promise<{ client: SctpAssociation; server: SctpAssociation }> {
  const options = { outboundStreams: 10, maxInboundStreams: 20, interleaving: true };
  const endpoint = await listen({ port: 5000, host: '127.0.0.1', udpPort: 0, ...options });
  onTestFinished(() => endpoint.abort());
  const client = await connect({ host: '127.0.0.1', port: 5000, remoteUdpPort: endpoint.udpPort, ...options });
  onTestFinished(() => client.abort());
  const { value: server } = await endpoint[Symbol.asyncIterator]().next();
  return { client, server: server! };
}

const closed = { acceptStreamResets: false, acceptAssociationResets: false, acceptAddedStreams: false };

describe('over UDP', () => {
  it('both sides learn what the other speaks', async () => {
    const { client, server } = await udpPair();
    const all = {
      partialReliability: true,
      interleaving: true,
      streamReconfiguration: true,
      zeroChecksumToPeer: false,
    };
    expect([client.capabilities, server.capabilities]).toMatchObject([all, all]);
  });

  it('streams are reset in both directions, with data before and behind', async () => {
    const { client, server } = await udpPair();
    const told: string[] = [];
    client.on('streamsReset', ({ direction, streamIds, result }) => told.push(`${direction} ${streamIds} ${result}`));
    for (let n = 0; n < 5; n++) void client.send(`${n}`, { streamId: 1 });
    const reset = client.resetStreams({ outgoing: [1], incoming: 'all' });
    for (let n = 5; n < 10; n++) void client.send(`${n}`, { streamId: 1 });
    await reset;
    expect(await read(server, 10)).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    expect(told.sort()).toEqual(['incoming  performed', 'outgoing 1 performed']);
  });

  it('a peer that resets its streams in several steps is not waited for without end', async () => {
    const asked: ReconfigurationRequest[] = [];
    const reconfigurations = new Reconfigurations((request) => asked.push(request));
    const reset = reconfigurations.resetStreams({ incoming: 'all' });
    const { streamIds: askedFor } = asked[0] as Extract<ReconfigurationRequest, { kind: 'reset incoming streams' }>;
    const step = { kind: 'streamsReset', direction: 'incoming', result: 'performed' } as const;
    reconfigurations.handleEvent({ ...step, streamIds: [0, 1], askedFor });
    reconfigurations.handleEvent({ ...step, streamIds: [2], askedFor });
    await reset;
  });

  it('more streams than one request names are reset by several', async () => {
    const endpoint = await listen({ port: 5000, host: '127.0.0.1', udpPort: 0 });
    onTestFinished(() => endpoint.abort());
    const client = await connect({ host: '127.0.0.1', port: 5000, remoteUdpPort: endpoint.udpPort });
    onTestFinished(() => client.abort());
    await client.resetStreams({ outgoing: Array.from({ length: 250 }, (_, n) => n) });
    await client.resetStreams({});
  });

  it('streams are added on both sides', async () => {
    const { client, server } = await udpPair();
    const told: string[] = [];
    server.on('streamsAdded', ({ direction, count, result }) => told.push(`${direction} ${count} ${result}`));
    await client.addStreams({ outgoing: 3, incoming: 2 });
    expect([client.outboundStreams, client.inboundStreams]).toEqual([13, 12]);
    await client.send('new', { streamId: 12, until: 'delivered' });
    await server.send('new', { streamId: 11, until: 'delivered' });
    expect(told.sort()).toEqual(['incoming 3 performed', 'outgoing 2 performed']);
  });

  it('the association is reset, and goes on', async () => {
    const { client, server } = await udpPair();
    const told: string[] = [];
    server.on('associationReset', ({ by, result }) => told.push(`${by} ${result}`));
    for (let n = 0; n < 5; n++) void client.send(`${n}`);
    const reset = client.resetAssociation();
    for (let n = 5; n < 10; n++) void client.send(`${n}`);
    await reset;
    expect((await read(server, 10)).map(Number)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(told).toEqual(['peer performed']);
    await client.close();
  });

  it('a scheduler of your own decides', async () => {
    const { client, server } = await udpPair();
    // Always the highest stream number.
    const active = new Set<OutgoingStream>();
    const highestFirst: StreamScheduler = {
      keepsPacketsApart: false,
      handleActive: (stream) => void active.add(stream),
      handleIdle: (stream) => void active.delete(stream),
      select: () => [...active].sort((a, b) => b.streamId - a.streamId)[0],
      handleSent: () => {},
      handlePacketEnd: () => {},
    };
    client.setScheduler(highestFirst);
    for (let n = 0; n < 10; n++) void client.send(`${n}`, { streamId: n });
    expect(await read(server, 10)).toEqual(['9', '8', '7', '6', '5', '4', '3', '2', '1', '0']);
    client.setScheduler('priority');
    client.setStreamShare(3, { priority: 2 });
    client.setStreamShare(4, { priority: 1 });
    for (const streamId of [3, 4, 5]) void client.send(`${streamId}`, { streamId });
    expect(await read(server, 3)).toEqual(['5', '4', '3']);
  });
});

describe('what fails', () => {
  it('is denied by the peer', async () => {
    const { client, server } = await pair({ outboundStreams: 10 });
    server.reconfigurationPolicy = closed;
    const requests = [
      client.resetStreams({ outgoing: [0] }),
      client.resetStreams({ incoming: [0] }),
      client.resetAssociation(),
      client.addStreams({ outgoing: 1 }),
      client.addStreams({ incoming: 1 }),
    ];
    expect(await Promise.all(requests.map(outcome))).toEqual(new Array(5).fill('SCTP_ERR_REFUSED'));
    await client.send('still there', { until: 'delivered' });
  });

  it('is not valid', async () => {
    const { client } = await pair({ outboundStreams: 10 });
    expect(await outcome(client.resetStreams({ outgoing: [10] }))).toBe('SCTP_ERR_INVALID_STREAM');
    expect(await outcome(client.addStreams({ outgoing: 65_535 }))).toBe('SCTP_ERR_INVALID_ARGUMENT');
    expect(() => client.setStreamShare(0, { weight: 0 })).toThrow('weight');
  });

  it('is nothing that the peer speaks', async () => {
    const { client } = await pair({}, { streamReconfiguration: false });
    expect(await outcome(client.resetStreams({ outgoing: 'all' }))).toBe('SCTP_ERR_NOT_SUPPORTED');
  });

  it('comes too late', async () => {
    const { client, server, wire } = await pair();
    wire.isCut = true;
    const waiting = client.resetAssociation();
    await quiet();
    wire.isCut = false;
    server.abort();
    expect(await outcome(waiting)).toBe('SCTP_ERR_ABORTED_BY_PEER');
    expect(await outcome(client.resetAssociation())).toBe('SCTP_ERR_ABORTED_BY_PEER');
  });

  it('ends no process when nobody looks', async () => {
    const { client } = await pair();
    void client.resetStreams({ outgoing: [-1] });
    client.abort();
    void client.resetAssociation();
    await quiet();
  });
});
