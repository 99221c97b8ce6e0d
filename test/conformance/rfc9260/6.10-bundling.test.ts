import { describe, expect, it } from 'vitest';
import type { Chunk } from '../../../src/chunks/index.ts';
import { arrange } from '../../support/states.ts';
import { type Stage, stage } from '../stage.ts';

const everything = [
  { kind: 'Forward-TSN-Supported' },
  { kind: 'Supported Extensions', chunkTypes: [130, 192] },
] as const;

function prepared(): Stage {
  const all = stage({ pathMtu: 1_000 }, { parameters: everything });
  all.peer.connect();
  return all;
}

describe('§6.10: "An endpoint MUST process received chunks in their order in the packet."', () => {
  const { peer } = prepared();
  const value = Uint8Array.of(0, 1, 0, 8, 1, 2, 3, 4);
  const request = { kind: 'Add Outgoing Streams Request', requestSequenceNumber: 1, newStreams: 1 } as const;
  const chunks: readonly Chunk[] = [
    { kind: 'SACK', cumulativeTsnAck: peer.peerInitialTsn - 1, aRwnd: 9, gapAckBlocks: [], duplicateTsns: [] } as never,
    { kind: 'HEARTBEAT', value },
    { kind: 'HEARTBEAT ACK', value },
    { kind: 'ERROR', causes: [{ kind: 'Out of Resource' }] },
    { kind: 'COOKIE ACK' },
    { kind: 'RE-CONFIG', parameters: [request] },
    { kind: 'PAD', length: 20 },
    { kind: 'FORWARD-TSN', newCumulativeTsn: 0 as never, streams: [] },
    { kind: 'unknown', type: 0xfd, flags: 0, value },
  ];

  it.each(chunks.map((chunk) => [chunk.kind, chunk] as const))('what stands behind %s is not forgotten', (_, chunk) => {
    const { network, z, peer } = prepared();
    peer.send(chunk, peer.data(1));
    network.run({ forMs: 300 });
    expect(z.received()).toHaveLength(1);
  });

  it('COOKIE ACK first, then the DATA that came with it', () => {
    const { network, host, peer } = arrange('COOKIE-ECHOED');
    peer.send({ kind: 'COOKIE ACK' }, peer.data(1));
    network.run({ forMs: 300 });
    expect([host.association.state, host.received().length]).toEqual(['ESTABLISHED', 1]);
  });
});

describe('§6.10: "The total size of the resultant SCTP packet MUST be less that or equal to the current PMTU."', () => {
  it('of control chunks, too: those that do not fit beside the others go in the next packet', () => {
    for (let pathMtu = 512; pathMtu <= 540; pathMtu++) {
      const { network, z, peer } = stage({ pathMtu });
      peer.connect();
      z.command((now) => {
        for (let i = 0; i < 40; i++) z.association.requestHeartbeat('10.0.0.9', now);
      });
      network.run({ forMs: 15 });
      expect(peer.received.map(({ kind }) => kind)).toEqual(Array.from({ length: 40 }, () => 'HEARTBEAT'));
      expect(peer.host.arrivals.length).toBeLessThan(4);
      for (const { bytes } of peer.host.arrivals) expect(bytes.length).toBeLessThanOrEqual(pathMtu - 28);
    }
  });

  it('whatever room an answer leaves to the SACK chunk that is due: what does not fit goes in the next packet', () => {
    const most = 1_000 - 28 - 12;
    for (let length = most - 44; length <= most; length += 4) {
      const { network, peer } = prepared();
      const value = new Uint8Array(length - 4);
      value.set([0, 1, (length - 4) >> 8, (length - 4) & 255]);
      peer.send({ kind: 'HEARTBEAT', value }, peer.data(1), peer.data(3));
      network.run({ forMs: 50 });
      expect(peer.latest('HEARTBEAT ACK').value).toHaveLength(length - 4);
      expect(peer.latest('SACK')).toMatchObject({ cumulativeTsnAck: 1 });
      for (const { bytes } of peer.host.arrivals) expect(bytes.length).toBeLessThanOrEqual(1_000 - 28);
    }
  });
});
