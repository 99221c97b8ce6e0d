import { describe, expect, it } from 'vitest';
import type { Packet, Parameter } from '../../src/chunks/index.ts';
import { connected, type Stage, stage } from '../conformance/stage.ts';
import { endingOf, eventsOf, pair } from '../support/pair.ts';
import { RawPeer } from '../support/raw-peer.ts';

/** Every parameter that some RFC knows, and one for each pair of action bits that none knows. */
const types: Readonly<Record<string, number>> = {
  'Heartbeat Info': 1,
  'IPv4 Address': 5,
  'IPv6 Address': 6,
  'State Cookie': 7,
  'Unrecognized Parameter': 8,
  'Cookie Preservative': 9,
  'Host Name Address': 11,
  'Supported Address Types': 12,
  'Outgoing SSN Reset Request': 13,
  'Incoming SSN Reset Request': 14,
  'SSN/TSN Reset Request': 15,
  'Re-configuration Response': 16,
  'Add Outgoing Streams Request': 17,
  'Add Incoming Streams Request': 18,
  'ECN Capable': 0x8000,
  'Zero Checksum Acceptable': 0x8001,
  Random: 0x8002,
  'Chunk List': 0x8003,
  'Requested HMAC Algorithm': 0x8004,
  Padding: 0x8005,
  'Supported Extensions': 0x8008,
  'Forward-TSN-Supported': 0xc000,
  'Add IP Address': 0xc001,
  'Delete IP Address': 0xc002,
  'Error Cause Indication': 0xc003,
  'Set Primary Address': 0xc004,
  'Success Indication': 0xc005,
  'Adaptation Layer Indication': 0xc006,
  'unknown, 00': 0x0f0f,
  'unknown, 01': 0x4f0f,
  'unknown, 10': 0x8f0f,
  'unknown, 11': 0xcf0f,
};

/** Which lengths of its value an association minds, of what it acts on. (ECN and a zero checksum it does not speak.) */
const flaws: Readonly<Record<number, (length: number) => boolean>> = {
  5: (length) => length !== 4,
  6: (length) => length !== 16,
  9: (length) => length !== 4,
  12: (length) => length % 2 !== 0,
  49152: (length) => length !== 0,
};
const hostName = 11;
const lengths = [0, 1, 2, 3, 4, 5, 7, 8, 12, 15, 16, 17, 20, 100];

const sound: Parameter = { kind: 'IPv4 Address', address: '10.7.7.7' };
const cookie: Parameter = { kind: 'State Cookie', cookie: Uint8Array.of(1, 2, 3, 4) };

function raw(type: number, length: number): Parameter {
  return { kind: 'unknown', type, value: new Uint8Array(length).fill(1) };
}

/** The parameter before, between and behind others. */
function positions(parameter: Parameter): Parameter[][] {
  return [
    [parameter, sound],
    [sound, parameter, sound],
    [sound, parameter],
  ];
}

function causesOf(packet: Packet | undefined): (string | undefined)[] {
  const [chunk] = packet?.chunks ?? [];
  return chunk?.kind === 'ABORT' ? ['ABORT', ...chunk.causes.map(({ kind }) => kind)] : [chunk?.kind];
}

/** What the host says upon an INIT chunk with these parameters. */
function answerTo(parameters: readonly Parameter[], { network, z, peer }: Stage = stage()): (string | undefined)[] {
  peer.host.arrivals.length = 0;
  const init = peer.packet(0, [peer.init({ parameters })]);
  const states = z.associations.map(({ state }) => state);
  peer.sendBytes(init);
  network.run({ forMs: 50 });
  const answer = peer.host.arrivals.find(({ packet }) => packet?.chunks[0]?.kind !== 'SHUTDOWN');
  expect(z.associations.map(({ state }) => state)).toEqual(states);
  const causes = causesOf(answer?.packet);
  // §12.4: what refuses a stranger is not larger than what it refuses.
  if (causes[0] === 'ABORT') {
    expect(answer!.packet!.byteLength).toBeLessThanOrEqual(init.length);
    expect(answer!.packet!.verificationTag).toBe(peer.tag);
  }
  return causes;
}

