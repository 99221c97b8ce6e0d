/** What the peer may ask for. "The decision to deny a re-configuration request is an administrative decision" (RFC 6525 §5.2.1). */
export interface ReconfigurationPolicy {
  /** Resets of its streams, and requests to reset ours. */
  readonly acceptStreamResets: boolean;
  readonly acceptAssociationResets: boolean;
  readonly acceptAddedStreams: boolean;
}

export const acceptEverything: ReconfigurationPolicy = {
  acceptStreamResets: true,
  acceptAssociationResets: true,
  acceptAddedStreams: true,
};
