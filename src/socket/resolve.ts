import { lookup } from 'node:dns/promises';
import { isIP, SocketAddress } from 'node:net';
import { SctpError } from '../base/errors.ts';

/**
 * The IP addresses of one peer, in the text form in which packets are reported to come from them. The first name
 * or address is the one to try first. Rejects with SctpError `SCTP_ERR_HOST_NOT_FOUND`.
 */
export async function resolveAddresses(host: string | readonly string[]): Promise<readonly string[]> {
  const hosts = typeof host === 'string' ? [host] : host;
  return [...new Set(await Promise.all(hosts.map(resolve)))];
}

/** A name stands for the one address that the system prefers: several need not be those of one host. */
async function resolve(host: string): Promise<string> {
  const version = isIP(host);
  if (version !== 0) return canonical(host, version);
  try {
    const { address, family } = await lookup(host);
    return canonical(address, family);
  } catch (error) {
    throw new SctpError('SCTP_ERR_HOST_NOT_FOUND', `cannot find a host named '${host}' (${describe(error)})`, {
      cause: error,
    });
  }
}

function canonical(ip: string, version: number): string {
  // A zone (`fe80::1%eth0`) belongs to the address, and SocketAddress would drop it.
  if (version === 4 || ip.includes('%')) return ip;
  return new SocketAddress({ address: ip, family: 'ipv6' }).address;
}

function describe(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
