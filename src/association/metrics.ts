/** What has happened to an association so far; counters only grow. */
export interface AssociationMetrics {
  packetsSent: number;
  packetsReceived: number;
  /** Bytes of SCTP packets. */
  bytesSent: number;
  bytesReceived: number;
  messagesSent: number;
  messagesReceived: number;
  /** Messages that their policy gave up. */
  messagesAbandoned: number;
  dataChunksSent: number;
  dataChunksReceived: number;
  dataChunksRetransmitted: number;
  fastRetransmits: number;
  /** Expirations of T3-rtx. */
  retransmissionTimeouts: number;
  /** TSNs that came again. */
  duplicateTsns: number;
  /** DATA chunks dropped for want of room in the receive buffer, or for a TSN beyond the window. */
  dataChunksDropped: number;
  sacksSent: number;
  sacksReceived: number;
  /** SACK chunks that were older than what is known, or spoke of TSNs that were never sent. */
  sacksDropped: number;
  /** Chunks whose value did not follow their format. */
  malformedChunks: number;
  /** Packets and chunks dropped because the state does not allow them. */
  unexpectedChunks: number;
  heartbeatsSent: number;
  heartbeatAcksReceived: number;
  /** Probes of path MTUs (RFC 8899). */
  pathMtuProbesSent: number;
  restarts: number;
}

export function createMetrics(): AssociationMetrics {
  return {
    packetsSent: 0,
    packetsReceived: 0,
    bytesSent: 0,
    bytesReceived: 0,
    messagesSent: 0,
    messagesReceived: 0,
    messagesAbandoned: 0,
    dataChunksSent: 0,
    dataChunksReceived: 0,
    dataChunksRetransmitted: 0,
    fastRetransmits: 0,
    retransmissionTimeouts: 0,
    duplicateTsns: 0,
    dataChunksDropped: 0,
    sacksSent: 0,
    sacksReceived: 0,
    sacksDropped: 0,
    malformedChunks: 0,
    unexpectedChunks: 0,
    heartbeatsSent: 0,
    heartbeatAcksReceived: 0,
    pathMtuProbesSent: 0,
    restarts: 0,
  };
}
