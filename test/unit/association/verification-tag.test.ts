import { describe, expect, it } from 'vitest';
import { hasAcceptableTag, isInit } from '../../../src/association/verification-tag.ts';
import { tsn } from '../../../src/base/serial.ts';
import type { Chunk, Packet } from '../../../src/chunks/index.ts';

const mine = 0x1111_1111;
const peers = 0x2222_2222;
const init: Chunk = {
  kind: 'INIT',
  initiateTag: 1,
  aRwnd: 1_500,
  outboundStreams: 1,
  inboundStreams: 1,
  initialTsn: tsn(0),
  parameters: [],
};
const cookieAck: Chunk = { kind: 'COOKIE ACK' };
const shutdownAck: Chunk = { kind: 'SHUTDOWN ACK' };

function packet(verificationTag: number, ...chunks: Chunk[]): Packet {
  return { sourcePort: 1, destinationPort: 2, verificationTag, checksum: 0, chunks, truncated: false, byteLength: 0 };
}

function abort(tagReflected: boolean): Chunk {
  return { kind: 'ABORT', tagReflected, causes: [] };
}

function shutdownComplete(tagReflected: boolean): Chunk {
  return { kind: 'SHUTDOWN COMPLETE', tagReflected };
}

describe('the Verification Tag (RFC 9260 §8.5)', () => {
  it.each<[string, Chunk]>([
    ['COOKIE ACK', cookieAck],
    ['SHUTDOWN ACK', shutdownAck],
    ['SHUTDOWN', { kind: 'SHUTDOWN', cumulativeTsnAck: tsn(0) }],
    ['ERROR', { kind: 'ERROR', causes: [] }],
    ['an unknown chunk', { kind: 'unknown', type: 63, flags: 1, value: new Uint8Array(0) }],
    ['a malformed chunk', { kind: 'malformed', type: 6, flags: 1, value: new Uint8Array(0), reason: '' }],
  ])('of a packet with %s must be "its own tag"', (_kind, chunk) => {
    expect(hasAcceptableTag(packet(mine, chunk), mine, peers)).toBe(true);
    for (const tag of [peers, 0, mine + 1]) expect(hasAcceptableTag(packet(tag, chunk), mine, peers)).toBe(false);
  });

  it('of a packet without a chunk as well', () => {
    expect(hasAcceptableTag(packet(mine), mine, peers)).toBe(true);
    expect(hasAcceptableTag(packet(peers), mine, peers)).toBe(false);
  });
});

describe('exceptions (RFC 9260 §8.5.1)', () => {
  it.each([
    ['B) ABORT', abort],
    ['C) SHUTDOWN COMPLETE', shutdownComplete],
  ])('%s: "its own tag and the T bit is not set OR […] its Peer\'s Tag and the T bit is set"', (_kind, create) => {
    // "if the Verification Tag field of the packet matches its own tag and the T bit is not set"
    expect(hasAcceptableTag(packet(mine, create(false)), mine, peers)).toBe(true);
    // "if it is set to its Peer's Tag and the T bit is set in the Chunk Flags"
    expect(hasAcceptableTag(packet(peers, create(true)), mine, peers)).toBe(true);
    expect(hasAcceptableTag(packet(peers, create(false)), mine, peers)).toBe(false);
    expect(hasAcceptableTag(packet(mine, create(true)), mine, peers)).toBe(false);
    expect(hasAcceptableTag(packet(0, create(true)), mine, peers)).toBe(false);
  });

  it.each([
    ['ABORT', abort],
    ['SHUTDOWN COMPLETE', shutdownComplete],
  ])('%s: while the peer has no tag, nothing is reflected', (_kind, create) => {
    expect(hasAcceptableTag(packet(0, create(true)), mine, 0)).toBe(false);
    expect(hasAcceptableTag(packet(mine, create(false)), mine, 0)).toBe(true);
  });

  it('B, C) hold for the first chunk: a reflected tag does not carry others in', () => {
    expect(hasAcceptableTag(packet(peers, cookieAck, abort(true)), mine, peers)).toBe(false);
  });

  it('A) INIT: "with the Verification Tag set to 0, it SHOULD verify that the packet contains only an INIT chunk"', () => {
    expect(isInit(packet(0, init))).toBe(true);
    expect(isInit(packet(0, init, cookieAck))).toBe(false);
    expect(isInit(packet(0, cookieAck))).toBe(false);
    expect(isInit(packet(mine, init))).toBe(false);
    expect(hasAcceptableTag(packet(0, init), mine, peers)).toBe(false);
  });
});
