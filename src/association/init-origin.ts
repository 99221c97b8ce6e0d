import type { NetAddress } from '../base/address.ts';
import { addressParameter, type ErrorCause, encodeParameter, type InitChunk, joinTlvs } from '../chunks/index.ts';
import { peerAddresses } from './addresses.ts';
import type { Context } from './context.ts';

/**
 * Why an INIT chunk that belongs to an association must not be answered by where it comes from; undefined when it may.
 */
export function objectionToOrigin(
  { state, paths, environment }: Context,
  init: InitChunk,
  from: NetAddress,
): readonly ErrorCause[] | undefined {
  // In COOKIE-WAIT the peer's addresses are not yet known; SHUTDOWN-ACK-SENT answers otherwise.
  if (state.name === 'CLOSED' || state.name === 'COOKIE-WAIT' || state.name === 'SHUTDOWN-ACK-SENT') return undefined;
  // §5.2.2: "the endpoint MUST check to see if the unexpected INIT chunk adds new addresses to the association. If new
  // addresses are added […], the endpoint MUST respond with an ABORT chunk"; "The error SHOULD list the addresses".
  const added = peerAddresses(init.parameters, from, environment).filter(({ ip }) => paths.find(ip) === undefined);
  if (added.length > 0) {
    const addresses = joinTlvs(added.map(({ ip }) => encodeParameter(addressParameter(ip))));
    return [{ kind: 'Restart of an Association with New Addresses', addresses }];
  }
  // draft-tuexen-tsvwg-rfc6951-bis §5.5 7: where "the UDP source port of the received SCTP packet is not equal to the
  // remote UDP encapsulation port […], an SCTP packet containing an ABORT chunk MUST be sent". An INIT proves nothing of
  // its sender, and must not draw away the packets of an association that works.
  const currentPort = paths.find(from.ip)?.address.udpPort ?? 0;
  if (currentPort === from.udpPort) return undefined;
  return [{ kind: 'Restart of an Association with New Encapsulation Port', currentPort, newPort: from.udpPort }];
}
