import type { AssociationOptions, OptionsPreset } from '../association/options.ts';
import { SctpError } from '../base/errors.ts';
import type { WorkerGroup } from '../driver/worker-transport.ts';
import type { EndpointLimits } from '../endpoint/admission.ts';
import type { Transport } from '../transport/transport.ts';

/** The options of an association (`undefined` is the default), and the situation that the defaults are for. */
export interface GivenAssociationOptions extends Partial<AssociationOptions> {
  /** `'rfc9260'` by default; `'webrtc'` for what browsers do. */
  readonly defaults?: OptionsPreset | undefined;
}

/** What is shared by the calls that open a socket. */
interface SocketOptions extends GivenAssociationOptions {
  /** What carries the packets: `'udp'` (RFC 6951, the default), or any transport that is not open yet. */
  readonly transport?: 'udp' | Transport | undefined;
  /** A file to record every packet to, in pcapng format; overwritten. */
  readonly pcap?: string | undefined;
}

export interface ListenOptions extends SocketOptions {
  /** SCTP port; 0 picks one. */
  readonly port: number;
  /** Address or addresses to bind. Default: all; peers are then told those of the host that are in scope of them. */
  readonly host?: string | readonly string[] | undefined;
  /** UDP port to bind. Default 9899, the port for SCTP in UDP (RFC 6951 §3.1); 0 picks one. */
  readonly udpPort?: number | undefined;
  /**
   * Whether other processes and threads may listen on the same UDP port, each with the same options: the system shares
   * out what arrives. Needs `udpPort`, and `workers` too unless each peer keeps one address and port for ever. Node.js
   * 23.1 or later, not on macOS and Windows: otherwise `SCTP_ERR_NOT_SUPPORTED`. Default false.
   */
  readonly reusePort?: boolean | undefined;
  /** The workers that share the port, this one among them; `joinWorkers` makes it. Needs `port`. Default: it is alone. */
  readonly workers?: WorkerGroup | undefined;
  /** How many peers, and how much memory, the endpoint allows itself. */
  readonly limits?: Partial<EndpointLimits> | undefined;
  /** Closes the endpoint (gracefully), or keeps it from opening. */
  readonly signal?: AbortSignal | undefined;
}

/** Whom to connect to, and how. */
export interface PeerOptions extends GivenAssociationOptions {
  /** Address or name of the peer, or several addresses of one multi-homed peer. */
  readonly host: string | readonly string[];
  /** The peer's SCTP port. */
  readonly port: number;
  /** The peer's UDP port. Default 9899. */
  readonly remoteUdpPort?: number | undefined;
  /** Gives up connecting; without effect on an association that is established. */
  readonly signal?: AbortSignal | undefined;
}

export interface ConnectOptions extends SocketOptions, PeerOptions {
  /** Our SCTP port. Default 0, which picks one. */
  readonly localPort?: number | undefined;
  /** Our address or addresses. Default: all; the peer is then told those of the host that are in scope of it. */
  readonly localHost?: string | readonly string[] | undefined;
  /** Our UDP port. Default 0, which picks one. */
  readonly udpPort?: number | undefined;
}

/** Throws SctpError `SCTP_ERR_INVALID_ARGUMENT` unless `port` is a port; `lowest` 1 where a peer has to have it. */
export function requirePort(name: string, port: unknown, lowest: 0 | 1 = 0): void {
  if (typeof port === 'number' && Number.isInteger(port) && port >= lowest && port <= 65_535) return;
  throw new SctpError(
    'SCTP_ERR_INVALID_ARGUMENT',
    `${name} must be an integer ${lowest} to 65535, not ${String(port)}`,
  );
}

/** Throws SctpError `SCTP_ERR_INVALID_ARGUMENT` unless `host` names at least one host. */
export function requireHost(name: string, host: unknown): void {
  const hosts: readonly unknown[] = Array.isArray(host) ? host : [host];
  if (hosts.length > 0 && hosts.every((each) => typeof each === 'string' && each !== '')) return;
  throw new SctpError(
    'SCTP_ERR_INVALID_ARGUMENT',
    `${name} must be an address or a list of addresses, not ${String(host)}`,
  );
}
