import { describe, expect, it } from 'vitest';
import type { Association } from '../../src/association/association.ts';
import { addressParameter } from '../../src/chunks/index.ts';
import { type Host, type HostOptions, Network, type NetworkOptions } from '../../src/simulation/index.ts';
import { endingOf, eventsOf } from '../support/pair.ts';
import { RawPeer } from '../support/raw-peer.ts';
import { addStrictHost, type StrictHost } from '../support/strict-host.ts';

/** A peer that answers soon or not at all: failures are seen within seconds. */
const impatience = { rtoInitialMs: 100, rtoMinMs: 50, rtoMaxMs: 400, hbIntervalMs: 500, pathMaxRetrans: 2 };

interface Strict {
  readonly network: Network;
  readonly a: StrictHost;
  readonly z: StrictHost;
}

/** Two hosts that know their peer by the addresses that they were told, and by no others. */
function strictPair(a: Partial<HostOptions>, z: Partial<HostOptions>, options: NetworkOptions = {}): Strict {
  const network = new Network(options);
  const common = { bindsAny: true, ...impatience };
  return {
    network,
    a: addStrictHost(network, 'a', { addresses: ['10.0.0.1'], port: 5000, ...common, ...a }),
    z: addStrictHost(network, 'z', { addresses: ['10.0.0.2'], port: 5001, listening: true, ...common, ...z }),
  };
}

/** Connects to the first address of z, or to those given; both sides are up then. */
function connect({ network, a, z }: Strict, to: readonly string[] = [z.addresses[0]!.ip]): Association {
  const addresses = to.map((ip) => ({ ip, udpPort: 9899 }));
  const association = a.connect({ addresses, port: z.port });
  network.run({ until: () => association.state === 'ESTABLISHED' && z.associations.length === 1 });
  return association;
}

/** Both talk for a while. Returns how many messages came to z and to a. */
function talk({ network, a, z }: Strict, forMs: number): number[] {
  const before = [z.received().length, a.received().length];
  for (let at = 0; at < forMs; at += 100) {
    network.after(at, () => {
      a.send(a.association, { data: Uint8Array.of(1) });
      z.send(z.association, { data: Uint8Array.of(2) });
    });
  }
  network.run({ forMs });
  return [z.received().length - before[0]!, a.received().length - before[1]!];
}

/** `remote state` of each path. */
function pathsOf({ association }: Host): string[] {
  return association.paths.map(({ address, state }) => `${address.ip} ${state}`);
}

function refusals({ a, z }: Strict): unknown[] {
  return [...a.refused, ...z.refused];
}

