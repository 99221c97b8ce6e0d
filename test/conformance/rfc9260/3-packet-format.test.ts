import { describe, expect, it } from 'vitest';
import { writeChecksum } from '../../../src/base/checksum.ts';
import { type Chunk, decodeParameters, encodeChunk, encodeParameters } from '../../../src/chunks/index.ts';
import { Endpoint } from '../../../src/endpoint/endpoint.ts';
import { seededEnvironment } from '../../../src/simulation/index.ts';
import { messages } from '../../support/messages.ts';
import { pair } from '../../support/pair.ts';
import { allPackets, connected, kindsOf, stage } from '../stage.ts';

it('"INIT, INIT ACK, and SHUTDOWN COMPLETE chunks MUST NOT be bundled with any other chunk into an SCTP packet."', () => {
  const { network, a, z } = pair();
  const association = a.connect(z);
  for (const message of messages(5, 500)) a.send(association, message);
  network.run({ until: () => z.associations.length === 1 && z.received().length === 5 });
  z.feed(z.association, messages(5, 500));
  a.shutdown();
  network.run();
  const alone = ['INIT', 'INIT ACK', 'SHUTDOWN COMPLETE'];
  const withThem = allPackets(network).filter(({ chunks }) => chunks.some(({ kind }) => alone.includes(kind)));
  // §12.3: "an INIT chunk MUST NOT be bundled with any other chunk in a packet"
  expect(withThem.map(kindsOf)).toEqual(alone.map((kind) => [kind]));
});

describe('§3.1', () => {
  const refusal = expect.objectContaining({ code: 'SCTP_ERR_INVALID_ARGUMENT' });

  it('"The Source Port Number 0 MUST NOT be used."', () => {
    expect(() => new Endpoint({ port: 0 }, seededEnvironment(1))).toThrow(refusal);
  });

  it('"The Destination Port Number 0 MUST NOT be used.": neither to begin an association nor to answer', () => {
    const { network, z, peer } = stage({}, { port: 0 });
    expect(() => z.connect(peer)).toThrow(refusal);
    peer.sendUnder(0, peer.init());
    peer.sendUnder(7, peer.data(1));
    network.run({ forMs: 100 });
    expect(peer.received).toEqual([]);
  });
});

describe('§3.2', () => {
  const data = (length: number): Chunk => stage().peer.data(1, { length });

  it('"The total length of a chunk (including Type, Length, and Value fields) MUST be a multiple of 4 bytes."', () => {
    for (let length = 1; length <= 8; length++) expect(encodeChunk(data(length)).length % 4).toBe(0);
  });

  it('"the sender MUST pad the chunk with all zero bytes, and this padding is not included in the Chunk Length field. The sender MUST NOT pad with more than 3 bytes."', () => {
    for (let length = 1; length <= 8; length++) {
      const bytes = encodeChunk(data(length));
      // "this padding is not included in the Chunk Length field"
      expect(bytes[3]).toBe(16 + length);
      const padding = bytes.subarray(16 + length);
      expect(padding.length).toBeLessThanOrEqual(3);
      // "the sender MUST pad the chunk with all zero bytes"
      expect(padding.every((byte) => byte === 0)).toBe(true);
    }
  });

  it('"The receiver MUST ignore the padding bytes."', () => {
    const { network, z, peer } = connected();
    const bytes = peer.packet(peer.peerTag, [peer.data(1, { length: 1 }), peer.data(2, { length: 4 })]);
    bytes.fill(0xff, 12 + 17, 12 + 20);
    writeChecksum(bytes);
    peer.sendBytes(bytes);
    network.run({ forMs: 100 });
    expect(z.received().map(({ data: { length } }) => length)).toEqual([1, 4]);
  });
});

describe('§3.2.1', () => {
  const ofLength = (length: number) =>
    ({ kind: 'unknown', type: 0xc123, value: new Uint8Array(length).fill(7) }) as const;

  it('"A sender MUST NOT pad with more than 3 bytes."', () => {
    for (let length = 0; length <= 8; length++) {
      const first = encodeParameters([ofLength(length), ofLength(4)]).length - 8;
      expect(first - (4 + length)).toBe((4 - (length % 4)) % 4);
    }
  });

  it('"The receiver MUST ignore the padding bytes."', () => {
    const bytes = encodeParameters([ofLength(1), ofLength(4)]);
    bytes.fill(0xff, 5, 8);
    expect(decodeParameters(bytes)).toEqual([ofLength(1), ofLength(4)]);
  });
});