/** How `connect` ends upon an INIT ACK chunk with these parameters, and what it says. */
function endUpon(parameters: readonly Parameter[]): { readonly code: string | undefined; readonly said: string[] } {
  const { network, a } = pair();
  const peer = new RawPeer(network, a);
  a.connect(peer);
  network.run({ until: () => peer.received.length === 1 });
  const initAck = peer.packet(peer.peerTag, [peer.initAck({ parameters })]);
  peer.sendBytes(initAck);
  network.run({ forMs: 50 });
  const { packet } = peer.host.arrivals.at(-1)!;
  if (endingOf(a) !== undefined) {
    expect(packet!.byteLength).toBeLessThanOrEqual(initAck.length);
    expect(packet!.verificationTag).toBe(peer.tag);
  }
  return { code: endingOf(a), said: causesOf(packet) as string[] };
}

/** A parameter whose length leads nowhere. */
function broken(type: number, length: number): Parameter {
  return { kind: 'malformed', type, length, value: new Uint8Array(4), reason: '' };
}

describe('an INIT chunk with a flawed parameter (RFC 9260 §3.2.1, §5.1)', () => {
  it.each(Object.entries(types))(
    '%s: skipped by its bits where we do not act on it, else refused with the cause',
    (_name, type) => {
      for (const length of lengths) {
        for (const parameters of positions(raw(type, length))) {
          const isFlawed = flaws[type]?.(length) ?? false;
          const expected =
            type === hostName
              ? ['ABORT', 'Unresolvable Address']
              : isFlawed
                ? ['ABORT', 'Protocol Violation']
                : ['INIT ACK'];
          expect(answerTo(parameters), `${length} bytes`).toEqual(expected);
        }
      }
    },
  );

  it.each([0, 1, 2, 3, 0x20, 0xffff])('whatever its type, when its length of %i leads nowhere', (claimed) => {
    for (const type of Object.values(types)) {
      expect(answerTo([sound, broken(type, claimed)]), `type ${type}`).toEqual(['ABORT', 'Protocol Violation']);
    }
  });

  it('of which there are several: the first one counts, as each "MUST only be included once" (§3.3.2)', () => {
    for (const type of [9, 12, 0xc000]) {
      const good = raw(type, type === 0xc000 ? 0 : 4);
      const bad = raw(type, 3);
      expect(answerTo([good, bad])).toEqual(['INIT ACK']);
      expect(answerTo([bad, good])).toEqual(['ABORT', 'Protocol Violation']);
    }
  });

  it('behind one that ends the processing: nobody looks at it', () => {
    expect(answerTo([raw(0x0f0f, 4), raw(5, 3)])).toEqual(['INIT ACK']);
    expect(answerTo([raw(0x4f0f, 4), raw(hostName, 3)])).toEqual(['INIT ACK']);
  });

  it('of an extension that is switched off is no flaw', () => {
    expect(answerTo([raw(0xc000, 4)], stage({ partialReliability: false }))).toEqual(['INIT ACK']);
  });

  it('is refused in every state, and changes none', () => {
    const flawed = [raw(5, 3)];
    const established = connected();
    expect(answerTo(flawed, established)).toEqual(['ABORT', 'Protocol Violation']);
    const ending = connected();
    ending.z.association.shutdown(ending.network.now);
    ending.network.run({ forMs: 50 });
    expect(ending.z.association.state).toBe('SHUTDOWN-SENT');
    expect(answerTo(flawed, ending)).toEqual(['ABORT', 'Protocol Violation']);
    const opening = stage();
    opening.z.connect(opening.peer);
    opening.network.run({ forMs: 50 });
    expect(answerTo(flawed, opening)).toEqual(['ABORT', 'Protocol Violation']);
    opening.peer.send(opening.peer.initAck());
    opening.network.run({ forMs: 50 });
    expect(opening.z.association.state).toBe('COOKIE-ECHOED');
    expect(answerTo(flawed, opening)).toEqual(['ABORT', 'Protocol Violation']);
  });

  it('that is too short to say all that it must: "missing mandatory parameters" (§5.1)', () => {
    for (const listening of [true, false]) {
      for (let length = 0; length < 16; length++) {
        const { network, peer, z } = stage({ listening });
        const value = new Uint8Array(length).fill(7);
        const packet = peer.packet(0, [{ kind: 'unknown', type: 1, flags: 0, value }]);
        peer.sendBytes(packet);
        network.run({ forMs: 50 });
        const answer = peer.host.arrivals.at(-1)?.packet;
        expect(causesOf(answer)).toEqual(length < 4 ? [undefined] : ['ABORT', 'Invalid Mandatory Parameter']);
        expect(answer?.byteLength ?? 0).toBeLessThanOrEqual(packet.length);
        expect(z.associations).toEqual([]);
      }
    }
  });
});

