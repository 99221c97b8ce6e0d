import { describe, expect, it } from 'vitest';
import { tsn } from '../../../src/base/serial.ts';
import { pattern } from '../../support/messages.ts';
import { endingOf } from '../../support/pair.ts';
import { connected } from '../stage.ts';
import { iDataTo, speaksIData } from './i-data.ts';

const interleaving = { interleaving: true };
const peerOptions = { parameters: speaksIData };

// §2: "supports user message interleaving and the Partial Reliability extension described in [RFC3758] […] REQUIRED to
// implement the corresponding changes specified in Section 2.3."
describe('§2.3.1 with partial reliability', () => {
  it.each([
    [
      '"the new I-FORWARD-TSN chunk MUST be used instead of the FORWARD-TSN chunk."; "The I-FORWARD-TSN chunk MUST be used in combination with the I-DATA chunk and MUST NOT be used in combination with the DATA chunk."',
      true,
      'I-FORWARD-TSN',
    ],
    [
      '"The FORWARD-TSN chunk MUST be used in combination with the DATA chunk and MUST NOT be used in combination with the I-DATA chunk."',
      false,
      'FORWARD-TSN',
    ],
  ])('%s', (_, isInterleaving, kind) => {
    const { network, z, peer } = connected({ interleaving: isInterleaving }, peerOptions);
    z.send(z.association, { data: pattern(0, 100), maxRetransmits: 0 });
    network.run({ forMs: 1_100 });
    // "The FORWARD-TSN chunk MUST be used in combination with the DATA chunk"; "The I-FORWARD-TSN chunk MUST be used in
    // combination with the I-DATA chunk"
    expect(peer.received.map((chunk) => chunk.kind)).toEqual([isInterleaving ? 'I-DATA' : 'DATA', kind]);
  });

  it('"The FORWARD-TSN chunk […] MUST NOT be used in combination with the I-DATA chunk"; "The I-FORWARD-TSN chunk […] MUST NOT be used in combination with the DATA chunk": whatever else the peer lists', () => {
    for (const isInterleaving of [true, false]) {
      const { network, z, peer } = connected({ interleaving: isInterleaving }, peerOptions);
      for (let n = 0; n < 20; n++) {
        z.send(z.association, {
          data: pattern(n, 1_000),
          lifetimeMs: 10 + 50 * n,
          streamId: n % 3,
          unordered: n % 2 === 0,
        });
      }
      network.run({ forMs: 5_000 });
      const kinds = new Set(peer.received.map((chunk) => chunk.kind).filter((kind) => /DATA|FORWARD/.test(kind)));
      expect([...kinds].sort()).toEqual(isInterleaving ? ['I-DATA', 'I-FORWARD-TSN'] : ['DATA', 'FORWARD-TSN']);
    }
  });

  it('"If I-FORWARD-TSN support has been negotiated for an association, the reception of a FORWARD-TSN chunk is a violation of the above rules and therefore the receiver of the FORWARD-TSN chunk MUST abort the association by sending an ABORT chunk."', () => {
    const { network, z, peer } = connected(interleaving, peerOptions);
    peer.send({ kind: 'FORWARD-TSN', newCumulativeTsn: tsn(1), streams: [] });
    network.run({ forMs: 100 });
    expect(peer.latest('ABORT').causes).toMatchObject([{ kind: 'Protocol Violation' }]);
    expect(endingOf(z)).toBe('SCTP_ERR_PROTOCOL_VIOLATION');
  });
});

// §2: "or the Stream Reconfiguration Extension described in [RFC6525], it is REQUIRED to implement the corresponding changes"
it('§2.3.2: "When an association resets the SSN using the SCTP extension defined in [RFC6525], the two counters (one for the ordered messages, one for the unordered messages) used for the MIDs MUST be reset to 0."', () => {
  const { network, z, peer } = connected(interleaving, peerOptions);
  const sendBoth = (): void => {
    for (const unordered of [false, true]) z.send(z.association, { data: pattern(0, 10), streamId: 3, unordered });
  };
  const mids = (): number[] => iDataTo(peer).map(({ fragment }) => fragment.messageId);
  sendBoth();
  sendBoth();
  network.run({ forMs: 30 });
  expect(mids()).toEqual([0, 0, 1, 1]);
  peer.send(peer.sack(4));
  z.command(() => z.association.reconfigure({ kind: 'reset outgoing streams', streamIds: [3] }));
  sendBoth();
  network.run({ forMs: 30 });
  const [request] = peer.latest('RE-CONFIG').parameters;
  const { requestSequenceNumber } = request as { requestSequenceNumber: number };
  const response = {
    kind: 'Re-configuration Response',
    responseSequenceNumber: requestSequenceNumber,
    result: 1,
  } as const;
  peer.send({ kind: 'RE-CONFIG', parameters: [response] });
  network.run({ forMs: 30 });
  expect(mids().slice(4)).toEqual([0, 0]);
});
