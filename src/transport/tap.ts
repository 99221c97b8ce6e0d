import type { NetAddress } from '../base/address.ts';
import { likelyLocalAddress } from './local-address.ts';
import type { Transport } from './transport.ts';

/**
 * Sees one packet. An address is undefined when the transport does not know it and none of its addresses fits.
 * The packet's memory is shared with whoever handles it: look, and copy what must last.
 */
export type TapCallback = (
  direction: 'in' | 'out',
  packet: Uint8Array,
  from: NetAddress | undefined,
  to: NetAddress | undefined,
) => void;

/** The same transport, with every packet in both directions shown to `callback` before it goes its way. */
export function tap(transport: Transport, callback: TapCallback): Transport {
  return {
    properties: transport.properties,
    get addresses(): readonly NetAddress[] {
      return transport.addresses;
    },
    open: (receiver) =>
      transport.open({
        handlePacket(packet, from, to) {
          callback('in', packet, from, to ?? likelyLocalAddress(transport.addresses, from));
          receiver.handlePacket(packet, from, to);
        },
        handleError: (error) => receiver.handleError(error),
      }),
    send(packet, to, from) {
      callback('out', packet, from ?? likelyLocalAddress(transport.addresses, to), to);
      transport.send(packet, to, from);
    },
    close: (lingerMs) => transport.close(lingerMs),
  };
}
