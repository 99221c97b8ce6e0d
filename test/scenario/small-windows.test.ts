import { describe, expect, it } from 'vitest';
import { Network } from '../../src/simulation/index.ts';
import { PartialMessage } from '../../src/streams/partial-message.ts';
import { messages, pattern } from '../support/messages.ts';
import { endingOf, establishedPair } from '../support/pair.ts';
import { rawPair } from '../support/raw-peer.ts';
import { WindowPeer } from '../support/window-peer.ts';

/** Room for five messages of 1,400 bytes, and a little. */
const slow = { receiveBufferSize: 8_000, autoRead: false };

/** Chunks of 1,200 bytes. */
const host = { pathMtu: 1_240 };
const payload = 1_184;

/** A peer whose window, 1,500 bytes at its largest, has been closed by one chunk, with more to come. */
function withOneChunk(isStrict = false): WindowPeer {
  const all = new WindowPeer({ host, aRwnd: 1_500, isStrict });
  all.window = 1_200;
  all.z.send(all.z.association, { data: pattern(0, 20_000) });
  all.network.run({ forMs: 300 });
  expect(all.arrivals).toEqual([expect.objectContaining({ number: 1, length: payload })]);
  all.arrivals.length = 0;
  return all;
}

describe('a window that is open, but smaller than the chunk that waits (§6.1 A)', () => {
  it.each([
    ['1 byte: the whole chunk goes as a probe', 1, payload],
    ['less than half of the largest window: the same', 749, payload],
    ['half of it: the chunk is cut to the window', 750, 732],
    ['one byte less than the chunk: likewise', 1_199, 1_180],
    ['just the chunk', 1_200, payload],
  ])('opens by %s, at once', (_, bytes, length) => {
    const all = withOneChunk();
    const openedAt = all.network.now;
    all.open(bytes);
    all.network.run({ forMs: 25 });
    // §6.1: "The sending of a DATA chunk fills the congestion or receiver window": the peer is asked to answer at once.
    expect(all.arrivals).toEqual([{ timeMs: openedAt + 20, number: 2, length, immediateAck: true }]);
  });

  it('nothing is probed while something is in flight: it may still widen the window', () => {
    const all = new WindowPeer({ host, aRwnd: 3_000 });
    all.z.send(all.z.association, { data: pattern(0, 20_000) });
    all.network.run({ forMs: 15 });
    // 600 bytes are left of the window beside these two.
    expect(all.arrivals.map(({ number }) => number)).toEqual([1, 2]);
    all.network.run({ forMs: 25 });
    expect(all.arrivals.map(({ number, length }) => [number, length])).toEqual([
      [1, payload],
      [2, payload],
      [3, payload],
    ]);
  });

  it('closed altogether, it is probed after one RTO; what was dropped then goes again as soon as it opens at all', () => {
    const all = withOneChunk();
    all.network.run({ forMs: 3_000 });
    expect(all.arrivals.map(({ number }) => number)).toEqual([2, 2]);
    const [first, second] = all.arrivals;
    expect(second!.timeMs - first!.timeMs).toBe(1_000);
    all.arrivals.length = 0;
    const openedAt = all.network.now;
    all.open(1);
    all.network.run({ forMs: 25 });
    expect(all.arrivals).toEqual([{ timeMs: openedAt + 20, number: 2, length: payload, immediateAck: true }]);
    expect(all.z.association.metrics().retransmissionTimeouts).toBe(1);
  });

  it('a peer that drops what exceeds its window is not flooded: once an opening, then at doubled intervals, and is not given up', () => {
    const all = withOneChunk(true);
    for (const bytes of [1, 1, 1]) {
      all.open(bytes);
      all.network.run({ forMs: 50 });
    }
    expect(all.arrivals).toHaveLength(1);
    all.network.run({ forMs: 120_000 });
    expect(all.arrivals.length).toBeLessThan(10);
    const { errorCount, state } = all.z.association.paths[0]!;
    expect([all.z.association.state, state, errorCount]).toEqual(['ESTABLISHED', 'active', 0]);
    const openedAt = all.network.now;
    const before = all.arrivals.length;
    all.open(1_500);
    all.network.run({ forMs: 25 });
    expect(all.arrivals.slice(before)).toEqual([expect.objectContaining({ timeMs: openedAt + 20, number: 2 })]);
  });

  it('a probe that is lost counts as any loss: the peer has said nothing since', () => {
    const all = withOneChunk();
    all.network.linkBoth(all.z, '10.0.0.9').cut();
    all.network.run({ forMs: 5_000 });
    expect(all.z.association.paths[0]!.errorCount).toBe(2);
  });

  it.each([1_500, 1_600, 2_000, 2_399, 3_000, 5_000])(
    'of %d bytes passes a message that is much larger, round trip by round trip, to a reader of pieces',
    (receiveBufferSize) => {
      for (const interleaving of [false, true]) {
        const z = { autoRead: false, receiveBufferSize, interleaving };
        const { network, a, z: receiver, association, peer } = establishedPair({ a: { interleaving }, z });
        receiver.command(() => {
          peer.partialDelivery = true;
        });
        let bytes = 0;
        let current: PartialMessage | undefined;
        const read = (): void => {
          for (;;) {
            const message = current ?? receiver.command((now) => peer.receivePartly(now));
            if (!(message instanceof PartialMessage)) break;
            current = message;
            const piece = receiver.command((now) => peer.read(message, now));
            if (piece === undefined) break;
            bytes += piece.length;
          }
          network.after(50, read);
        };
        read();
        const start = network.now;
        a.send(association, { data: pattern(1, 30_000) });
        network.run({ until: () => bytes === 30_000 });
        // One chunk for each turn of the reader, at most: none waits for a timer.
        expect(network.now - start).toBeLessThan((30_000 / 1_000) * 60);
        expect(association.metrics().retransmissionTimeouts).toBe(0);
      }
    },
  );
});

