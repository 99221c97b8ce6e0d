import { describe, expect, it } from 'vitest';
import type { Parameter } from '../../../src/chunks/index.ts';
import {
  addStreams,
  associationReset,
  incomingReset,
  outgoingReset,
  reconfig,
  reconfiguring,
  response,
  responsesTo,
} from './requests.ts';

const answer = response(99, 1);

describe('"If a sender transmits an unsupported combination, the receiver SHOULD send an ERROR chunk with a Protocol Violation cause, as defined in Section 3.3.10.13 of [RFC4960])."', () => {
  it.each<[string, Parameter[]]>([
    ['three parameters', [answer, answer, answer]],
    ['two requests of a kind', [outgoingReset(1), outgoingReset(2)]],
    ['a reset of the association and another request', [associationReset(1), addStreams('Outgoing', 2, 1)]],
    ['a response and a request for our own reset', [answer, incomingReset(1)]],
    ['something else', [{ kind: 'ECN Capable' }]],
  ])('%s', (_, parameters) => {
    const { network, z, peer } = reconfiguring();
    peer.send(reconfig(...parameters), peer.data(1));
    network.run({ forMs: 250 });
    expect(peer.latest('ERROR').causes).toMatchObject([{ kind: 'Protocol Violation' }]);
    expect(responsesTo(peer)).toEqual([]);
    expect([z.association.state, z.received().length]).toEqual(['ESTABLISHED', 1]);
  });
});

it.each<[string, Parameter[], number]>([
  ['1', [outgoingReset(1)], 1],
  ['3', [outgoingReset(1), incomingReset(2)], 1],
  ['4', [associationReset(1)], 1],
  ['7', [addStreams('Outgoing', 1, 1), addStreams('Incoming', 2, 1)], 2],
  ['9', [answer, outgoingReset(1)], 1],
  ['9, the other way round', [outgoingReset(1), answer], 1],
  ['10', [answer, answer], 0],
])(
  'combination %s is taken: §5.2.1: "Upon reception of a RE-CONFIG chunk, each parameter within it SHOULD be processed."',
  (_, parameters, responses) => {
    const { network, peer } = reconfiguring();
    peer.send(reconfig(...parameters));
    network.run({ forMs: 50 });
    expect(peer.received.filter(({ kind }) => kind === 'ERROR')).toEqual([]);
    expect(responsesTo(peer)).toHaveLength(responses);
  },
);
