import { describe, expect, it } from 'vitest';
import { encodePacket } from '../../src/chunks/index.ts';
import { type Host, Network, type NetworkOptions } from '../../src/simulation/index.ts';
import { flawIn, messages } from '../support/messages.ts';
import { endingOf } from '../support/pair.ts';
import { SharedAddress, type SharedAddressOptions } from '../support/shared-address.ts';

interface Scene {
  readonly network: Network;
  readonly a: Host;
  readonly z: SharedAddress;
}

/** A is one host, Z two workers at one address. */
async function scene(network: NetworkOptions = {}, workers: Partial<SharedAddressOptions> = {}): Promise<Scene> {
  const world = new Network(network);
  const a = world.addHost('a', { addresses: ['10.0.0.1'], port: 5000 });
  const z = new SharedAddress(world, 'z', { count: 2, ...workers });
  await z.ready;
  return { network: world, a, z };
}

/** The worker that has A's association. */
function ownerIn(z: SharedAddress): Host {
  const owners = z.hosts.filter(({ endpoint }) => endpoint.associationCount > 0);
  expect(owners).toHaveLength(1);
  return owners[0]!;
}

function sum(z: SharedAddress, counter: 'forwarded' | 'received' | 'dropped'): number {
  return z.transports.reduce((total, { counters }) => total + counters[counter], 0);
}

async function associated(workers: Partial<SharedAddressOptions> = {}): Promise<Scene & { readonly owner: Host }> {
  const { network, a, z } = await scene({}, workers);
  const association = a.connect(z);
  network.run({ until: () => association.state === 'ESTABLISHED' && z.hosts.some((host) => host.events.length > 0) });
  network.clearLadder();
  return { network, a, z, owner: ownerIn(z) };
}

describe('two workers behind one address, each packet at either of them', () => {
  it.each([1, 2, 3, 4, 5])('lose nothing and send nothing round (seed %i)', async (seed) => {
    const { network, a, z } = await scene({ seed, link: { delayMs: 5, jitterMs: 3, lossRate: 0.03 } });
    const [request, answer] = [messages(200, 2_000), messages(200, 1_000, 1)];
    const association = a.connect(z);
    a.feed(association, request);
    network.run({ until: () => z.hosts.some((host) => host.associations.length > 0) });
    const owner = ownerIn(z);
    owner.feed(owner.association, answer);
    network.run({ until: () => owner.received().length === 200 && a.received().length === 200 });
    expect(flawIn(owner.received(), request, true)).toBeUndefined();
    expect(flawIn(a.received(), answer, true)).toBeUndefined();

    a.shutdown();
    network.run({ until: () => network.isIdle });
    expect([endingOf(a), endingOf(owner)]).toEqual(['graceful', 'graceful']);
    const fromA = network.packets.filter(({ from }) => from.ip === '10.0.0.1').length;
    expect(sum(z, 'forwarded')).toBeGreaterThan(fromA / 4);
    expect(sum(z, 'forwarded')).toBeLessThan(fromA);
    expect(sum(z, 'received')).toBe(sum(z, 'forwarded'));
  });

  it('serve many peers, each association at one worker', async () => {
    const { network, z } = await scene({ seed: 9 });
    const peers = Array.from({ length: 20 }, (_, n) =>
      network.addHost(`a${n}`, { addresses: [`10.0.1.${n}`], port: 5000 }),
    );
    for (const peer of peers) peer.feed(peer.connect(z), messages(5, 3_000));
    const count = (): number =>
      z.hosts.flatMap((host) => host.associations.map((each) => host.received(each))).flat().length;
    network.run({ until: () => count() === 100 });
    const counts = z.hosts.map(({ endpoint }) => endpoint.associationCount);
    expect(counts[0]! + counts[1]!).toBe(20);
    expect(Math.min(...counts)).toBeGreaterThan(0);
    expect(z.hosts.map(({ endpoint }) => endpoint.counters.outOfTheBlue)).toEqual([0, 0]);
  });
});

