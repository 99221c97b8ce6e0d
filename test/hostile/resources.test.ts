import { describe, expect, it } from 'vitest';
import { defaultOptions } from '../../src/association/options.ts';
import { fsn, ssn, tsn } from '../../src/base/serial.ts';
import { type Chunk, decodePacket, type Parameter } from '../../src/chunks/index.ts';
import { memoryInUse } from '../support/memory.ts';
import { Attacker, type AttackerOptions, bytesOf, chunksOf, kindsOf, Victim } from '../support/victim.ts';

const { receiveBufferSize } = defaultOptions;
/** What a chunk is charged beside its bytes. */
const entryOverhead = 128;
const forwardTsn: Parameter = { kind: 'Forward-TSN-Supported' };
const extensions: Parameter = { kind: 'Supported Extensions', chunkTypes: [64, 130, 192, 194] };

function attacked(options: AttackerOptions = {}, victimOptions: ConstructorParameters<typeof Victim>[0] = {}) {
  const victim = new Victim(victimOptions);
  const attacker = new Attacker(victim, options);
  const association = attacker.connect();
  return { victim, attacker, association };
}

/** Chunks as they fit into packets, `perPacket` in each. */
function sendMany(attacker: Attacker, count: number, perPacket: number, make: (n: number) => Chunk): number {
  let answered = 0;
  for (let n = 0; n < count; n += perPacket) {
    const chunks = Array.from({ length: Math.min(perPacket, count - n) }, (_, i) => make(n + i));
    answered += bytesOf(attacker.send(...chunks));
  }
  return answered;
}