describe('a default association with a host of several addresses', () => {
  it.each([
    { name: 'IPv4 and IPv6', addresses: ['10.0.0.2', 'fd00::2'] },
    { name: 'IPv6 and IPv4', addresses: ['fd00::2', '10.0.0.2'] },
    { name: 'two of IPv4', addresses: ['10.0.0.2', '10.9.0.2'] },
    { name: 'public ones', addresses: ['192.0.2.2', '2001:db8::2'], own: ['192.0.2.1', '2001:db8::1'] },
  ])('lives, whoever has which: $name', ({ addresses, own = ['10.0.0.1', 'fd00::1'] }) => {
    for (const host of [own, own.slice(0, 1)]) {
      const strict = strictPair({ addresses: host }, { addresses, bindsAny: false });
      const reachable = addresses.filter((ip) => ip.includes(':') === host[0]!.includes(':') || host.length > 1);
      connect(strict, reachable.slice(0, 1));
      expect(talk(strict, 10_000)).toEqual([100, 100]);
      expect(refusals(strict)).toEqual([]);
      expect([endingOf(strict.a), endingOf(strict.z)]).toEqual([undefined, undefined]);
    }
  });

  it('lists what it has, and uses all of it: an address of each family', () => {
    const strict = strictPair({ addresses: ['10.0.0.1', 'fd00::1'] }, { addresses: ['10.0.0.2', 'fd00::2'] });
    connect(strict);
    strict.network.run({ forMs: 2_000 });
    expect(strict.z.toldBy(5000)).toEqual(['10.0.0.1', 'fd00::1']);
    expect(strict.a.toldBy(5001)).toEqual(['10.0.0.2', 'fd00::2']);
    expect(pathsOf(strict.a)).toEqual(['10.0.0.2 active', 'fd00::2 active']);
    expect(pathsOf(strict.z)).toEqual(['10.0.0.1 active', 'fd00::1 active']);
    expect(refusals(strict)).toEqual([]);
  });

  // RFC 6951 §3.2: "For single-homed associations, IP addresses MUST NOT be listed in the INIT and INIT-ACK chunks."
  it('lists nothing where it has one address', () => {
    const strict = strictPair({ addresses: ['10.0.0.1', '127.0.0.1', '::1', 'fe80::1%eth0'] }, {});
    connect(strict);
    expect(strict.z.toldBy(5000)).toEqual(['10.0.0.1']);
    expect(strict.a.toldBy(5001)).toEqual(['10.0.0.2']);
  });

  it('loopback addresses are told where our user has named several of the peer', () => {
    // (On one host all hosts of the simulation are one.)
    const own = ['127.0.0.1', '127.1.0.1', '10.0.0.1', '10.1.0.1'];
    const both = ['127.0.0.2', '127.1.0.2'];
    const one = strictPair({ addresses: own }, { addresses: both, bindsAny: false });
    connect(one);
    expect(talk(one, 3_000)).toEqual([30, 30]);
    expect(one.z.toldBy(5000)).toEqual(['127.0.0.1']);
    const two = strictPair({ addresses: own }, { addresses: both, bindsAny: false });
    connect(two, both);
    expect(two.z.toldBy(5000)).toEqual(['127.0.0.1', '127.1.0.1']);
    expect(talk(two, 3_000)).toEqual([30, 30]);
    expect(pathsOf(two.a)).toEqual(['127.0.0.2 active', '127.1.0.2 active']);
    expect([...refusals(one), ...refusals(two)]).toEqual([]);
  });

  it('leaves further addresses aside where packets to them would come from elsewhere, named or not', () => {
    // Private addresses are not told to a public peer: RFC 6951 §5.7.
    for (const named of [['192.0.2.2'], ['192.0.2.2', '2001:db8::2']]) {
      const strict = strictPair(
        { addresses: ['10.0.0.1', 'fd00::1'] },
        { addresses: ['192.0.2.2', '2001:db8::2'], bindsAny: false },
      );
      connect(strict, named);
      expect(talk(strict, 60_000)).toEqual([600, 600]);
      expect(strict.z.toldBy(5000)).toEqual(['10.0.0.1']);
      expect(pathsOf(strict.a)).toEqual([
        '192.0.2.2 active',
        named.length === 1 ? '2001:db8::2 unconfirmed' : '2001:db8::2 inactive',
      ]);
      expect(strict.network.packets.filter(({ to }) => to.ip === '2001:db8::2')).toEqual([]);
      expect(strict.a.command((now) => strict.a.association.requestHeartbeat('2001:db8::2', now))).toBe(false);
      expect(refusals(strict)).toEqual([]);
    }
  });

  it('waits for what the system has to tell', () => {
    const strict = strictPair(
      { addresses: ['10.0.0.1', 'fd00::1'], sourcesKnownAfterMs: 35 },
      { addresses: ['10.0.0.2', 'fd00::2'], sourcesKnownAfterMs: 35 },
    );
    connect(strict);
    expect(strict.a.association.paths.map(({ localAddress }) => localAddress?.ip)).toEqual(['10.0.0.1', undefined]);
    strict.network.run({ forMs: 200 });
    expect(pathsOf(strict.a)).toEqual(['10.0.0.2 active', 'fd00::2 active']);
    expect(pathsOf(strict.z)).toEqual(['10.0.0.1 active', 'fd00::1 active']);
    expect(refusals(strict)).toEqual([]);
  });

  it('takes note of the source of its INIT ACK when it is told, and of no other later', () => {
    // z learns where its INIT ACK went from only behind the handshake, says nothing more, and then has another address.
    const strict = strictPair({}, { sourcesKnownAfterMs: 35 });
    const { network, z } = strict;
    connect(strict);
    network.run({ forMs: 60 });
    z.readdress(['10.0.0.77']);
    z.send(z.association, { data: Uint8Array.of(1) });
    network.run({ forMs: 1_000 });
    expect(network.packets.filter(({ from }) => from.ip === '10.0.0.77')).toEqual([]);
    expect(refusals(strict)).toEqual([]);
  });

  /** A host, and a public peer that lists a second address, which is aside: packets to it would come from another address. */
  function besideSecond(options: Partial<HostOptions> = {}) {
    const network = new Network();
    const routes = [{ to: '198.51.100.9', source: '10.0.0.7' }];
    const addresses = ['10.0.0.1', '10.0.0.7'];
    const a = network.addHost('a', { addresses, routes, port: 5000, bindsAny: true, ...impatience, ...options });
    const peer = new RawPeer(network, a, { address: '192.0.2.9', parameters: [addressParameter('198.51.100.9')] });
    const second = network.addRawHost('s', { addresses: ['198.51.100.9'] });
    return { network, a, peer, second };
  }

  it('answers a HEARTBEAT that came by such an address by another one', () => {
    const { network, a, peer, second } = besideSecond();
    a.connect(peer);
    peer.accept();
    const question = { kind: 'HEARTBEAT', value: Uint8Array.of(0, 1, 0, 8, 1, 2, 3, 4) } as const;
    second.send(peer.packet(peer.peerTag, [question]), a.addresses[0]!);
    network.run({ forMs: 50 });
    expect(peer.latest('HEARTBEAT ACK').value).toEqual(question.value);
    expect(second.arrivals).toEqual([]);
  });

  it('acknowledges DATA that came by such an address by another one', () => {
    const { network, a, peer, second } = besideSecond();
    a.connect(peer);
    peer.accept();
    second.send(peer.packet(peer.peerTag, [peer.data(1)]), a.addresses[0]!);
    network.run({ forMs: 500 });
    expect(peer.latest('SACK').cumulativeTsnAck).toBe(1);
    expect(second.arrivals).toEqual([]);
  });

  it('sends COOKIE ECHO again only where it may', () => {
    const { network, a, peer, second } = besideSecond();
    a.connect({ addresses: [...peer.addresses, ...second.addresses], port: peer.port });
    network.run({ until: () => peer.received.length === 1 });
    peer.send(peer.initAck());
    network.run({ until: () => a.association.state === 'COOKIE-ECHOED' });
    network.run({ forMs: 600 });
    expect(peer.received.filter(({ kind }) => kind === 'COOKIE ECHO')).toHaveLength(4);
    expect(second.arrivals).toEqual([]);
  });

  it('tells the peer of its end where it may, and is told', () => {
    for (const end of ['abort', 'shutdown'] as const) {
      const { network, a, peer, second } = besideSecond();
      a.connect({ addresses: [...peer.addresses, ...second.addresses], port: peer.port });
      peer.accept();
      // The only path that may be used has failed.
      network.run({ until: () => a.association.paths[0]?.state === 'inactive' });
      if (end === 'abort') a.abort();
      else a.shutdown();
      network.run({ forMs: 500 });
      expect(peer.received.at(-1)?.kind).toBe(end === 'abort' ? 'ABORT' : 'SHUTDOWN');
      if (end === 'shutdown') second.send(peer.packet(peer.peerTag, [{ kind: 'SHUTDOWN ACK' }]), a.addresses[0]!);
      network.run({ forMs: 500 });
      expect(peer.received.at(-1)?.kind).toBe(end === 'abort' ? 'ABORT' : 'SHUTDOWN COMPLETE');
      expect(second.arrivals).toEqual([]);
    }
  });
});

