import { nextDynamicPort } from '../transport/dynamic-port.ts';
import { SharedUdpTransport } from '../transport/shared-udp.ts';
import type { Transport } from '../transport/transport.ts';
import { UdpTransport } from '../transport/udp.ts';
import { requireHost, requirePort } from './options.ts';
import { record } from './recording.ts';

export interface TransportChoice {
  readonly transport: 'udp' | Transport;
  /** The SCTP port; 0 picks one. */
  readonly port: number;
  readonly host: string | readonly string[] | undefined;
  readonly udpPort: number;
  readonly pcap: string | undefined;
  /** The one peer that we go to, in any spelling; undefined where peers come to us. */
  readonly remote?: string;
  readonly reusePort?: boolean | undefined;
}

/** A transport that is not open yet, and the SCTP port that is free on it. */
export interface ChosenTransport {
  readonly transport: Transport;
  readonly port: number;
}

/** The transport that the options ask for. Throws SctpError `SCTP_ERR_INVALID_ARGUMENT`, `SCTP_ERR_ADDRESS_IN_USE`. */
export function makeTransport(choice: TransportChoice): ChosenTransport {
  requirePort('port', choice.port);
  requirePort('udpPort', choice.udpPort);
  if (choice.host !== undefined) requireHost('host', choice.host);
  const { transport, port } = choose(choice);
  return { transport: choice.pcap === undefined ? transport : record(transport, choice.pcap), port };
}

function choose({ transport, port, host, udpPort, remote, reusePort = false }: TransportChoice): ChosenTransport {
  if (transport === 'udp' && !reusePort) {
    const shared = new SharedUdpTransport({ port, host, udpPort, remote });
    return { transport: shared, port: shared.port };
  }
  return {
    transport: transport === 'udp' ? new UdpTransport({ host, udpPort, reusePort }) : transport,
    port: port === 0 ? nextDynamicPort() : port,
  };
}
