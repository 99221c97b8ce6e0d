import { describe, expect, it } from 'vitest';
import {
  Network,
  type NetworkOptions,
  type RawHost,
  type RawHostOptions,
  type Station,
} from '../../../src/simulation/index.ts';
import { dataChunk, initChunk, packetOf } from '../trace/packets.ts';

/** Two raw hosts, a (10.0.0.1) and z (10.0.0.2); z answers as told. */
function pair(options: NetworkOptions = {}, onPacket?: (z: RawHost, tsn: number) => void) {
  const network = new Network(options);
  const a = network.addRawHost('a', { addresses: ['10.0.0.1'] });
  const zOptions: RawHostOptions = {
    addresses: ['10.0.0.2'],
    onPacket: (packet) => {
      const chunk = packet?.chunks[0];
      if (chunk?.kind === 'DATA') onPacket?.(z, chunk.tsn);
    },
  };
  const z = network.addRawHost('z', zOptions);
  return { network, a, z, toA: a.addresses[0]!, toZ: z.addresses[0]! };
}

const data = (tsn: number): Uint8Array => packetOf(1, dataChunk(tsn));

describe('a network', () => {
  it('carries packets in virtual time', () => {
    const { network, a, z, toA, toZ } = pair({ link: { delayMs: 20 } }, (host, tsn) => host.send(data(tsn + 100), toA));
    a.send(data(1), toZ);
    expect(network.packetsInFlight).toBe(1);
    expect(network.isIdle).toBe(false);
    network.run();
    expect(network.isIdle).toBe(true);
    expect(network.now).toBe(40);
    expect(z.arrivals).toMatchObject([{ timeMs: 20, from: a.addresses[0], to: toZ, bytes: data(1) }]);
    expect(a.arrivals).toMatchObject([{ timeMs: 40, packet: { chunks: [{ kind: 'DATA', tsn: 101 }] } }]);
    expect(network.ladder()).toEqual(['a > DATA 1', 'z > DATA 101']);
  });

  it('stops where it is told', () => {
    const { network, a, z, toZ } = pair();
    a.send(data(1), toZ);
    network.run({ forMs: 5 });
    expect([network.now, z.arrivals.length]).toEqual([5, 0]);
    network.run({ untilMs: 10 });
    expect([network.now, z.arrivals.length]).toEqual([10, 1]);
    network.at(30, () => a.send(data(2), toZ));
    network.after(5, () => a.send(data(3), toZ));
    network.run({ until: () => z.arrivals.length === 2 });
    expect(network.now).toBe(25);
    network.run({ untilMs: 100 });
    expect([network.now, z.arrivals.length]).toEqual([100, 3]);
    network.run({ untilMs: 50 });
    expect(network.now).toBe(100);
  });

  it('loses what is sent to nobody, to another UDP port and to an address that has gone', () => {
    const { network, a, z, toZ } = pair();
    a.send(data(1), { ip: '10.9.9.9', udpPort: 9899 });
    a.send(data(2), { ...toZ, udpPort: 1 });
    a.send(data(3), toZ);
    network.unbind('10.0.0.2');
    network.run();
    expect(z.arrivals).toEqual([]);
    network.bind('10.0.0.2', z);
    a.send(data(4), toZ);
    network.run();
    expect(z.arrivals).toHaveLength(1);
    expect(() => network.bind('10.0.0.2', a)).toThrow('10.0.0.2 belongs to z');
    expect(() => a.send(data(5), { ip: '::1', udpPort: 9899 })).toThrow('a has no address that reaches ::1');
  });

  it('has a link for each direction between two addresses', () => {
    const network = new Network();
    const a = network.addRawHost('a', { addresses: ['10.0.0.1', '10.1.0.1'] });
    const z = network.addRawHost('z', { addresses: ['10.0.0.2', '10.1.0.2'] });
    expect(network.link(a, z).links).toHaveLength(4);
    expect(network.linkBoth(a, z).links).toHaveLength(8);
    expect(network.link('10.0.0.1', '10.0.0.2').links[0]).toBe(network.link(a, z).links[0]);
    network.link('10.1.0.1', z).cut();
    a.send(data(1), z.addresses[1]!, a.addresses[1]);
    a.send(data(2), z.addresses[1]!);
    z.send(data(3), a.addresses[1]!);
    network.link('10.1.0.1', z).restore();
    network.linkBoth(a, z).set({ delayMs: 1 });
    a.send(data(4), z.addresses[1]!, a.addresses[1]);
    network.run();
    expect(network.ladder()).toEqual(['a x DATA 1', 'a > DATA 2', 'z > DATA 3', 'a > DATA 4']);
    expect(network.packets[0]).toMatchObject({ fate: 'lost', lost: 'cut' });
    expect(z.arrivals.map(({ timeMs }) => timeMs)).toEqual([1, 10]);
  });

  it('repeats itself for the same seed, and not for another', () => {
    const run = (seed: number): string[] => {
      const { network, a, toZ } = pair({ seed, link: { lossRate: 0.3, corruptRate: 0.1, jitterMs: 5 } });
      for (let i = 0; i < 50; i++) a.send(data(i), toZ);
      network.run();
      return network.ladder({ times: true });
    };
    expect(run(3)).toEqual(run(3));
    expect(run(3)).not.toEqual(run(4));
  });

  it('counts TSNs from 1 in ladders and scripts, also when the ladder begins behind the handshake', () => {
    const { network, a, z, toA, toZ } = pair();
    network.link(a, z).set({ drop: ({ chunks }) => chunks.some((chunk) => chunk.kind === 'DATA' && chunk.tsn === 2) });
    a.send(packetOf(0, initChunk('INIT', 0xa, 1000)), toZ);
    z.send(packetOf(0xa, initChunk('INIT ACK', 1, 2000)), toA);
    network.run();
    network.clearLadder();
    for (const tsn of [1000, 1001, 1002]) a.send(data(tsn), toZ);
    network.run();
    expect(network.ladder()).toEqual(['a > DATA 1', 'a x DATA 2', 'a > DATA 3']);
    expect(network.ladder({ relativeTsns: false })[0]).toBe('a > DATA 1000');
  });

  it('remembers the latest packets only', () => {
    const { network, a, toZ } = pair({ recordedPackets: 2 });
    for (const tsn of [1, 2, 3]) a.send(data(tsn), toZ);
    expect(network.ladder()).toEqual(['a > DATA 2', 'a > DATA 3']);
  });
});

