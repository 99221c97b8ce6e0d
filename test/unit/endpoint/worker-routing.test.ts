import { describe, expect, it } from 'vitest';
import { tsn } from '../../../src/base/serial.ts';
import { type Chunk, decodePacket, encodePacket } from '../../../src/chunks/index.ts';
import { Endpoint } from '../../../src/endpoint/endpoint.ts';
import { ownerOf } from '../../../src/endpoint/worker-routing.ts';
import { seededEnvironment } from '../../../src/simulation/environment.ts';
import { addressOf } from '../association/rooms.ts';

const init: Chunk = {
  kind: 'INIT',
  initiateTag: 77,
  aRwnd: 100_000,
  outboundStreams: 10,
  inboundStreams: 10,
  initialTsn: tsn(1),
  parameters: [],
};

function packetOf(verificationTag: number, chunk: Chunk): Uint8Array {
  return encodePacket({ sourcePort: 6000, destinationPort: 5000, verificationTag }, [chunk]);
}

describe('the owner of a packet', () => {
  it.each<[string, Chunk]>([
    ['SHUTDOWN ACK', { kind: 'SHUTDOWN ACK' }],
    ['COOKIE ECHO', { kind: 'COOKIE ECHO', cookie: new Uint8Array(8) }],
    ['ABORT', { kind: 'ABORT', tagReflected: false, causes: [] }],
    ['SHUTDOWN COMPLETE', { kind: 'SHUTDOWN COMPLETE', tagReflected: false }],
    ['an INIT that has no business under a tag', init],
  ])('is the worker that its tag names: %s', (_, chunk) => {
    expect([7, 8, 9, 0xffff_ffff].map((tag) => ownerOf(packetOf(tag, chunk), 3))).toEqual([1, 2, 0, 0]);
  });

  it('is whoever received it, for an INIT', () => {
    expect(ownerOf(packetOf(0, init), 3)).toBe('receiver');
  });

  // RFC 9260 §8.5.1 B, C
  it.each<[string, Chunk]>([
    ['ABORT', { kind: 'ABORT', tagReflected: true, causes: [] }],
    ['SHUTDOWN COMPLETE', { kind: 'SHUTDOWN COMPLETE', tagReflected: true }],
  ])('is not told by a tag that the peer reflects: %s', (_, chunk) => {
    expect(ownerOf(packetOf(7, chunk), 3)).toBe('reflected');
  });

  it('is whoever received it, for what is too short to be a packet', () => {
    for (let length = 0; length < 16; length++) expect(ownerOf(new Uint8Array(length).fill(7), 3)).toBe('receiver');
  });
});

describe('an endpoint that is one of several workers', () => {
  it('names itself in every tag: of associations that it begins, that others begin, and that begin anew', () => {
    for (const index of [0, 1, 2, 3, 4]) {
      const workers = { index, count: 5 };
      const endpoint = new Endpoint({ port: 5000, listening: true, workers }, seededEnvironment(index));
      const tags = (): number[] => {
        const found: number[] = [];
        for (let sent = endpoint.pollTransmit(0); sent; sent = endpoint.pollTransmit(0)) {
          const [chunk] = decodePacket(sent.packet)!.chunks;
          if (chunk?.kind === 'INIT' || chunk?.kind === 'INIT ACK') found.push(chunk.initiateTag);
        }
        return found;
      };
      const remote = addressOf('192.0.2.1');
      endpoint.handlePacket(packetOf(0, init), remote, undefined, 0);
      const initAck = decodePacket(endpoint.pollTransmit(0)!.packet)!.chunks[0]!;
      if (initAck.kind !== 'INIT ACK') throw new Error('no INIT ACK');
      const cookie = initAck.parameters.find((parameter) => parameter.kind === 'State Cookie')!.cookie;
      endpoint.handlePacket(packetOf(initAck.initiateTag, { kind: 'COOKIE ECHO', cookie }), remote, undefined, 0);
      endpoint.handlePacket(packetOf(0, { ...init, initiateTag: 78 }), remote, undefined, 0);
      endpoint.connect({ addresses: [addressOf('192.0.2.2')], port: 5000 }, {}, 0);
      const chosen = [initAck.initiateTag, ...tags()];
      expect(chosen).toHaveLength(3);
      expect(chosen.map((tag) => tag % 5)).toEqual([index, index, index]);
    }
  });

  it.each([
    { index: 0, count: 0 },
    { index: 0, count: 257 },
    { index: 2, count: 2 },
    { index: -1, count: 2 },
    { index: 0.5, count: 2 },
    { index: 0, count: Number.NaN },
  ])('has a place among them: not %o', (workers) => {
    expect(() => new Endpoint({ port: 5000, workers }, seededEnvironment(1))).toThrow(
      expect.objectContaining({ code: 'SCTP_ERR_INVALID_ARGUMENT' }),
    );
  });
});
