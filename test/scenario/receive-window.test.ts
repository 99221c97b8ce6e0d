import { describe, expect, it } from 'vitest';
import { type Host, Network } from '../../src/simulation/index.ts';
import { messages } from '../support/messages.ts';
import { endingOf, establishedPair, eventsOf, isQuiet } from '../support/pair.ts';
import { type RawPeer, rawPair } from '../support/raw-peer.ts';

/** Room for five messages of 1,400 bytes with what holds them, less a full packet. */
const slow = { receiveBufferSize: 8_000, autoRead: false };

function slowListener(): { network: Network; z: Host; peer: RawPeer } {
  const network = new Network();
  const z = network.addHost('z', { addresses: ['10.0.0.2'], port: 5001, listening: true, ...slow });
  return { network, z, peer: rawPair(network, z) };
}

/** Reads everything: stream and length of each message. */
function drain(host: Host): string[] {
  const read: string[] = [];
  for (let message = host.receive(); message !== undefined; message = host.receive()) {
    read.push(`${message.streamId}: ${message.data.length}`);
  }
  return read;
}

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

  // §6.2: "MUST also have an algorithm for advertising its receive window to avoid receiver silly window syndrome";
  // "The receiver MUST avoid sending a large number of window updates".
  it('opens with a window update once a quarter of the buffer is free, and data flows at once (§6.2)', () => {
    const { network, a, z } = establishedPair({ z: slow });
    a.feed(a.association, messages(20, 1_400));
    network.run({ forMs: 500 });
    network.clearLadder();
    // The last packet found less room than it needed, and was taken.
    z.receive();
    z.receive();
    expect(network.ladder()).toEqual([]);
    z.receive();
    network.run({ forMs: 30 });
    expect(network.ladder()[0]).toMatch(/^z > SACK 6/);
    expect(network.ladder()[1]).toMatch(/^a > DATA 7/);
  });

  // §6.1: "the data sender MUST NOT transmit new data to any destination transport address if its peer's rwnd indicates
  // that the peer has no buffer space […], except for zero window probes."; "Senders MUST support zero window probing."
  it('is probed by one DATA chunk after an RTO, then at doubled intervals, for as long as the peer answers (§6.1 A)', () => {
    const { network, a, z } = establishedPair({ z: slow, a: { associationMaxRetrans: 2, rtoMaxMs: 8_000 } });
    a.feed(a.association, messages(20, 1_400));
    network.run({ until: () => z.association.metrics().messagesReceived === 6 });
    network.run({ forMs: 50 });
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
    let count = 6;
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
    expect(eventsOf(a, 'closed')[0]?.ending.undelivered).toHaveLength(14);
  });

  // §6.2: "MUST NOT include them in Gap Ack Blocks in subsequent SACK chunks until they are received again via
  // retransmission."
  it('what was held for order is dropped for what fills the hole (§6.2), and what is readable never comes twice', () => {
    const { network, z, peer } = slowListener();
    // Stream 5 is readable at once; stream 0 waits for DATA 1, and fills the buffer and its reserve.
    peer.send(peer.data(2, { streamId: 5, ssn: 0, length: 100 }));
    for (const number of [3, 4, 5, 6, 7, 8]) peer.send(peer.data(number, { ssn: number - 2, length: 1_400 }));
    network.run({ forMs: 50 });
    expect(peer.takeReceived().at(-1)).toBe('SACK 0 gaps 2-8 a_rwnd 0');
    peer.send(peer.data(1, { length: 1_400 }));
    network.run({ forMs: 50 });
    expect(peer.takeReceived()).toEqual([expect.stringMatching(/^SACK 2 a_rwnd/)]);
    peer.send(peer.data(2, { streamId: 5, ssn: 0, length: 100 }));
    for (const number of [3, 4, 5]) peer.send(peer.data(number, { ssn: number - 2, length: 1_400 }));
    network.run({ forMs: 300 });
    expect(peer.takeReceived().at(-1)).toMatch(/^SACK 5 /);
    expect(drain(z)).toEqual(['5: 100', '0: 1400', '0: 1400', '0: 1400', '0: 1400']);
  });

  it('is not overrun by holes that are filled below a TSN far ahead', () => {
    const { network, z, peer } = slowListener();
    peer.send(peer.data(60_000, { unordered: true, length: 100 }));
    for (let number = 1; number <= 100; number++) peer.send(peer.data(number, { length: 1_400 }));
    network.run({ forMs: 50 });
    // An eighth more than the buffer, and the chunk with which that was reached.
    expect(drain(z).length).toBeLessThanOrEqual(2 + 9_000 / 1_528);
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