describe('two hosts with two links each, by default', () => {
  const homes = { a: ['10.1.0.1', '10.2.0.1'], z: ['10.1.0.2', '10.2.0.2'] };

  it.each([0, 1])('talk on by the other link while link %i is cut, and come back', (index) => {
    const strict = strictPair({ addresses: homes.a }, { addresses: homes.z });
    const { network, a, z } = strict;
    connect(strict);
    network.run({ forMs: 500 });
    expect(pathsOf(a)).toEqual(['10.1.0.2 active', '10.2.0.2 active']);
    const link = network.linkBoth(homes.a[index]!, homes.z[index]!);
    talk(strict, 1_000);
    link.cut();
    talk(strict, 5_000);
    link.restore();
    talk(strict, 3_000);
    network.run({ forMs: 2_000 });
    expect([z.received().length, a.received().length]).toEqual([90, 90]);
    expect(pathsOf(a)).toEqual(['10.1.0.2 active', '10.2.0.2 active']);
    expect(refusals(strict)).toEqual([]);
  });

  it('keep both paths where one source serves both', () => {
    const routes = [{ to: '10.0.0.0/8', source: '10.1.0.1' }];
    const strict = strictPair({ addresses: homes.a, routes }, { addresses: homes.z });
    connect(strict);
    strict.network.run({ forMs: 1_000 });
    expect(pathsOf(strict.a)).toEqual(['10.1.0.2 active', '10.2.0.2 active']);
    expect(refusals(strict)).toEqual([]);
  });

  it('send nothing from elsewhere at any time: probes of the path MTU, ABORT, SHUTDOWN, whatever comes and goes', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const routes = seed % 3 === 0 ? [{ to: '10.2.0.0/16', source: '10.3.0.1' }] : [];
      const third = seed % 2 === 0 ? ['10.3.0.1'] : [];
      const strict = strictPair(
        { addresses: [...homes.a, ...third], routes, mtu: 1_500, bindsAny: seed % 5 !== 0 },
        { addresses: homes.z, mtu: 1_500, bindsAny: seed % 7 !== 0 },
        { seed, link: { lossRate: 0.02, mtu: 1_400 } },
      );
      const { network, a, z } = strict;
      connect(strict);
      talk(strict, 1_000);
      network.linkBoth(homes.a[seed % 2]!, homes.z[seed % 2]!).cut();
      talk(strict, 2_000);
      if (seed % 5 !== 0)
        a.readdress([homes.a[(seed + 1) % 2]!, '10.4.0.1'], [{ to: '10.0.0.0/8', source: '10.4.0.1' }]);
      talkWhileUp(strict, 2_000);
      network.linkBoth(homes.a[seed % 2]!, homes.z[seed % 2]!).restore();
      talkWhileUp(strict, 2_000);
      if (seed % 4 === 0) a.abort();
      else if (seed % 4 === 1) a.shutdown();
      else if (seed % 4 === 2) z.shutdown();
      network.run({ forMs: 20_000 });
      expect([seed, refusals(strict)]).toEqual([seed, []]);
    }
  });
});

