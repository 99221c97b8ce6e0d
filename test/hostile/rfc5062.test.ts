import { describe, expect, it } from 'vitest';
import { previous } from '../../src/base/serial.ts';
import { addressParameter, type Chunk, type Parameter } from '../../src/chunks/index.ts';
import { Network } from '../../src/simulation/index.ts';
import { messages } from '../support/messages.ts';
import { RawPeer } from '../support/raw-peer.ts';
import { Attacker, bytesOf, chunksOf, kindsOf, packetOf, Victim, victimPort } from '../support/victim.ts';

/** A server, and an attacker who says that the address 10.0.0.3 is his, too. */
function camped(): { network: Network; server: ReturnType<Network['addHost']>; attacker: RawPeer } {
  const network = new Network();
  const server = network.addHost('z', { addresses: ['10.0.0.1'], port: 5000, listening: true });
  const parameters = ['10.0.0.9', '10.0.0.3'].map(addressParameter);
  const attacker = new RawPeer(network, server, { address: '10.0.0.9', port: 5001, parameters });
  return { network, server, attacker };
}

describe('attacks of RFC 5062 fail:', () => {
  it('§2 address camping: the owner of the address ends it with the first heartbeat, and is served', () => {
    const { network, server, attacker } = camped();
    const owner = network.addHost('v', { addresses: ['10.0.0.3'], port: 5001 });
    attacker.connect();
    network.run({ forMs: 100 });
    const association = owner.connect(server);
    network.run({ until: () => association.state === 'ESTABLISHED', forMs: 10_000 });
    owner.send(association, { data: Uint8Array.of(1) });
    network.run({ until: () => server.associations.at(-1)!.metrics().messagesReceived === 1, forMs: 1_000 });
  });

  // RFC 9260 §5.1.3: "it MUST NOT contain information that is not being envisioned to be shared."
  it("§3 hijacking with an INIT from the peer's address: the cookie does not reveal the Verification Tags", () => {
    const victim = new Victim();
    const peer = new Attacker(victim, { tag: 0x1357_9bdf });
    const association = peer.connect();
    const { myVerificationTag } = association;
    const thief = new Attacker(victim, { tag: 0x2468_ace0 });
    const initAck = thief.askForCookie();
    const bytes = Buffer.from(thief.cookie);
    for (const tag of [peer.tag, myVerificationTag]) {
      const needle = Buffer.alloc(4);
      needle.writeUInt32BE(tag);
      expect(bytes.includes(needle)).toBe(false);
    }
    expect(initAck.initiateTag).not.toBe(myVerificationTag);
    expect(association.myVerificationTag).toBe(myVerificationTag);
  });

  it('§4 hijacking by a restart: the user is told, and a cookie from before the restart is worth nothing', () => {
    const victim = new Victim();
    const association = new Attacker(victim, { tag: 1 }).connect();
    const thief = new Attacker(victim, { tag: 2 });
    thief.askForCookie();
    const other = new Attacker(victim, { tag: 3 });
    other.askForCookie();
    thief.send({ kind: 'COOKIE ECHO', cookie: thief.cookie });
    expect(victim.events.map(({ kind }) => kind)).toEqual(['established', 'restart']);
    expect(other.send({ kind: 'COOKIE ECHO', cookie: other.cookie })).toEqual([]);
    expect(association.metrics().restarts).toBe(1);
  });

  it("§5 bombing an address that is not the attacker's: it gets heartbeats, ever fewer, and no data", () => {
    const { network, server, attacker } = camped();
    const bombed = network.addRawHost('v', { addresses: ['10.0.0.3'] });
    attacker.connect();
    // It asks for much and acknowledges nothing: the data would go to its other address.
    server.feed(server.association, messages(200, 1_000));
    network.run({ forMs: 600_000 });
    const arrived = bombed.arrivals.map(({ packet }) => packet!.chunks.map(({ kind }) => kind).join(' + '));
    expect(new Set(arrived)).toEqual(new Set(['HEARTBEAT']));
    expect(arrived.length).toBeLessThanOrEqual(12);
    expect(bombed.arrivals.every(({ bytes }) => bytes.length < 60)).toBe(true);
  });

  it('§6 bombing with a stored cookie: neither while the association stands nor behind its end does it call for heartbeats', () => {
    const victim = new Victim();
    const parameters: Parameter[] = Array.from({ length: 15 }, (_, n) => addressParameter(`10.7.7.${n + 1}`));
    const attacker = new Attacker(victim, { parameters });
    attacker.connect();
    const echo = { kind: 'COOKIE ECHO', cookie: attacker.cookie } as const;
    expect(kindsOf(attacker.send(echo))).toEqual(['COOKIE ACK']);
    attacker.send({ kind: 'ABORT', tagReflected: false, causes: [] });
    expect(kindsOf(attacker.send(echo))).toEqual(['ABORT']);
    expect(victim.endpoint.associationCount).toBe(0);
  });

  it('§6 no more than HB.Max.Burst addresses are probed in an RTO, however many the attacker names', () => {
    const victim = new Victim({ hbMaxBurst: 1 });
    const parameters: Parameter[] = Array.from({ length: 100 }, (_, n) => addressParameter(`10.7.7.${n + 1}`));
    const attacker = new Attacker(victim, { parameters });
    attacker.connect();
    const probes = victim.advance(999).filter(({ to }) => to.ip.startsWith('10.7.7.'));
    expect(probes.length).toBeLessThanOrEqual(1);
    const all = victim.advance(600_000).filter(({ to }) => to.ip.startsWith('10.7.7.'));
    expect(new Set(all.map(({ to }) => to.ip)).size).toBe(15);
    expect(new Set(kindsOf(all))).toEqual(new Set(['HEARTBEAT']));
  });

  it('§7 redirection: a cookie is worth nothing under other ports or another tag', () => {
    const victim = new Victim();
    const attacker = new Attacker(victim);
    attacker.askForCookie();
    const echo: Chunk[] = [{ kind: 'COOKIE ECHO', cookie: attacker.cookie }];
    const elsewhere = new Attacker(victim, { port: 7_777 });
    expect(victim.receive(elsewhere.packet(attacker.victimTag, echo), attacker.address)).toEqual([]);
    expect(victim.receive(attacker.packet(attacker.victimTag, echo, victimPort + 1), attacker.address)).toEqual([]);
    expect(attacker.sendUnder(attacker.victimTag + 1, ...echo)).toEqual([]);
    expect(victim.endpoint.associationCount).toBe(0);
  });

  it('§8, §10 one packet of many chunks that ask for an answer is answered with one packet (RFC 9260 §12.4)', () => {
    const victim = new Victim();
    const attacker = new Attacker(victim);
    attacker.connect();
    const heartbeat: Chunk = { kind: 'HEARTBEAT', value: Uint8Array.of(0, 1, 0, 4) };
    const unknown: Chunk = { kind: 'unknown', type: 0xff, flags: 0, value: new Uint8Array(0) };
    const wrongStream = (n: number): Chunk => attacker.data(n, { streamId: 65_535 });
    const large: Chunk = { kind: 'HEARTBEAT', value: new Uint8Array(1_000) };
    const many = (chunk: Chunk, count: number): Chunk[] => Array.from({ length: count }, () => chunk);
    for (const chunks of [
      many(heartbeat, 2_000),
      many(large, 60),
      many(unknown, 2_000),
      Array.from({ length: 1_000 }, (_, n) => wrongStream(n + 1)),
      [...many(heartbeat, 500), ...many(unknown, 500)],
    ]) {
      const sent = attacker.send(...chunks);
      expect(sent).toHaveLength(1);
      expect(sent[0]!.packet.length).toBeLessThanOrEqual(1_472);
    }
  });

  it('§8 nor does a packet of many SHUTDOWN chunks bring more than one answer', () => {
    const victim = new Victim();
    const attacker = new Attacker(victim);
    attacker.connect();
    const last = { kind: 'SHUTDOWN', cumulativeTsnAck: previous(attacker.victimTsn) } as const;
    expect(kindsOf(attacker.send(...Array.from({ length: 500 }, () => last)))).toEqual(['SHUTDOWN ACK']);
    expect(kindsOf(attacker.send(...Array.from({ length: 500 }, () => last)))).toEqual(['SHUTDOWN ACK']);
  });

  it('§9 amplification by INIT ACK: at most 5 times the smallest INIT, and less the more there is in it', () => {
    const victim = new Victim();
    const factor = (parameters: readonly Parameter[]): number => {
      const attacker = new Attacker(victim, { ip: '10.200.200.200', parameters });
      const init = attacker.packet(0, [attacker.init()]);
      const sent = victim.receive(init, attacker.address);
      expect(sent).toHaveLength(1);
      return bytesOf(sent) / init.length;
    };
    expect(factor([])).toBeLessThan(5);
    // Without a cookie there is nothing to answer with but this: RFC 9260 §12.4 lets us leave out reports.
    const unknown: Parameter[] = Array.from({ length: 300 }, () => ({
      kind: 'unknown',
      type: 0xffff,
      value: new Uint8Array(0),
    }));
    expect(factor(unknown)).toBeLessThan(0.5);
    const addresses = Array.from({ length: 100 }, (_, n) => addressParameter(`10.200.200.${n}`));
    expect(factor(addresses)).toBeLessThan(1.5);
  });
});

