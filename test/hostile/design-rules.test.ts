import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { writeUint16 } from '../../src/base/bytes.ts';
import { SctpError } from '../../src/base/errors.ts';
import { type Chunk, chunkTypes, decodePacket, encodePacket, type Parameter } from '../../src/chunks/index.ts';
import { Attacker, chunksOf, kindsOf, Victim } from '../support/victim.ts';

const testFolder = new URL('../', import.meta.url);

/** The rest of a rule, where it is a test already: files, and what the titles there say. */
function seeAlso(references: Readonly<Record<string, readonly string[]>>): void {
  for (const [file, titles] of Object.entries(references)) {
    const url = new URL(file, testFolder);
    expect(existsSync(url), file).toBe(true);
    const text = readFileSync(url, 'utf8');
    for (const title of titles) expect(text.includes(title), `${file}: ${title}`).toBe(true);
  }
}

function connected(options: ConstructorParameters<typeof Attacker>[1] = {}, victim = new Victim()) {
  const attacker = new Attacker(victim, options);
  return { victim, attacker, association: attacker.connect() };
}

/** What a chunk becomes whose TLV at `offset` of its packet claims `length`; undefined when there is no chunk any more. */
function withLength(chunk: Chunk, offset: number, length: number): Chunk | undefined {
  const packet = encodePacket({ sourcePort: 1, destinationPort: 2, verificationTag: 3 }, [chunk]);
  writeUint16(packet, offset + 2, length);
  return decodePacket(packet)?.chunks[0];
}

