import type { NetAddress } from '../../../src/base/address.ts';
import type { TransportReceiver } from '../../../src/transport/transport.ts';

interface Arrival {
  readonly packet: Uint8Array;
  readonly from: NetAddress;
  readonly to: NetAddress | undefined;
}

/** A receiver that keeps what arrives and can be waited for. */
export class Inbox implements TransportReceiver {
  readonly packets: Arrival[] = [];
  readonly errors: Error[] = [];
  #waiting: (() => void)[] = [];

  handlePacket(packet: Uint8Array, from: NetAddress, to: NetAddress | undefined): void {
    this.packets.push({ packet, from, to });
    for (const wake of this.#waiting.splice(0)) wake();
  }

  handleError(error: Error): void {
    this.errors.push(error);
  }

  async count(packets: number): Promise<void> {
    while (this.packets.length < packets) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}
