import { describe, expect, it } from 'vitest';
import { tsn } from '../../../src/base/serial.ts';
import { type Chunk, decodePacket, encodePacket, type Packet } from '../../../src/chunks/index.ts';
import { Endpoint, type EndpointOptions } from '../../../src/endpoint/endpoint.ts';
import { seededEnvironment } from '../../../src/simulation/environment.ts';
import { addressOf } from '../association/rooms.ts';

const peerPort = 6000;
const peer = addressOf('192.0.2.1');
const peer2 = addressOf('192.0.2.2');

function createEndpoint(options: Partial<EndpointOptions> = {}): Endpoint {
  return new Endpoint({ port: 5000, listening: true, ...options }, seededEnvironment(1));
}

function initChunk(initiateTag: number): Chunk {
  return {
    kind: 'INIT',
    initiateTag,
    aRwnd: 100_000,
    outboundStreams: 10,
    inboundStreams: 10,
    initialTsn: tsn(1),
    parameters: [],
  };
}

function packetOf(verificationTag: number, chunk: Chunk, destinationPort = 5000): Uint8Array {
  return encodePacket({ sourcePort: peerPort, destinationPort, verificationTag }, [chunk]);
}

/** Everything that the endpoint has to send now. */
function sent(endpoint: Endpoint, now = 0): Packet[] {
  const packets: Packet[] = [];
  for (let transmit = endpoint.pollTransmit(now); transmit; transmit = endpoint.pollTransmit(now)) {
    packets.push(decodePacket(transmit.packet)!);
  }
  return packets;
}

function events(endpoint: Endpoint): string[] {
  const kinds: string[] = [];
  for (let event = endpoint.pollEvent(); event; event = endpoint.pollEvent()) kinds.push(event.event.kind);
  return kinds;
}

/** Sets up an association begun by the peer under `initiateTag`; returns our tag. */
function establish(endpoint: Endpoint, initiateTag: number, from = peer): number {
  endpoint.handlePacket(packetOf(0, initChunk(initiateTag)), from, undefined, 0);
  const initAck = sent(endpoint)[0]?.chunks[0];
  if (initAck?.kind !== 'INIT ACK') throw new Error('no INIT ACK');
  const cookie = initAck.parameters.find((parameter) => parameter.kind === 'State Cookie');
  if (cookie === undefined) throw new Error('no State Cookie');
  endpoint.handlePacket(
    packetOf(initAck.initiateTag, { kind: 'COOKIE ECHO', cookie: cookie.cookie }),
    from,
    undefined,
    0,
  );
  return initAck.initiateTag;
}

