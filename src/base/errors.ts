/** The closed list of what can go wrong for a caller; each is explained at `errorCodes`. */
export type SctpErrorCode =
  | 'SCTP_ERR_INVALID_ARGUMENT'
  | 'SCTP_ERR_EMPTY_MESSAGE'
  | 'SCTP_ERR_MESSAGE_TOO_LARGE'
  | 'SCTP_ERR_INVALID_STREAM'
  | 'SCTP_ERR_NOT_SUPPORTED'
  | 'SCTP_ERR_SEND_BUFFER_FULL'
  | 'SCTP_ERR_ABANDONED'
  | 'SCTP_ERR_SHUTTING_DOWN'
  | 'SCTP_ERR_CLOSED'
  | 'SCTP_ERR_CONNECT_TIMEOUT'
  | 'SCTP_ERR_REFUSED'
  | 'SCTP_ERR_ABORTED_BY_PEER'
  | 'SCTP_ERR_ABORTED'
  | 'SCTP_ERR_PEER_UNREACHABLE'
  | 'SCTP_ERR_PROTOCOL_VIOLATION'
  | 'SCTP_ERR_SHUTDOWN_TIMEOUT'
  | 'SCTP_ERR_STANDSTILL'
  | 'SCTP_ERR_CANCELLED'
  | 'SCTP_ERR_HOST_NOT_FOUND'
  | 'SCTP_ERR_ADDRESS_IN_USE'
  | 'SCTP_ERR_TRANSPORT';

/** For each code the sentence that an error without a detail says. */
export const errorCodes: Readonly<Record<SctpErrorCode, string>> = {
  /** An argument is outside of what the call accepts. */
  SCTP_ERR_INVALID_ARGUMENT: 'an argument is not valid',
  /** RFC 9260 §6.1 has no empty DATA chunk, so there is no empty message. */
  SCTP_ERR_EMPTY_MESSAGE: 'an SCTP message cannot be empty',
  /** The message is larger than `maxMessageSize`. */
  SCTP_ERR_MESSAGE_TOO_LARGE: 'the message is larger than maxMessageSize',
  /** The stream identifier is not below the negotiated number of outbound streams. */
  SCTP_ERR_INVALID_STREAM: 'there is no such outbound stream',
  /** The peer does not speak the extension that the call needs, or this platform has not what it needs. */
  SCTP_ERR_NOT_SUPPORTED: 'the peer does not support this',
  /** The send buffer has no room; wait for `writable` (sans-IO core only: the Node API waits by itself). */
  SCTP_ERR_SEND_BUFFER_FULL: 'the send buffer is full',
  /** The message was given up: its `lifetimeMs`, `maxRetransmits` or `priority` asked for it, or its stream does not exist. */
  SCTP_ERR_ABANDONED: 'the message was given up',
  /** The association is shutting down and accepts no new messages (RFC 9260 §9.2). */
  SCTP_ERR_SHUTTING_DOWN: 'the association is shutting down',
  /** The association has ended. */
  SCTP_ERR_CLOSED: 'the association is closed',
  /** No answer to INIT or COOKIE ECHO within Max.Init.Retransmits (RFC 9260 §5.1.4). */
  SCTP_ERR_CONNECT_TIMEOUT: 'the peer did not answer',
  /** The peer answered INIT or COOKIE ECHO with ABORT: nobody listens there, or it refuses. Or it denied a request. */
  SCTP_ERR_REFUSED: 'the peer refused the association',
  /** The peer aborted an established association (RFC 9260 §9.1). */
  SCTP_ERR_ABORTED_BY_PEER: 'the peer aborted the association',
  /** `abort()` was called on this side. */
  SCTP_ERR_ABORTED: 'the association was aborted',
  /** Association.Max.Retrans exceeded (RFC 9260 §8.1). */
  SCTP_ERR_PEER_UNREACHABLE: 'the peer is unreachable',
  /** The peer broke the protocol and the association was aborted (RFC 9260 §3.3.10.13). */
  SCTP_ERR_PROTOCOL_VIOLATION: 'the peer violated the protocol',
  /** The shutdown took longer than T5-shutdown-guard allows (RFC 9260 §9.2). */
  SCTP_ERR_SHUTDOWN_TIMEOUT: 'the shutdown took too long',
  /** The peer let data wait for longer than `standstillMs`, or for longest of all when `maxBufferedBytes` was reached. */
  SCTP_ERR_STANDSTILL: 'the peer has let data wait for too long',
  /** The caller's AbortSignal fired. */
  SCTP_ERR_CANCELLED: 'the operation was cancelled',
  /** The host name did not resolve. */
  SCTP_ERR_HOST_NOT_FOUND: 'the host name could not be resolved',
  /** The address or port is already taken. */
  SCTP_ERR_ADDRESS_IN_USE: 'the address is in use',
  /** The transport failed: the system's error is the cause. */
  SCTP_ERR_TRANSPORT: 'the transport failed',
};

/** The one error class of this package: a caller's mistake, or the reason why an association ended. */
export class SctpError extends Error {
  override readonly name = 'SctpError';
  readonly code: SctpErrorCode;

  constructor(code: SctpErrorCode, detail?: string, options?: { cause?: unknown }) {
    super(detail ?? errorCodes[code], options);
    this.code = code;
  }
}