describe('timers', () => {
  /** Ticks every `periodMs`, and notes what happened. */
  class Ticker implements Station {
    readonly name: string;
    readonly addresses: Station['addresses'] = [];
    readonly #log: string[];
    readonly #periodMs: number;
    nextTimeout: number;

    constructor(name: string, periodMs: number, log: string[]) {
      this.name = name;
      this.#periodMs = periodMs;
      this.#log = log;
      this.nextTimeout = periodMs;
    }

    handlePacket(): void {}

    handleTimeout(now: number): void {
      this.#log.push(`${this.name} ${now}`);
      this.nextTimeout += this.#periodMs;
    }
  }

  it('fire in the order of time, after what is under way and in the order of hosts', () => {
    const network = new Network();
    const log: string[] = [];
    network.attach(new Ticker('a', 20, log));
    network.attach(new Ticker('b', 10, log));
    network.at(20, () => log.push('call 20'));
    network.run({ untilMs: 30 });
    expect(log).toEqual(['b 10', 'call 20', 'a 20', 'b 20', 'b 30']);
  });

  it('cannot run away', () => {
    const network = new Network({ seed: 5 });
    network.attach(new Ticker('a', 0, []));
    expect(() => network.run({ untilMs: 10, maxEvents: 1000 })).toThrow(/^more than 1000 events\nseed 5 at 0 ms/);
  });
});

describe('a failing run', () => {
  it('shows seed, time and ladder', () => {
    const { network, a, toZ } = pair({ seed: 42, link: { lossRate: 1 } });
    a.send(data(7), toZ);
    expect(() => network.run({ until: () => false })).toThrow(
      'nothing is left to happen\nseed 42 at 0 ms\n      0.000 a x DATA 7',
    );
    network.at(50, () => {});
    expect(() => network.run({ until: () => false, untilMs: 20 })).toThrow('time is up\nseed 42');
  });

  it('shows the latest of many packets', () => {
    const { network, a, toZ } = pair();
    for (let i = 0; i < 100; i++) a.send(data(i), toZ);
    expect(network.toString().split('\n').slice(0, 3)).toEqual([
      'seed 1 at 0 ms',
      '… 20 packets before',
      '      0.000 a > DATA 20',
    ]);
  });

  it('keeps the error that ended it', () => {
    const cause = new Error('broken');
    const { network, a, toZ } = pair({}, () => {
      throw cause;
    });
    a.send(data(1), toZ);
    expect(() => network.run()).toThrow(expect.objectContaining({ name: 'SimulationError', cause }));
  });

  it('ends a packet storm', () => {
    const network = new Network({ link: { delayMs: 0 } });
    const echo = network.addRawHost('echo', {
      addresses: ['10.0.0.1'],
      onPacket: (_packet, bytes, from) => echo.send(bytes, from),
    });
    echo.send(data(1), echo.addresses[0]!);
    expect(() => network.run({ maxEvents: 500 })).toThrow('more than 500 events');
  });
});
