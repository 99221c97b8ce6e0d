import { describe, expect, it } from 'vitest';
import { ssn, tsn } from '../../../src/base/serial.ts';
import { type Chunk, encodeParameters, type Parameter } from '../../../src/chunks/index.ts';
import { pattern } from '../../support/messages.ts';
import { allPackets, connected, dataTo, kindsOf, type Stage, stage } from '../stage.ts';

const supported: Parameter = { kind: 'Forward-TSN-Supported' };
const forward: Chunk = {
  kind: 'FORWARD-TSN',
  newCumulativeTsn: tsn(3),
  streams: [{ streamId: 0, ssn: ssn(2) }],
};

/** A message that may be lost, and is: the only transmission of it that the policy allows. */
function loseOne({ network, z, peer }: Stage): void {
  z.send(z.association, { data: pattern(0, 100), maxRetransmits: 0 });
  network.run({ forMs: 10_000 });
  expect(peer.received.filter(({ kind }) => kind === 'FORWARD-TSN')).toEqual([]);
}

describe('an endpoint that does not offer it', () => {
  const without = { partialReliability: false };

  it('"It MUST instead act as if it does NOT support the FORWARD TSN chunk, returning an ERROR to the peer upon receipt of any FORWARD TSN."', () => {
    const listening = connected(without, { parameters: [supported] });
    const connecting = stage({ ...without, listening: false }, { parameters: [supported] });
    connecting.z.connect(connecting.peer);
    connecting.peer.accept();
    for (const { network, z, peer } of [listening, connecting]) {
      peer.send(forward, peer.data(1));
      network.run({ forMs: 250 });
      expect(peer.latest('ERROR').causes).toMatchObject([{ kind: 'Unrecognized Chunk Type' }]);
      expect(peer.latest('SACK')).toMatchObject({ cumulativeTsnAck: 1 });
      expect(z.received()).toHaveLength(1);
    }
  });

  it('"When a receiver of an INIT detects a Forward-TSN-Supported parameter and does not support the Forward-TSN chunk type, the receiver MUST follow the rules defined in Section 3.3.3 of RFC 2960 [2]."', () => {
    const { network, peer } = stage(without, { parameters: [supported] });
    peer.sendUnder(0, peer.init());
    network.run({ forMs: 100 });
    const { parameters } = peer.latest('INIT ACK');
    expect(parameters).toContainEqual({ kind: 'Unrecognized Parameter', parameter: encodeParameters([supported]) });
    expect(parameters).not.toContainEqual(supported);
  });

  it('"When a receiver of an INIT-ACK detects a Forward-TSN-Supported parameter and it does not support the Forward-TSN chunk type, the receiver MUST follow the rules defined in Section 3.3.3 of RFC 2960 [2]."', () => {
    const { network, z, peer } = stage({ ...without, listening: false }, { parameters: [supported] });
    z.connect(peer);
    network.run({ until: () => peer.received.some(({ kind }) => kind === 'INIT') });
    peer.send(peer.initAck());
    network.run({ forMs: 100 });
    expect(peer.latest('COOKIE ECHO')).toBeDefined();
    expect(peer.latest('ERROR').causes).toMatchObject([{ kind: 'Unrecognized Parameters' }]);
  });
});

describe('a peer that does not support it', () => {
  const report: Parameter = { kind: 'Unrecognized Parameter', parameter: encodeParameters([supported]) };

  it('in its INIT: "SHOULD record the fact that the peer does not support the FORWARD TSN chunk,"; "MUST NOT send a FORWARD TSN chunk at any time during the associations life,"; "SHOULD inform the upper layer if the upper layer has requested such notification."', () => {
    const all = connected();
    expect(all.z.association.capabilities.partialReliability).toBe(false);
    loseOne(all);
    expect(dataTo(all.peer).length).toBeGreaterThan(2);
  });

  it.each([
    ['in its INIT ACK', [report], false],
    ['in an ERROR chunk', [], true],
  ])(
    'as it reports %s: "continue the initiation process (in cases where the initiation process has already completed, the endpoint MUST just mark the association as not supporting partial reliability)"; "MUST NOT transmit a FORWARD TSN chunk at any time during the life of the association."',
    (_, parameters, sendsError) => {
      const all = stage({ listening: false }, { parameters });
      const { network, z, peer } = all;
      z.connect(peer);
      peer.accept();
      if (sendsError) {
        peer.send({
          kind: 'ERROR',
          causes: [{ kind: 'Unrecognized Parameters', parameters: encodeParameters([supported]) }],
        });
        network.run({ forMs: 100 });
      }
      expect([z.association.state, z.association.capabilities.partialReliability]).toEqual(['ESTABLISHED', false]);
      loseOne(all);
      expect(allPackets(network).flatMap(kindsOf)).not.toContain('FORWARD-TSN');
    },
  );
});