describe('an own address that changes in mid-life', () => {
  it('nothing is sent from the new one; the association goes on when the old one is back', () => {
    const strict = strictPair({ associationMaxRetrans: 50 }, { associationMaxRetrans: 50 });
    const { network, a, z } = strict;
    connect(strict);
    a.readdress(['10.0.0.7']);
    talk(strict, 3_000);
    expect(network.packets.filter(({ from }) => from.ip === '10.0.0.7')).toEqual([]);
    expect(eventsOf(a, 'pathChange').map(({ reason }) => reason)).toContain('the peer does not know our address there');
    a.readdress(['10.0.0.1']);
    network.run({ forMs: 5_000 });
    expect([z.received().length, a.received().length]).toEqual([30, 30]);
    expect(refusals(strict)).toEqual([]);
  });

  it('an association that cannot go on ends here, with an error of its own', () => {
    const strict = strictPair({}, {});
    connect(strict);
    strict.a.readdress(['10.0.0.7']);
    strict.a.send(strict.a.association, { data: Uint8Array.of(1) });
    strict.network.run({ until: () => endingOf(strict.a) !== undefined });
    expect(endingOf(strict.a)).toBe('SCTP_ERR_PEER_UNREACHABLE');
    expect(refusals(strict)).toEqual([]);
  });

  it('data goes by a path whose source is still one that the peer knows', () => {
    const strict = strictPair({ addresses: ['10.1.0.1', '10.2.0.1'] }, { addresses: ['10.1.0.2', '10.2.0.2'] });
    connect(strict);
    talk(strict, 1_000);
    strict.a.readdress(['10.1.0.9', '10.2.0.1']);
    talk(strict, 5_000);
    strict.network.run({ forMs: 3_000 });
    expect([strict.z.received().length, strict.a.received().length]).toEqual([60, 60]);
    expect(refusals(strict)).toEqual([]);
    // Nothing was asked there, so that nothing was missed.
    expect(strict.a.association.paths[0]).toMatchObject({ state: 'inactive', errorCount: 0 });
    // It comes back.
    strict.a.readdress(['10.1.0.1', '10.2.0.1']);
    strict.network.run({ forMs: 3_000 });
    expect(pathsOf(strict.a)).toEqual(['10.1.0.2 active', '10.2.0.2 active']);
  });

  it('between INIT ACK and COOKIE ECHO: only the source of the INIT ACK counts as told', () => {
    const strict = strictPair({ addresses: ['10.1.0.1', '10.2.0.1'] }, { addresses: ['10.1.0.2', '10.2.0.2'] });
    const { network, a, z } = strict;
    network.link(a, z).set({ drop: (packet) => packet.chunks[0]?.kind === 'COOKIE ECHO' });
    a.connect({ addresses: z.addresses.slice(0, 1), port: z.port });
    network.run({ until: () => a.association.state === 'COOKIE-ECHOED' });
    z.readdress(['10.1.0.2', '10.2.0.77']);
    network.link(a, z).set({ drop: undefined });
    network.run({ until: () => z.associations.length === 1 });
    expect(talk(strict, 3_000)).toEqual([30, 30]);
    expect(pathsOf(z)).toEqual(['10.1.0.1 active', '10.2.0.1 unconfirmed']);
    expect(refusals(strict)).toEqual([]);
  });
});