describe('a worker', () => {
  it('gets the COOKIE ECHO for the cookie that it made, wherever it arrives', async () => {
    const { network, a, z } = await scene({}, { pick: () => 0 });
    const association = a.connect(z);
    network.run({ until: () => network.packets.length === 2 });
    z.pick = () => 1;
    network.run({ until: () => association.state === 'ESTABLISHED' });
    expect(ownerIn(z)).toBe(z.hosts[0]);
    expect(network.ladder()).toEqual(['a > INIT', 'z > INIT ACK', 'a > COOKIE ECHO', 'z > COOKIE ACK']);
  });

  it('alone answers what comes out of the blue under its tags (RFC 9260 §8.4 8)', async () => {
    const { network, a, z } = await scene({}, { pick: () => 0 });
    for (const verificationTag of [1_000, 1_001]) {
      const header = { sourcePort: 5000, destinationPort: 5001, verificationTag };
      network.transmit(a, encodePacket(header, [{ kind: 'HEARTBEAT', value: new Uint8Array(8) }]), z.addresses[0]!);
    }
    network.run({ forMs: 100 });
    expect(z.hosts.map(({ endpoint }) => endpoint.counters.outOfTheBlue)).toEqual([1, 1]);
    expect(network.ladder()).toEqual(['a > HEARTBEAT', 'a > HEARTBEAT', 'z > ABORT', 'z > ABORT']);
  });

  it('is followed by a peer whose address or port has changed', async () => {
    const { network, a, z, owner } = await associated({ pick: () => 0 });
    z.pick = () => 1;
    a.rebind(4_000);
    a.send(a.association, { data: new Uint8Array(10) });
    network.run({ until: () => owner.received().length === 1 });
    owner.send(owner.association, { data: new Uint8Array(10) });
    network.run({ until: () => a.received().length === 1 });
    expect(ownerIn(z)).toBe(z.hosts[0]);
  });

  it('hears of the end from a peer that has forgotten it: ABORT under the tag of the peer (§8.5.1 B)', async () => {
    const { network, a, z, owner } = await associated({ pick: () => 0 });
    z.pick = () => 1;
    // From here on worker 1 knows whose packets come from there: the tag of the next one does not tell.
    a.send(a.association, { data: new Uint8Array(10) });
    network.run({ until: () => owner.received().length === 1 });
    const header = { sourcePort: 5000, destinationPort: 5001, verificationTag: a.association.myVerificationTag };
    const abort = encodePacket(header, [{ kind: 'ABORT', tagReflected: true, causes: [] }]);
    network.transmit(a, abort, z.addresses[0]!, a.addresses[0]);
    network.run({ until: () => endingOf(owner) !== undefined });
    expect(endingOf(owner)).toBe('SCTP_ERR_ABORTED_BY_PEER');
  });

  it('that died is followed by one that knows nothing: the peer is told with its next packet', async () => {
    const { network, a, z } = await associated({ pick: () => 0 });
    z.replace(0);
    z.pick = () => 1;
    a.send(a.association, { data: new Uint8Array(10) });
    network.run({ until: () => endingOf(a) !== undefined });
    expect(endingOf(a)).toBe('SCTP_ERR_ABORTED_BY_PEER');
    expect(network.ladder()).toEqual(['a > DATA 1', 'z > ABORT']);
  });
});

describe('a peer that begins anew', () => {
  function again(network: Network): Host {
    network.unbind('10.0.0.1');
    return network.addHost('b', { addresses: ['10.0.0.1'], port: 5000 });
  }

  it('has restarted, where its packets still come to the same worker (RFC 9260 §5.2.2)', async () => {
    const { network, z, owner } = await associated({ pick: () => 0 });
    const b = again(network);
    b.connect(z);
    network.run({ until: () => b.association.state === 'ESTABLISHED' });
    expect(owner.events.map(({ event }) => event.kind)).toEqual(['established', 'restart']);
  });

  it('is a stranger to any other worker: the association before ends by silence', async () => {
    const { network, a, z } = await associated({ pick: () => 0 });
    z.pick = () => 1;
    const b = again(network);
    // Who is dead says no goodbye.
    network.link(a, z).set({ drop: ({ chunks }) => chunks[0]?.kind === 'ABORT' });
    b.connect(z);
    network.run({ until: () => endingOf(z.hosts[0]!) !== undefined });
    expect(endingOf(z.hosts[0]!)).toBe('SCTP_ERR_PEER_UNREACHABLE');
    expect([b.association.state, z.hosts[1]!.association.state]).toEqual(['ESTABLISHED', 'ESTABLISHED']);
  });
});
