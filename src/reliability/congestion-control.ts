/** What one SACK chunk did for one destination address. */
export interface Acknowledgement {
  /** Bytes of DATA chunks (headers and padding included) acknowledged for the first time. */
  readonly bytesAcked: number;
  /**
   * Whether the sender had cwnd or more bytes outstanding when it last had its turn. Asked then and not when the SACK
   * arrives, so that several SACKs that are read in one go count like as many that arrive one by one.
   */
  readonly isWindowFull: boolean;
  /** Whether any data is still outstanding on this address. */
  readonly isAllAcknowledged: boolean;
  readonly isInFastRecovery: boolean;
  /** Whether the Cumulative TSN Ack Point moved. */
  readonly cumulativeTsnAckAdvanced: boolean;
}

/** The congestion control of one destination address. All sizes in bytes; the rules count in PMDCS. */
export interface CongestionControl {
  readonly cwnd: number;
  readonly ssthresh: number;
  readonly partialBytesAcked: number;
  /** The Path Maximum DATA Chunk Size; it changes with the path MTU. */
  pmdcs: number;
  handleAcknowledgement(ack: Acknowledgement): void;
  /** A loss was detected from SACK chunks, and Fast Recovery begins. */
  handleFastRetransmit(): void;
  /** T3-rtx expired. */
  handleRetransmissionTimeout(): void;
  /** Nothing was sent to the address for one RTO. */
  handleIdle(): void;
  /** Packets take another way from now on: everything is as at the beginning. */
  reset(): void;
}