describe('an INIT that is sent to several addresses', () => {
  it('may leave from anywhere; what counts is the source of the one that was answered', () => {
    const strict = strictPair(
      // Private addresses and a public peer: nothing is listed.
      {
        addresses: ['10.1.0.1', '172.16.0.1'],
        routes: [
          { to: '192.0.2.2', source: '10.1.0.1' },
          { to: '198.51.100.2', source: '172.16.0.1' },
        ],
      },
      { addresses: ['192.0.2.2', '198.51.100.2'], bindsAny: false },
    );
    const { network, z } = strict;
    network.linkBoth('10.1.0.1', '192.0.2.2').cut();
    connect(strict, ['192.0.2.2', '198.51.100.2']);
    network.linkBoth('10.1.0.1', '192.0.2.2').restore();
    expect(z.toldBy(5000)).toEqual(['172.16.0.1']);
    expect(talk(strict, 5_000)).toEqual([50, 50]);
    expect(pathsOf(strict.a)).toEqual(['192.0.2.2 inactive', '198.51.100.2 active']);
    expect(refusals(strict)).toEqual([]);
  });
});

describe('addresses that were bound by name', () => {
  it('are told as far as they mean something to the peer, and nothing is sent from the others', () => {
    const strict = strictPair(
      { addresses: ['127.0.0.1', '10.0.0.1', '10.1.0.1'], bindsAny: false },
      { addresses: ['192.0.2.2', '198.51.100.2'], bindsAny: false },
    );
    const { network } = strict;
    connect(strict);
    expect(strict.z.toldBy(5000)).toEqual(['10.0.0.1']);
    talk(strict, 1_000);
    // Not even when no path works.
    network.linkBoth('10.0.0.1', '192.0.2.2').cut();
    network.linkBoth('10.0.0.1', '198.51.100.2').cut();
    network.run({ forMs: 3_000 });
    expect(new Set(network.packets.filter(({ to }) => !to.ip.startsWith('10.')).map(({ from }) => from.ip))).toEqual(
      new Set(['10.0.0.1']),
    );
  });

  it('are all tried, one after the other, while no path works', () => {
    const network = new Network();
    const options = { ...impatience, hbIntervalMs: 0, rtoMaxMs: 100, associationMaxRetrans: 20 };
    const a = network.addHost('a', { addresses: ['10.1.0.1', '10.2.0.1', '10.3.0.1'], port: 5000, ...options });
    const peer = new RawPeer(network, a);
    const association = a.connect(peer);
    peer.accept();
    // It has fallen silent.
    network.clearLadder();
    a.send(association, { data: Uint8Array.of(1) });
    network.run({ forMs: 1_000 });
    const sources = network.packets.slice(0, 7).map(({ from }) => from.ip);
    // The first gets a second chance: the peer has just sent to it.
    expect(sources).toEqual(['10.1.0.1', '10.1.0.1', '10.2.0.1', '10.3.0.1', '10.1.0.1', '10.2.0.1', '10.3.0.1']);
  });
});

