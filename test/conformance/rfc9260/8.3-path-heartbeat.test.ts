import { describe, expect, it } from 'vitest';
import type { Chunk } from '../../../src/chunks/index.ts';
import type { HostOptions, RawHost } from '../../../src/simulation/index.ts';
import { endingOf, establishedPair } from '../../support/pair.ts';
import { arrange } from '../../support/states.ts';
import { connected, ipv4 } from '../stage.ts';

/** When HEARTBEAT chunks arrived. */
function heartbeatsTo(host: RawHost): number[] {
  return host.arrivals.flatMap(({ packet, timeMs }) =>
    packet?.chunks.some(({ kind }) => kind === 'HEARTBEAT') ? [timeMs] : [],
  );
}

/** A host opposite a peer with `count` more addresses, none of which answers. */
function manyAddresses(count: number, options: Partial<HostOptions> = {}) {
  const addresses = Array.from({ length: count }, (_, i) => `10.0.${i + 1}.9`);
  const { network, z, peer } = connected(options, { parameters: addresses.map(ipv4) });
  const others = addresses.map((address, i) => network.addRawHost(`o${i}`, { addresses: [address] }));
  return { network, z, peer, others };
}

describe('§8.3', () => {
  it.each([
    ['COOKIE-ECHOED', false],
    ['ESTABLISHED', true],
    ['SHUTDOWN-PENDING', true],
    ['SHUTDOWN-RECEIVED', true],
    ['SHUTDOWN-SENT', false],
    ['SHUTDOWN-ACK-SENT', false],
  ] as const)('a heartbeat that the upper layer asks for in %s: %s', (state, isSent) => {
    const { network, host, peer } = arrange(state);
    peer.host.arrivals.length = 0;
    expect(host.command((now) => host.association.requestHeartbeat(peer.addresses[0]!.ip, now))).toBe(isSent);
    network.run({ forMs: 15 });
    expect(heartbeatsTo(peer.host)).toHaveLength(isSent ? 1 : 0);
    expect(host.command((now) => host.association.requestHeartbeat('10.9.9.9', now))).toBe(false);
  });

  it.each(['SHUTDOWN-SENT', 'SHUTDOWN-ACK-SENT'] as const)(
    '"is discontinued after sending either a SHUTDOWN chunk or SHUTDOWN ACK chunk": %s',
    (state) => {
      const { network, host, peer } = arrange(state, {}, { hbIntervalMs: 500 });
      network.run({ forMs: 20_000 });
      expect(host.association.state).toBe(state);
      expect(heartbeatsTo(peer.host)).toEqual([]);
    },
  );

  it('an answer counts once, however often it comes', () => {
    const { network, z, peer } = connected({ hbIntervalMs: 1_000 });
    network.run({ until: () => heartbeatsTo(peer.host).length === 1 });
    const ack: Chunk = { kind: 'HEARTBEAT ACK', value: peer.latest('HEARTBEAT').value };
    peer.send(ack);
    network.run({ forMs: 100 });
    const { srttMs } = z.association.paths[0]!;
    peer.send(ack);
    network.run({ forMs: 100 });
    expect(z.association.paths[0]!.srttMs).toBe(srttMs);
    expect(z.association.metrics().heartbeatAcksReceived).toBe(1);
  });

  it('an interval begins anew with data: "idle" is what "no new chunk that can be used for updating path RTT" went to', () => {
    const { network, a, association } = establishedPair({ a: { hbIntervalMs: 5_000 }, z: { hbIntervalMs: 0 } });
    network.run({ forMs: 4_000 });
    const sentAt = network.now;
    a.send(association, { data: new Uint8Array(10) });
    network.run({ until: () => association.metrics().heartbeatsSent === 1 });
    expect(network.now - sentAt).toBeGreaterThanOrEqual(5_500);
    expect(network.now - sentAt).toBeLessThanOrEqual(6_500);
  });

  it('an address that was never verified is probed where heartbeats are off, too, at a rate that "is lowered" (§5.4)', () => {
    const { network, z, peer, others } = manyAddresses(1, { hbIntervalMs: 0 });
    network.run({ forMs: 1_200_000 });
    expect(z.association.paths.map(({ state }) => state)).toEqual(['active', 'inactive']);
    expect(heartbeatsTo(peer.host)).toEqual([]);
    const times = heartbeatsTo(others[0]!);
    const late = times.slice(6);
    expect(late.length).toBeGreaterThan(4);
    for (const [i, time] of late.entries()) if (i > 0) expect(time - late[i - 1]!).toBeGreaterThan(30_000);
  });
});

describe('§5.4', () => {
  it('"The number of packets containing HEARTBEAT chunks sent at each RTO SHOULD be limited by the \'HB.Max.Burst\' parameter."', () => {
    const { network, others } = manyAddresses(6, { hbMaxBurst: 2 });
    network.run({ forMs: 2_900 });
    const first = others.map((host) => Math.round(heartbeatsTo(host)[0]! / 1_000));
    expect(first).toEqual([0, 0, 1, 1, 2, 2]);
  });

  it('"When probing UNCONFIRMED addresses, however, the association overall error count is not incremented."', () => {
    const { network, z, others } = manyAddresses(1, { associationMaxRetrans: 2 });
    network.run({ forMs: 20_000 });
    expect(heartbeatsTo(others[0]!).length).toBeGreaterThan(3);
    expect([z.association.state, endingOf(z)]).toEqual(['ESTABLISHED', undefined]);
  });
});

describe('§8.1', () => {
  it('"Unacknowledged HEARTBEAT chunks observed on paths different from the path currently used for data transfer SHOULD NOT increment the association error counter"', () => {
    const { network, z, peer, others } = manyAddresses(1, {
      associationMaxRetrans: 2,
      hbIntervalMs: 5_000,
      rtoMaxMs: 1_000,
    });
    // The other address is asked every second, when it no longer answers, the primary path every five.
    const [other] = others;
    network.run({ until: () => heartbeatsTo(other!).length === 1 });
    const question = other!.arrivals[0]!.packet!.chunks[0]!;
    if (question.kind !== 'HEARTBEAT') throw new Error(question.kind);
    other!.send(peer.packet(peer.peerTag, [{ kind: 'HEARTBEAT ACK', value: question.value }]), z.addresses[0]!);
    network.run({ until: () => z.association.paths[1]!.state === 'active' });
    // The primary path answers all the time; the other one has fallen silent.
    peer.host.arrivals.length = 0;
    for (let i = 0; i < 40; i++) {
      network.run({ forMs: 1_000 });
      for (const chunk of peer.received) if (chunk.kind === 'HEARTBEAT') peer.send({ ...chunk, kind: 'HEARTBEAT ACK' });
      peer.host.arrivals.length = 0;
    }
    expect(z.association.paths[1]!.errorCount).toBeGreaterThan(2);
    expect([z.association.state, endingOf(z)]).toEqual(['ESTABLISHED', undefined]);
  });
});