describe('an endpoint', () => {
  it.each([0, 65_536, 1.5, Number.NaN])('has no port %s', (port) => {
    expect(() => createEndpoint({ port })).toThrow('port must be an integer from 1 to 65535');
  });

  it('keeps nothing of an INIT that it answers (RFC 9260 §5.1 B)', () => {
    const endpoint = createEndpoint();
    for (let i = 1; i <= 100; i++) endpoint.handlePacket(packetOf(0, initChunk(i)), peer, undefined, 0);
    expect(
      sent(endpoint)
        .map(({ chunks, verificationTag }) => [chunks[0]?.kind, verificationTag])
        .slice(0, 2),
    ).toEqual([
      ['INIT ACK', 1],
      ['INIT ACK', 2],
    ]);
    expect([endpoint.associationCount, endpoint.nextTimeout, events(endpoint)]).toEqual([0, Infinity, []]);
    expect(endpoint.counters).toMatchObject({ initsAnswered: 100, packetsSent: 100 });
  });

  it('makes an association of a valid COOKIE ECHO, answers with COOKIE ACK, and tells its user', () => {
    const endpoint = createEndpoint();
    const tag = establish(endpoint, 77);
    expect([...endpoint.associations].map(({ state, myVerificationTag }) => [state, myVerificationTag])).toEqual([
      ['ESTABLISHED', tag],
    ]);
    expect(sent(endpoint).map(({ verificationTag, chunks }) => [verificationTag, chunks[0]?.kind])).toEqual([
      [77, 'COOKIE ACK'],
    ]);
    expect(events(endpoint)).toEqual(['established']);
    expect(endpoint.counters.associationsAccepted).toBe(1);
  });

  it('wants its reader first, whatever a SACK in the same packet has to tell', () => {
    const endpoint = createEndpoint();
    const tag = establish(endpoint, 77);
    const [association] = endpoint.associations;
    association!.send({ data: new Uint8Array(9), streamId: 0, ppid: 0, reportDelivery: true }, 0);
    const data = sent(endpoint).flatMap(({ chunks }) => chunks.filter((chunk) => chunk.kind === 'DATA'))[0]!;
    events(endpoint);
    const fragment = { streamId: 0, unordered: false, beginning: true, ending: true, fsn: 0, ppid: 0 };
    const dataOf = (number: number): Chunk => {
      const payload = new Uint8Array(9);
      return {
        kind: 'DATA',
        tsn: tsn(number),
        immediateAck: false,
        fragment: { ...fragment, messageId: number - 1, payload },
      };
    };
    const sack: Chunk = {
      kind: 'SACK',
      cumulativeTsnAck: data.tsn,
      aRwnd: 100_000,
      gapAckBlocks: [],
      duplicateTsns: [],
    };
    const take = (...chunks: Chunk[]) => {
      const packet = encodePacket({ sourcePort: peerPort, destinationPort: 5000, verificationTag: tag }, chunks);
      return endpoint.handlePacket(packet, peer, undefined, 1);
    };
    // §5.1: the first DATA chunk has its SACK chunk at once; then every second packet.
    expect(take(dataOf(1))).toBe('acknowledgement');
    sent(endpoint);
    events(endpoint);
    const read = () => association!.receive(1);
    read();
    expect(take(sack, dataOf(2))).toBe('delivery');
    expect(events(endpoint)).toEqual(['delivered', 'readable']);
    read();
    expect(take(dataOf(3))).toBe('acknowledgement');
    sent(endpoint);
    events(endpoint);
    expect(take(sack)).toBe('nothing');
  });

  it('wants whoever connects to be told at once that the association stands, though there is nothing to answer', () => {
    const [client, server] = [createEndpoint({ listening: false }), createEndpoint()];
    const carry = (from: Endpoint, to: Endpoint) => {
      const { packet } = from.pollTransmit(0)!;
      return to.handlePacket(packet, peer, undefined, 0);
    };
    client.connect({ addresses: [peer], port: 5000 }, {}, 0);
    carry(client, server); // INIT
    carry(server, client); // INIT ACK
    carry(client, server); // COOKIE ECHO
    expect(carry(server, client)).toBe('answer'); // COOKIE ACK
    expect(client.pollTransmit(0)).toBeUndefined();
    expect(events(client)).toEqual(['established']);
  });

  it('gives nobody the tag of an association that stands, or that ended while its cookie is valid (§5.3.1)', () => {
    const environment = seededEnvironment(1);
    const words: number[] = [];
    const random = { uint32: () => words.shift() ?? environment.random.uint32() };
    const endpoint = new Endpoint({ port: 5000, listening: true }, { ...environment, random });
    const standing = establish(endpoint, 77);
    sent(endpoint);
    words.push(standing);
    const ended = establish(endpoint, 78, peer2);
    expect(ended).not.toBe(standing);
    endpoint.handlePacket(packetOf(ended, { kind: 'ABORT', tagReflected: false, causes: [] }), peer2, undefined, 0);
    expect(endpoint.associationCount).toBe(1);
    sent(endpoint);
    words.push(ended);
    expect(establish(endpoint, 79, peer2)).not.toBe(ended);
    sent(endpoint);
    // One that restarts: two Tie-Tags first.
    words.push(1, 2, standing, ended);
    expect([standing, ended]).not.toContain(establish(endpoint, 80));
    expect([endpoint.associationCount, words]).toEqual([2, []]);
  });

  it('that does not listen answers with ABORT', () => {
    const endpoint = createEndpoint({ listening: false });
    endpoint.handlePacket(packetOf(0, initChunk(9)), peer, undefined, 0);
    expect(sent(endpoint)).toMatchObject([{ verificationTag: 9, chunks: [{ kind: 'ABORT', tagReflected: false }] }]);
    expect(endpoint.counters).toMatchObject({ initsRefused: 1, initsAnswered: 0 });
  });

  it('discards an INIT without a tag: "MUST silently discard the packet" (§3.3.2)', () => {
    const endpoint = createEndpoint();
    endpoint.handlePacket(packetOf(0, initChunk(0)), peer, undefined, 0);
    establish(endpoint, 5);
    sent(endpoint);
    endpoint.handlePacket(packetOf(0, initChunk(0)), peer, undefined, 0);
    expect(sent(endpoint)).toEqual([]);
  });

  it('takes an INIT under tag 0 only (§8.5.1 A)', () => {
    const endpoint = createEndpoint();
    const tag = establish(endpoint, 5);
    sent(endpoint);
    endpoint.handlePacket(packetOf(tag, initChunk(6)), peer, undefined, 0);
    expect(sent(endpoint)).toEqual([]);
    endpoint.handlePacket(packetOf(0, initChunk(6)), peer, undefined, 0);
    expect(sent(endpoint).map(({ chunks }) => chunks[0]?.kind)).toEqual(['INIT ACK']);
  });
});

