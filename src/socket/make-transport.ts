import type { Transport } from '../transport/transport.ts';
import { UdpTransport } from '../transport/udp.ts';
import { requireHost, requirePort } from './options.ts';
import { record } from './recording.ts';

export interface TransportChoice {
  readonly transport: 'udp' | Transport;
  readonly host: string | readonly string[] | undefined;
  readonly udpPort: number;
  readonly pcap: string | undefined;
  /** Whether there is one peer, that we go to. */
  readonly connects?: boolean;
  readonly reusePort?: boolean | undefined;
}

/** The transport that the options ask for, not open yet. Throws SctpError `SCTP_ERR_INVALID_ARGUMENT`. */
export function makeTransport({ transport, host, udpPort, pcap, connects, reusePort }: TransportChoice): Transport {
  requirePort('udpPort', udpPort);
  if (host !== undefined) requireHost('host', host);
  const chosen = transport === 'udp' ? new UdpTransport({ host, udpPort, connects, reusePort }) : transport;
  return pcap === undefined ? chosen : record(chosen, pcap);
}
