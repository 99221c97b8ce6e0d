import { describe, expect, it } from 'vitest';
import { tsn } from '../../../src/base/serial.ts';
import { decodeParameters, encodeParameters, type Parameter } from '../../../src/chunks/index.ts';
import { establishedPair } from '../../support/pair.ts';
import { allPackets } from '../stage.ts';
import { addStreams, ask, associationReset, everyRequest, incomingReset, outgoingReset, response } from './requests.ts';

const lengthOf = (parameter: Parameter): number => {
  const bytes = encodeParameters([parameter]);
  return bytes[2]! * 256 + bytes[3]!;
};

describe('the length', () => {
  it('§4.1: "the value MUST be 16 + 2 * N, where N is the number of stream numbers listed."', () => {
    expect([[], [1], [1, 2], [1, 2, 3]].map((streams) => lengthOf(outgoingReset(1, streams)))).toEqual([
      16, 18, 20, 22,
    ]);
  });

  it('§4.2: "This field holds the length in bytes of the parameter; the value MUST be 8 + 2 * N."', () => {
    expect([[], [1], [1, 2], [1, 2, 3]].map((streams) => lengthOf(incomingReset(1, streams)))).toEqual([8, 10, 12, 14]);
  });

  it('§4.3: "This field holds the length in bytes of the parameter; the value MUST be 8."', () => {
    expect(lengthOf(associationReset(1))).toBe(8);
  });

  it('§4.4: "the value MUST be 12 if the optional fields are not present and 20 otherwise."; "Either both optional fields (Sender\'s Next TSN and Receiver\'s Next TSN) MUST be present, or no field."', () => {
    const nextTsns = { sendersNextTsn: tsn(1), receiversNextTsn: tsn(2) };
    const both = { kind: 'Re-configuration Response', responseSequenceNumber: 1, result: 1, nextTsns } as const;
    // "the value MUST be 12 if the optional fields are not present"; "are not present and 20 otherwise"
    expect([lengthOf(response(1, 1)), lengthOf(both)]).toEqual([12, 20]);
    const half = encodeParameters([both]).slice(0, 16);
    half[3] = 16;
    expect(decodeParameters(half)).not.toMatchObject([{ kind: 'Re-configuration Response' }]);
  });

  it('§4.5, §4.6: "This field holds the length in bytes of the parameter; the value MUST be 12."', () => {
    expect(lengthOf(addStreams('Outgoing', 1, 1))).toBe(12);
    expect(lengthOf(addStreams('Incoming', 1, 1))).toBe(12);
  });
});

it('§4.5, §4.6, Reserved: "It SHOULD be set to 0 by the sender and ignored by the receiver."', () => {
  for (const direction of ['Outgoing', 'Incoming'] as const) {
    const parameter = addStreams(direction, 1, 0x0102);
    const bytes = encodeParameters([parameter]);
    expect([...bytes.subarray(8)]).toEqual([1, 2, 0, 0]);
    bytes.fill(0xff, 10);
    expect(decodeParameters(bytes)).toEqual([parameter]);
  }
});

it('"This parameter MUST NOT appear in any other chunk type.": and they appear in RE-CONFIG, every one of them', () => {
  const { network, a, z } = establishedPair();
  for (const request of everyRequest) ask(a, request);
  network.run({ forMs: 10_000 });
  a.shutdown();
  network.run({ forMs: 1_000 });
  expect(z.endpoint.associationCount).toBe(0);
  const kinds = new Set<string>();
  for (const { chunks } of allPackets(network)) {
    for (const chunk of chunks) {
      if (!('parameters' in chunk)) continue;
      const own = chunk.parameters
        .map(({ kind }) => kind)
        .filter((kind) => /Re-config|Reset Request|Streams Request/.test(kind));
      if (own.length > 0) expect(chunk.kind).toBe('RE-CONFIG');
      for (const kind of own) kinds.add(kind);
    }
  }
  expect(kinds.size).toBe(6);
});