describe('what a peer can make us keep', () => {
  it('a million fragments of one byte, of messages that never end: the receive buffer, and no more', () => {
    const { victim, attacker } = attacked();
    const before = memoryInUse();
    sendMany(attacker, 1_000_000, 70, (n) => attacker.data(2 * n + 2, { messageId: n & 0xffff, ending: false }));
    const growth = memoryInUse() - before;
    expect(victim.endpoint.bufferedBytes).toBeLessThanOrEqual(receiveBufferSize * 1.125 + entryOverhead + 1);
    expect(victim.endpoint.bufferedBytes).toBeGreaterThan(receiveBufferSize / 2);
    expect(growth).toBeLessThan(12 * receiveBufferSize);
  });

  it('a byte in each packet of 64 KiB: the byte, not the packet', () => {
    const { victim, attacker } = attacked();
    const before = memoryInUse();
    const padding: Chunk = { kind: 'PAD', length: 65_000 };
    for (let n = 0; n < 3_000; n++) attacker.send(attacker.data(n + 1), padding);
    const growth = memoryInUse() - before;
    expect(victim.association.metrics().messagesReceived).toBe(3_000);
    expect(victim.endpoint.bufferedBytes).toBe(3_000 * (1 + entryOverhead));
    expect(growth).toBeLessThan(10_000_000);
  });

  it('65,535 streams, each used once: a hundred bytes and some for each; until they are used, nothing', () => {
    const { attacker, association } = attacked();
    const before = memoryInUse();
    for (let n = 0; n < 65_535; n++) {
      attacker.send(attacker.data(n + 1, { streamId: n, messageId: 0 }));
      association.receive(0);
    }
    const growth = memoryInUse() - before;
    expect(association.metrics().messagesReceived).toBe(65_535);
    expect(growth / 65_535).toBeLessThan(250);
  });

  it('DATA beyond the TSN window of 65,535, and what FORWARD TSN skips beyond it: nothing', () => {
    const { victim, attacker, association } = attacked({ parameters: [forwardTsn, extensions] });
    for (let n = 0; n < 1_000; n++) attacker.send(attacker.data(0x1_0001 + n * 1_000_003));
    expect(victim.endpoint.bufferedBytes).toBe(0);
    attacker.send({ kind: 'FORWARD-TSN', newCumulativeTsn: tsn(0x1_0001), streams: [] });
    expect(victim.endpoint.bufferedBytes).toBe(0);
    attacker.send(attacker.data(1), attacker.data(0x1_0002, { messageId: 0 }));
    expect(association.metrics().messagesReceived).toBe(1);
  });

  it('duplicates, a hundred thousand of them: the 20 that a SACK chunk reports', () => {
    const { attacker, association } = attacked();
    attacker.send(attacker.data(1));
    const before = memoryInUse();
    for (let n = 0; n < 1_000; n++) {
      const sent = attacker.send(...Array.from({ length: 100 }, () => attacker.data(1)));
      const [sack] = chunksOf(sent[0]);
      expect(sack?.kind === 'SACK' && sack.duplicateTsns.length).toBe(20);
    }
    const growth = memoryInUse() - before;
    expect(association.metrics().duplicateTsns).toBe(100_000);
    expect(growth).toBeLessThan(8_000_000);
  });

  it('addresses, a thousand of them: 16 paths', () => {
    const parameters: Parameter[] = Array.from({ length: 1_000 }, (_, n) => ({
      kind: 'IPv4 Address',
      address: `10.7.${n >> 8}.${n & 255}`,
    }));
    const { association } = attacked({ parameters });
    expect(association.paths).toHaveLength(16);
  });

  it('requests to reset our streams, more than may wait, with our own unanswered: refused, not thrown', () => {
    const { attacker, association } = attacked({ parameters: [extensions] });
    const incoming = (n: number, streamNumbers: readonly number[]): Chunk => ({
      kind: 'RE-CONFIG',
      parameters: [{ kind: 'Incoming SSN Reset Request', requestSequenceNumber: 1 + n, streamNumbers }],
    });
    const added = (n: number): Chunk => ({
      kind: 'RE-CONFIG',
      parameters: [{ kind: 'Add Incoming Streams Request', requestSequenceNumber: 1 + n, newStreams: 1 }],
    });
    for (let n = 0; n < 200; n++) attacker.send(incoming(n, [n]));
    for (let n = 200; n < 400; n++) attacker.send(added(n));
    const sent = attacker.send(
      incoming(
        400,
        Array.from({ length: 1_000 }, (_, n) => n),
      ),
    );
    expect(chunksOf(sent[0])[0]).toMatchObject({ kind: 'RE-CONFIG', parameters: [{ result: 2 }] });
    expect(association.state).toBe('ESTABLISHED');
  });
});

