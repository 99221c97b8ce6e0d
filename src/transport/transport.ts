import type { LinkMtu, NetAddress } from '../base/address.ts';
import type { SourceLookup } from '../base/source-lookup.ts';

/** Takes what a transport receives. */
export interface TransportReceiver {
  /**
   * One datagram from the network. `packet` belongs to the receiver until it returns; what it keeps of it, it may keep:
   * a transport never reuses the memory of a delivered packet.
   */
  handlePacket(packet: Uint8Array, from: NetAddress, to: NetAddress | undefined): void;
  /** The transport failed for good (a socket error); single lost packets are not errors. */
  handleError(error: Error): void;
}

/** The sources that the system chooses, for those who can wait to learn of them. */
export interface TransportSources extends SourceLookup {
  /** Resolves when `sourceOf` tells the sources of packets to all of `remotes`, as far as there is a way. */
  learn(remotes: readonly NetAddress[]): Promise<void>;
}

export interface TransportProperties {
  /** Bytes of the headers below SCTP on IPv4: 28 for UDP over IPv4, 20 for raw IPv4, 0 in memory. IPv6 adds 20. */
  readonly overhead: number;
  /** The largest SCTP packet that `send` takes, in bytes. */
  readonly maxPacketSize: number;
  /**
   * The MTU of the link on which packets to an address leave. Given where packets up to it are not fragmented by the local
   * system: then path MTUs can be discovered (RFC 8899).
   */
  readonly linkMtu?: LinkMtu | undefined;
  /**
   * Given where the system chooses the source address of packets: a socket is bound to any. Without it, packets leave from the
   * `from` of `send`, and `addresses` are told to peers.
   */
  readonly sources?: TransportSources | undefined;
  /**
   * Whether the packet that was sent last is out, or lost, and its memory may be written to again. Where this is not given, packets
   * keep their memory.
   */
  readonly isDrained?: (() => boolean) | undefined;
}

/** A pipe for datagrams. It knows nothing of SCTP. */
export interface Transport {
  readonly properties: TransportProperties;
  /** The local addresses; complete once `open` has resolved. */
  readonly addresses: readonly NetAddress[];
  /** Binds and starts receiving. Rejects with SctpError `SCTP_ERR_ADDRESS_IN_USE` or `SCTP_ERR_TRANSPORT`. */
  open(receiver: TransportReceiver): Promise<void>;
  /** Sends one datagram, as reliably as UDP: never throws, never waits. The transport keeps `packet` until it is out; the caller does not write to it before `isDrained`. */
  send(packet: Uint8Array, to: NetAddress, from?: NetAddress): void;
  /**
   * Stops receiving. A transport that can linger goes on in both directions for `lingerMs` (default 0), without keeping
   * the process alive; the promise does not wait for that.
   */
  close(lingerMs?: number): Promise<void>;
}
