import { describe, expect, it } from 'vitest';
import type { Chunk } from '../../../src/chunks/index.ts';
import { Network, type RawHost } from '../../../src/simulation/index.ts';
import { endingOf } from '../../support/pair.ts';
import { RawPeer } from '../../support/raw-peer.ts';
import { arrange } from '../../support/states.ts';

/** When chunks of a kind arrived, in milliseconds after the first. */
function timesOf(host: RawHost, kind: Chunk['kind']): number[] {
  const times = host.arrivals.flatMap(({ packet, timeMs }) =>
    packet?.chunks.some((chunk) => chunk.kind === kind) ? [timeMs] : [],
  );
  return times.map((time) => time - times[0]!);
}

/** A host that calls a peer by both of its addresses; only the first has a stack behind it. */
function calling() {
  const network = new Network();
  const host = network.addHost('h', { addresses: ['10.0.0.1'], port: 5000 });
  const peer = new RawPeer(network, host);
  const other = network.addRawHost('o', { addresses: ['10.0.1.9'] });
  host.connect({ addresses: [...peer.addresses, ...other.addresses], port: peer.port });
  return { network, host, peer, other };
}

describe('§5.1.6 "MUST follow the rules defined in Section 6.3 for transmission timers": the pause doubles, "up to \'Max.Init.Retransmits\' times"', () => {
  it('for INIT', () => {
    const { network, host, peer } = arrange('COOKIE-WAIT', {}, { maxInitRetransmits: 4 });
    network.run({ forMs: 100_000 });
    // §4: "the endpoint MUST retransmit the INIT chunk"; "restart the T1-init timer"
    expect(timesOf(peer.host, 'INIT')).toEqual([0, 1_000, 3_000, 7_000, 15_000]);
    // §4: "the endpoint MUST abort the initialization process"; "report the error to the SCTP user"
    expect([host.endpoint.associationCount, endingOf(host)]).toEqual([0, 'SCTP_ERR_CONNECT_TIMEOUT']);
  });

  it('for COOKIE ECHO', () => {
    const { network, host, peer } = arrange('COOKIE-ECHOED', {}, { maxInitRetransmits: 4 });
    network.run({ forMs: 100_000 });
    // §5.1.4: "the endpoint MUST retransmit the COOKIE ECHO chunk"; "restart the T1-cookie timer"
    expect(timesOf(peer.host, 'COOKIE ECHO')).toEqual([0, 1_000, 3_000, 7_000, 15_000]);
    expect(endingOf(host)).toBe('SCTP_ERR_CONNECT_TIMEOUT');
  });
});

describe('§5.1: "Retransmissions of INIT chunks and COOKIE ECHO chunks SHOULD use all addresses of the peer endpoint known to the sender"', () => {
  it('INIT', () => {
    const { network, peer, other } = calling();
    network.run({ forMs: 8_000 });
    // In turns, and each address has an RTO of its own.
    expect([timesOf(peer.host, 'INIT'), timesOf(other, 'INIT')]).toEqual([
      [0, 2_000, 6_000],
      [0, 3_000],
    ]);
  });

  it('COOKIE ECHO', () => {
    const { network, peer, other } = calling();
    network.run({ until: () => peer.received.length > 0 });
    peer.send(
      peer.initAck({ parameters: [...peer.initAck().parameters, { kind: 'IPv4 Address', address: '10.0.1.9' }] }),
    );
    network.run({ forMs: 8_000 });
    // In turns, and each address has an RTO of its own.
    expect([timesOf(peer.host, 'COOKIE ECHO'), timesOf(other, 'COOKIE ECHO')]).toEqual([
      [0, 2_000, 6_000],
      [0, 3_000],
    ]);
  });
});
