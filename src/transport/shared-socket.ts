import type { NetAddress } from '../base/address.ts';
import { readUint16 } from '../base/bytes.ts';
import { TurnoverMap } from '../base/turnover-map.ts';
import type { TransportReceiver } from './transport.ts';
import type { UdpTransport } from './udp.ts';

/** One UDP transport and the SCTP ports on it. It opens with the first of them and closes with the last. */
export class SharedSocket implements TransportReceiver {
  readonly transport: UdpTransport;
  readonly #receivers = new TurnoverMap<number, TransportReceiver>();
  /** Ports that are only kept to answer what comes late. */
  readonly #lingering = new Set<number>();
  /** Who answers for ports that nobody has (RFC 9260 §8.4). */
  #someone: TransportReceiver | undefined;
  #opened: Promise<void> | undefined;

  constructor(transport: UdpTransport) {
    this.transport = transport;
  }

  /** How many SCTP ports are taken. */
  get size(): number {
    return this.#receivers.size;
  }

  /** How many of them do not linger. */
  get active(): number {
    return this.#receivers.size - this.#lingering.size;
  }

  has(port: number): boolean {
    return this.#receivers.has(port);
  }

  /** Resolves when packets can be sent; rejects as `UdpTransport.open` does. */
  add(port: number, receiver: TransportReceiver): Promise<void> {
    if (this.active === 0) this.transport.keepsAlive = true;
    this.#receivers.set(port, receiver);
    this.#someone ??= receiver;
    this.#opened ??= this.transport.open(this);
    return this.#opened;
  }

  /** From now on `port` keeps neither the process alive nor others from coming. */
  linger(port: number): void {
    this.#lingering.add(port);
    if (this.active === 0) this.transport.keepsAlive = false;
  }

  /** Resolves when the socket is closed, if `port` was the last one. */
  async remove(port: number): Promise<void> {
    const receiver = this.#receivers.get(port);
    this.#receivers.delete(port);
    this.#lingering.delete(port);
    if (this.#someone === receiver) this.#someone = this.#receivers.values().next().value;
    if (this.size === 0) await this.transport.close();
    else if (this.active === 0) this.transport.keepsAlive = false;
  }

  handlePacket(packet: Uint8Array, from: NetAddress, to: NetAddress | undefined): void {
    // RFC 9260 §3.1: "The receiving host will use this port number to de-multiplex the SCTP packet to the correct receiving
    // endpoint/application."
    const receiver = packet.length < 4 ? undefined : this.#receivers.get(readUint16(packet, 2));
    (receiver ?? this.#someone)?.handlePacket(packet, from, to);
  }

  handleError(error: Error): void {
    for (const receiver of this.#receivers.values()) receiver.handleError(error);
  }
}
