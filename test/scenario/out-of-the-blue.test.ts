import { describe, expect, it } from 'vitest';
import { writeChecksum } from '../../src/base/checksum.ts';
import type { Chunk } from '../../src/chunks/index.ts';
import { Network } from '../../src/simulation/index.ts';
import { messages } from '../support/messages.ts';
import { endingOf, establishedPair, isQuiet } from '../support/pair.ts';
import { RawPeer, rawPair } from '../support/raw-peer.ts';

function listener() {
  const network = new Network();
  const z = network.addHost('z', { addresses: ['10.0.0.2'], port: 5001, listening: true });
  return { network, z, peer: new RawPeer(network, z) };
}

/** What comes back for a packet that belongs to nothing. */
function answerTo(tag: number, ...chunks: Chunk[]): string[] {
  const { network, peer } = listener();
  peer.sendUnder(tag, ...chunks);
  network.run({ forMs: 100 });
  return peer.takeReceived();
}

describe('a packet out of the blue (RFC 9260 §8.4)', () => {
  const { peer } = listener();

  // §8.4: "the receiver MUST silently discard the OOTB packet and take no further action." §3.3.7: "MUST NOT respond to
  // that ABORT chunk by sending an ABORT chunk of its own."
  it('with ABORT is silently discarded (2)', () => {
    expect(answerTo(7, { kind: 'ABORT', tagReflected: false, causes: [] })).toEqual([]);
    expect(answerTo(7, peer.data(1), { kind: 'ABORT', tagReflected: true, causes: [] })).toEqual([]);
  });

  // §8.5.1: "Otherwise, the receiver MUST silently discard the packet."
  it('with INIT begins an association; not under a tag, nor with anything beside it (3, §8.5.1 A)', () => {
    expect(answerTo(0, peer.init())).toEqual([expect.stringMatching(/^INIT ACK/)]);
    expect(answerTo(7, peer.init())).toEqual([]);
    expect(answerTo(0, peer.init(), peer.data(1))).toEqual([]);
    expect(answerTo(0, peer.data(1))).toEqual([]);
  });

  // §3.3.2: "If the value of the Initiate Tag in a received INIT chunk is found to be 0, the receiver MUST silently
  // discard the packet."
  it('with INIT whose Initiate Tag is 0 is silently discarded (§3.3.2)', () => {
    expect(answerTo(0, peer.init({ initiateTag: 0 }))).toEqual([]);
  });

  // §3.3.2: "with the a_rwnd value set to a value smaller than 1500 MUST discard the packet"; "with the OS value set to
  // 0 MUST discard the packet"; "with the MIS value set to 0 MUST discard the packet".
  it('with INIT that asks for nothing usable is answered with ABORT (§3.3.2, §5.1)', () => {
    for (const wrong of [{ aRwnd: 1_499 }, { outboundStreams: 0 }, { inboundStreams: 0 }]) {
      expect(answerTo(0, peer.init(wrong))).toEqual(['ABORT Invalid Mandatory Parameter']);
    }
  });

  it('with INIT whose parameters have impossible lengths is answered with ABORT (§5.1)', () => {
    for (const length of [0, 3, 60]) {
      const value = new Uint8Array(24).fill(1);
      value.set([0xc0, 0, 0, length], 16);
      expect(answerTo(0, { kind: 'unknown', type: 1, flags: 0, value })).toEqual([
        expect.stringMatching(/^ABORT Protocol Violation/),
      ]);
    }
  });

  // §8.4: "If the packet contains a COOKIE ECHO chunk as the first chunk, it MUST be processed as described in Section
  // 5.1."
  it('with COOKIE ECHO of somebody else is silently discarded (4)', () => {
    expect(answerTo(7, { kind: 'COOKIE ECHO', cookie: new Uint8Array(80) })).toEqual([]);
  });

  // §8.4: "MUST fill in the Verification Tag field of the outbound packet with the Verification Tag received in the
  // SHUTDOWN ACK chunk".
  it('with SHUTDOWN ACK is answered with SHUTDOWN COMPLETE under the same tag (5)', () => {
    const { network, peer: other } = listener();
    other.sendUnder(7, { kind: 'SHUTDOWN ACK' });
    network.run({ forMs: 100 });
    expect(other.host.arrivals.map(({ packet }) => packet)).toMatchObject([
      // "When sending the SHUTDOWN COMPLETE chunk […] set the T bit in the Chunk Flags"
      { verificationTag: 7, chunks: [{ kind: 'SHUTDOWN COMPLETE', tagReflected: true }] },
    ]);
  });

  it('with SHUTDOWN COMPLETE, COOKIE ACK or Stale Cookie is silently discarded (6, 7)', () => {
    expect(answerTo(7, { kind: 'SHUTDOWN COMPLETE', tagReflected: false })).toEqual([]);
    expect(answerTo(7, { kind: 'COOKIE ACK' })).toEqual([]);
    expect(answerTo(7, { kind: 'ERROR', causes: [{ kind: 'Stale Cookie', measureOfStalenessUs: 1 }] })).toEqual([]);
  });

  // §8.4: "MUST fill in the Verification Tag field of the outbound packet with the value found in the Verification Tag
  // field of the OOTB packet"; "the receiver of the OOTB packet MUST discard the OOTB packet and MUST NOT take any
  // further action."
  it('with anything else is answered with ABORT under the same tag (8)', () => {
    for (const chunk of [peer.data(1), peer.sack(1), peer.shutdown(1)]) {
      // "When sending the ABORT chunk […] set the T bit in the Chunk Flags"
      expect(answerTo(7, chunk)).toEqual(['ABORT T']);
    }
  });
});

