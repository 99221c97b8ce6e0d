import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type ConnectOptions,
  connect,
  type ListenOptions,
  listen,
  type SctpAssociation,
  type SctpEndpoint,
} from '../../../src/index.ts';
import { type Relay, type RelayOptions, startRelay } from '../../support/relay.ts';
import { freeUdpPort } from '../../support/udp-port.ts';
import { badPackets, chunkTypes, hasTshark } from '../tshark.ts';
import { Peer, type PeerOptions } from './peer.ts';

/** The SCTP port of every server here; the UDP port below it is another one in every test. */
const sctpPort = 5001;

/** What we recorded, and the UDP port that says which packets are SCTP. */
export interface Capture {
  readonly file: string;
  readonly udpPort: number;
}

/** One of ours and one usrsctp process, on loopback, with or without a bad network between them. */
export class Setting {
  readonly #network: Omit<RelayOptions, 'target'> | undefined;
  readonly #cleanups: (() => unknown)[] = [];
  readonly #captures: Capture[] = [];
  #relay: Relay | undefined;

  /** `network`: what lies between the two; nothing by default. */
  constructor(network?: Omit<RelayOptions, 'target'>) {
    this.#network = network;
  }

  get captures(): readonly Capture[] {
    return this.#captures;
  }

  /** The network between the two, once there is a server behind it. */
  get relay(): Relay {
    if (this.#relay === undefined) throw new Error('there is no relay in this setting');
    return this.#relay;
  }

  /** Lets the network be good from now on, if there is one. */
  calm(): void {
    this.#relay?.calm();
  }

  /** Starts a usrsctp server; `udpPort` is where to reach it. */
  async usrsctpServer(options: PeerOptions = {}): Promise<{ peer: Peer; udpPort: number }> {
    const udpPort = await freeUdpPort();
    const peer = this.#start('server', { 'udp-port': udpPort, port: sctpPort, ...options });
    await peer.event('listening');
    return { peer, udpPort: await this.through(udpPort) };
  }

  /** Connects us to the usrsctp server behind `remoteUdpPort`. */
  async connect(remoteUdpPort: number, options: Partial<ConnectOptions> = {}): Promise<SctpAssociation> {
    const udpPort = await freeUdpPort();
    const pcap = await this.#capture(udpPort);
    const association = await connect({ host: '127.0.0.1', port: sctpPort, udpPort, remoteUdpPort, pcap, ...options });
    this.onClose(() => association.abort());
    return association;
  }

  /** Starts our server. */
  async listen(options: Partial<ListenOptions> = {}): Promise<SctpEndpoint> {
    const udpPort = await freeUdpPort();
    const pcap = await this.#capture(udpPort);
    const endpoint = await listen({ port: sctpPort, host: '127.0.0.1', udpPort, pcap, ...options });
    this.onClose(() => endpoint.abort());
    return endpoint;
  }

  /** Starts a usrsctp client of the server behind `udpPort`. */
  async usrsctpClient(udpPort: number, options: PeerOptions = {}): Promise<Peer> {
    return this.#start('client', {
      'udp-port': await freeUdpPort(),
      'remote-udp-port': await this.through(udpPort),
      port: sctpPort,
      ...options,
    });
  }

  /**
   * What tshark finds wrong in what we recorded: malformed packets, wrong checksums, and chunk types that must be there
   * and are not. To be called when both sides have ended. Nothing where there is no tshark.
   */
  async captureDefects(...expectedChunkTypes: number[]): Promise<string[]> {
    if (!hasTshark) return [];
    const defects: string[] = [];
    for (const { file, udpPort } of this.#captures) {
      await settled(file);
      defects.push(...(await badPackets(file, udpPort)));
      const types = new Set((await chunkTypes(file, udpPort)).flatMap((packet) => packet.split(',').map(Number)));
      for (const type of expectedChunkTypes) if (!types.has(type)) defects.push(`there is no chunk of type ${type}`);
    }
    return defects;
  }

  async close(): Promise<void> {
    for (const cleanup of this.#cleanups.splice(0).reverse()) await cleanup();
  }

  /** Puts the network before the server at `udpPort`; returns the UDP port at which the client finds it. */
  protected async through(udpPort: number): Promise<number> {
    if (this.#network === undefined) return udpPort;
    const relay = await startRelay({ target: { port: udpPort }, ...this.#network });
    this.onClose(() => relay.close());
    this.#relay = relay;
    return relay.port;
  }

  /** What to do when all is over; the last comes first. */
  protected onClose(cleanup: () => unknown): void {
    this.#cleanups.push(cleanup);
  }

  #start(role: 'server' | 'client', options: PeerOptions): Peer {
    const peer = new Peer(role, options);
    this.onClose(() => peer.kill());
    return peer;
  }

  async #capture(udpPort: number): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'sctp-ts-'));
    this.onClose(() => rm(folder, { recursive: true }));
    const file = join(folder, 'capture.pcapng');
    this.#captures.push({ file, udpPort });
    return file;
  }
}

/** Waits until nothing is written to `file` any more: `connect` closes its socket and the file in its own time. */
async function settled(file: string): Promise<void> {
  for (let before = -1, now = 0; before !== now; now = (await stat(file)).size) {
    before = now;
    await sleep(200);
  }
}
