import type { SctpAssociation } from './association.ts';
import { SctpEndpoint } from './endpoint.ts';
import { makeTransport } from './make-transport.ts';
import { type ConnectOptions, requirePort } from './options.ts';
import { cancelled } from './waiting-sends.ts';

/** Long enough for a peer whose RTO is 1 s, the RFC's minimum, to ask twice for a SHUTDOWN COMPLETE that was lost. */
const lingerMs = 3_500;

/**
 * Establishes an association from a socket of its own, which closes when the association has ended.
 *
 * Rejects with SctpError: as `SctpEndpoint.connect` does, and as `listen` does when the socket cannot be opened.
 */
export async function connect(options: ConnectOptions): Promise<SctpAssociation> {
  const { localPort = 0, localHost, udpPort = 0, transport = 'udp', pcap, ...peer } = options;
  requirePort('localPort', localPort);
  if (peer.signal?.aborted) throw cancelled(peer.signal);
  const endpoint = await SctpEndpoint.open(
    makeTransport({ transport, host: localHost, udpPort, pcap, connects: true }),
    {
      port: localPort,
      listening: false,
      associationOptions: {},
      isMultiHomed: localHost !== undefined || transport !== 'udp',
    },
  );
  try {
    const association = await endpoint.connect(peer);
    // A port that was picked for this association is nobody else's for a while yet; one that was asked for may be wanted.
    endpoint.closeAfter(association, udpPort === 0 ? lingerMs : 0);
    return association;
  } catch (error) {
    await endpoint.abort();
    throw error;
  }
}
