import type { NetAddress } from '../base/address.ts';
import { SctpError } from '../base/errors.ts';
import { parseIp } from '../base/ip.ts';

/** Checks of what the user of an endpoint gives: each throws SctpError SCTP_ERR_INVALID_ARGUMENT. */
export function requirePort(port: number): void {
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return;
  throw new SctpError('SCTP_ERR_INVALID_ARGUMENT', `port must be an integer from 1 to 65535, not ${port}`);
}

export function requireAddress({ ip, udpPort }: NetAddress): void {
  const isPort = Number.isInteger(udpPort) && udpPort >= 0 && udpPort <= 65_535;
  if (isPort && typeof ip === 'string' && parseIp(ip) !== undefined) return;
  const given = `${String(ip)}, UDP port ${String(udpPort)}`;
  throw new SctpError('SCTP_ERR_INVALID_ARGUMENT', `an address must be an IP address and a UDP port, not ${given}`);
}
