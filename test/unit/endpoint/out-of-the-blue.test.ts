import { describe, expect, it } from 'vitest';
import { tsn } from '../../../src/base/serial.ts';
import type { Chunk } from '../../../src/chunks/index.ts';
import { answerOutOfTheBlue, type OutOfTheBlueReply } from '../../../src/endpoint/out-of-the-blue.ts';

const tag = 0x1234_5678;
const init: Chunk = {
  kind: 'INIT',
  initiateTag: 0xabcd_ef01,
  aRwnd: 1_500,
  outboundStreams: 1,
  inboundStreams: 1,
  initialTsn: tsn(0),
  parameters: [],
};
const data: Chunk = {
  kind: 'DATA',
  tsn: tsn(1),
  immediateAck: false,
  fragment: {
    streamId: 0,
    unordered: false,
    beginning: true,
    ending: true,
    messageId: 0,
    fsn: 0,
    ppid: 0,
    payload: new Uint8Array(1),
  },
};
const abort: Chunk = { kind: 'ABORT', tagReflected: false, causes: [] };
const shutdownAck: Chunk = { kind: 'SHUTDOWN ACK' };
const shutdownComplete: Chunk = { kind: 'SHUTDOWN COMPLETE', tagReflected: false };
const cookieAck: Chunk = { kind: 'COOKIE ACK' };
const cookieEcho: Chunk = { kind: 'COOKIE ECHO', cookie: new Uint8Array(8) };
const staleCookie: Chunk = { kind: 'ERROR', causes: [{ kind: 'Stale Cookie', measureOfStalenessUs: 1 }] };
const reflectedAbort: OutOfTheBlueReply = {
  chunk: { kind: 'ABORT', tagReflected: true, causes: [] },
  verificationTag: tag,
};

function answer(
  chunks: readonly Chunk[],
  { verificationTag = tag, from = '192.0.2.1', to = '192.0.2.2' as string | undefined } = {},
): OutOfTheBlueReply | undefined {
  const header = { sourcePort: 1, destinationPort: 2, verificationTag, checksum: 0, truncated: false, byteLength: 0 };
  return answerOutOfTheBlue({ ...header, chunks }, from, to);
}

describe('a packet "out of the blue" (RFC 9260 §8.4)', () => {
  it.each([
    ['from multicast', { from: '224.0.0.1' }],
    ['from broadcast', { from: '255.255.255.255' }],
    ['from nowhere', { from: '0.0.0.0' }],
    ['from IPv6 multicast', { from: 'ff02::1' }],
    ['to multicast', { to: '239.1.2.3' }],
    ['to broadcast', { to: '255.255.255.255' }],
    ['to IPv6 multicast', { to: 'ff05::2' }],
  ])('1) "to or from a non-unicast address": silently discarded: %s', (_where, addresses) => {
    expect(answer([data], addresses)).toBeUndefined();
    expect(answer([shutdownAck], addresses)).toBeUndefined();
    expect(answer([init], { ...addresses, verificationTag: 0 })).toBeUndefined();
  });

  it('1) where the transport does not tell the address that it was sent to, the other one decides', () => {
    expect(answer([data], { to: undefined })).toEqual(reflectedAbort);
  });

  it('2) "contains an ABORT chunk": silently discarded, wherever the chunk is', () => {
    expect(answer([abort])).toBeUndefined();
    expect(answer([data, abort])).toBeUndefined();
    expect(answer([shutdownAck, abort])).toBeUndefined();
  });

  it('3) an INIT that is not to be accepted: ABORT under its "Initiate Tag", "the T bit […] set to 0"', () => {
    // "MUST be the Initiate Tag of the received INIT chunk"; "the T bit of the ABORT chunk has to be set to 0"
    expect(answer([init], { verificationTag: 0 })).toEqual({ chunk: abort, verificationTag: 0xabcd_ef01 });
  });

  it('3) an Initiate Tag of 0: "the receiver MUST silently discard the packet" (§3.3.2)', () => {
    expect(answer([{ ...init, initiateTag: 0 }], { verificationTag: 0 })).toBeUndefined();
  });

  it('tag 0: "it SHOULD verify that the packet contains only an INIT chunk. Otherwise, […] silently discard" (§8.5.1 A)', () => {
    expect(answer([init, data], { verificationTag: 0 })).toBeUndefined();
    expect(answer([data], { verificationTag: 0 })).toBeUndefined();
    expect(answer([shutdownAck], { verificationTag: 0 })).toBeUndefined();
  });

  it('4) a COOKIE ECHO "as the first chunk" whose cookie is not ours: silently discarded (§5.1.5)', () => {
    expect(answer([cookieEcho])).toBeUndefined();
    expect(answer([cookieEcho, data])).toBeUndefined();
  });

  it('5) SHUTDOWN ACK: SHUTDOWN COMPLETE with "the Verification Tag received in the SHUTDOWN ACK chunk" and the T bit', () => {
    const reply = { chunk: { kind: 'SHUTDOWN COMPLETE', tagReflected: true }, verificationTag: tag };
    expect(answer([shutdownAck])).toEqual(reply);
    expect(answer([cookieAck, shutdownAck])).toEqual(reply);
  });

  it('6) SHUTDOWN COMPLETE: silently discarded', () => {
    expect(answer([shutdownComplete])).toBeUndefined();
  });

  it('7) ERROR with "Stale Cookie", or COOKIE ACK: silently discarded', () => {
    expect(answer([staleCookie])).toBeUndefined();
    expect(answer([cookieAck])).toBeUndefined();
    expect(answer([cookieAck, data])).toBeUndefined();
  });

  it.each<[string, Chunk]>([
    ['DATA', data],
    ['SACK', { kind: 'SACK', cumulativeTsnAck: tsn(0), aRwnd: 0, gapAckBlocks: [], duplicateTsns: [] }],
    ['HEARTBEAT', { kind: 'HEARTBEAT', value: new Uint8Array(8) }],
    ['SHUTDOWN', { kind: 'SHUTDOWN', cumulativeTsnAck: tsn(0) }],
    ['ERROR with another cause', { kind: 'ERROR', causes: [{ kind: 'Out of Resource' }] }],
    ['INIT ACK', { ...init, kind: 'INIT ACK' }],
    ['an unknown chunk', { kind: 'unknown', type: 63, flags: 0, value: new Uint8Array(0) }],
    ['a malformed chunk', { kind: 'malformed', type: 3, flags: 0, value: new Uint8Array(0), reason: '' }],
  ])(
    '8) %s: ABORT with "the value found in the Verification Tag field of the OOTB packet" and the T bit',
    (_kind, chunk) => {
      expect(answer([chunk])).toEqual(reflectedAbort);
    },
  );

  it('without a chunk has nothing to answer', () => {
    expect(answer([])).toBeUndefined();
  });

  it('is never answered with what the other side would answer again', () => {
    for (const chunk of [data, shutdownAck]) expect(answer([answer([chunk])!.chunk])).toBeUndefined();
  });
});
