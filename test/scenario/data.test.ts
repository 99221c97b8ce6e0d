import { describe, expect, it } from 'vitest';
import type { Host } from '../../src/simulation/index.ts';
import { messages, pattern } from '../support/messages.ts';
import { establishedPair } from '../support/pair.ts';

/** What was read, as stream and first byte. */
function read(host: Host): string[] {
  return host.received().map(({ streamId, data }) => `${streamId}:${data[0]}`);
}

const message = (number: number, streamId = 0, unordered = false, length = 1_000) => ({
  data: new Uint8Array(length).fill(number),
  streamId,
  unordered,
});

describe('data', () => {
  it('small messages that are sent in one turn share a packet (RFC 9260 §6.10)', () => {
    const { network, a, z } = establishedPair();
    a.feed(a.association, messages(4, 100));
    network.run({ until: () => z.received().length === 4 });
    expect(network.ladder()).toEqual(['a > DATA 1 + DATA 2 + DATA 3 + DATA 4', 'z > SACK 4']);
  });

  // §6: "an endpoint MUST fragment large user messages into multiple DATA chunks." §6.9: "it MUST fragment a user
  // message if the size of the user message to be sent causes the outbound SCTP packet size to exceed the current
  // PMTU."; "The data sender MUST break the user message into a series of DATA chunks."; "the SCTP implementation MUST
  // take into account the SCTP packet header as well as the DATA chunk header(s)."
  it('a large message becomes pieces of consecutive TSNs that fill their packets (§6.9)', () => {
    const { network, a, z } = establishedPair();
    const data = pattern(7, 4_000);
    a.send(a.association, { data, streamId: 3, ppid: 51 });
    network.run({ until: () => z.received().length === 1 });
    expect(network.ladder({ verbose: true })).toEqual(
      [
        'a > DATA 1 stream 3 ssn 0 B 1444 bytes ppid 51',
        'a > DATA 2 stream 3 ssn 0  1444 bytes ppid 51',
        'a > DATA 3 stream 3 ssn 0 E 1112 bytes ppid 51',
        expect.stringMatching(/^z > SACK 1 /),
        expect.stringMatching(/^z > SACK 3 /),
      ].map((line) => (typeof line === 'string' ? line.replace('  ', ' ') : line)),
    );
    expect(z.received()).toMatchObject([{ data, streamId: 3, ppid: 51, unordered: false }]);
    expect(network.packets.every(({ packet }) => packet.length <= 1_472)).toBe(true);
  });

  it('what fits behind the end of a message travels with it', () => {
    const { network, a, z } = establishedPair();
    a.feed(a.association, [message(0, 0, false, 1_500), message(1, 0, false, 500)]);
    network.run({ until: () => z.received().length === 2 });
    expect(network.ladder().filter((line) => line.startsWith('a'))).toEqual(['a > DATA 1', 'a > DATA 2 + DATA 3']);
  });

  it('streams have sequence numbers of their own (§6.5)', () => {
    const { network, a, z } = establishedPair();
    a.feed(a.association, [message(0, 5, false, 10), message(1, 9, false, 10), message(2, 5, false, 10)]);
    network.run({ until: () => z.received().length === 3 });
    expect(network.ladder({ verbose: true })[0]).toBe(
      'a > DATA 1 stream 5 ssn 0 BE 10 bytes + DATA 2 stream 9 ssn 0 BE 10 bytes + DATA 3 stream 5 ssn 1 BE 10 bytes',
    );
  });

  // §6.6: "the endpoint MUST hold the received DATA chunks from delivery to the ULP until they are reordered."
  it('a lost message holds up its own stream and no other (§6.5)', () => {
    const { network, a, z } = establishedPair();
    network.link(a, z).set({ drop: (_, index) => index === 0 });
    for (const [number, streamId] of [1, 1, 2, 3].entries()) a.send(a.association, message(number, streamId));
    network.run({ until: () => z.received().length === 2 });
    expect(read(z)).toEqual(['2:2', '3:3']);
    network.run({ until: () => z.received().length === 4 });
    expect(read(z)).toEqual(['2:2', '3:3', '1:0', '1:1']);
  });

  it('unordered messages overtake, and take no sequence number (§6.6)', () => {
    const { network, a, z } = establishedPair();
    network.link(a, z).set({ drop: (_, index) => index === 0 });
    a.send(a.association, message(0));
    a.send(a.association, message(1, 0, true));
    a.send(a.association, message(2));
    network.run({ until: () => z.received().length === 3 });
    expect(read(z)).toEqual(['0:1', '0:0', '0:2']);
    const flags = network.ladder({ verbose: true }).filter((line) => line.startsWith('a'));
    expect(flags.map((line) => line.match(/ssn \d \w+/)?.[0])).toEqual([
      'ssn 0 BE',
      'ssn 0 UBE',
      'ssn 1 BE',
      'ssn 0 BE',
    ]);
  });

  it('an unordered message in pieces waits for all of them, and for nothing else', () => {
    const { network, a, z } = establishedPair();
    network.link(a, z).set({ drop: (_, index) => index === 0 });
    a.send(a.association, message(0));
    a.send(a.association, { data: pattern(1, 2_500), unordered: true });
    network.run({ until: () => z.received().length === 1 });
    expect(z.received()[0]).toMatchObject({ data: pattern(1, 2_500), unordered: true });
  });

  it('a message whose life time ends before it is sent is given up, and takes no number with it (§11.1.5)', () => {
    const { network, a, z } = establishedPair({ z: { receiveBufferSize: 1_500, autoRead: false } });
    a.send(a.association, message(0, 0, false, 1_400));
    a.send(a.association, { ...message(1), lifetimeMs: 500 });
    a.send(a.association, message(2));
    network.run({ forMs: 1_000 });
    expect(z.receive()).toMatchObject({ data: message(0, 0, false, 1_400).data });
    network.run({ forMs: 3_000 });
    expect(z.receive()).toMatchObject({ data: message(2).data });
    expect(a.events.map(({ event }) => event.kind)).toEqual(['abandoned']);
    expect(network.ladder({ verbose: true }).findLast((line) => line.startsWith('a'))).toMatch('DATA 2 stream 0 ssn 1');
  });

  it('small messages wait for more where noDelay is off (RFC 1122 §4.2.3.4)', () => {
    const { network, a, z } = establishedPair({ a: { noDelay: false } });
    for (let number = 0; number < 4; number++) a.send(a.association, message(number, 0, false, 100));
    network.run({ until: () => z.received().length === 4 });
    expect(network.ladder()).toEqual(['a > DATA 1', 'z > SACK 1', 'a > DATA 2 + DATA 3 + DATA 4']);
  });

  it('an empty message, a stream that is not there and a message that is too large are refused', () => {
    const { network, a } = establishedPair({ a: { outboundStreams: 4, maxMessageSize: 100 } });
    const refused = (request: object) => () => a.send(a.association, { data: new Uint8Array(1), ...request });
    expect(refused({ data: new Uint8Array(0) })).toThrow(expect.objectContaining({ code: 'SCTP_ERR_EMPTY_MESSAGE' }));
    expect(refused({ streamId: 4 })).toThrow(expect.objectContaining({ code: 'SCTP_ERR_INVALID_STREAM' }));
    expect(refused({ data: new Uint8Array(101) })).toThrow(
      expect.objectContaining({ code: 'SCTP_ERR_MESSAGE_TOO_LARGE' }),
    );
    network.run({ forMs: 100 });
    expect(network.ladder()).toEqual([]);
  });
});
