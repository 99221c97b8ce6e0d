import { describe, expect, it } from 'vitest';
import { endingOf } from '../../support/pair.ts';
import { arrange } from '../../support/states.ts';
import { connected, ipv4 } from '../stage.ts';

describe('SHUTDOWN', () => {
  it.each(['COOKIE-WAIT', 'COOKIE-ECHOED'] as const)(
    'in %s: "If an endpoint is in the COOKIE-WAIT or COOKIE-ECHOED state and receives a SHUTDOWN chunk […] the SHUTDOWN chunk SHOULD be silently discarded."',
    (state) => {
      const { network, host, peer } = arrange(state);
      network.run({ forMs: 50 });
      const before = peer.received.length;
      peer.send(peer.shutdown(0));
      network.run({ forMs: 500 });
      expect([host.association.state, peer.received.length]).toEqual([state, before]);
    },
  );

  it('in SHUTDOWN-ACK-SENT is answered with SHUTDOWN ACK', () => {
    const { network, host, peer } = arrange('SHUTDOWN-ACK-SENT');
    peer.host.arrivals.length = 0;
    peer.send(peer.shutdown(0));
    network.run({ forMs: 100 });
    expect(peer.received.map(({ kind }) => kind)).toEqual(['SHUTDOWN ACK']);
    expect(host.association.state).toBe('SHUTDOWN-ACK-SENT');
  });

  it.each(['COOKIE-WAIT', 'COOKIE-ECHOED'] as const)(
    'that the upper layer asks for in %s: there is nothing yet to be closed gracefully',
    (state) => {
      const { network, host, peer } = arrange(state);
      host.shutdown();
      network.run({ forMs: 50 });
      expect([endingOf(host), host.endpoint.associationCount]).toEqual(['SCTP_ERR_ABORTED', 0]);
      const before = peer.received.length;
      network.run({ forMs: 10_000 });
      expect(peer.received).toHaveLength(before);
    },
  );

  it('acknowledges what has come, and no SACK chunk follows it', () => {
    const { network, host, peer } = arrange('SHUTDOWN-PENDING');
    peer.send(peer.data(1));
    const sent = peer.received.filter(({ kind }) => kind === 'DATA').length;
    peer.send(peer.sack(sent));
    network.run({ forMs: 15 });
    while (host.association.state === 'SHUTDOWN-PENDING') {
      peer.send(peer.sack(peer.received.filter(({ kind }) => kind === 'DATA').length));
      network.run({ forMs: 25 });
    }
    expect(peer.latest('SHUTDOWN').cumulativeTsnAck).toBe(1);
    network.run({ forMs: 25 });
    peer.host.arrivals.length = 0;
    network.run({ forMs: 900 });
    expect(peer.received).toEqual([]);
  });

  it('SHUTDOWN and SHUTDOWN ACK that are not answered go to another address, where there is one (§6.4)', () => {
    for (const kind of ['SHUTDOWN', 'SHUTDOWN ACK'] as const) {
      const { network, z, peer } = connected({}, { parameters: [ipv4('10.0.1.9')] });
      const other = network.addRawHost('o', { addresses: ['10.0.1.9'] });
      network.run({ until: () => other.arrivals.length === 1 });
      const [question] = other.arrivals[0]!.packet!.chunks;
      if (question?.kind !== 'HEARTBEAT') throw new Error(question?.kind);
      other.send(peer.packet(peer.peerTag, [{ kind: 'HEARTBEAT ACK', value: question.value }]), z.addresses[0]!);
      network.run({ until: () => z.association.paths[1]!.state === 'active' });
      if (kind === 'SHUTDOWN') z.shutdown();
      else peer.send(peer.shutdown(0));
      network.run({ forMs: 1_500 });
      expect(peer.received.filter((chunk) => chunk.kind === kind)).toHaveLength(1);
      expect(other.arrivals.at(-1)?.packet?.chunks[0]?.kind).toBe(kind);
    }
  });
});