describe('what a peer can make us do', () => {
  it('HEARTBEAT floods: no more bytes come back than went in', () => {
    const { attacker } = attacked();
    for (const [length, perPacket] of [
      [4, 150],
      [100, 13],
      [1_400, 1],
    ] as const) {
      const value = new Uint8Array(length);
      value.set([0, 1, length >> 8, length & 255]);
      let received = 0;
      for (let n = 0; n < 1_000; n++) {
        const heartbeats = Array.from({ length: perPacket }, (): Chunk => ({ kind: 'HEARTBEAT', value }));
        received += attacker.packet(attacker.victimTag, heartbeats).length;
        expect(bytesOf(attacker.send(...heartbeats))).toBeLessThanOrEqual(received);
        received = 0;
      }
    }
  });

  it('a SACK chunk with 16,000 Gap Ack Blocks of which most were never sent: ends the association', () => {
    const { victim, attacker, association } = attacked();
    for (let n = 0; n < 100; n++) association.send({ data: new Uint8Array(1_000) }, victim.now);
    victim.drain();
    const blocks = Array.from({ length: 16_000 }, (_, n) => ({ start: 2 + 4 * n, end: 3 + 4 * n }));
    attacker.send(attacker.sack(0, blocks));
    expect(association.state).toBe('CLOSED');
  });

  it('SACK chunks whose blocks run backwards, overlap or repeat: dropped before anything changes', () => {
    const { victim, attacker, association } = attacked();
    for (let n = 0; n < 10; n++) association.send({ data: new Uint8Array(1_000) }, victim.now);
    victim.drain();
    const before = association.paths;
    const blocks = Array.from({ length: 16_000 }, () => ({ start: 2, end: 2 }));
    for (let n = 0; n < 1_000; n++) attacker.send(attacker.sack(0, blocks));
    expect(association.metrics()).toMatchObject({ sacksReceived: 1_000, sacksDropped: 1_000 });
    expect(association.paths).toEqual(before);
  });

  it('optimistic acknowledgements: of what was sent they speed us up, of what was not they end the association (§12.4)', () => {
    const { victim, attacker, association } = attacked();
    association.send({ data: new Uint8Array(100) }, victim.now);
    victim.drain();
    expect(kindsOf(attacker.send(attacker.sack(2)))).toEqual(['ABORT']);
    expect(victim.events.at(-1)).toMatchObject({
      kind: 'closed',
      ending: { error: { code: 'SCTP_ERR_PROTOCOL_VIOLATION' } },
    });
  });

  it('FORWARD TSN that was not negotiated: reported as unknown, and nothing is skipped (RFC 3758 §3.3.1)', () => {
    const { attacker, association } = attacked();
    const chunk: Chunk = { kind: 'FORWARD-TSN', newCumulativeTsn: tsn(100), streams: [{ streamId: 0, ssn: ssn(7) }] };
    expect(chunksOf(attacker.send(chunk)[0])).toMatchObject([
      { kind: 'ERROR', causes: [{ kind: 'Unrecognized Chunk Type' }] },
    ]);
    attacker.send(attacker.data(1));
    expect(association.metrics().messagesReceived).toBe(1);
  });

  it('FORWARD TSN chunks that name one stream 16,000 times: as much work as naming it once', () => {
    const { attacker, association } = attacked({ parameters: [forwardTsn, extensions] });
    for (let n = 0; n < 20_000; n++) attacker.send(attacker.data(n + 30_000, { messageId: n + 20_000 }));
    const streams = Array.from({ length: 16_000 }, (_, n) => ({ streamId: 0, ssn: ssn(n) }));
    for (let n = 1; n <= 20; n++) attacker.send({ kind: 'FORWARD-TSN', newCumulativeTsn: tsn(n), streams });
    attacker.send(attacker.data(21, { messageId: 16_000 }));
    expect(association.metrics().messagesReceived).toBe(1);
  });

  it('FORWARD TSN chunks, thousands in one packet: four are looked at, and the others are as good as lost', () => {
    const { victim, attacker, association } = attacked({ parameters: [forwardTsn, extensions] });
    const chunk = (n: number): Chunk => ({ kind: 'FORWARD-TSN', newCumulativeTsn: tsn(n), streams: [] });
    attacker.send(...Array.from({ length: 8_000 }, (_, n) => chunk(n + 1)));
    expect(association.metrics().unexpectedChunks).toBe(7_996);
    victim.advance(200);
    attacker.send(chunk(8_000));
    attacker.send(attacker.data(8_001, { messageId: 0 }));
    expect(association.metrics().messagesReceived).toBe(1);
  });

  it('an INIT chunk with thousands of parameters of one kind: those that a receiver has a use for are looked at', () => {
    const looked = (parameters: readonly Parameter[]): number => {
      const { attacker } = attacked();
      const [init] = decodePacket(attacker.packet(0, [attacker.init(parameters)]), { sparing: true })!.chunks;
      return init?.kind === 'INIT' ? init.parameters.length : -1;
    };
    const raw = (type: number, value = new Uint8Array(0)): Parameter => ({ kind: 'unknown', type, value });
    const many = (count: number, make: (n: number) => Parameter): Parameter[] =>
      Array.from({ length: count }, (_, n) => make(n));
    const ipv4 = (n: number): Parameter => ({ kind: 'IPv4 Address', address: `20.1.${n >> 8}.${n & 255}` });
    const ipv6 = (n: number): Parameter => ({ kind: 'IPv6 Address', address: `2001:db8::${n + 1}` });
    expect(looked(many(8_000, ipv4))).toBe(64);
    expect(looked(many(3_000, ipv6))).toBe(64);
    expect(looked(many(3_000, () => ipv6(1)))).toBe(1);
    expect(looked(many(16_000, () => raw(0x8f00)))).toBe(0);
    expect(looked(many(16_000, (n) => raw(0xc100 + (n & 255))))).toBe(64);
    expect(looked(many(16_000, () => raw(0x0f00)))).toBe(1);
    expect(looked(many(16_000, () => raw(0x8000)))).toBe(1);
    expect(looked(many(3_000, () => raw(0xc001, new Uint8Array(16))))).toBe(64);
    // What stands behind 256 parameters is left aside.
    expect(looked([...many(255, () => raw(0x8f00)), raw(0x8000)])).toBe(1);
    expect(looked([...many(256, () => raw(0x8f00)), raw(0x8000)])).toBe(0);
    const long: Parameter = { kind: 'Supported Extensions', chunkTypes: new Array(60_000).fill(192) };
    const { attacker } = attacked();
    const [init] = decodePacket(attacker.packet(0, [attacker.init([long])]), { sparing: true })!.chunks;
    const [list] = init?.kind === 'INIT' ? init.parameters : [];
    expect(list?.kind === 'Supported Extensions' && list.chunkTypes.length).toBe(252);
  });

  it('fragments whose FSN is behind any message: a violation, not a hole (RFC 8260 §2.1)', () => {
    const { victim, attacker } = attacked({ parameters: [extensions] }, { interleaving: true });
    const piece = (n: number, place: number, ending: boolean): Chunk => {
      const { fragment } = attacker.data(n) as Extract<Chunk, { kind: 'DATA' }>;
      const beginning = place === 0;
      return {
        kind: 'I-DATA',
        tsn: tsn(n),
        immediateAck: false,
        fragment: { ...fragment, messageId: 0, fsn: fsn(place), beginning, ending },
      };
    };
    attacker.send(piece(1, 0, false), piece(2, 2, true));
    expect(kindsOf(attacker.send(piece(3, 0xffff_fff0, false)))).toEqual(['ABORT']);
    expect(victim.association.state).toBe('CLOSED');
  });
});

