import { describe, expect, it } from 'vitest';
import { type Chunk, decodePacket } from '../../../src/chunks/index.ts';
import { messages } from '../../support/messages.ts';
import { endingOf, establishedPair } from '../../support/pair.ts';
import { connected, kindsOf, packetsTo } from '../stage.ts';

const heartbeat: Chunk = { kind: 'HEARTBEAT', value: Uint8Array.of(0, 1, 0, 8, 1, 2, 3, 4) };

it('§6.5: "Every DATA chunk MUST carry a valid stream identifier."', () => {
  const { z } = connected({ outboundStreams: 4 });
  for (const streamId of [4, 65_535]) {
    expect(() => z.send(z.association, { data: Uint8Array.of(1), streamId })).toThrow(
      expect.objectContaining({ code: 'SCTP_ERR_INVALID_STREAM' }),
    );
  }
});

it('§6.6: "an endpoint MUST deliver DATA chunks received with the U flag set to 0 to the upper layer according to the order of their Stream Sequence Number."', () => {
  const { network, z, peer } = connected();
  for (const number of [3, 1, 4, 2]) peer.send(peer.data(number, { length: number }));
  network.run({ forMs: 50 });
  expect(z.received().map(({ data }) => data.length)).toEqual([1, 2, 3, 4]);
});

describe('§6.9', () => {
  it('"The implementation MUST also take into account the space required for a SACK chunk if bundling a SACK chunk with the DATA chunk."', () => {
    const { network, z, peer } = connected({ pathMtu: 1_000 });
    peer.send(peer.data(1));
    network.run({ forMs: 500 });
    peer.host.arrivals.length = 0;
    peer.send(peer.data(2));
    network.run({ forMs: 15 });
    z.send(z.association, { data: new Uint8Array(3_000) });
    network.run({ forMs: 15 });
    const [first] = peer.host.arrivals;
    expect(kindsOf(first!.packet!)).toEqual(['SACK', 'DATA']);
    for (const { bytes } of peer.host.arrivals) expect(bytes.length).toBeLessThanOrEqual(972);
  });
});

describe('§6.10', () => {
  it('"The total size of the resultant SCTP packet MUST be less that or equal to the current PMTU."; "Partial chunks MUST NOT be placed in an SCTP packet."; "The transmitter MUST transmit DATA chunks within an SCTP packet in increasing order of TSN."', () => {
    const { network, a, z } = establishedPair({
      a: { pathMtu: 1_200 },
      z: { pathMtu: 1_200 },
      link: { lossRate: 0.1 },
    });
    for (const host of [a, z]) host.feed(host.association, [...messages(40, 90), ...messages(5, 3_000)]);
    network.run({ until: () => a.received().length === 45 && z.received().length === 45 });
    for (const { packet } of network.packets) {
      expect(packet.length).toBeLessThanOrEqual(1_200 - 28);
      const { chunks, truncated } = decodePacket(packet)!;
      expect(truncated).toBe(false);
      const tsns = chunks.flatMap((chunk) => (chunk.kind === 'DATA' ? [chunk.tsn] : []));
      for (let i = 1; i < tsns.length; i++) expect((tsns[i]! - tsns[i - 1]!) | 0).toBeGreaterThan(0);
    }
  });

  it('"When bundling control chunks with DATA chunks, an endpoint MUST place control chunks first in the outbound SCTP packet."', () => {
    const { network, z, peer } = connected();
    z.feed(z.association, messages(60, 300));
    network.run({ forMs: 50 });
    const count = packetsTo(peer).flatMap(({ chunks }) => chunks).length;
    peer.host.arrivals.length = 0;
    peer.send(heartbeat, peer.data(1), peer.sack(count));
    network.run({ forMs: 50 });
    const kinds = kindsOf(packetsTo(peer)[0]!);
    expect(kinds.slice(0, 3)).toEqual(['HEARTBEAT ACK', 'SACK', 'DATA']);
    expect(new Set(kinds.slice(3))).toEqual(new Set(['DATA']));
  });

  it('"An endpoint MUST process received chunks in their order in the packet."', () => {
    const { network, z, peer } = connected();
    peer.send(peer.data(1), { kind: 'ABORT', tagReflected: false, causes: [] }, peer.data(2));
    network.run({ forMs: 50 });
    expect([z.received().length, endingOf(z)]).toEqual([1, 'SCTP_ERR_ABORTED_BY_PEER']);
  });
});
