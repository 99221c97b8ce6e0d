import { describe, expect, it } from 'vitest';
import { decodePacket, heartbeatInfo } from '../../../src/chunks/index.ts';
import type { HostOptions } from '../../../src/simulation/index.ts';
import { messages } from '../../support/messages.ts';
import { eventsOf } from '../../support/pair.ts';
import { connected, kindsOf, packetsTo, type Stage } from '../stage.ts';

const headers = 28;

/** An association without data waits a while before it probes. */
const untilFirstProbe = 65;

/** A host on Ethernet; its peer answers no probe unless the test does. */
function onEthernet(options: Partial<HostOptions> = {}): Stage {
  return connected({ mtu: 1_500, hbIntervalMs: 0, ...options });
}

/** The probes that the peer has received: their times, sizes of IP packets, and HEARTBEAT values. */
function probesTo({ peer }: Stage) {
  return peer.host.arrivals.flatMap(({ timeMs, bytes, packet }) => {
    const heartbeat = packet?.chunks[0];
    return heartbeat?.kind === 'HEARTBEAT' && packet?.chunks[1]?.kind === 'PAD'
      ? [{ timeMs, size: bytes.length + headers, heartbeat }]
      : [];
  });
}

function answerLatest(stage: Stage): void {
  stage.peer.send({ kind: 'HEARTBEAT ACK', value: probesTo(stage).at(-1)!.heartbeat.value });
  stage.network.run({ forMs: 15 });
}

describe('RFC 8899', () => {
  it('§3 1: "MUST NOT send a datagram (other than a probe packet) with a size at the PL that is larger than the current PLPMTU."', () => {
    const stage = onEthernet();
    stage.network.run({ forMs: untilFirstProbe });
    stage.z.feed(stage.z.association, messages(5, 3_000));
    stage.network.run({ forMs: 500 });
    const data = stage.peer.host.arrivals.filter(({ packet }) => packet?.chunks[0]?.kind === 'DATA');
    expect(data.length).toBeGreaterThan(2);
    for (const { bytes } of data) expect(bytes.length).toBeLessThanOrEqual(1_200);
  });

  it('§3 2: a probe is never larger than the link, which would fragment it: "MUST be sent with the Don\'t Fragment (DF) bit set"', () => {
    const stage = onEthernet();
    stage.network.run({ forMs: 60_000 });
    for (const { size } of probesTo(stage)) expect(size).toBeLessThanOrEqual(1_500);
  });

  it('§3 4: probes carry no user data; §6.2: "a minimum-length HEARTBEAT (HB) chunk" with PAD', () => {
    const stage = onEthernet();
    stage.z.feed(stage.z.association, messages(1, 100));
    stage.network.run({ forMs: 60_000 });
    const kinds = new Set(packetsTo(stage.peer).map((packet) => kindsOf(packet).join(' + ')));
    expect(kinds).toEqual(new Set(['DATA', 'HEARTBEAT + PAD']));
  });

  it('§3 7: "the interval between probe packets MUST be at least one RTT"; "MUST NOT increase the congestion window"', () => {
    const stage = onEthernet({ mtu: 9_000 });
    const before = stage.z.association.paths[0]!.cwnd;
    stage.network.run({ forMs: untilFirstProbe });
    for (let i = 0; i < 10; i++) answerLatest(stage);
    expect(stage.z.association.paths[0]).toMatchObject({ pathMtu: 9_000, cwnd: before });
    const lost = onEthernet();
    lost.network.run({ forMs: 60_000 });
    const times = probesTo(lost).map(({ timeMs }) => timeMs);
    expect(times.length).toBeGreaterThan(3);
    for (let i = 1; i < times.length; i++) expect(times[i]! - times[i - 1]!).toBeGreaterThanOrEqual(20);
  });

  it('§4.1: "MUST contain enough information to uniquely identify the probe"', () => {
    const stage = onEthernet();
    stage.network.run({ forMs: 60_000 });
    const infos = probesTo(stage).map(({ heartbeat }) => Buffer.from(heartbeatInfo(heartbeat)!).toString('hex'));
    expect(infos.length).toBeGreaterThan(3);
    expect(new Set(infos).size).toBe(infos.length);
  });

  it('§3: an answer that is old, doubled, altered or made up changes nothing', () => {
    const stage = onEthernet();
    const { network, peer, z } = stage;
    network.run({ forMs: untilFirstProbe });
    const first = probesTo(stage)[0]!.heartbeat.value;
    network.run({ until: () => probesTo(stage).length > 1 });
    peer.send({ kind: 'HEARTBEAT ACK', value: first });
    const forged = probesTo(stage)[1]!.heartbeat.value.slice();
    forged[5] = forged[5]! ^ 1;
    peer.send({ kind: 'HEARTBEAT ACK', value: forged });
    network.run({ forMs: 100 });
    expect(z.association.paths[0]?.pathMtu).toBe(1_228);
    expect(z.association.metrics().heartbeatAcksReceived).toBe(0);
    expect(eventsOf(z, 'pathChange')).toEqual([]);
  });

  it('§5.1.1, PROBE_TIMER: "This value MUST NOT be smaller than 1 second"', () => {
    const stage = onEthernet({ rtoMinMs: 100, rtoInitialMs: 100 });
    stage.network.run({ forMs: 30_000 });
    const times = probesTo(stage).map(({ timeMs }) => timeMs);
    expect(times.length).toBeGreaterThan(3);
    for (let i = 1; i < times.length; i++) expect(times[i]! - times[i - 1]!).toBeGreaterThanOrEqual(1_000);
  });

  it('§5.1.1, CONFIRMATION_TIMER: "When an acknowledged PL is used, this timer MUST NOT be used." (§6.2.1.3)', () => {
    const stage = onEthernet();
    stage.network.run({ forMs: untilFirstProbe });
    answerLatest(stage);
    stage.peer.host.arrivals.length = 0;
    stage.network.run({ forMs: 3_000_000 });
    expect(stage.z.association.paths[0]?.pathMtu).toBe(1_500);
    expect(probesTo(stage)).toEqual([]);
  });

  it('§5.2: "If multipath or multihoming is supported, a state machine is needed for each path."', () => {
    const ipv6 = { kind: 'IPv6 Address', address: '2001:db8::9' } as const;
    const { network, z } = connected({ mtu: 1_500, addresses: ['10.0.0.2', '2001:db8::2'] }, { parameters: [ipv6] });
    network.run({ forMs: untilFirstProbe });
    // §5.1.2: "For IPv6, this size is greater than or equal to the size at the PL that results in an 1280-byte IPv6 packet"
    expect(z.association.paths.map(({ pathMtu }) => pathMtu)).toEqual([1_228, 1_280]);
    const unconfirmed = network.packets.filter(({ to }) => to.ip === '2001:db8::9');
    expect(unconfirmed.some(({ packet }) => decodePacket(packet)?.chunks[1]?.kind === 'PAD')).toBe(false);
  });
});