describe('round-trip times', () => {
  it('are not taken from a HEARTBEAT ACK chunk without our nonce, whatever time it tells', () => {
    const { victim, attacker, association } = attacked();
    association.requestHeartbeat(attacker.address.ip, victim.now);
    const [request] = victim.drain().flatMap((transmit) => chunksOf(transmit));
    victim.advance(300);
    if (request?.kind !== 'HEARTBEAT') throw new Error('no HEARTBEAT');
    const forged = request.value.slice();
    forged.fill(0, 16); // the time of sending, long ago
    const [before] = association.paths;
    const wrong = request.value.slice();
    wrong[4] = wrong[4]! ^ 1;
    attacker.send({ kind: 'HEARTBEAT ACK', value: wrong });
    expect(association.paths[0]).toEqual(before);
    // With the nonce it is an answer; the time is the one that we remember, not the one that it tells.
    attacker.send({ kind: 'HEARTBEAT ACK', value: forged });
    expect(association.paths[0]!.srttMs).toBe(300);
  });

  it('are not taken from what was sent more than once (Karn, RFC 9260 §6.3.1 C5)', () => {
    const { victim, attacker, association } = attacked();
    association.send({ data: new Uint8Array(100) }, victim.now);
    victim.drain();
    const { srttMs } = association.paths[0]!;
    victim.advance(1_500);
    attacker.send(attacker.sack(1));
    expect(association.bufferedAmount).toBe(0);
    expect(association.paths[0]!.srttMs).toBe(srttMs);
  });
});
