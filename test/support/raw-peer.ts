import type { NetAddress } from '../../src/base/address.ts';
import { type Tsn, tsn } from '../../src/base/serial.ts';
import {
  type Chunk,
  describeChunk,
  encodePacket,
  findParameter,
  type InitAckChunk,
  type InitChunk,
  type Packet,
  type Parameter,
} from '../../src/chunks/index.ts';
import type { Host, Network, RawHost } from '../../src/simulation/index.ts';

export interface RawPeerOptions {
  /** `'r'` by default. */
  readonly name?: string;
  readonly address?: string;
  /** Its SCTP port; 5555 by default. */
  readonly port?: number;
  readonly tag?: number;
  /** The TSN of its first DATA chunk; 1 by default, so that TSNs are as ladders show them. */
  readonly initialTsn?: number;
  readonly aRwnd?: number;
  readonly streams?: number;
  /** Parameters for its INIT or INIT ACK chunk, behind the State Cookie. */
  readonly parameters?: readonly Parameter[];
  /** Sees each packet that arrives, and may answer at once. */
  readonly onPacket?: (packet: Packet) => void;
}

export interface FragmentOptions {
  readonly streamId?: number;
  readonly ssn?: number;
  readonly unordered?: boolean;
  readonly beginning?: boolean;
  readonly ending?: boolean;
  readonly immediateAck?: boolean;
  readonly length?: number;
}

/**
 * A peer made by hand, opposite a host with a stack: it takes part in the handshake and from then on says what the test
 * tells it to, and nothing else.
 */
export class RawPeer {
  readonly host: RawHost;
  readonly tag: number;
  readonly initialTsn: Tsn;
  /** The Verification Tag of the other side, known from its INIT or INIT ACK. */
  peerTag = 0;
  peerInitialTsn: Tsn = tsn(0);
  /** The State Cookie that `connect` has echoed. */
  cookie: Uint8Array = new Uint8Array(0);
  readonly #network: Network;
  readonly #other: Host;
  readonly #options: RawPeerOptions;

  constructor(network: Network, other: Host, options: RawPeerOptions = {}) {
    const { name = 'r', address = '10.0.0.9', tag = 0x5555_5555, initialTsn = 1 } = options;
    this.#network = network;
    this.#other = other;
    this.#options = options;
    this.tag = tag;
    this.initialTsn = tsn(initialTsn);
    const onPacket = (packet: Packet | undefined): void => {
      if (packet === undefined) return;
      this.#learn(packet);
      options.onPacket?.(packet);
    };
    this.host = network.addRawHost(name, { addresses: [address], onPacket });
  }

  get port(): number {
    return this.#options.port ?? 5555;
  }

  /** What a host connects to. */
  get addresses(): readonly NetAddress[] {
    return this.host.addresses;
  }

  /** All chunks that have arrived. */
  get received(): Chunk[] {
    return this.host.arrivals.flatMap(({ packet }) => packet?.chunks ?? []);
  }

  /** The latest chunk of a kind that has arrived. */
  latest<K extends Chunk['kind']>(kind: K): Extract<Chunk, { kind: K }> {
    const found = this.received.findLast((chunk): chunk is Extract<Chunk, { kind: K }> => chunk.kind === kind);
    if (found === undefined) throw new Error(`no ${kind} has arrived\n${this.#network}`);
    return found;
  }

  /** Each packet that has arrived since the last call, as a ladder shows it but at length. */
  takeReceived(): string[] {
    return this.host.arrivals
      .splice(0)
      .map(({ packet }) => (packet?.chunks ?? []).map((chunk) => describeChunk(chunk, { verbose: true })).join(' + '));
  }

  /** Sends a packet under the other side's tag. */
  send(...chunks: Chunk[]): void {
    this.sendUnder(this.peerTag, ...chunks);
  }

  sendUnder(verificationTag: number, ...chunks: Chunk[]): void {
    this.sendBytes(this.packet(verificationTag, chunks));
  }