describe('what an endpoint drops', () => {
  it('is counted by the reason', () => {
    const endpoint = createEndpoint();
    const good = packetOf(1, { kind: 'COOKIE ACK' });
    const damaged = good.slice();
    damaged[8]! ^= 1;
    for (const bytes of [new Uint8Array(0), good.subarray(0, 15), damaged, good]) {
      endpoint.handlePacket(bytes, peer, undefined, 0);
    }
    endpoint.handlePacket(packetOf(1, { kind: 'COOKIE ECHO', cookie: new Uint8Array(100) }), peer, undefined, 0);
    endpoint.handlePacket(packetOf(1, { kind: 'COOKIE ACK' }, 5001), peer, undefined, 0);
    expect(sent(endpoint)).toEqual([]);
    expect(endpoint.counters).toMatchObject({
      packetsReceived: 6,
      tooShort: 2,
      badChecksum: 1,
      outOfTheBlue: 2,
      forgedCookies: 1,
    });
  });

  it("is a reflected tag that is not the association's", () => {
    const endpoint = createEndpoint();
    establish(endpoint, 77);
    endpoint.handlePacket(packetOf(78, { kind: 'ABORT', tagReflected: true, causes: [] }), peer, undefined, 0);
    expect([endpoint.counters.badVerificationTag, endpoint.associationCount]).toEqual([1, 1]);
    endpoint.handlePacket(packetOf(77, { kind: 'ABORT', tagReflected: true, causes: [] }), peer, undefined, 0);
    expect([endpoint.counters.badVerificationTag, endpoint.associationCount]).toEqual([1, 0]);
  });

  it('is answered under the port that it was sent to (§8.4)', () => {
    const endpoint = createEndpoint();
    endpoint.handlePacket(packetOf(7, { kind: 'SHUTDOWN ACK' }, 4_000), peer, undefined, 0);
    expect(sent(endpoint)).toMatchObject([
      { sourcePort: 4_000, destinationPort: peerPort, verificationTag: 7, chunks: [{ kind: 'SHUTDOWN COMPLETE' }] },
    ]);
  });
});

describe('many associations on one endpoint', () => {
  function established(count: number): { endpoint: Endpoint; tags: number[] } {
    const endpoint = createEndpoint();
    const tags = Array.from({ length: count }, (_, i) =>
      establish(endpoint, i + 1, addressOf(`10.0.${i >> 8}.${i & 255}`)),
    );
    sent(endpoint);
    events(endpoint);
    return { endpoint, tags };
  }

  it('are found by their tags, and forgotten once they end', () => {
    const { endpoint, tags } = established(300);
    expect(endpoint.associationCount).toBe(300);
    tags.forEach((tag, i) => {
      if (i % 3 === 0) {
        const abort: Chunk = { kind: 'ABORT', tagReflected: false, causes: [] };
        endpoint.handlePacket(packetOf(tag, abort), addressOf(`10.0.${i >> 8}.${i & 255}`), undefined, 0);
      }
    });
    expect([endpoint.associationCount, events(endpoint).filter((kind) => kind === 'closed').length]).toEqual([
      200, 100,
    ]);
  });

  it('cost nothing while others speak: no timeout is due early', () => {
    const { endpoint } = established(100);
    // Heartbeats: HB.interval plus half an RTO at least (§8.3).
    expect(endpoint.nextTimeout).toBeGreaterThanOrEqual(30_500);
    endpoint.handleTimeout(30_499);
    expect(sent(endpoint, 30_499)).toEqual([]);
  });

  it('have their timeouts handled in one call, each of them', () => {
    const { endpoint } = established(100);
    const latest = 31_500;
    endpoint.handleTimeout(latest);
    const heartbeats = sent(endpoint, latest).filter(({ chunks }) => chunks[0]?.kind === 'HEARTBEAT');
    expect(heartbeats).toHaveLength(100);
    expect(endpoint.nextTimeout).toBeGreaterThan(latest);
  });

  it('have tags of their own', () => {
    const { tags } = established(300);
    expect(new Set(tags).size).toBe(300);
  });
});

describe('connecting', () => {
  it('sends INIT under tag 0, again after RTO.Initial', () => {
    const endpoint = createEndpoint({ listening: false });
    const association = endpoint.connect({ addresses: [peer], port: peerPort }, {}, 0);
    expect(association.state).toBe('COOKIE-WAIT');
    expect(sent(endpoint)).toMatchObject([
      { verificationTag: 0, destinationPort: peerPort, chunks: [{ kind: 'INIT' }] },
    ]);
    expect(endpoint.nextTimeout).toBe(1_000);
    endpoint.handleTimeout(1_000);
    expect(sent(endpoint, 1_000)).toMatchObject([{ chunks: [{ kind: 'INIT' }] }]);
  });

  it('takes the options of the endpoint, unless others are given', () => {
    const endpoint = createEndpoint({ rtoInitialMs: 300 });
    const connect = (ip: string, options: Parameters<Endpoint['connect']>[1]): number => {
      endpoint.connect({ addresses: [addressOf(ip)], port: peerPort }, options, 0);
      sent(endpoint);
      return endpoint.nextTimeout;
    };
    expect(connect('10.0.0.1', { rtoInitialMs: 400 })).toBe(400);
    expect(connect('10.0.0.2', {})).toBe(300);
    expect(connect('10.0.0.3', { rtoInitialMs: 200 })).toBe(200);
  });

  it('needs an address, and a peer that it has no association with (§1.3)', () => {
    const endpoint = createEndpoint();
    expect(() => endpoint.connect({ addresses: [], port: peerPort }, {}, 0)).toThrow('connect needs an address');
    endpoint.connect({ addresses: [peer], port: peerPort }, {}, 0);
    expect(() => endpoint.connect({ addresses: [peer], port: peerPort }, {}, 0)).toThrow(
      'an association with this peer',
    );
  });
});
