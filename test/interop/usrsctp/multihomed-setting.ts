import type { ConnectOptions, ListenOptions, SctpAssociation, SctpEndpoint } from '../../../src/index.ts';
import { type PathRelay, type RelayRoute, startPathRelay } from '../../support/path-relay.ts';
import type { Peer, PeerOptions } from './peer.ts';
import { Setting } from './setting.ts';

const routes: readonly RelayRoute[] = [
  { server: '127.0.0.1', serverAlias: '127.0.0.21', client: '127.0.0.3', clientAlias: '127.0.0.31' },
  { server: '127.0.0.2', serverAlias: '127.0.0.22', client: '127.0.0.4', clientAlias: '127.0.0.32' },
];
const servers = routes.map(({ server }) => server);
const clients = routes.map(({ client }) => client);

/** The server's addresses as the client knows them, and the client's as the server does, in the order of the paths. */
export const serverAliases: readonly string[] = routes.map(({ serverAlias }) => serverAlias);
export const clientAliases: readonly string[] = routes.map(({ clientAlias }) => clientAlias);

/**
 * A failure is to be found, and its end, within a second or so. The delay of SACKs has to be below the RTO, and what the
 * send buffer takes far below what is sent between two events, so that these fall into the midst of it.
 */
const impatience = {
  rtoInitialMs: 200,
  rtoMinMs: 100,
  rtoMaxMs: 400,
  sackDelayMs: 20,
  hbIntervalMs: 500,
  pathMaxRetrans: 2,
  sendBufferSize: 512 * 1024,
};
const usrsctpImpatience: PeerOptions = {
  'rto-initial': 200,
  'rto-min': 100,
  'rto-max': 400,
  'sack-delay': 20,
  'heartbeat-ms': 500,
  'path-max-retrans': 2,
};

/** Two ends with two addresses each, and a relay between these. */
export class MultiHomedSetting extends Setting {
  readonly #isNat: boolean;
  #pathRelay: PathRelay | undefined;

  constructor({ isNat = false }: { readonly isNat?: boolean } = {}) {
    super();
    this.#isNat = isNat;
  }

  /** What lies between the two, once there is a server behind it. */
  get pathRelay(): PathRelay {
    if (this.#pathRelay === undefined) throw new Error('there is no server yet');
    return this.#pathRelay;
  }

  override usrsctpServer(options: PeerOptions = {}): Promise<{ peer: Peer; udpPort: number }> {
    return super.usrsctpServer({ bind: servers.join(), ...usrsctpImpatience, ...options });
  }

  override connect(remoteUdpPort: number, options: Partial<ConnectOptions> = {}): Promise<SctpAssociation> {
    return super.connect(remoteUdpPort, { host: serverAliases[0]!, localHost: clients, ...impatience, ...options });
  }

  override listen(options: Partial<ListenOptions> = {}): Promise<SctpEndpoint> {
    return super.listen({ host: servers, ...impatience, ...options });
  }

  override usrsctpClient(udpPort: number, options: PeerOptions = {}): Promise<Peer> {
    const addresses = { bind: clients.join(), host: serverAliases[0]! };
    return super.usrsctpClient(udpPort, { ...addresses, ...usrsctpImpatience, ...options });
  }

  /** Connects us to our own server. */
  async connectTo(endpoint: SctpEndpoint): Promise<SctpAssociation> {
    return this.connect(await this.through(endpoint.udpPort));
  }

  protected override async through(serverUdpPort: number): Promise<number> {
    this.#pathRelay = await startPathRelay({ routes, serverUdpPort, isNat: this.#isNat });
    this.onClose(() => this.pathRelay.close());
    return this.#pathRelay.udpPort;
  }
}