describe('rules that other stacks have paid for', () => {
  it('a TLV of length 0 to 3, or past the end, ends the walk: chunk, parameter and cause', () => {
    const parameters: Parameter[] = [{ kind: 'ECN Capable' }, { kind: 'ECN Capable' }];
    const { attacker } = connected({ parameters });
    const levels: readonly [chunk: Chunk, offset: number][] = [
      [{ kind: 'COOKIE ACK' }, 12],
      [attacker.init(), 12 + 20],
      [attacker.init(), 12 + 24],
      [{ kind: 'ERROR', causes: [{ kind: 'Out of Resource' }, { kind: 'Out of Resource' }] }, 12 + 4],
      [{ kind: 'RE-CONFIG', parameters }, 12 + 4],
      [{ kind: 'HEARTBEAT', value: Uint8Array.of(0, 1, 0, 4) }, 12 + 4],
    ];
    for (const [chunk, offset] of levels) {
      for (const length of [0, 1, 2, 3, 100, 0xffff]) {
        const decoded = withLength(chunk, offset, length);
        // A HEARTBEAT chunk is passed back as it is: its parameters are looked at in a HEARTBEAT ACK chunk only. Of an INIT
        // chunk, those before the flaw are kept.
        if (decoded?.kind === 'INIT') expect(decoded.parameters.at(-1)).toMatchObject({ kind: 'malformed' });
        else if (chunk.kind !== 'HEARTBEAT') expect([undefined, 'malformed']).toContain(decoded?.kind);
      }
    }
    seeAlso({ 'scenario/out-of-the-blue.test.ts': ['lengths of 0 to 3, or past the end', 'impossible lengths'] });
  });

  it('a chunk that is shorter than its type needs is malformed, whatever the type; nothing walks the bytes a second time', () => {
    const least: Partial<Record<Chunk['kind'], number>> = {
      DATA: 12,
      'I-DATA': 16,
      INIT: 16,
      'INIT ACK': 16,
      SACK: 12,
    };
    for (const [kind, length] of Object.entries(least)) {
      const type = chunkTypes[kind as keyof typeof chunkTypes];
      for (let short = 0; short < length; short++) {
        const chunk: Chunk = { kind: 'unknown', type, flags: 0, value: new Uint8Array(short) };
        const packet = encodePacket({ sourcePort: 1, destinationPort: 2, verificationTag: 3 }, [chunk]);
        expect(decodePacket(packet)!.chunks[0]!.kind).toBe('malformed');
      }
    }
    seeAlso({ 'unit/chunks/chunk.test.ts': ['a chunk that is shorter than its type needs'] });
  });

  it('the Verification Tag is checked before any chunk, and an INIT while established changes nothing', () => {
    const { victim, attacker, association } = connected();
    const before = association.metrics();
    for (const tag of [0, attacker.victimTag ^ 1]) {
      attacker.sendUnder(tag, attacker.data(1), { kind: 'ABORT', tagReflected: false, causes: [] });
    }
    expect(association.metrics()).toEqual(before);
    expect(victim.endpoint.counters.badVerificationTag + victim.endpoint.counters.outOfTheBlue).toBe(2);
    seeAlso({
      'hostile/rfc5062.test.ts': [
        'changes nothing, whatever he sends',
        'changes nothing by an INIT in the name of the peer',
      ],
      'unit/association/verification-tag.test.ts': ['exceptions (RFC 9260 §8.5.1)'],
      'scenario/restart.test.ts': ['is answered with a new tag and changes nothing'],
    });
  });

  it('the cookie is an HMAC over all that it restores, is not believed blindly, names no host and no tag of others', () => {
    const victim = new Victim({ localAddresses: [{ ip: '192.0.2.77', udpPort: 9899 }] });
    const attacker = new Attacker(victim, { streams: 7 });
    attacker.askForCookie();
    expect(Buffer.from(attacker.cookie).includes('192.0.2.77')).toBe(false);
    for (let at = 0; at < attacker.cookie.length; at++) {
      const cookie = attacker.cookie.slice();
      cookie[at] = cookie[at]! ^ 0x10;
      expect(attacker.send({ kind: 'COOKIE ECHO', cookie })).toEqual([]);
    }
    expect(victim.endpoint.associationCount).toBe(0);
    attacker.send({ kind: 'COOKIE ECHO', cookie: attacker.cookie });
    expect(victim.association.outboundStreams).toBe(7);
    // At a restart the streams are negotiated anew, not added to.
    const again = new Attacker(victim, { tag: 9, streams: 3 });
    again.connect();
    expect([victim.association.outboundStreams, victim.association.metrics().restarts]).toEqual([3, 1]);
    seeAlso({
      'unit/association/state-cookie.test.ts': [
        'refuses a cookie with any bit flipped',
        'refuses a cookie of any other length',
        'cookies of the one before stay valid',
      ],
      'hostile/floods.test.ts': ['leaves nothing behind', 'costs at most one HMAC for each forged cookie'],
      'hostile/rfc5062.test.ts': ['the cookie does not reveal the Verification Tags'],
    });
  });

  it('a SACK chunk is checked as a whole before anything changes, and costs as much as it has blocks', () => {
    const { victim, attacker, association } = connected();
    for (let n = 0; n < 3; n++) association.send({ data: new Uint8Array(100) }, victim.now);
    victim.drain();
    // The first block is sound, the second is not: neither counts.
    attacker.send(
      attacker.sack(1, [
        { start: 2, end: 2 },
        { start: 2, end: 2 },
      ]),
    );
    expect(association.bufferedAmount).toBe(300);
    attacker.send(attacker.sack(0, [{ start: 2, end: 65_535 }]));
    expect([association.state, association.bufferedAmount]).toEqual(['CLOSED', 0]);
    seeAlso({
      'hostile/resources.test.ts': [
        'whose blocks run backwards',
        '16,000 Gap Ack Blocks',
        'optimistic acknowledgements',
      ],
      'scenario/acknowledgement.test.ts': [
        'are dropped when they are older than what is known',
        'TSNs that were never sent',
      ],
      'property/outstanding-data.test.ts': ['SACK chunks and lies'],
    });
  });

  it('DATA far ahead is bounded by a window, FORWARD TSN is taken at any distance, at no cost, and has to be negotiated', () => {
    seeAlso({
      'hostile/resources.test.ts': [
        'DATA beyond the TSN window of 65,535, and what FORWARD TSN skips beyond it: nothing',
        'FORWARD TSN that was not negotiated',
        'FORWARD TSN chunks that name one stream 16,000 times',
      ],
      'scenario/acknowledgement.test.ts': ['a DATA chunk far beyond what could be reported is dropped'],
    });
  });

  it('reassembly charges bytes and entries, ends what is impossible, and takes the next TSN even at a closed window', () => {
    const { victim, attacker, association } = connected({}, new Victim({ receiveBufferSize: 5_000 }));
    // A message of three pieces whose middle comes last; what is behind it fills the buffer.
    attacker.send(attacker.data(1, { ending: false, payload: new Uint8Array(1_000) }));
    attacker.send(attacker.data(3, { beginning: false, messageId: 0, payload: new Uint8Array(1_000) }));
    for (let n = 4; n < 9; n++) attacker.send(attacker.data(n, { messageId: n, payload: new Uint8Array(900) }));
    expect(victim.endpoint.bufferedBytes).toBeGreaterThan(5_000);
    attacker.send(attacker.data(2, { beginning: false, ending: false, messageId: 0, payload: new Uint8Array(1_000) }));
    expect(association.receive(victim.now)?.data.length).toBe(3_000);
    seeAlso({
      'hostile/resources.test.ts': [
        'a million fragments of one byte',
        'a byte in each packet of 64 KiB',
        'whose FSN is behind',
      ],
      'scenario/errors.test.ts': ['in pieces that do not fit together', 'whose sequence number came already'],
      'scenario/receive-window.test.ts': [
        'what was held for order is dropped for what fills the hole',
        'larger than the buffer',
      ],
      'property/slow-reader.test.ts': ['never ends in a deadlock'],
    });
  });

  it('every list that a peer can make longer has an end', () => {
    seeAlso({
      'hostile/resources.test.ts': [
        'duplicates, a hundred thousand of them',
        'addresses, a thousand of them',
        'requests to reset our streams, more than may wait',
      ],
      'hostile/rfc5062.test.ts': ['one packet of many chunks that ask for an answer'],
      'unit/association/control-queue.test.ts': ['has a bound'],
      'unit/association/init.test.ts': ['stays small, whatever the INIT contains'],
    });
  });

  it('round-trip times come from nothing that was retransmitted, and from no time that a peer tells', () => {
    seeAlso({
      'hostile/resources.test.ts': ['are not taken from a HEARTBEAT ACK chunk without our nonce', 'Karn'],
      'scenario/retransmission-timeout.test.ts': ['RTO follows the round trip and stays between RTO.Min and RTO.Max'],
    });
  });

  it('streams that are not used cost nothing, 65,535 of them', () => {
    const { attacker, association } = connected({ streams: 65_535 }, new Victim({ outboundStreams: 65_535 }));
    expect([association.inboundStreams, association.outboundStreams]).toEqual([65_535, 65_535]);
    attacker.send(attacker.data(1, { streamId: 65_534, messageId: 0 }));
    expect(association.receive(0)?.streamId).toBe(65_534);
    seeAlso({ 'hostile/resources.test.ts': ['65,535 streams, each used once'] });
  });

  it('T3-rtx backs off and counts, a dead peer and a failed INIT are reported, and 0 is a number', () => {
    const options = { maxInitRetransmits: 0, associationMaxRetrans: 0, rtoMaxMs: 60_000 };
    const { victim, association } = connected({}, new Victim(options));
    association.send({ data: new Uint8Array(1) }, victim.now);
    victim.drain();
    victim.advance(1_000);
    expect(victim.events.at(-1)).toMatchObject({ ending: { error: { code: 'SCTP_ERR_PEER_UNREACHABLE' } } });
    victim.endpoint.connect({ addresses: [{ ip: '10.5.5.5', udpPort: 9899 }], port: 1 }, {}, victim.now);
    expect(kindsOf(victim.drain())).toEqual(['INIT']);
    expect(kindsOf(victim.advance(60_000))).toEqual([]);
    expect(victim.events.at(-1)).toMatchObject({ ending: { error: { code: 'SCTP_ERR_CONNECT_TIMEOUT' } } });
    seeAlso({
      'scenario/retransmission-timeout.test.ts': ['doubles each time', 'a peer that is dead'],
      'scenario/handshake.test.ts': [
        'T1-init backs off up to Max.Init.Retransmits',
        'with maxInitRetransmits 0: one is all',
      ],
    });
  });

  it('maxRetransmits 0 sends once, and gives up then', () => {
    const parameters: Parameter[] = [{ kind: 'Forward-TSN-Supported' }];
    const { victim, association } = connected({ parameters });
    association.send({ data: new Uint8Array(1), maxRetransmits: 0 }, victim.now);
    expect(kindsOf(victim.drain())).toEqual(['DATA']);
    expect(kindsOf(victim.advance(1_500))).toEqual(['FORWARD-TSN']);
    expect(victim.events.at(-1)).toMatchObject({ kind: 'abandoned', wasSent: true });
  });

  it('an empty message is refused, and takes no SSN with it', () => {
    const { victim, association } = connected();
    expect(() => association.send({ data: new Uint8Array(0) }, victim.now)).toThrow(SctpError);
    association.send({ data: Uint8Array.of(1) }, victim.now);
    expect(chunksOf(victim.drain()[0])).toMatchObject([{ kind: 'DATA', fragment: { messageId: 0 } }]);
    seeAlso({ 'scenario/data.test.ts': ['an empty message'] });
  });

  it('a send does not wait for the whole queue, and 10,000 that nobody awaits take a moment', () => {
    seeAlso({
      'unit/socket/sending.test.ts': [
        'takes 10,000 messages that nobody awaits',
        'waits while the send buffer is full',
      ],
    });
  });

  it('what comes late or twice does nothing: HEARTBEAT ACK, COOKIE ECHO, SHUTDOWN, ABORT, timers', () => {
    const { victim, attacker, association } = connected();
    association.requestHeartbeat(attacker.address.ip, victim.now);
    const [heartbeat] = chunksOf(victim.drain()[0]);
    if (heartbeat?.kind !== 'HEARTBEAT') throw new Error('no HEARTBEAT');
    const ack: Chunk = { kind: 'HEARTBEAT ACK', value: heartbeat.value };
    victim.advance(10);
    for (let n = 0; n < 3; n++) attacker.send(ack);
    expect(association.metrics().heartbeatAcksReceived).toBe(1);
    for (let n = 0; n < 3; n++) attacker.send({ kind: 'COOKIE ECHO', cookie: attacker.cookie });
    attacker.send({ kind: 'ABORT', tagReflected: false, causes: [] });
    const { length } = victim.events;
    attacker.send({ kind: 'ABORT', tagReflected: false, causes: [] });
    association.abort(undefined, victim.now);
    association.shutdown(victim.now);
    association.handleTimeout(victim.now + 1_000_000);
    victim.advance(1_000_000);
    expect(victim.events.length).toBe(length);
    expect(victim.events.map(({ kind }) => kind)).toEqual(['established', 'closed']);
    seeAlso({
      'scenario/heartbeat.test.ts': ['late, copied or forged'],
      'scenario/handshake.test.ts': ['the COOKIE ECHO that comes again is acknowledged and changes nothing'],
      'scenario/shutdown.test.ts': ['from both sides at once'],
      'scenario/abort.test.ts': ['is not answered, and a second one finds nobody'],
      'scenario/out-of-the-blue.test.ts': ['nothing happens twice'],
    });
  });
});
