import { describe, expect, it } from 'vitest';
import { readUint32, writeUint32 } from '../../src/base/bytes.ts';
import { decodePacket, type Parameter } from '../../src/chunks/index.ts';
import { type HostOptions, Network } from '../../src/simulation/index.ts';
import { messages } from '../support/messages.ts';
import { endingOf, isQuiet, type Pair, pair } from '../support/pair.ts';
import { type RawPeer, rawPair } from '../support/raw-peer.ts';

/** RFC 9653 §4.1: "SCTP over DTLS". */
const dtls = 1;
const protectedTransport: Partial<HostOptions> = { errorDetectionMethod: dtls };

/** What each side has sent, by the checksum in it: the kinds of the first chunks. */
function kinds({ network, a }: Pair, side: 'a' | 'z', isZero: boolean): string[] {
  const from = a.addresses[0]!.ip;
  return network.packets
    .filter((each) => (each.from.ip === from) === (side === 'a') && (readUint32(each.packet, 8) === 0) === isZero)
    .map(({ packet }) => decodePacket(packet)!.chunks[0]!.kind);
}

function exchange(two: Pair): void {
  const { network, a, z } = two;
  const association = a.connect(z);
  network.run({ until: () => association.state === 'ESTABLISHED' && z.associations.length === 1 });
  a.feed(association, messages(5, 2_000));
  z.feed(z.association, messages(5, 2_000));
  network.run({ until: () => a.received().length + z.received().length === 10 });
  a.shutdown();
  network.run({ until: () => isQuiet(two) });
  expect([endingOf(a), endingOf(z)]).toEqual(['graceful', 'graceful']);
}

describe('packets without a checksum (RFC 9653)', () => {
  it('once both sides have offered it: all but INIT, COOKIE ECHO, and what is out of the blue (§5.2)', () => {
    const two = pair({ a: protectedTransport, z: protectedTransport });
    exchange(two);
    expect(kinds(two, 'a', false)).toEqual(['INIT', 'COOKIE ECHO']);
    expect(kinds(two, 'z', false)).toEqual([]);
    expect(kinds(two, 'a', true)).toEqual(expect.arrayContaining(['DATA', 'SHUTDOWN COMPLETE']));
    expect(kinds(two, 'z', true)).toEqual(expect.arrayContaining(['INIT ACK', 'COOKIE ACK']));
  });

  it.each<[string, Partial<HostOptions>, Partial<HostOptions>]>([
    ['only one side offers it', protectedTransport, { ...protectedTransport, zeroChecksum: false }],
    ['the transports are protected by different methods', protectedTransport, { errorDetectionMethod: 2 }],
    ['only one transport is protected', protectedTransport, {}],
    ['none of the transports is', {}, {}],
  ])('none of them when %s', (_, optionsOfA, optionsOfZ) => {
    for (const [a, z] of [
      [optionsOfA, optionsOfZ],
      [optionsOfZ, optionsOfA],
    ]) {
      const two = pair({ a: a!, z: z! });
      exchange(two);
      expect([kinds(two, 'a', true), kinds(two, 'z', true)]).toEqual([[], []]);
    }
  });
});

describe('a packet with a zero checksum that arrives (§5.3)', () => {
  const offers: Parameter[] = [{ kind: 'Zero Checksum Acceptable', edmid: dtls }];

  function listener(options: Partial<HostOptions>, parameters: readonly Parameter[]): [Network, RawPeer] {
    const network = new Network();
    const z = network.addHost('z', { addresses: ['10.0.0.2'], port: 5001, listening: true, ...options });
    return [network, rawPair(network, z, { parameters })];
  }

  function sendZero(peer: RawPeer, number: number): void {
    const packet = peer.packet(peer.peerTag, [peer.data(number)]);
    writeUint32(packet, 8, 0);
    peer.sendBytes(packet);
  }

  it('is taken from whom we have told so, whatever it takes itself', () => {
    for (const parameters of [offers, []]) {
      const [network, peer] = listener(protectedTransport, parameters);
      sendZero(peer, 1);
      network.run({ forMs: 100 });
      expect(network.ladder()).toEqual(['r > DATA 1', 'z > SACK 1']);
      // It is sent without a checksum only to whom has said that it takes it.
      const answer = network.packets.at(-1)!.packet;
      expect(readUint32(answer, 8) === 0).toBe(parameters.length > 0);
    }
  });

  it('is dropped where we have not', () => {
    for (const options of [{}, { ...protectedTransport, zeroChecksum: false }]) {
      const [network, peer] = listener(options, offers);
      sendZero(peer, 1);
      network.run({ forMs: 100 });
      expect(network.ladder()).toEqual(['r > DATA 1']);
    }
  });

  it('is dropped under a tag that nobody has, and with INIT or COOKIE ECHO in it', () => {
    const [network, peer] = listener(protectedTransport, offers);
    const stray = peer.packet(peer.peerTag ^ 1, [peer.data(1)]);
    const init = peer.packet(0, [peer.init()]);
    const cookie = peer.packet(peer.peerTag, [{ kind: 'COOKIE ECHO', cookie: peer.cookie }]);
    for (const packet of [stray, init, cookie]) {
      writeUint32(packet, 8, 0);
      peer.sendBytes(packet);
    }
    network.run({ forMs: 100 });
    expect(network.ladder().filter((line) => line.startsWith('z'))).toEqual([]);
  });

  it('any other wrong checksum is as wrong as ever', () => {
    const [network, peer] = listener(protectedTransport, offers);
    const packet = peer.packet(peer.peerTag, [peer.data(1)]);
    writeUint32(packet, 8, readUint32(packet, 8) ^ 1);
    peer.sendBytes(packet);
    network.run({ forMs: 100 });
    expect(network.ladder().filter((line) => line.startsWith('z'))).toEqual([]);
  });
});