describe('link-local addresses', () => {
  it('are told to link-local peers of the same link, get the zone of the packet that told them, and count once', () => {
    const strict = strictPair(
      { addresses: ['10.0.0.1', 'fe80::1%eth0', 'fe80::11%eth1'] },
      { addresses: ['10.0.0.2', 'fe80::2%wlan0'] },
    );
    connect(strict, ['fe80::2%eth0']);
    expect(talk(strict, 3_000)).toEqual([30, 30]);
    expect(strict.z.toldBy(5000)).toEqual(['fe80::1', '10.0.0.1']);
    expect(pathsOf(strict.a)).toEqual(['fe80::2%eth0 active', '10.0.0.2 active']);
    expect(pathsOf(strict.z)).toEqual(['fe80::1%wlan0 active', '10.0.0.1 active']);
    expect(refusals(strict)).toEqual([]);
  });

  it('are told to nobody else', () => {
    const strict = strictPair(
      { addresses: ['10.0.0.1', 'fe80::1%eth0', '169.254.0.1'] },
      { addresses: ['10.0.0.2', 'fe80::2%wlan0', 'fd00::2'] },
    );
    connect(strict);
    expect(strict.z.toldBy(5000)).toEqual(['10.0.0.1']);
    expect(strict.a.toldBy(5001)).toEqual(['10.0.0.2', 'fd00::2']);
    expect(talk(strict, 1_000)).toEqual([10, 10]);
    expect(refusals(strict)).toEqual([]);
  });
});

describe('a NAT', () => {
  it('hides private addresses, which are not told to a public peer', () => {
    const strict = strictPair(
      { addresses: ['192.168.0.5', 'fd00::5', '192.168.1.5'] },
      { addresses: ['192.0.2.2', '2001:db8::2'], bindsAny: false },
    );
    strict.network.addNat(['192.168.0.5'], '203.0.113.1');
    connect(strict);
    expect(strict.z.toldBy(5000)).toEqual(['203.0.113.1']);
    expect(talk(strict, 5_000)).toEqual([50, 50]);
    expect(pathsOf(strict.z)).toEqual(['203.0.113.1 active']);
    expect(refusals(strict)).toEqual([]);
  });

  it('that moves is not answered with ABORT; the association goes on when it is back', () => {
    const network = new Network();
    const options = { ...impatience, associationMaxRetrans: 50 };
    const a = network.addHost('a', { addresses: ['192.168.0.5'], port: 5000, bindsAny: true, ...options });
    const z = network.addHost('z', {
      addresses: ['192.0.2.2'],
      port: 5001,
      bindsAny: true,
      listening: true,
      ...options,
    });
    const nat = network.addNat(['192.168.0.5'], '203.0.113.1');
    const association = a.connect(z);
    network.run({ until: () => association.state === 'ESTABLISHED' && z.associations.length === 1 });
    nat.move('203.0.113.9');
    a.send(association, { data: Uint8Array.of(1) });
    network.run({ forMs: 3_000 });
    expect(z.endpoint.counters.unknownSource).toBeGreaterThan(0);
    expect(z.received()).toEqual([]);
    expect(network.packets.filter(({ to }) => to.ip === '203.0.113.9')).toEqual([]);
    // At another port, as a NAT that has forgotten everything.
    nat.move('203.0.113.1');
    network.run({ forMs: 3_000 });
    expect(z.received()).toHaveLength(1);
    expect([endingOf(a), endingOf(z)]).toEqual([undefined, undefined]);
  });
});

/** As `talk`, for an association that may end on the way. */
function talkWhileUp({ network, a, z }: Strict, forMs: number): void {
  for (let at = 0; at < forMs; at += 100) {
    network.after(at, () => {
      if (a.association.state === 'ESTABLISHED') a.send(a.association, { data: Uint8Array.of(1) });
      if (z.association.state === 'ESTABLISHED') z.send(z.association, { data: Uint8Array.of(2) });
    });
  }
  network.run({ forMs });
}
