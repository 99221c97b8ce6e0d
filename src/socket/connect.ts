import { sctpTunnelingPort } from '../transport/udp.ts';
import type { SctpAssociation } from './association.ts';
import { SctpEndpoint } from './endpoint.ts';
import { makeTransport } from './make-transport.ts';
import { type ConnectOptions, requireHost, requirePort } from './options.ts';
import { cancelled } from './waiting-sends.ts';

/** Long enough for a peer whose RTO is 1 s, the RFC's minimum, to ask twice for a SHUTDOWN COMPLETE that was lost. */
const lingerMs = 3_500;

/**
 * Establishes an association from an SCTP port of its own. Associations with the same peer share a UDP socket, and those that name
 * the same `udpPort` and `localHost`; it closes after the last of them.
 *
 * Rejects with SctpError: as `SctpEndpoint.connect` does, and as `listen` does when the socket cannot be opened.
 */
export async function connect(options: ConnectOptions): Promise<SctpAssociation> {
  const { host, remoteUdpPort = sctpTunnelingPort, localPort = 0, localHost, udpPort = 0, transport = 'udp' } = options;
  requirePort('localPort', localPort);
  requireHost('host', host);
  requirePort('remoteUdpPort', remoteUdpPort);
  if (options.signal?.aborted) throw cancelled(options.signal);
  const remote = `${host} ${remoteUdpPort}`;
  const chosen = makeTransport({ transport, port: localPort, host: localHost, udpPort, pcap: options.pcap, remote });
  const endpoint = await SctpEndpoint.open(chosen, {
    listening: false,
    associationOptions: {},
  });
  try {
    const association = await endpoint.connect(options);
    // A port that was picked for this association is nobody else's for a while yet; one that was asked for may be wanted.
    endpoint.closeAfter(association, udpPort === 0 ? lingerMs : 0);
    return association;
  } catch (error) {
    await endpoint.abort();
    throw error;
  }
}
