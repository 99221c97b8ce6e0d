import { sctpTunnelingPort } from '../transport/udp.ts';
import { SctpEndpoint } from './endpoint.ts';
import { makeTransport } from './make-transport.ts';
import { type ListenOptions, requirePort } from './options.ts';
import { cancelled } from './waiting-sends.ts';

/**
 * Accepts associations on an SCTP port. Several SCTP ports may listen on one UDP port of this process, with the same `host`.
 *
 * Rejects with SctpError: `SCTP_ERR_ADDRESS_IN_USE`, `SCTP_ERR_HOST_NOT_FOUND`, `SCTP_ERR_INVALID_ARGUMENT`,
 * `SCTP_ERR_NOT_SUPPORTED` for `reusePort`, `SCTP_ERR_CANCELLED` by the signal, `SCTP_ERR_TRANSPORT` for what else keeps the socket from opening.
 */
export async function listen(options: ListenOptions): Promise<SctpEndpoint> {
  const {
    port,
    host,
    udpPort = sctpTunnelingPort,
    reusePort,
    workers,
    transport = 'udp',
    pcap,
    limits,
    signal,
    ...associationOptions
  } = options;
  requirePort('port', port, workers === undefined ? 0 : 1);
  if (signal?.aborted) throw cancelled(signal);
  const endpoint = await SctpEndpoint.open(makeTransport({ transport, port, host, udpPort, reusePort, pcap }), {
    listening: true,
    associationOptions,
    limits,
    workers,
  });
  if (signal?.aborted) {
    await endpoint.close();
    throw cancelled(signal);
  }
  const close = (): void => void endpoint.close();
  signal?.addEventListener('abort', close, { once: true });
  endpoint.once('close', () => signal?.removeEventListener('abort', close));
  return endpoint;
}
