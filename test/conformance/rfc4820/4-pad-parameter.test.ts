import { describe, expect, it } from 'vitest';
import { encodeParameters, findParameter, type Parameter } from '../../../src/chunks/index.ts';
import { messages } from '../../support/messages.ts';
import { establishedPair } from '../../support/pair.ts';
import { allPackets, stage } from '../stage.ts';

const padding: Parameter = { kind: 'Padding', length: 600 };
const supported: Parameter = { kind: 'Forward-TSN-Supported' };

/** The parameters of the INIT ACK chunk that answers an INIT chunk with these. */
function answerTo(...parameters: Parameter[]): readonly Parameter[] {
  const { network, peer } = stage();
  peer.sendUnder(0, peer.init({ parameters }));
  network.run({ forMs: 50 });
  return peer.latest('INIT ACK').parameters;
}

it('"This value MUST be set to 0x8005."', () => {
  expect([...encodeParameters([{ kind: 'Padding', length: 4 }])]).toEqual([0x80, 0x05, 0, 8, 0, 0, 0, 0]);
});

it('"It MUST NOT be included in any other chunk.": it is in none of ours', () => {
  const { network, a, z } = establishedPair();
  a.feed(a.association, messages(3, 3_000));
  a.command(() => a.association.reconfigure({ kind: 'reset outgoing streams', streamIds: [] }));
  network.run({ forMs: 1_000 });
  a.shutdown();
  network.run({ forMs: 1_000 });
  expect(z.endpoint.associationCount).toBe(0);
  for (const { chunks } of allPackets(network)) {
    for (const chunk of chunks) {
      if (chunk.kind === 'INIT' || !('parameters' in chunk)) continue;
      expect(chunk.parameters.map(({ kind }) => kind)).not.toContain('Padding');
    }
  }
});

describe('the receiver', () => {
  it('"The receiver of the PAD parameter MUST silently discard this parameter and continue processing the rest of the INIT chunk."', () => {
    const kinds = answerTo(padding, supported, padding, { kind: 'unknown', type: 0xc123, value: new Uint8Array(4) });
    // "MUST silently discard this parameter"
    expect(kinds.filter(({ kind }) => kind === 'Unrecognized Parameter')).toMatchObject([
      { parameter: Uint8Array.of(0xc1, 0x23, 0, 8, 0, 0, 0, 0) },
    ]);
    const { z, peer } = stage({}, { parameters: [padding, supported] });
    peer.connect();
    // "continue processing the rest of the INIT chunk"
    expect(z.association.capabilities.partialReliability).toBe(true);
  });

  it('"This means that the size of the generated COOKIE parameter in the INIT-ACK MUST NOT depend on the existence of the PAD parameter in the INIT chunk. A receiver of a PAD parameter MUST NOT include the PAD parameter within any State Cookie parameter it generates."', () => {
    const without = findParameter(answerTo(supported), 'State Cookie')!.cookie;
    for (const parameters of [
      [padding, supported],
      [supported, padding, padding],
    ]) {
      const { cookie } = findParameter(answerTo(...parameters), 'State Cookie')!;
      expect(cookie).toHaveLength(without.length);
      expect(cookie).toEqual(without);
    }
  });
});