  sendBytes(bytes: Uint8Array): void {
    this.host.send(bytes, this.#other.addresses[0]!);
  }

  packet(verificationTag: number, chunks: readonly Chunk[]): Uint8Array {
    return encodePacket({ sourcePort: this.port, destinationPort: this.#other.port, verificationTag }, chunks);
  }

  init(fields: Partial<InitChunk> = {}): InitChunk {
    return { kind: 'INIT', ...this.#initFields(this.#options.parameters ?? []), ...fields };
  }

  initAck(fields: Partial<InitAckChunk> = {}): InitAckChunk {
    const cookie: Parameter = { kind: 'State Cookie', cookie: Uint8Array.of(1, 2, 3, 4) };
    return { kind: 'INIT ACK', ...this.#initFields([cookie, ...(this.#options.parameters ?? [])]), ...fields };
  }

  /** A whole message by default, or a piece of one. `number` counts from 1, where the initial TSN is. */
  data(number: number, options: FragmentOptions = {}): Chunk {
    const { streamId = 0, ssn = number - 1, unordered = false, beginning = true, ending = true, length = 4 } = options;
    return {
      kind: 'DATA',
      tsn: tsn(this.initialTsn + number - 1),
      immediateAck: options.immediateAck ?? false,
      fragment: {
        streamId,
        unordered,
        beginning,
        ending,
        messageId: ssn & 0xffff,
        fsn: 0,
        ppid: 0,
        payload: new Uint8Array(length).fill(number),
      },
    };
  }

  /** A SACK chunk whose Cumulative TSN Ack counts from 1, as ladders do. */
  sack(number: number, gaps: readonly (readonly [start: number, end: number])[] = [], aRwnd = 100_000): Chunk {
    return {
      kind: 'SACK',
      cumulativeTsnAck: tsn(this.peerInitialTsn + number - 1),
      aRwnd,
      gapAckBlocks: gaps.map(([start, end]) => ({ start, end })),
      duplicateTsns: [],
    };
  }

  shutdown(number: number): Chunk {
    return { kind: 'SHUTDOWN', cumulativeTsnAck: tsn(this.peerInitialTsn + number - 1) };
  }

  /** Opens an association to the host, which listens. The ladder begins behind it. */
  connect(): this {
    this.sendUnder(0, this.init());
    this.#await('INIT ACK');
    this.cookie = findParameter(this.latest('INIT ACK').parameters, 'State Cookie')!.cookie;
    this.send({ kind: 'COOKIE ECHO', cookie: this.cookie });
    this.#await('COOKIE ACK');
    return this.#begin();
  }

  /** Answers the association that the host has begun. The ladder begins behind it. */
  accept(): this {
    this.#await('INIT');
    this.send(this.initAck());
    this.#await('COOKIE ECHO');
    this.send({ kind: 'COOKIE ACK' });
    this.#network.run({ until: () => this.#other.association.state === 'ESTABLISHED' });
    return this.#begin();
  }

  #await(kind: Chunk['kind']): void {
    this.#network.run({ until: () => this.received.some((chunk) => chunk.kind === kind) });
  }

  #begin(): this {
    this.#network.clearLadder();
    this.host.arrivals.length = 0;
    this.#other.events.length = 0;
    return this;
  }

  #initFields(parameters: readonly Parameter[]): Omit<InitChunk, 'kind'> {
    const { aRwnd = 100_000, streams = 10 } = this.#options;
    const { tag: initiateTag, initialTsn } = this;
    return { initiateTag, aRwnd, outboundStreams: streams, inboundStreams: streams, initialTsn, parameters };
  }

  #learn({ chunks }: Packet): void {
    for (const chunk of chunks) {
      if (chunk.kind !== 'INIT' && chunk.kind !== 'INIT ACK') continue;
      this.peerTag = chunk.initiateTag;
      this.peerInitialTsn = chunk.initialTsn;
    }
  }
}

/** A host that listens, and a peer made by hand with an association to it. */
export function rawPair(network: Network, z: Host, options: RawPeerOptions = {}): RawPeer {
  return new RawPeer(network, z, options).connect();
}
