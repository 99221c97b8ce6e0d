import { describe, expect, it } from 'vitest';
import { Network } from '../../src/simulation/index.ts';
import { messages } from '../support/messages.ts';
import { endingOf, establishedPair, eventsOf, isQuiet } from '../support/pair.ts';
import { rawPair } from '../support/raw-peer.ts';

/** Room for five messages of 1,400 bytes with what holds them, less a full packet. */
const slow = { receiveBufferSize: 8_000, autoRead: false };

/** The times at which `a` sent, relative to each other. */
function pausesOf(network: Network, name: string): number[] {
  const times = network.packets.filter((_, i) => network.ladder()[i]!.startsWith(name)).map(({ timeMs }) => timeMs);
  return times.slice(1).map((time, i) => Math.round(time - times[i]!));
}

describe('the receive window (RFC 9260 §6.1 A, §6.2)', () => {
  it('closes when nobody reads, and nothing is lost that was sent before', () => {
    const { network, a, z } = establishedPair({ z: slow });
    a.feed(a.association, messages(20, 1_400));
    network.run({ forMs: 500 });
    expect(network.ladder({ verbose: true }).at(-1)).toMatch(/^z > SACK \d a_rwnd 0$/);
    let count = 0;
    while (z.receive() !== undefined) count++;
    expect(count).toBeGreaterThanOrEqual(5);
    expect(z.association.metrics().dataChunksDropped).toBe(0);
  });

  it('opens with a window update once a quarter of the buffer is free, and data flows at once (§6.2)', () => {
    const { network, a, z } = establishedPair({ z: slow });
    a.feed(a.association, messages(20, 1_400));
    network.run({ forMs: 500 });
    network.clearLadder();
    z.receive();
    expect(network.ladder()).toEqual([]);
    z.receive();
    network.run({ forMs: 30 });
    expect(network.ladder()[0]).toMatch(/^z > SACK 5/);
    expect(network.ladder()[1]).toMatch(/^a > DATA 6/);
  });

  it('is probed by one DATA chunk after an RTO, then at doubled intervals, for as long as the peer answers (§6.1 A)', () => {
    const { network, a, z } = establishedPair({ z: slow, a: { associationMaxRetrans: 2, rtoMaxMs: 8_000 } });
    a.feed(a.association, messages(20, 1_400));
    // The first probe still finds room.
    network.run({ until: () => z.association.metrics().messagesReceived === 6 });
    network.clearLadder();
    network.run({ forMs: 60_000 });
    expect(new Set(network.ladder().filter((line) => line.includes('DATA')))).toEqual(new Set(['a > DATA 7']));
    expect(pausesOf(network, 'a').slice(0, 5)).toEqual([1_000, 2_000, 4_000, 8_000, 8_000]);
    expect([a.association.state, a.association.paths[0]?.errorCount]).toEqual(['ESTABLISHED', 0]);
    expect(z.association.metrics().dataChunksDropped).toBeGreaterThan(5);
  });

  it('a window update that is lost costs one probe, not the association', () => {
    const { network, a, z } = establishedPair({ z: slow });
    a.feed(a.association, messages(20, 1_400));
    network.run({ forMs: 500 });
    network.link(z, a).cut();
    while (z.receive() !== undefined);
    network.run({ forMs: 100 });
    network.link(z, a).restore();
    let count = 5;
    network.run({
      forMs: 10_000,
      until: () => {
        while (z.receive() !== undefined) count++;
        return count === 20;
      },
    });
  });

  it('a peer that stays silent behind its closed window is given up (§6.1 A, §8.1)', () => {
    const { network, a, z } = establishedPair({ z: slow, a: { associationMaxRetrans: 3 } });
    a.feed(a.association, messages(20, 1_400));
    network.run({ forMs: 500 });
    network.linkBoth(a, z).cut();
    network.run({ until: () => endingOf(a) !== undefined });
    expect(endingOf(a)).toBe('SCTP_ERR_PEER_UNREACHABLE');
    expect(eventsOf(a, 'closed')[0]?.ending.undelivered).toHaveLength(15);
  });

  it('what was held for order is dropped rather than the association (§6.2), what was delivered never comes twice', () => {
    const network = new Network();
    const z = network.addHost('z', { addresses: ['10.0.0.2'], port: 5001, listening: true, ...slow });
    const peer = rawPair(network, z);
    // Message 1 is missing: of stream 0 everything waits, stream 5 is delivered, and the buffer fills.
    peer.send(peer.data(2, { length: 1_000 }), peer.data(3, { length: 300, streamId: 5, ssn: 0 }));
    for (const number of [4, 5, 6, 7]) peer.send(peer.data(number, { length: 1_200, ssn: number - 2 }));
    network.run({ forMs: 50 });
    // Fills the reserve that only holes may use.
    peer.send(peer.data(9, { length: 1_200, ssn: 7 }));
    network.run({ forMs: 50 });
    peer.send(peer.data(8, { length: 1_200, ssn: 6 }));
    network.run({ forMs: 50 });
    const held = peer.takeReceived().at(-1);
    peer.send(peer.data(1, { length: 1_400 }));
    network.run({ forMs: 50 });
    expect(held).toMatch(/^SACK 0 gaps 2-/);
    const after = peer.takeReceived().at(-1);
    expect(after).toMatch(/^SACK 1 gaps 2-2 a_rwnd|^SACK 3|^SACK \d/);
    const first = [z.receive(), z.receive()].map((message) => message?.streamId);
    expect(first).toEqual([5, 0]);
    // Everything that was dropped is sent again, and the delivered one as well, as a peer may.
    for (const number of [2, 3, 4, 5, 6, 7, 8, 9]) {
      const streamId = number === 3 ? 5 : 0;
      peer.send(peer.data(number, { length: 300, streamId, ssn: number === 3 ? 0 : number < 3 ? 1 : number - 2 }));
    }
    network.run({ forMs: 50 });
    const rest: number[] = [];
    for (let message = z.receive(); message !== undefined; message = z.receive()) rest.push(message.streamId);
    expect(rest).not.toContain(5);
    expect(z.association.state).toBe('ESTABLISHED');
  });

  it('a message that is larger than the buffer cannot come, and its sender is told (Out of Resource)', () => {
    const { network, a, z } = establishedPair({ z: slow });
    a.send(a.association, { data: new Uint8Array(20_000) });
    network.run({ until: () => endingOf(a) !== undefined });
    expect(endingOf(a)).toBe('SCTP_ERR_ABORTED_BY_PEER');
    expect(eventsOf(a, 'closed')[0]?.ending.causes).toEqual([{ kind: 'Out of Resource' }]);
    expect(endingOf(z)).toBe('SCTP_ERR_PROTOCOL_VIOLATION');
  });

  it('tells of itself while the reader ends the association (§9.2)', () => {
    const two = establishedPair({ z: slow });
    const { network, a, z } = two;
    a.feed(a.association, messages(30, 1_400));
    network.run({ forMs: 5 });
    z.shutdown();
    let count = 0;
    const read = (): void => {
      if (z.receive() !== undefined) count++;
      if (count < 30) network.after(100, read);
    };
    read();
    network.run({ until: () => isQuiet(two) && count === 30 });
    expect([endingOf(a), endingOf(z)]).toEqual(['graceful', 'graceful']);
    expect(a.association.metrics().retransmissionTimeouts, network.toString()).toBe(0);
  });

  it('does not open any more when the peer has nothing left to say (§6)', () => {
    const two = establishedPair({ z: slow });
    const { network, a, z } = two;
    a.feed(a.association, messages(3, 1_400));
    network.run({ until: () => a.association.bufferedAmount === 0 });
    network.link(a, z).set({ drop: ({ chunks }) => chunks[0]?.kind === 'SHUTDOWN COMPLETE' });
    a.shutdown();
    network.run({ forMs: 100 });
    expect(z.association.state).toBe('SHUTDOWN-ACK-SENT');
    while (z.receive() !== undefined);
    network.link(a, z).set({ drop: undefined });
    network.run({ until: () => isQuiet(two) });
    expect([endingOf(a), endingOf(z)]).toEqual(['graceful', 'graceful']);
  });
});