describe('somebody who does not know the Verification Tag', () => {
  /** An association with data under way, and an attacker who knows everything but the tags. */
  function blind(): { victim: Victim; peer: Attacker } {
    const victim = new Victim();
    const peer = new Attacker(victim);
    peer.connect();
    victim.association.send({ data: new Uint8Array(500) }, victim.now);
    victim.drain();
    return { victim, peer };
  }

  const kinds: readonly ((peer: Attacker) => Chunk)[] = [
    () => ({ kind: 'ABORT', tagReflected: false, causes: [] }),
    () => ({ kind: 'ABORT', tagReflected: true, causes: [] }),
    (peer) => ({ kind: 'SHUTDOWN', cumulativeTsnAck: peer.victimTsn }),
    () => ({ kind: 'SHUTDOWN ACK' }),
    () => ({ kind: 'SHUTDOWN COMPLETE', tagReflected: false }),
    () => ({ kind: 'SHUTDOWN COMPLETE', tagReflected: true }),
    (peer) => peer.data(1),
    (peer) => peer.sack(1),
    () => ({ kind: 'HEARTBEAT', value: Uint8Array.of(0, 1, 0, 4) }),
    () => ({ kind: 'ERROR', causes: [{ kind: 'Stale Cookie', measureOfStalenessUs: 0 }] }),
    () => ({ kind: 'COOKIE ACK' }),
  ];

  it('changes nothing, whatever he sends: ABORT, SHUTDOWN, DATA, SACK … (§8.5)', () => {
    const { victim, peer } = blind();
    const { association } = victim;
    const before = { state: association.state, paths: association.paths, metrics: association.metrics() };
    for (const make of kinds) {
      for (const tag of [0, 1, peer.victimTag + 1, peer.victimTag ^ 0x8000_0000, peer.tag]) {
        const chunk = make(peer);
        // Under the peer's own tag a T bit is what an honest host would send (§8.5.1 B, C): who knows that tag is not blind.
        if (tag === peer.tag && 'tagReflected' in chunk && chunk.tagReflected) continue;
        peer.sendUnder(tag >>> 0, chunk);
      }
    }
    expect({ state: association.state, paths: association.paths, metrics: association.metrics() }).toEqual(before);
  });

  it('changes nothing by an INIT in the name of the peer, wherever he sends it from (§5.2.2)', () => {
    const { victim, peer } = blind();
    const { association } = victim;
    const before = { tag: association.myVerificationTag, paths: association.paths, metrics: association.metrics() };
    for (const tag of [1, 2, 3]) {
      const same = new Attacker(victim, { tag });
      expect(kindsOf(same.sendUnder(0, same.init()))).toEqual(['INIT ACK']);
      const [abort] = same.sendUnder(0, same.init([addressParameter('10.6.6.7')]));
      expect(chunksOf(abort)).toMatchObject([
        { kind: 'ABORT', causes: [{ kind: 'Restart of an Association with New Addresses' }] },
      ]);
      // From elsewhere, naming the peer's address: an association of its own with him would be one with both.
      const other = new Attacker(victim, { ip: '10.8.8.8', tag });
      const [refusal] = other.sendUnder(0, other.init([addressParameter(peer.address.ip)]));
      expect(chunksOf(refusal)).toMatchObject([{ kind: 'ABORT' }]);
      expect(packetOf(refusal!).verificationTag).toBe(tag);
    }
    const after = { tag: association.myVerificationTag, paths: association.paths, metrics: association.metrics() };
    expect({ ...after, metrics: { ...after.metrics, packetsSent: 0, bytesSent: 0 } }).toEqual({
      ...before,
      metrics: { ...before.metrics, packetsSent: 0, bytesSent: 0 },
    });
    expect(victim.endpoint.associationCount).toBe(1);
  });
});
