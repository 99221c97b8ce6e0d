import type { Association } from '../association/association.ts';
import type { AssociationEvent } from '../association/events.ts';
import type { AssociationOptions, OptionsPreset } from '../association/options.ts';
import type { LinkMtu, NetAddress } from '../base/address.ts';
import type { SourceLookup } from '../base/source-lookup.ts';
import type { WorkerPlace } from '../base/worker-place.ts';
import type { EndpointLimits } from './admission.ts';

export interface EndpointOptions extends Partial<AssociationOptions> {
  /** SCTP port, 1 to 65535. */
  readonly port: number;
  /** Whether associations of others are accepted. Default false. */
  readonly listening?: boolean | undefined;
  /** Bytes of the headers below SCTP on IPv4 (see `TransportProperties`). Default 28, for UDP. */
  readonly overhead?: number | undefined;
  /** The largest SCTP packet that the transport takes, in bytes. Default 65507, for UDP. */
  readonly maxPacketSize?: number | undefined;
  /** The MTU of the link towards an address. Path MTUs are discovered (RFC 8899) where it is given. */
  readonly linkMtu?: LinkMtu | undefined;
  readonly defaults?: OptionsPreset | undefined;
  /**
   * How the transport protects packets on its own, as RFC 9653 §4 numbers it (1 is DTLS); packets may then go without a
   * CRC32c. Default: it does not.
   */
  readonly errorDetectionMethod?: number | undefined;
  /** The addresses that our user has chosen to bind; several of them make it multi-homed. Default: the system chooses. */
  readonly localAddresses?: readonly NetAddress[] | undefined;
  /** Where the system chooses: tells what it does. Default: nobody does, and packets go out whatever their source is. */
  readonly sources?: SourceLookup | undefined;
  readonly limits?: Partial<EndpointLimits> | undefined;
  /** Which of the workers on this address and port the endpoint is; its tags say so. Default: it is alone. */
  readonly workers?: WorkerPlace | undefined;
}

/** The peer to connect to. */
export interface RemotePeer {
  /** Its addresses; the first is the primary path. At least one. */
  readonly addresses: readonly NetAddress[];
  /** Its SCTP port. */
  readonly port: number;
}

export interface EndpointEvent {
  readonly association: Association;
  readonly event: AssociationEvent;
}