describe('packets for an association that are not what they should be', () => {
  // §6.8: "the receiver MUST first check the CRC32c checksum"; "the receiver MUST treat the packet as an invalid SCTP
  // packet." §8.5: "MUST ensure that the value in the Verification Tag field of the received SCTP packet matches its
  // own tag"; "the receiver MUST silently discard the packet and MUST NOT process it any further".
  it('are counted and change nothing: bad checksum, wrong tag, no whole chunk (§6.8, §8.5)', () => {
    const { network, z } = listener();
    const peer = rawPair(network, z, { name: 'p', address: '10.0.0.8' });
    const good = peer.packet(peer.peerTag, [peer.data(1)]);
    const damaged = good.slice();
    damaged[20] = damaged[20]! ^ 1;
    peer.sendBytes(damaged);
    peer.sendUnder(peer.peerTag ^ 1, peer.data(1));
    peer.sendUnder(peer.tag, peer.data(1));
    peer.sendBytes(good.subarray(0, 12));
    peer.sendBytes(good.subarray(0, 3));
    peer.sendBytes(new Uint8Array(0));
    network.run({ forMs: 100 });
    expect(z.endpoint.counters).toMatchObject({ badChecksum: 1, tooShort: 3 });
    expect(z.association.metrics().dataChunksReceived).toBe(0);
    peer.sendBytes(good);
    network.run({ forMs: 100 });
    expect(z.received()).toHaveLength(1);
  });

  // §6.10: "If the receiver detects a partial chunk, it MUST drop the chunk."
  it('lengths of 0 to 3, or past the end, end the packet there (§3.2)', () => {
    const { network, z } = listener();
    const peer = rawPair(network, z, { name: 'p', address: '10.0.0.8' });
    for (const [i, length] of [0, 1, 2, 3, 200].entries()) {
      const heartbeat: Chunk = { kind: 'unknown', type: 200, flags: 0, value: new Uint8Array(4) };
      const bytes = peer.packet(peer.peerTag, [peer.data(i + 1), heartbeat, peer.data(90 + i)]);
      bytes[12 + 20 + 2] = 0;
      bytes[12 + 20 + 3] = length;
      peer.sendBytes(withChecksum(bytes));
    }
    network.run({ forMs: 500 });
    expect(z.received()).toHaveLength(5);
    expect(peer.latest('SACK')).toMatchObject({ cumulativeTsnAck: 5, gapAckBlocks: [] });
  });

  it('a chunk that is too short for its type is counted and passed over', () => {
    const { network, z } = listener();
    const peer = rawPair(network, z, { name: 'p', address: '10.0.0.8' });
    const short: Chunk = { kind: 'unknown', type: 3, flags: 0, value: new Uint8Array(4) };
    peer.send(short, peer.data(1));
    network.run({ forMs: 100 });
    expect(z.association.metrics()).toMatchObject({ malformedChunks: 1, messagesReceived: 1 });
  });

  it('copies of a whole association that come when it is over: nothing happens twice', () => {
    const two = establishedPair();
    const { network, a, z } = two;
    a.feed(a.association, messages(10, 2_000));
    z.feed(z.association, messages(10, 2_000));
    network.run({ until: () => z.received().length === 10 && a.received().length === 10 });
    network.run({ forMs: 300 });
    a.shutdown();
    network.run({ until: () => isQuiet(two) });
    expect([endingOf(a), endingOf(z)]).toEqual(['graceful', 'graceful']);
    const events = [a.events.length, z.events.length];
    const ghost = network.addRawHost('g', { addresses: ['10.0.0.77'] });
    for (const { packet, from, to } of network.packets) ghost.send(packet, to, from);
    network.run();
    expect([a.events.length, z.events.length]).toEqual(events);
    expect([a.received().length, z.received().length]).toEqual([10, 10]);
    expect([a.endpoint.associationCount, z.endpoint.associationCount]).toEqual([0, 0]);
  });
});

function withChecksum(bytes: Uint8Array): Uint8Array {
  const whole = bytes.slice();
  writeChecksum(whole);
  return whole;
}

// RFC 9260 §3.3.7: "If an endpoint receives an ABORT chunk with a format error or no TCB is found, it MUST silently discard
// it."
describe('an ABORT chunk with a format error (§3.3.7)', () => {
  const values: readonly Uint8Array[] = [
    Uint8Array.of(0, 12, 0, 99),
    Uint8Array.of(0, 12, 0, 3),
    Uint8Array.of(0, 12, 0, 0),
    Uint8Array.of(0, 12),
  ];

  it('is silently discarded out of the blue, alone or behind others', () => {
    for (const value of values) {
      for (const flags of [0, 1]) {
        const abort: Chunk = { kind: 'unknown', type: 6, flags, value };
        expect(answerTo(7, abort)).toEqual([]);
        expect(answerTo(7, { kind: 'HEARTBEAT', value: Uint8Array.of(0, 1, 0, 4) }, abort)).toEqual([]);
        expect(answerTo(0, abort)).toEqual([]);
      }
    }
  });

  it('is silently discarded within an association, under either tag', () => {
    for (const value of values) {
      const { network, z, peer } = listener();
      peer.connect();
      peer.takeReceived();
      peer.send({ kind: 'unknown', type: 6, flags: 0, value });
      peer.sendUnder(peer.tag, { kind: 'unknown', type: 6, flags: 1, value });
      network.run({ forMs: 100 });
      expect(peer.takeReceived()).toEqual([]);
      expect(z.association.state).toBe('ESTABLISHED');
    }
  });
});
