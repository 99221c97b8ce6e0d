import { describe, expect, it } from 'vitest';
import { type Host, Network } from '../../src/simulation/index.ts';
import { PartialMessage } from '../../src/streams/partial-message.ts';
import { pattern } from '../support/messages.ts';
import { endingOf, establishedPair, type PairOptions } from '../support/pair.ts';
import { isArrival, PieceReader } from '../support/piecewise.ts';
import { type RawPeer, rawPair } from '../support/raw-peer.ts';

const small = { receiveBufferSize: 10_000, partialDeliveryPoint: 2_000, autoRead: false };

/** Z reads in part, as soon as something comes. */
function reading(options: PairOptions = {}): ReturnType<typeof establishedPair> & { reader: PieceReader } {
  let reader: PieceReader | undefined;
  const onEvent: NonNullable<PairOptions['z']>['onEvent'] = (_, event) => {
    if (isArrival(event)) reader?.read();
  };
  const two = establishedPair({ ...options, z: { ...small, ...options.z, onEvent } });
  reader = new PieceReader(two.z);
  return { ...two, reader };
}

/** Z under the hands of a peer that sends what a test wants. */
function rawReading(): { network: Network; z: Host; peer: RawPeer; reader: PieceReader } {
  const network = new Network();
  const z = network.addHost('z', { addresses: ['10.0.0.2'], port: 5001, listening: true, ...small });
  const peer = rawPair(network, z);
  return { network, z, peer, reader: new PieceReader(z) };
}

function lengthOf({ parts }: { readonly parts: readonly Uint8Array[] }): number {
  return parts.reduce((sum, { length }) => sum + length, 0);
}

