import { createHmac } from 'node:crypto';
import type { Association } from '../../src/association/association.ts';
import type { AssociationEvent } from '../../src/association/events.ts';
import type { NetAddress } from '../../src/base/address.ts';
import { seededRandom } from '../../src/base/random.ts';
import { type Tsn, tsn } from '../../src/base/serial.ts';
import {
  type Chunk,
  decodePacket,
  encodePacket,
  findParameter,
  type InitAckChunk,
  type Packet,
  type Parameter,
} from '../../src/chunks/index.ts';
import { Endpoint, type EndpointOptions, type Transmit } from '../../src/endpoint/endpoint.ts';

export const victimPort = 5000;
export const victimAddress: NetAddress = { ip: '10.0.0.1', udpPort: 9899 };

/** An endpoint that listens, without a network: what is sent to it arrives at once, and what it sends can be looked at. */
export class Victim {
  readonly endpoint: Endpoint;
  /** How many HMACs it has computed. */
  hmacs = 0;
  /** All events so far. */
  readonly events: AssociationEvent[] = [];
  readonly #associations = new Set<Association>();
  #now = 0;

  constructor(options: Partial<EndpointOptions> = {}) {
    this.endpoint = new Endpoint(
      { port: victimPort, listening: true, ...options },
      {
        random: seededRandom(1),
        hmac: (key, data) => {
          this.hmacs++;
          return createHmac('sha256', key).update(data).digest();
        },
      },
    );
  }

  get now(): number {
    return this.#now;
  }

  /** The latest association. */
  get association(): Association {
    return [...this.#associations].at(-1)!;
  }

  /** A packet arrives. Returns what is sent upon it. */
  receive(bytes: Uint8Array, from: NetAddress): Transmit[] {
    this.endpoint.handlePacket(bytes, from, victimAddress, this.#now);
    return this.drain();
  }

  /** Lets the time pass, timer by timer. Returns what is sent meanwhile. */
  advance(ms: number): Transmit[] {
    const end = this.#now + ms;
    const sent: Transmit[] = [];
    for (let at = this.endpoint.nextTimeout; at <= end; at = this.endpoint.nextTimeout) {
      this.#now = Math.max(this.#now, at);
      this.endpoint.handleTimeout(this.#now);
      sent.push(...this.drain());
    }
    this.#now = end;
    return sent;
  }

  drain(): Transmit[] {
    const sent: Transmit[] = [];
    for (;;) {
      const transmit = this.endpoint.pollTransmit(this.#now);
      if (transmit !== undefined) {
        sent.push(transmit);
        continue;
      }
      const polled = this.endpoint.pollEvent();
      if (polled === undefined) return sent;
      this.#associations.add(polled.association);
      this.events.push(polled.event);
    }
  }
}

export interface AttackerOptions {
  readonly ip?: string;
  readonly port?: number;
  readonly tag?: number;
  readonly streams?: number;
  readonly aRwnd?: number;
  readonly parameters?: readonly Parameter[];
}

/** Somebody who makes packets by hand. TSNs begin with 1. */
export class Attacker {
  readonly address: NetAddress;
  readonly port: number;
  readonly tag: number;
  /** The victim's tag and initial TSN, once it has told them. */
  victimTag = 0;
  victimTsn: Tsn = tsn(0);
  cookie: Uint8Array = new Uint8Array(0);
  readonly #victim: Victim;
  readonly #options: AttackerOptions;

  constructor(victim: Victim, options: AttackerOptions = {}) {
    const { ip = '10.6.6.6', port = 6666, tag = 0x6666_6666 } = options;
    this.#victim = victim;
    this.#options = options;
    this.address = { ip, udpPort: 9899 };
    this.port = port;
    this.tag = tag;
  }

  /** Sends chunks under the victim's tag. Returns what comes upon it. */
  send(...chunks: Chunk[]): Transmit[] {
    return this.sendUnder(this.victimTag, ...chunks);
  }

  sendUnder(verificationTag: number, ...chunks: Chunk[]): Transmit[] {
    return this.#victim.receive(this.packet(verificationTag, chunks), this.address);
  }

  packet(verificationTag: number, chunks: readonly Chunk[], destinationPort = victimPort): Uint8Array {
    return encodePacket({ sourcePort: this.port, destinationPort, verificationTag }, chunks);
  }

  init(parameters: readonly Parameter[] = this.#options.parameters ?? []): Chunk {
    const { streams = 65_535, aRwnd = 1_000_000 } = this.#options;
    return {
      kind: 'INIT',
      initiateTag: this.tag,
      aRwnd,
      outboundStreams: streams,
      inboundStreams: streams,
      initialTsn: tsn(1),
      parameters,
    };
  }

  /** Sends INIT and takes the cookie from what comes back. */
  askForCookie(): InitAckChunk {
    const [answer] = this.sendUnder(0, this.init());
    const initAck = chunksOf(answer).find((chunk): chunk is InitAckChunk => chunk.kind === 'INIT ACK')!;
    this.victimTag = initAck.initiateTag;
    this.victimTsn = initAck.initialTsn;
    this.cookie = findParameter(initAck.parameters, 'State Cookie')!.cookie;
    return initAck;
  }

  /** Opens an association. */
  connect(): Association {
    this.askForCookie();
    this.send({ kind: 'COOKIE ECHO', cookie: this.cookie });
    return this.#victim.association;
  }

  /** A DATA chunk with the TSN `number`: a whole message unless told otherwise. */
  data(number: number, fragment: Partial<Extract<Chunk, { kind: 'DATA' }>['fragment']> = {}): Chunk {
    return {
      kind: 'DATA',
      tsn: tsn(number),
      immediateAck: false,
      fragment: {
        streamId: 0,
        unordered: false,
        beginning: true,
        ending: true,
        messageId: (number - 1) & 0xffff,
        fsn: 0,
        ppid: 0,
        payload: Uint8Array.of(number),
        ...fragment,
      },
    };
  }

  /** A SACK chunk; `number` counts from 1, where the victim's initial TSN is. */
  sack(number: number, gapAckBlocks: readonly { readonly start: number; readonly end: number }[] = []): Chunk {
    const cumulativeTsnAck = tsn(this.victimTsn + number - 1);
    return { kind: 'SACK', cumulativeTsnAck, aRwnd: 1_000_000_000, gapAckBlocks, duplicateTsns: [] };
  }
}

export function packetOf({ packet }: Transmit): Packet {
  return decodePacket(packet)!;
}

export function chunksOf(transmit: Transmit | undefined): readonly Chunk[] {
  return transmit === undefined ? [] : packetOf(transmit).chunks;
}

/** The kinds of the chunks, packet by packet: `['INIT ACK']`, `['SACK + DATA']`. */
export function kindsOf(transmits: readonly Transmit[]): string[] {
  return transmits.map((transmit) =>
    chunksOf(transmit)
      .map(({ kind }) => kind)
      .join(' + '),
  );
}

export function bytesOf(transmits: readonly Transmit[]): number {
  return transmits.reduce((sum, { packet }) => sum + packet.length, 0);
}