describe('an INIT ACK chunk with a flawed parameter (§3.3.3, §5.1)', () => {
  it.each(Object.entries(types))(
    '%s: skipped by its bits where we do not act on it, else the end, at once',
    (_name, type) => {
      for (const length of lengths) {
        for (const parameters of positions(raw(type, length)).map((others) => [cookie, ...others])) {
          const isFlawed = type !== 7 && (flaws[type]?.(length) ?? false);
          const { code, said } = endUpon(parameters);
          if (type === hostName) expect(said).toEqual(['ABORT', 'Unresolvable Address']);
          else if (isFlawed) expect(said, `${length} bytes`).toEqual(['ABORT', 'Protocol Violation']);
          else expect(said, `${length} bytes`).toEqual(['COOKIE ECHO']);
          expect(code).toBe(type === hostName || isFlawed ? 'SCTP_ERR_PROTOCOL_VIOLATION' : undefined);
        }
      }
    },
  );

  it.each([0, 3, 0x20, 0xffff])('whatever its type, when its length of %i leads nowhere', (claimed) => {
    for (const type of Object.values(types)) {
      const { code, said } = endUpon([cookie, broken(type, claimed)]);
      expect([code, ...said], `type ${type}`).toEqual(['SCTP_ERR_PROTOCOL_VIOLATION', 'ABORT', 'Protocol Violation']);
    }
  });

  it('names the flaw in the error', () => {
    const { network, a } = pair();
    const peer = new RawPeer(network, a);
    a.connect(peer);
    network.run({ until: () => peer.received.length === 1 });
    peer.send(peer.initAck({ parameters: [cookie, raw(5, 3)] }));
    network.run({ forMs: 50 });
    expect(eventsOf(a, 'closed')[0]!.ending.error!.message).toContain('parameter 5: an address of the wrong length');
  });

  it('has no cookie, or none that can hold anything: no association comes of it', () => {
    expect(endUpon([sound]).said).toEqual(['ABORT', 'Missing Mandatory Parameter']);
    expect(endUpon([raw(0x0f0f, 4), cookie]).said).toEqual(['ABORT', 'Missing Mandatory Parameter']);
    expect(endUpon([{ kind: 'State Cookie', cookie: new Uint8Array(0) }]).said).toEqual([
      'ABORT',
      'Invalid Mandatory Parameter',
    ]);
  });

  it('that is too short to say all that it must: the end, at once', () => {
    for (let length = 0; length < 16; length++) {
      const { network, a } = pair();
      const peer = new RawPeer(network, a);
      a.connect(peer);
      network.run({ until: () => peer.received.length === 1 });
      peer.send({ kind: 'unknown', type: 2, flags: 0, value: new Uint8Array(length).fill(7) });
      network.run({ forMs: 50 });
      expect(endingOf(a)).toBe('SCTP_ERR_PROTOCOL_VIOLATION');
      const [abort] = peer.host.arrivals.at(-1)!.packet!.chunks;
      expect(abort).toMatchObject({ kind: 'ABORT', tagReflected: length < 4 });
    }
  });
});