// §6.9: "If the data receiver runs out of buffer space while still waiting for more fragments to complete the reassembly of the
// message, it SHOULD dispatch part of its inbound message through a partial delivery API".
describe('partial delivery (RFC 9260 §6.9)', () => {
  it.each([
    { interleaving: false, unordered: false },
    { interleaving: false, unordered: true },
    { interleaving: true, unordered: false },
    { interleaving: true, unordered: true },
  ])(
    'brings a message through a buffer that is a hundredth of it, without waiting (%o)',
    ({ interleaving, unordered }) => {
      const { network, a, z, reader } = reading({ a: { interleaving }, z: { interleaving } });
      const data = pattern(1, 1_000_000);
      a.send(a.association, { data, unordered, ppid: 9 });
      a.send(a.association, { data: data.subarray(0, 100), unordered, ppid: 10 });
      network.run({ until: () => reader.messages.length === 2 && reader.messages[0]!.state === 'complete' });
      expect(Buffer.compare(reader.bytesOf(9), data)).toBe(0);
      expect(reader.messages.map(({ ppid }) => ppid)).toEqual([9, 10]);
      expect([a.association.metrics().retransmissionTimeouts, z.association.metrics().dataChunksDropped]).toEqual([
        0, 0,
      ]);
      expect(z.endpoint.bufferedBytes).toBe(0);
    },
  );

  it('is for messages beyond the partial delivery point only (RFC 6458 §8.1.21)', () => {
    const { network, a, z } = establishedPair({ z: small });
    z.association.partialDelivery = true;
    a.send(a.association, { data: pattern(1, 2_000) });
    network.run({ until: () => a.association.bufferedAmount === 0 });
    expect(z.command((now) => z.association.receivePartly(now))).toMatchObject({ data: pattern(1, 2_000) });
  });

  it('closes the window while nobody reads on, and opens it as somebody does', () => {
    const { network, a, z } = establishedPair({ z: small });
    z.association.partialDelivery = true;
    a.send(a.association, { data: pattern(1, 100_000) });
    network.run({ forMs: 5_000 });
    const message = z.command((now) => z.association.receivePartly(now));
    if (!(message instanceof PartialMessage)) throw new Error('it is whole');
    expect(network.ladder({ verbose: true }).filter((line) => line.includes('a_rwnd 0')).length).toBeGreaterThan(0);
    expect(z.endpoint.bufferedBytes).toBeLessThan(small.receiveBufferSize * 1.125 + 1_628);
    let received = 0;
    const read = (): void => {
      received += z.command((now) => z.association.read(message, now))?.length ?? 0;
      network.after(50, read);
    };
    read();
    network.run({ until: () => received === 100_000 });
    expect([message.state, endingOf(a)]).toEqual(['complete', undefined]);
  });

  it('takes what the hole in a message held back, and in order', () => {
    const { network, peer, reader } = rawReading();
    const send = (tsn: number, flags: { beginning?: boolean; ending?: boolean }): void =>
      peer.send(peer.data(tsn, { ssn: 0, length: 1_400, beginning: false, ending: false, ...flags }));
    send(1, { beginning: true });
    send(3, {});
    send(4, { ending: true });
    network.run({ forMs: 50 });
    reader.read();
    expect(reader.messages).toEqual([]);
    send(2, {});
    network.run({ forMs: 50 });
    reader.read();
    expect([reader.messages[0]?.state, lengthOf(reader.messages[0]!)]).toEqual(['complete', 4 * 1_400]);
  });

  it('never takes back what was delivered: a full buffer reneges on the rest (§6.2)', () => {
    const { network, z, peer, reader } = rawReading();
    const piece = { ssn: 0, length: 1_400, beginning: false, ending: false };
    peer.send(peer.data(1, { ...piece, beginning: true }));
    peer.send(peer.data(2, piece));
    network.run({ forMs: 50 });
    for (const tsn of [4, 5, 6, 7, 8, 9]) peer.send(peer.data(tsn, piece));
    network.run({ forMs: 50 });
    // Nothing was read so far: what is delivered fills the buffer with what waits for TSN 3.
    peer.send(peer.data(3, piece));
    network.run({ forMs: 50 });
    reader.read();
    for (const tsn of [4, 5, 6, 7, 8, 9]) peer.send(peer.data(tsn, piece));
    network.run({ forMs: 50 });
    reader.read();
    peer.send(peer.data(10, { ...piece, ending: true }));
    network.run({ forMs: 50 });
    reader.read();
    expect(reader.messages.map((message) => [message.state, lengthOf(message)])).toEqual([['complete', 14_000]]);
    expect(z.endpoint.bufferedBytes).toBe(0);
  });

  // RFC 3758 §3.6: "a notification SHOULD also be generated to inform the upper layer API that the message being partially
  // delivered will NOT be completed."
  it.each([true, false])(
    'ends for its reader when the peer gives up the rest, and the stream goes on (interleaving: %s)',
    (interleaving) => {
      const { network, a, z, reader } = reading({ a: { interleaving }, z: { interleaving } });
      const message = a.command((now) => a.association.beginMessage({ ppid: 1 }, now));
      a.command(() => a.association.append(message, pattern(1, 6_000)));
      a.send(a.association, { data: pattern(2, 10), ppid: 2 });
      network.run({ until: () => reader.messages.length === 1 });
      a.command(() => a.association.abandon(message));
      network.run({ until: () => reader.messages.length === 2 });
      expect(reader.messages.map(({ ppid, state }) => [ppid, state])).toEqual([
        [1, 'abandoned'],
        [2, 'complete'],
      ]);
      expect(Buffer.compare(reader.bytesOf(1), pattern(1, 6_000).subarray(0, reader.bytesOf(1).length))).toBe(0);
      expect(z.endpoint.bufferedBytes).toBe(0);
    },
  );

  it('of a message that was given up before anybody took it leaves nothing behind', () => {
    const { network, a, z } = establishedPair({ z: small });
    z.association.partialDelivery = true;
    const message = a.command((now) => a.association.beginMessage({}, now));
    a.command(() => a.association.append(message, pattern(1, 6_000)));
    network.run({ forMs: 500 });
    a.command(() => a.association.abandon(message));
    network.run({ until: () => a.association.bufferedAmount === 0 });
    network.run({ forMs: 500 });
    expect(z.command((now) => z.association.receivePartly(now))).toBeUndefined();
    expect(z.endpoint.bufferedBytes).toBe(0);
  });

  it('brings several interleaved messages through a buffer that holds a piece of each (RFC 8260)', () => {
    const scheduler = 'round-robin' as const;
    const { network, a, z, reader } = reading({
      a: { interleaving: true, scheduler },
      z: { interleaving: true, receiveBufferSize: 6_000 },
    });
    // In pieces, so that the sender does not keep them apart.
    const open = Array.from({ length: 6 }, (_, streamId) =>
      a.command((now) => a.association.beginMessage({ streamId, ppid: streamId }, now)),
    );
    a.command(() => {
      for (const each of open) a.association.append(each, pattern(each.streamId, 50_000), { endOfMessage: true });
    });
    network.run({ until: () => reader.messages.filter(({ state }) => state === 'complete').length === 6 });
    for (const { ppid } of reader.messages) {
      expect(Buffer.compare(reader.bytesOf(ppid), pattern(ppid, 50_000))).toBe(0);
    }
    expect(endingOf(z)).toBeUndefined();
  });

  it('turned off again, hands over whole what nobody had taken', () => {
    const { network, a, z } = establishedPair({ z: small });
    z.association.partialDelivery = true;
    const message = a.command((now) => a.association.beginMessage({ streamId: 1 }, now));
    a.command(() => a.association.append(message, pattern(1, 6_000)));
    network.run({ forMs: 300 });
    z.association.partialDelivery = false;
    expect(z.receive()).toBeUndefined();
    a.command(() => a.association.append(message, pattern(1, 1), { endOfMessage: true }));
    network.run({ until: () => a.association.bufferedAmount === 0 });
    expect(z.receive()?.data.length).toBe(6_001);
    expect(z.endpoint.bufferedBytes).toBe(0);
  });

  it('is forgotten with an association that ends', () => {
    const { network, a, z, reader } = reading();
    const message = a.command((now) => a.association.beginMessage({}, now));
    a.command(() => a.association.append(message, pattern(1, 6_000)));
    network.run({ until: () => reader.messages.length === 1 });
    a.abort();
    network.run({ until: () => endingOf(z) !== undefined });
    reader.read();
    expect(reader.messages[0]?.state).toBe('abandoned');
    expect(z.endpoint.bufferedBytes).toBe(0);
  });

  it('ends with an association that the peer begins anew (§5.2)', () => {
    const { network, a, z, reader } = reading();
    const message = a.command((now) => a.association.beginMessage({}, now));
    a.command(() => a.association.append(message, pattern(1, 6_000)));
    network.run({ until: () => reader.messages.length === 1 });
    network.unbind('10.0.0.1');
    const again = network.addHost('b', { addresses: ['10.0.0.1'], port: 5000 });
    const association = again.connect(z);
    network.run({ until: () => association.state === 'ESTABLISHED' });
    reader.read();
    expect(reader.messages[0]?.state).toBe('abandoned');
    expect(z.endpoint.bufferedBytes).toBe(0);
  });
});