describe('a peer that makes room only when a chunk comes that does not fit', () => {
  it.each([100_000, 1_048_576])('gets a message of %d bytes through a window of 106,496', (length) => {
    // Linux: what it has of a message is handed to its user when the next chunk is larger than what is left.
    const all = new WindowPeer({
      host: { pathMtu: 1_500 },
      aRwnd: 106_496,
      onFull: (peer) => {
        peer.window = 106_496;
      },
    });
    const start = all.network.now;
    all.z.send(all.z.association, { data: pattern(0, length) });
    all.network.run({ until: () => all.takenBytes === length });
    // Slow start, and five round trips of 20 ms for each window: a pause of an RTO for each of them would be 9 s more.
    expect(all.network.now - start).toBeLessThan(1_200);
    expect(all.z.association.metrics().retransmissionTimeouts).toBe(0);
  });
});

describe('new data at an advertised window of 0 (§6.2)', () => {
  // §6.2: "When the receiver's advertised window is 0, the receiver MUST drop any new incoming DATA chunk with a TSN larger than
  // the largest TSN received so far."
  it('is dropped, though a little of the buffer is free: the window says no', () => {
    const { network, a, z } = establishedPair({ z: slow });
    a.feed(a.association, messages(8, 1_400));
    network.run({ forMs: 300 });
    const metrics = () => z.association.metrics();
    expect(metrics()).toMatchObject({ messagesReceived: 6, dataChunksDropped: 0 });
    z.receive();
    network.run({ forMs: 3_000 });
    expect(metrics()).toMatchObject({ messagesReceived: 6, dataChunksDropped: 2 });
    // A quarter of the buffer later it opens, and what was dropped comes at once.
    z.receive();
    z.receive();
    network.run({ forMs: 50 });
    expect(metrics().messagesReceived).toBe(8);
  });

  it('is taken where nobody but the rest of its message could make room: the window says so, packet by packet', () => {
    for (const interleaving of [false, true]) {
      const options = { pathMtu: 576, interleaving };
      const z = { ...options, receiveBufferSize: 8_000, autoRead: false };
      const { network, a, z: receiver } = establishedPair({ a: options, z });
      // 14 pieces are charged 1,792 bytes beside their own, which is more than the buffer holds, and less than its reserve.
      a.send(a.association, { data: pattern(0, 7_100) });
      network.run({ forMs: 500 });
      expect(receiver.receive()?.data).toEqual(pattern(0, 7_100));
      expect(receiver.association.metrics().dataChunksDropped).toBe(0);
    }
  });

  it('is taken where it was sent into a window that was open, though it is charged more than its bytes', () => {
    const network = new Network();
    const z = network.addHost('z', { ...slow, addresses: ['10.0.0.2'], port: 5001, listening: true });
    const peer = rawPair(network, z);
    for (const [i, length] of [872, 1_372, 1_372, 1_372, 1_372, 572].entries()) peer.send(peer.data(i + 1, { length }));
    network.run({ forMs: 300 });
    expect(peer.takeReceived().at(-1)).toBe('SACK 6 a_rwnd 300');
    // That makes 1,000 bytes of room, which are too few to tell of.
    z.receive();
    network.run({ forMs: 300 });
    expect(peer.takeReceived()).toEqual([]);
    peer.send(...[7, 8, 9].map((number) => peer.data(number, { length: 68 })));
    network.run({ forMs: 300 });
    expect(peer.takeReceived()).toEqual([expect.stringMatching(/^SACK 9 /)]);
  });

  it('is dropped where a hole keeps everything from its reader: the window is closed', () => {
    const network = new Network();
    const z = network.addHost('z', { ...slow, addresses: ['10.0.0.2'], port: 5001, listening: true });
    const peer = rawPair(network, z);
    for (let number = 2; number <= 8; number++) peer.send(peer.data(number, { length: 1_400 }));
    network.run({ forMs: 300 });
    expect(peer.takeReceived().at(-1)).toBe('SACK 0 gaps 2-7 a_rwnd 0');
  });
});

