import { describe, expect, it } from 'vitest';
import type { Association } from '../../src/association/association.ts';
import type { Host } from '../../src/simulation/index.ts';
import type { OutgoingMessage } from '../../src/streams/message.ts';
import { type EstablishedPair, endingOf, establishedPair, eventsOf, isQuiet } from '../support/pair.ts';

function begin(host: Host, options: Parameters<Association['beginMessage']>[0] = {}): OutgoingMessage {
  return host.command((now) => host.association.beginMessage(options, now));
}

function append(host: Host, message: OutgoingMessage, data: Uint8Array | string, endOfMessage = false): void {
  const bytes = typeof data === 'string' ? new Uint8Array(Buffer.from(data)) : data;
  host.command(() => host.association.append(message, bytes, { endOfMessage }));
}

function textsOf(host: Host): string[] {
  return host.received().map(({ data }) => Buffer.from(data).toString());
}

function dataChunks({ network }: EstablishedPair): string[] {
  return network.ladder({ verbose: true }).filter((line) => /^a [>x].*DATA/.test(line));
}

describe('a message that is written in pieces (RFC 6458 §8.1.26)', () => {
  it('goes out as it is written; its last byte so far waits for what follows, for the E bit needs data', () => {
    const two = establishedPair();
    const { network, a, z } = two;
    const message = begin(a, { streamId: 1, ppid: 51 });
    append(a, message, 'abc');
    network.run({ forMs: 300 });
    append(a, message, 'def');
    network.run({ forMs: 300 });
    append(a, message, '', true);
    network.run({ until: () => a.association.bufferedAmount === 0 });
    expect(dataChunks(two)).toEqual([
      'a > DATA 1 stream 1 ssn 0 B 2 bytes ppid 51',
      'a > DATA 2 stream 1 ssn 0 3 bytes ppid 51',
      'a > DATA 3 stream 1 ssn 0 E 1 bytes ppid 51',
    ]);
    expect(textsOf(z)).toEqual(['abcdef']);
  });

  it('fills packets where more of it is there', () => {
    const { network, a, z } = establishedPair();
    const message = begin(a);
    for (let i = 0; i < 10; i++) append(a, message, new Uint8Array(5_000).fill(i), i === 9);
    network.run({ until: () => a.association.bufferedAmount === 0 });
    expect(a.association.metrics().dataChunksSent).toBeLessThanOrEqual(Math.ceil(50_000 / 1_400) + 10);
    expect(z.received()[0]?.data.length).toBe(50_000);
  });

  it('lets the others wait from its first fragment on: TSNs of a message are consecutive (RFC 9260 §6.9)', () => {
    const { network, a, z } = establishedPair();
    const message = begin(a, { streamId: 1 });
    a.send(a.association, { data: new Uint8Array(Buffer.from('first')), streamId: 2 });
    network.run({ forMs: 300 });
    append(a, message, 'be');
    network.run({ forMs: 300 });
    a.send(a.association, { data: new Uint8Array(Buffer.from('later')), streamId: 2 });
    network.run({ forMs: 1_000 });
    expect(textsOf(z)).toEqual(['first']);
    append(a, message, 'gun', true);
    network.run({ until: () => z.received().length === 3 });
    expect(textsOf(z)).toEqual(['first', 'begun', 'later']);
  });

  it('lets others pass with I-DATA (RFC 8260), but those of its own stream', () => {
    const { network, a, z } = establishedPair({ a: { interleaving: true }, z: { interleaving: true } });
    const message = begin(a, { streamId: 1 });
    append(a, message, 'be');
    a.send(a.association, { data: new Uint8Array(Buffer.from('behind')), streamId: 1 });
    network.run({ forMs: 300 });
    a.send(a.association, { data: new Uint8Array(Buffer.from('passes')), streamId: 2 });
    network.run({ forMs: 1_000 });
    expect(textsOf(z)).toEqual(['passes']);
    append(a, message, 'gun', true);
    network.run({ until: () => z.received().length === 3 });
    expect(textsOf(z)).toEqual(['passes', 'begun', 'behind']);
  });

  it('is given up with all that was sent of it, and the peer goes on without it (RFC 3758)', () => {
    const { network, a, z } = establishedPair();
    const message = begin(a);
    append(a, message, 'never mind');
    network.run({ forMs: 300 });
    a.send(a.association, { data: new Uint8Array(Buffer.from('next')) });
    a.command(() => a.association.abandon(message));
    network.run({ until: () => z.received().length === 1 && a.association.bufferedAmount === 0 });
    expect(textsOf(z)).toEqual(['next']);
    const [abandoned] = eventsOf(a, 'abandoned');
    // All but the last byte was acknowledged.
    expect([abandoned?.wasSent, Buffer.from(abandoned!.message.data).toString()]).toEqual([true, 'd']);
    expect(() => append(a, message, 'more')).toThrow(expect.objectContaining({ code: 'SCTP_ERR_ABANDONED' }));
    expect(z.endpoint.bufferedBytes).toBe(0);
  });

  it.each([true, false])(
    'is given up when its life time is over, though its user sleeps (interleaving: %s)',
    (interleaving) => {
      const { network, a, z } = establishedPair({ a: { interleaving }, z: { interleaving } });
      const begun = begin(a, { lifetimeMs: 2_000 });
      append(a, begun, 'too late');
      const untouched = begin(a, { lifetimeMs: 1_000, streamId: 2 });
      network.run({ forMs: 300 });
      a.send(a.association, { data: new Uint8Array(Buffer.from('next')) });
      network.run({ forMs: 3_000 });
      expect(textsOf(z)).toEqual(['next']);
      expect([begun.isAbandoned, untouched.isAbandoned]).toEqual([true, true]);
      expect(eventsOf(a, 'abandoned').map(({ wasSent }) => wasSent)).toEqual([false, true]);
    },
  );

  it('stays reliable once it has begun where the peer does not speak FORWARD TSN', () => {
    const { network, a, z } = establishedPair({ z: { partialReliability: false } });
    const message = begin(a, { lifetimeMs: 1_000 });
    append(a, message, 'it');
    network.run({ forMs: 5_000 });
    expect(() => a.command(() => a.association.abandon(message))).toThrow(
      expect.objectContaining({ code: 'SCTP_ERR_NOT_SUPPORTED' }),
    );
    append(a, message, ' ends', true);
    network.run({ until: () => z.received().length === 1 });
    expect(textsOf(z)).toEqual(['it ends']);
  });

  it('lets a shutdown of either side wait for its end (§9.2)', () => {
    const two = establishedPair();
    const { network, a, z } = two;
    const message = begin(a);
    append(a, message, 'one');
    a.shutdown();
    network.run({ forMs: 5_000 });
    expect(a.association.state).toBe('SHUTDOWN-PENDING');
    z.shutdown();
    network.run({ forMs: 5_000 });
    expect(a.association.state).toBe('SHUTDOWN-RECEIVED');
    append(a, message, ' two', true);
    network.run({ until: () => isQuiet(two) });
    expect(textsOf(z)).toEqual(['one two']);
    expect([endingOf(a), endingOf(z)]).toEqual(['graceful', 'graceful']);
  });

  it('lets a reset of its stream wait for its end (RFC 6525 §5.1.2)', () => {
    const { network, a, z } = establishedPair();
    const message = begin(a, { streamId: 1 });
    append(a, message, 'old');
    a.command(() => a.association.reconfigure({ kind: 'reset outgoing streams', streamIds: [1] }));
    const next = begin(a, { streamId: 1 });
    append(a, next, 'new', true);
    network.run({ forMs: 2_000 });
    expect(eventsOf(a, 'streamsReset')).toEqual([]);
    append(a, message, ' one', true);
    network.run({ until: () => z.received().length === 2 });
    expect(textsOf(z)).toEqual(['old one', 'new']);
    expect(eventsOf(a, 'streamsReset')).toHaveLength(1);
  });

  it('is not larger than maxMessageSize allows others to be, and is released as it is acknowledged', () => {
    const { network, a, z } = establishedPair({ a: { maxMessageSize: 1_000, sendBufferSize: 20_000 } });
    const message = begin(a);
    let most = 0;
    for (let i = 0; i < 100; i++) {
      network.run({ until: () => a.association.isWritable });
      append(a, message, new Uint8Array(10_000).fill(i), i === 99);
      most = Math.max(most, a.endpoint.bufferedBytes);
    }
    network.run({ until: () => z.received().length === 1 });
    expect(z.received()[0]?.data.length).toBe(1_000_000);
    expect(most).toBeLessThanOrEqual(30_000);
  });

  it('is lost with its peer, but for the bytes that are left (§5.2)', () => {
    const { network, a, z } = establishedPair();
    const message = begin(a);
    append(a, message, 'there, ');
    network.run({ forMs: 300 });
    network.linkBoth(a, z).cut();
    append(a, message, 'not there');
    a.abort();
    expect(eventsOf(a, 'closed')[0]?.ending.undelivered.map(({ data }) => Buffer.from(data).toString())).toEqual([
      ' not there',
    ]);
    expect(() => append(a, message, 'x')).toThrow(expect.objectContaining({ code: 'SCTP_ERR_CLOSED' }));
  });
});
