import { describe, expect, it } from 'vitest';
import { type Host, type HostOptions, Network, type NetworkOptions } from '../../../src/simulation/index.ts';

function pair(options: NetworkOptions = {}, aOptions: Partial<HostOptions> = {}, zOptions: Partial<HostOptions> = {}) {
  const network = new Network(options);
  const a = network.addHost('a', { addresses: ['10.0.0.1'], port: 5000, ...aOptions });
  const z = network.addHost('z', { addresses: ['10.0.0.2'], port: 5001, listening: true, ...zOptions });
  return { network, a, z };
}

const kinds = (host: Host): string[] => host.events.map(({ event }) => event.kind);

describe('a host', () => {
  it('fragments what is larger than the MTU of its own link, and nothing else', () => {
    const network = new Network({ link: { mtu: 1_000 } });
    const a = network.addHost('a', { addresses: ['10.0.0.1'], port: 5000, mtu: 1_500 });
    const to = network.addRawHost('z', { addresses: ['10.0.0.2'] }).addresses[0]!;
    // 28 bytes are UDP and IPv4
    for (const length of [972, 973, 1_472, 1_473]) network.transmit(a, new Uint8Array(length), to);
    expect(network.packets.map(({ fate }) => fate)).toEqual(['delivered', 'lost', 'lost', 'delivered']);
  });

  it('opens an association, sends, receives and shuts down', () => {
    const { network, a, z } = pair();
    const association = a.connect(z);
    expect(() => z.association).toThrow('z has no association');
    network.run({ until: () => kinds(a).includes('established') });
    expect(a.association).toBe(association);
    a.send(association, { data: Uint8Array.of(1, 2, 3), streamId: 1, ppid: 51 });
    network.run({ until: () => z.received().length === 1 });
    expect(z.received()[0]).toMatchObject({ data: Uint8Array.of(1, 2, 3), streamId: 1, ppid: 51 });
    a.shutdown();
    network.run({ until: () => kinds(a).includes('closed') && kinds(z).includes('closed') });
    network.run();
    expect(network.isIdle).toBe(true);
    expect(kinds(a)).toEqual(['established', 'closed']);
    expect(z.events[0]?.association).toBe(z.association);
    expect(network.ladder().slice(0, 4)).toEqual([
      'a > INIT',
      'z > INIT ACK',
      expect.stringMatching(/^a > COOKIE ECHO/),
      'z > COOKIE ACK',
    ]);
  });

  it('leaves messages alone where it is told to', () => {
    const { network, a, z } = pair({}, {}, { autoRead: false });
    a.send(a.connect(z), { data: Uint8Array.of(1) });
    network.run({ until: () => kinds(z).includes('readable') });
    network.run({ forMs: 100 });
    expect(z.received()).toEqual([]);
    expect(z.receive()).toMatchObject({ data: Uint8Array.of(1) });
    expect(z.receive()).toBeUndefined();
  });

  it('answers from within an event', () => {
    const { network, a, z } = pair(
      {},
      {},
      {
        onEvent: (association, event) => {
          if (event.kind !== 'readable') return;
          for (const message of z.received(association))
            z.send(association, { data: message.data, streamId: message.streamId });
        },
      },
    );
    a.send(a.connect(z), { data: Uint8Array.of(9), streamId: 3 });
    network.run({ until: () => a.received().length === 1 });
    expect(a.received()[0]).toMatchObject({ data: Uint8Array.of(9), streamId: 3 });
  });

  it('feeds more than the send buffer holds, over a bad link, the same way for the same seed', () => {
    const run = (seed: number): string[] => {
      const link = { lossRate: 0.05, reorderRate: 0.05, duplicateRate: 0.02, corruptRate: 0.02 };
      const { network, a, z } = pair({ seed, link }, { sendBufferSize: 20_000 });
      const messages = Array.from({ length: 60 }, (_, i) => ({ data: new Uint8Array(2000).fill(i), streamId: i % 3 }));
      a.feed(a.connect(z), messages);
      network.run({ until: () => z.associations.length > 0 && z.received().length === 60 });
      for (const streamId of [0, 1, 2]) {
        const inOrder = z.received().filter((message) => message.streamId === streamId);
        expect(inOrder.map(({ data }) => data[0])).toEqual(
          messages.filter((_, i) => i % 3 === streamId).map(({ data }) => data[0]),
        );
      }
      return network.ladder({ times: true });
    };
    expect(run(1)).toEqual(run(1));
    expect(run(1)).not.toEqual(run(2));
  });

  it('aborts, and takes any other command', () => {
    const { network, a, z } = pair();
    a.connect(z);
    network.run({ until: () => kinds(z).includes('established') });
    z.abort();
    network.run({ until: () => kinds(a).includes('closed') });
    expect(z.command((now) => now)).toBe(network.now);
  });

  it('sends from a new UDP port after its NAT forgot it', () => {
    const { network, a, z } = pair();
    a.connect(z);
    network.run({ until: () => kinds(a).includes('established') });
    a.rebind(40_000);
    a.send(a.association, { data: Uint8Array.of(1) });
    network.run({ until: () => z.received().length === 1 });
    const sent = network.packets.filter(({ from }) => from.ip === '10.0.0.1');
    expect(sent.at(-1)?.from.udpPort).toBe(40_000);
  });
});
