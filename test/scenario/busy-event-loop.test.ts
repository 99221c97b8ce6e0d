import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listen, type SctpAssociation, type SctpEndpoint } from '../../src/index.ts';
import { type Host, Network } from '../../src/simulation/index.ts';
import { SimulatedLoop } from '../support/simulated-loop.ts';

// An event loop that is busy is no loss: Node.js runs timers before it polls sockets, and the acknowledgement that a timer has waited
// for may have been here for a second. All in virtual time; the peers are processes of their own, which go on.

const port = 5000;

describe('an event loop that was busy', () => {
  let network: Network;
  let loop: SimulatedLoop;

  beforeEach(() => {
    network = new Network({ link: { delayMs: 10 }, recordedPackets: 100 });
    loop = new SimulatedLoop(network);
  });

  afterEach(() => {
    loop.end();
  });

  async function server(ip: string, peers: number, options = {}) {
    const limits = { maxHandshakesPerSecond: 1e6, maxAssociations: 1e6 };
    const endpoint = await listen({ port, transport: loop.socket(ip), limits, ...options });
    const associations: SctpAssociation[] = [];
    endpoint.on('association', (association) => {
      association.on('error', () => {});
      associations.push(association);
    });
    const hosts = Array.from({ length: peers }, (_, n) => {
      const host = network.addHost(`${ip} ${n}`, { addresses: [`10.${ip.at(-1)}.${n >> 8}.${n & 255}`], port: 6000 });
      host.connect({ addresses: [{ ip, udpPort: 9899 }], port });
      return host;
    });
    await loop.run(500);
    expect(associations).toHaveLength(peers);
    return { endpoint, associations, hosts };
  }

  /** As much as the first window takes, which is then in flight. */
  async function flood(associations: readonly SctpAssociation[]): Promise<void> {
    for (const association of associations) void association.send(new Uint8Array(20_000));
    await loop.run(1);
    for (const association of associations) expect(association.paths[0]!.flightSize).toBeGreaterThan(4_000);
  }

  function troubles(associations: readonly SctpAssociation[]) {
    let [timeouts, again, errors, closed] = [0, 0, 0, 0];
    for (const association of associations) {
      const { retransmissionTimeouts, dataChunksRetransmitted } = association.metrics();
      timeouts += retransmissionTimeouts;
      again += dataChunksRetransmitted;
      for (const { errorCount } of association.paths) errors += errorCount;
      if (association.state !== 'ESTABLISHED') closed++;
    }
    return { timeouts, again, errors, closed };
  }

  const none = { timeouts: 0, again: 0, errors: 0, closed: 0 };

  function cwnds(associations: readonly SctpAssociation[]): number {
    return Math.min(...associations.map(({ paths }) => paths[0]!.cwnd));
  }

  async function finish(endpoint: SctpEndpoint, hosts: readonly Host[]): Promise<void> {
    await loop.run(2_000);
    expect(new Set(hosts.map((host) => host.received().reduce((sum, { data }) => sum + data.length, 0)))).toEqual(
      new Set([20_000]),
    );
    void endpoint.abort();
    await loop.run(100);
  }

  it('for 2 s, with the data of 1,000 associations in flight, sends nothing again and keeps every cwnd', async () => {
    const { endpoint, associations, hosts } = await server('10.0.0.2', 1_000);
    await flood(associations);
    const before = cwnds(associations);
    loop.block(2_000);
    const { phases } = loop;
    await loop.run(1_000);
    // The acknowledgements did not come in one poll phase.
    expect(loop.phases - phases).toBeGreaterThan(30);
    expect(troubles(associations)).toEqual(none);
    expect(cwnds(associations)).toBeGreaterThanOrEqual(before);
    await finish(endpoint, hosts);
  });

  it('gives up no healthy peer, however strict the limits are', async () => {
    // The peers' acknowledgements take 20 ms, and 200 ms more where §6.2 lets them.
    const strict = { associationMaxRetrans: 0, pathMaxRetrans: 0, rtoInitialMs: 400, rtoMinMs: 250, rtoMaxMs: 400 };
    const { endpoint, associations, hosts } = await server('10.0.0.2', 20, { ...strict, hbIntervalMs: 300 });
    await flood(associations);
    for (const busyMs of [260, 260, 600, 2_000, 300, 300, 300]) {
      loop.block(busyMs);
      await loop.run(3);
    }
    await loop.run(1_000);
    // Neither data nor heartbeats.
    expect(associations[0]!.metrics().heartbeatAcksReceived).toBeGreaterThan(1);
    expect(troubles(associations)).toEqual(none);
    await finish(endpoint, hosts);
  });

  it('takes the time that packets have waited for no round trip', async () => {
    const { endpoint, associations, hosts } = await server('10.0.0.2', 3);
    await flood(associations);
    await loop.run(20); // the first acknowledgements tell 20 ms
    const measured = associations.map(({ paths }) => paths[0]!);
    expect(measured.map(({ srttMs }) => srttMs)).toEqual([20, 20, 20]);
    loop.block(5_000);
    await loop.run(1_000);
    // SACK.Delay is a part of round trips, the time in which we were busy is not.
    for (const { paths } of associations) expect(paths[0]!.srttMs).toBeLessThan(100);
    await finish(endpoint, hosts);
  });

  it('waits for the sockets of all endpoints of the process', async () => {
    const [one, other] = [await server('10.0.0.2', 200), await server('10.0.0.3', 1)];
    await flood([...one.associations, ...other.associations]);
    loop.block(2_000);
    await loop.run(1_000);
    expect(troubles([...one.associations, ...other.associations])).toEqual(none);
    await finish(one.endpoint, one.hosts);
    await finish(other.endpoint, other.hosts);
  });

  it('after a timer had come and the sockets were polled, polls them once more', async () => {
    const { endpoint, associations, hosts } = await server('10.0.0.2', 10);
    // The first DATA chunk of each side is acknowledged at once.
    for (const association of associations) void association.send(new Uint8Array(100));
    for (const host of hosts) host.send(host.association, { data: new Uint8Array(100) });
    await loop.run(1_000);
    for (const association of associations) void association.send(new Uint8Array(100));
    await loop.run(1);
    // The delayed SACK of what the peers say now is due in 10 + 200 ms. Behind the poll phase in between, the loop gets busy: until
    // T3-rtx is due, too.
    for (const host of hosts) host.send(host.association, { data: new Uint8Array(100) });
    setTimeout(() => setImmediate(() => loop.block(2_000)), 210);
    await loop.run(1_000);
    expect(network.now).toBeGreaterThan(3_000);
    expect(troubles(associations)).toEqual(none);
    expect(new Set(hosts.map((host) => host.received().length))).toEqual(new Set([2]));
    void endpoint.abort();
    await loop.run(100);
  });

  it('was not idle: what was in flight keeps the cwnd of its path', async () => {
    const { endpoint, associations, hosts } = await server('10.0.0.2', 5);
    await flood(associations);
    await loop.run(1_000);
    const before = cwnds(associations);
    for (const association of associations) void association.send(new Uint8Array(100));
    await loop.run(1);
    loop.block(5_000);
    await loop.run(50);
    for (const association of associations) void association.send(new Uint8Array(100));
    await loop.run(1_000);
    expect(cwnds(associations)).toBe(before);
    expect(hosts.map((host) => host.received().length)).toEqual([3, 3, 3, 3, 3]);
    void endpoint.abort();
    await loop.run(100);
  });

  it('still finds what is lost', async () => {
    const { endpoint, associations, hosts } = await server('10.0.0.2', 2);
    const [association] = associations;
    network.linkBoth('10.0.0.2', hosts[0]!).set({ lossRate: 1 });
    await flood(associations);
    loop.block(2_000);
    await loop.run(100);
    expect(association!.metrics().retransmissionTimeouts).toBe(1);
    expect(associations[1]!.metrics().retransmissionTimeouts).toBe(0);
    network.linkBoth('10.0.0.2', hosts[0]!).set({ lossRate: 0 });
    await loop.run(5_000);
    await finish(endpoint, hosts);
  });
});
