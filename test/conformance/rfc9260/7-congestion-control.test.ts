import { expect, it } from 'vitest';
import { messages } from '../../support/messages.ts';
import { pair } from '../../support/pair.ts';
import { connected, stage } from '../stage.ts';

/** PMDCS of 1,500 bytes over UDP and IPv4. */
const pmdcs = 1_460;

it('§7.2: "Unlike TCP, an SCTP sender MUST keep a set of the control variables cwnd, ssthresh, and partial_bytes_acked for EACH destination address of its peer"', () => {
  const two = { a: { addresses: ['10.0.0.1', '10.0.1.1'] }, z: { addresses: ['10.0.0.2', '10.0.1.2'] } };
  const { network, a, z } = pair(two);
  const association = a.connect(z);
  network.run({ forMs: 5_000 });
  network.link('10.0.0.1', '10.0.0.2').cut();
  a.feed(association, messages(4, 1_400));
  network.run({ forMs: 1_500 });
  const [one, other] = association.paths;
  // "a set of the control variables cwnd, ssthresh"
  expect([one?.cwnd, one?.ssthresh]).toEqual([pmdcs, 4 * pmdcs]);
  expect(other?.cwnd).toBeGreaterThanOrEqual(4_404);
  expect(other?.ssthresh).not.toBe(one?.ssthresh);
});

it('§7.2.4: "if the received SACK chunk also acknowledges new DATA chunks and advances the Cumulative TSN Ack Point, the cwnd adjustment rules defined in Sections 7.2.1 and 7.2.2 MUST be applied first."', () => {
  const { network, z, peer } = connected({ initialCwndPackets: 20, maxBurst: 0 });
  z.feed(z.association, messages(60, pmdcs - 16));
  network.run({ forMs: 50 });
  // Three reports that TSN 5 is missing; each acknowledges two chunks and lets the full window grow by one PMDCS.
  for (const [cumulative, last] of [
    [2, 6],
    [3, 7],
    [4, 8],
  ] as const) {
    peer.send(peer.sack(cumulative, [[6 - cumulative, last - cumulative]]));
    network.run({ forMs: 25 });
  }
  expect(z.association.metrics().fastRetransmits).toBe(1);
  expect(z.association.paths[0]?.ssthresh).toBe((23 * pmdcs) / 2);
});

it('§7.3: "An endpoint MUST maintain separate PMTU estimates for each destination address of its peer."', () => {
  const ipv6 = { kind: 'IPv6 Address', address: '2001:db8::9' } as const;
  const { z, peer } = stage({ addresses: ['10.0.0.2', '2001:db8::2'], pathMtu: 1_501 }, { parameters: [ipv6] });
  peer.connect();
  expect(z.association.paths.map(({ address: { ip }, pathMtu }) => [ip, pathMtu])).toEqual([
    ['10.0.0.9', 28 + 1_472],
    ['2001:db8::9', 48 + 1_452],
  ]);
});
