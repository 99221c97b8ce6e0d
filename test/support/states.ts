import type { StateName } from '../../src/association/state.ts';
import { type Host, type HostOptions, Network, type NetworkOptions } from '../../src/simulation/index.ts';
import { messages } from './messages.ts';
import { RawPeer } from './raw-peer.ts';

export interface Arranged {
  readonly network: Network;
  /** The host whose association is in the state; it listens too. */
  readonly host: Host;
  readonly peer: RawPeer;
}

/** In which state the association of a host is to be; 'none': there is no association at all. */
export type ArrangedState = Exclude<StateName, 'CLOSED'> | 'none';

export const arrangedStates: readonly ArrangedState[] = [
  'none',
  'COOKIE-WAIT',
  'COOKIE-ECHOED',
  'ESTABLISHED',
  'SHUTDOWN-PENDING',
  'SHUTDOWN-SENT',
  'SHUTDOWN-RECEIVED',
  'SHUTDOWN-ACK-SENT',
];

/** A host whose association is in `state`, opposite a peer made by hand. */
export function arrange(
  state: ArrangedState,
  options: NetworkOptions = {},
  hostOptions: Partial<HostOptions> = {},
): Arranged {
  const network = new Network(options);
  const host = network.addHost('h', { addresses: ['10.0.0.1'], port: 5000, listening: true, ...hostOptions });
  const peer = new RawPeer(network, host);
  if (state !== 'none') bringTo(state, { network, host, peer });
  if (state !== 'none' && host.association.state !== state) throw new Error(`${host.association.state}\n${network}`);
  return { network, host, peer };
}

function bringTo(state: ArrangedState, { network, host, peer }: Arranged): void {
  host.connect(peer);
  network.run({ until: () => peer.received.length > 0 });
  if (state === 'COOKIE-WAIT') return;
  if (state === 'COOKIE-ECHOED') {
    peer.send(peer.initAck());
    network.run({ until: () => host.association.state === state });
    return;
  }
  peer.accept();
  if (state === 'SHUTDOWN-SENT') {
    host.shutdown();
  } else if (state === 'SHUTDOWN-ACK-SENT') {
    peer.send(peer.shutdown(0));
  } else {
    // Something is outstanding, and something waits: what keeps the states before from moving on.
    for (const message of messages(8, 1_000)) host.send(host.association, message);
    if (state === 'SHUTDOWN-PENDING') host.shutdown();
    if (state === 'SHUTDOWN-RECEIVED') peer.send(peer.shutdown(0));
  }
  network.run({ forMs: 50 });
}
