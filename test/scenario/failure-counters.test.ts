import { describe, expect, it } from 'vitest';
import { messages } from '../support/messages.ts';
import { endingOf, establishedPair } from '../support/pair.ts';
import { arrange } from '../support/states.ts';

const isData = ({ chunks }: { readonly chunks: readonly { readonly kind: string }[] }): boolean =>
  chunks.some(({ kind }) => kind === 'DATA');

describe('the error counter of the association (RFC 9260 §8.1)', () => {
  it('is not cleared by HEARTBEAT ACK chunks while DATA is outstanding: where only heartbeats come through, the peer is gone', () => {
    const { network, a, z, association } = establishedPair({ a: { associationMaxRetrans: 4, rtoMaxMs: 1_000 } });
    network.link(a, z).set({ drop: isData });
    a.feed(association, messages(1, 100));
    let isAnswered = false;
    // One just before each T3-rtx.
    for (let i = 0; i < 20 && endingOf(a) === undefined; i++) {
      a.command((now) => association.requestHeartbeat('10.0.0.2', now));
      network.run({ forMs: 500 });
      isAnswered ||= association.metrics().heartbeatAcksReceived > 0;
    }
    expect(isAnswered).toBe(true);
    expect(endingOf(a)).toBe('SCTP_ERR_PEER_UNREACHABLE');
    expect(association.metrics().retransmissionTimeouts).toBe(5);
  });

  it('nor by the answers to probes of the path MTU', () => {
    const a = { mtu: 1_500, associationMaxRetrans: 4, rtoMaxMs: 1_000, hbIntervalMs: 0 };
    const { network, a: host, z, association } = establishedPair({ a });
    network.run({ forMs: 500 });
    expect(association.paths[0]?.pathMtu).toBe(1_500);
    network.link(host, z).set({ drop: isData });
    host.feed(association, messages(1, 1_400));
    network.run({ until: () => endingOf(host) !== undefined, forMs: 20_000 });
    // Each T3-rtx makes for a probe, and each of them is answered.
    expect(network.ladder().filter((line) => line === 'a > HEARTBEAT + PAD').length).toBeGreaterThan(3);
    expect(endingOf(host)).toBe('SCTP_ERR_PEER_UNREACHABLE');
  });

  it('is cleared by them while nothing is outstanding', () => {
    const { network, a, z, association } = establishedPair({
      a: { associationMaxRetrans: 4, hbIntervalMs: 1_000, rtoMaxMs: 1_000 },
    });
    for (let i = 0; i < 4; i++) {
      network.link(a, z).cut();
      network.run({ until: () => association.paths[0]!.errorCount === 2, forMs: 20_000 });
      network.link(a, z).restore();
      network.run({ until: () => association.paths[0]!.errorCount === 0, forMs: 20_000 });
    }
    expect(association.state).toBe('ESTABLISHED');
  });
});

describe('the retransmission count of SHUTDOWN (RFC 9260 §9.2)', () => {
  it('is cleared by DATA: "The reception of any packet from its peer […] SHOULD clear the endpoint\'s retransmission count"', () => {
    // Two retransmissions are allowed, a second apart; T5-shutdown-guard would end it all after five.
    const options = { associationMaxRetrans: 2, rtoMaxMs: 1_000 };
    const speaking = arrange('SHUTDOWN-SENT', {}, options);
    speaking.network.run({ forMs: 2_400 });
    speaking.peer.send(speaking.peer.data(1));
    speaking.network.run({ forMs: 2_400 });
    expect(speaking.host.association.state).toBe('SHUTDOWN-SENT');
    const silent = arrange('SHUTDOWN-SENT', {}, options);
    silent.network.run({ forMs: 4_800 });
    expect(endingOf(silent.host)).toBe('SCTP_ERR_PEER_UNREACHABLE');
  });
});