describe('SHUTDOWN COMPLETE', () => {
  it.each([
    'COOKIE-WAIT',
    'COOKIE-ECHOED',
    'ESTABLISHED',
    'SHUTDOWN-PENDING',
    'SHUTDOWN-SENT',
    'SHUTDOWN-RECEIVED',
  ] as const)('in %s: "if it is not, the chunk SHOULD be discarded."', (state) => {
    const { network, host, peer } = arrange(state);
    peer.send({ kind: 'SHUTDOWN COMPLETE', tagReflected: false });
    network.run({ forMs: 50 });
    expect(host.association.state).toBe(state);
  });

  it('in SHUTDOWN-ACK-SENT ends the association', () => {
    const { network, host, peer } = arrange('SHUTDOWN-ACK-SENT');
    peer.send({ kind: 'SHUTDOWN COMPLETE', tagReflected: false });
    network.run({ forMs: 50 });
    expect([endingOf(host), host.endpoint.associationCount]).toEqual(['graceful', 0]);
  });
});

describe('SHUTDOWN ACK', () => {
  it.each(['ESTABLISHED', 'SHUTDOWN-PENDING', 'SHUTDOWN-RECEIVED'] as const)('in %s changes nothing', (state) => {
    const { network, host, peer } = arrange(state);
    const before = peer.received.filter(({ kind }) => kind.startsWith('SHUTDOWN')).length;
    peer.send({ kind: 'SHUTDOWN ACK' });
    network.run({ forMs: 50 });
    expect(host.association.state).toBe(state);
    expect(peer.received.filter(({ kind }) => kind.startsWith('SHUTDOWN'))).toHaveLength(before);
  });

  it.each(['SHUTDOWN-SENT', 'SHUTDOWN-ACK-SENT'] as const)('in %s ends the association', (state) => {
    const { network, host, peer } = arrange(state);
    peer.send({ kind: 'SHUTDOWN ACK' });
    network.run({ forMs: 50 });
    // "send a SHUTDOWN COMPLETE chunk to its peer"
    expect(peer.received.at(-1)).toMatchObject({ kind: 'SHUTDOWN COMPLETE', tagReflected: false });
    // "remove all record of the association"
    expect([endingOf(host), host.endpoint.associationCount]).toEqual(['graceful', 0]);
    // "MUST stop the T2-shutdown timer"
    expect(host.endpoint.nextTimeout).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('T2-shutdown', () => {
  it('is of one\'s own: "MUST send a SHUTDOWN ACK chunk"; "start a T2-shutdown timer of its own"; "entering the SHUTDOWN-ACK-SENT state"', () => {
    const { network, z, peer } = connected();
    peer.send(peer.shutdown(0));
    network.run({ forMs: 20 });
    expect(z.association.state).toBe('SHUTDOWN-ACK-SENT');
    network.run({ forMs: 1_100 });
    expect(peer.received.filter(({ kind }) => kind === 'SHUTDOWN ACK')).toHaveLength(2);
  });

  it('begins anew with DATA: "one or more DATA chunks with a SHUTDOWN chunk and restart the T2-shutdown timer"', () => {
    const { network, peer } = arrange('SHUTDOWN-SENT');
    const sent = (): number => peer.received.filter(({ kind }) => kind === 'SHUTDOWN').length;
    network.run({ forMs: 800 });
    expect(sent()).toBe(1);
    peer.send(peer.data(1));
    network.run({ forMs: 900 });
    expect(sent()).toBe(2);
    network.run({ forMs: 200 });
    expect(sent()).toBe(3);
  });
});

it.each(['SHUTDOWN-PENDING', 'SHUTDOWN-SENT', 'SHUTDOWN-RECEIVED', 'SHUTDOWN-ACK-SENT'] as const)(
  '%s: the endpoint "MUST NOT accept new data from its SCTP user"',
  (state) => {
    const { host } = arrange(state);
    const refusal = expect.objectContaining({ code: 'SCTP_ERR_SHUTTING_DOWN' });
    expect(() => host.send(host.association, { data: Uint8Array.of(1) })).toThrow(refusal);
  },
);
