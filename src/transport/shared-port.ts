import { SctpError } from '../base/errors.ts';

/**
 * Throws SctpError `SCTP_ERR_NOT_SUPPORTED` in a Node.js before 23.1, which does not know the option `reusePort`: every
 * socket but the first would find the port taken.
 */
export function requireReusePort(): void {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 23 || (major === 23 && minor < 1)) throw reusePortError();
}

/** Says that a port cannot be shared here; `cause` is what the system said, if it was asked. */
export function reusePortError(cause?: unknown): SctpError {
  const where = `Node.js ${process.versions.node} on ${process.platform}`;
  const message = `${where} cannot share a UDP port (reusePort): Node.js 23.1 or later can, not on macOS and Windows`;
  return new SctpError('SCTP_ERR_NOT_SUPPORTED', message, cause === undefined ? undefined : { cause });
}
