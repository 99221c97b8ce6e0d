export type { NetAddress } from '../base/address.ts';
export { MemoryHub, memoryPair } from './memory.ts';
export { type TapCallback, tap } from './tap.ts';
export type { Transport, TransportProperties, TransportReceiver } from './transport.ts';
export { sctpTunnelingPort, UdpTransport, type UdpTransportOptions } from './udp.ts';
