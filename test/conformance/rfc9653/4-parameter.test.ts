import { expect, it } from 'vitest';
import { encodeParameters, type Parameter } from '../../../src/chunks/index.ts';
import { messages } from '../../support/messages.ts';
import { establishedPair } from '../../support/pair.ts';
import type { Stage } from '../stage.ts';
import { allPackets, kindsOf, stage } from '../stage.ts';
import { acceptable, overDtls } from './checksums.ts';

/** What z says in its INIT ACK and in its INIT. */
function offers({ network, z, peer }: Stage): (readonly Parameter[])[] {
  peer.sendUnder(0, peer.init());
  network.run({ forMs: 50 });
  z.connect(peer);
  network.run({ forMs: 50 });
  return [peer.latest('INIT ACK').parameters, peer.latest('INIT').parameters];
}

it('"This field holds the length in bytes of the chunk parameter; the value MUST be 8."', () => {
  expect([...encodeParameters([acceptable])]).toEqual([0x80, 0x01, 0, 8, 0, 0, 0, 1]);
});

it('§5.1: "An endpoint willing to accept SCTP packets with an incorrect checksum of zero MUST include the Zero Checksum Acceptable Chunk Parameter indicating the alternate error detection method it is willing to use in the INIT or INIT ACK chunk it sends."; "The Parameter MUST NOT appear more than once in any chunk."', () => {
  for (const [options, expected] of [
    [overDtls, [acceptable]],
    [{ errorDetectionMethod: 77 }, [{ ...acceptable, edmid: 77 }]],
    [{ ...overDtls, zeroChecksum: false }, []],
    [{}, []],
  ] as const) {
    for (const parameters of offers(stage(options, { parameters: [acceptable] }))) {
      expect(parameters.filter(({ kind }) => kind === 'Zero Checksum Acceptable')).toEqual(expected);
    }
  }
});

it('"The Zero Checksum Acceptable Chunk Parameter MAY appear in INIT and INIT ACK chunks and MUST NOT appear in any other chunk."', () => {
  const { network, a, z } = establishedPair({ a: overDtls, z: overDtls });
  a.feed(a.association, messages(3, 100));
  a.command((now) => a.association.requestHeartbeat('10.0.0.2', now));
  a.command(() => a.association.reconfigure({ kind: 'reset outgoing streams', streamIds: [] }));
  network.run({ forMs: 1_000 });
  a.shutdown();
  network.run({ forMs: 1_000 });
  expect(z.endpoint.associationCount).toBe(0);
  const chunks = allPackets(network).flatMap((packet) => packet.chunks);
  expect(allPackets(network).flatMap(kindsOf)).toContain('RE-CONFIG');
  for (const chunk of chunks) {
    if (!('parameters' in chunk)) continue;
    expect(chunk.parameters.map(({ kind }) => kind)).not.toContain('Zero Checksum Acceptable');
  }
});

it('"If an endpoint not supporting the extension described in this document receives this parameter in an INIT or INIT ACK chunk, it is REQUIRED to skip this parameter and continue to process further parameters in the chunk."', () => {
  const { network, z, peer } = stage({}, { parameters: [acceptable, { kind: 'Forward-TSN-Supported' }] });
  peer.connect();
  expect(z.association.capabilities).toMatchObject({ partialReliability: true, zeroChecksumToPeer: false });
  const connecting = stage({ listening: false }, { parameters: [acceptable, { kind: 'Forward-TSN-Supported' }] });
  connecting.z.connect(connecting.peer);
  connecting.peer.accept();
  expect(connecting.z.association.capabilities).toMatchObject({ partialReliability: true, zeroChecksumToPeer: false });
  const said = [...allPackets(network), ...allPackets(connecting.network)].flatMap((packet) => packet.chunks);
  expect(said.map(({ kind }) => kind)).not.toContain('ERROR');
});
