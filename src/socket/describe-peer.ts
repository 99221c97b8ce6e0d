import type { Association } from '../association/association.ts';
import { formatAddress } from '../base/address.ts';

/** The peer as its user named it, for error messages. */
export function describePeer(host: string | readonly string[], { remotePort, paths }: Association): string {
  const name = formatAddress({ ip: typeof host === 'string' ? host : host.join(','), udpPort: remotePort });
  const udpPort = paths[0]?.address.udpPort ?? 0;
  return udpPort === 0 ? name : `${name} (UDP port ${udpPort})`;
}
