import { requireBoolean, requireObject } from './arguments.ts';

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

/** Throws SctpError SCTP_ERR_INVALID_ARGUMENT. */
export function requirePolicy(policy: ReconfigurationPolicy): void {
  requireObject('policy', policy);
  for (const name of Object.keys(acceptEverything) as (keyof ReconfigurationPolicy)[]) {
    requireBoolean(`policy.${name}`, policy[name]);
  }
}