describe('a message that is too large for a reader of whole ones', () => {
  it.each([
    ['DATA', false],
    ['I-DATA', true],
  ])(
    'ends the association, and its reader is told how large it is and how large it might be (%s)',
    (_, interleaving) => {
      const z = { receiveBufferSize: 100_000, interleaving };
      const { network, a, z: receiver } = establishedPair({ a: { interleaving }, z });
      a.send(a.association, { data: pattern(0, 1_000_000) });
      network.run({ until: () => endingOf(a) !== undefined });
      expect(endingOf(a)).toBe('SCTP_ERR_ABORTED_BY_PEER');
      const ending = receiver.events.at(-1)!.event;
      const message = ending.kind === 'closed' ? ending.ending.error?.message : undefined;
      const [bytes, limit] = [...message!.matchAll(/(\d+) bytes/g)].map(([, digits]) => Number(digits));
      // 128 bytes are charged for each piece of 1,440, and an eighth is the reserve.
      expect(bytes).toBeGreaterThan(100_000 * (1_440 / 1_568));
      expect(bytes).toBeLessThan(112_500);
      expect(limit).toBe(100_000);
      expect(message).toMatch(/a message of \d+ bytes and more.*receiveBufferSize.*incomingMessages/);
    },
  );

  it('what is larger than maxMessageSize is not sent at all, and both sizes are named', () => {
    const { a } = establishedPair({ a: { maxMessageSize: 1_000 } });
    expect(() => a.send(a.association, { data: new Uint8Array(1_001) })).toThrow(
      expect.objectContaining({
        code: 'SCTP_ERR_MESSAGE_TOO_LARGE',
        message: expect.stringMatching(/1001 bytes.*1000 bytes/),
      }),
    );
  });
});
