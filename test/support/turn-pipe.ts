import type { NetAddress } from '../../src/base/address.ts';
import type { Transport, TransportReceiver } from '../../src/transport/transport.ts';

export const ourAddress: NetAddress = Object.freeze({ ip: '10.0.0.2', udpPort: 9899 });
export const peerAddress: NetAddress = Object.freeze({ ip: '10.0.0.1', udpPort: 9899 });

/**
 * A path with a delay, as an event loop sees one: what arrives at one instant is handed over in one turn, packet after packet,
 * with neither microtasks nor ticks between. To be used with fake timers.
 */
export class TurnPipe implements Transport {
  readonly properties = { overhead: 28, maxPacketSize: 1_472 };
  readonly addresses = [ourAddress];
  /** Takes what our side sends. */
  onPacket: (packet: Uint8Array) => void = () => {};
  /** How many packets came in the largest turn. */
  largestTurn = 0;
  readonly #fromUs: Lane;
  readonly #toUs: Lane;
  #receiver: TransportReceiver | undefined;

  constructor(delayMs: number) {
    this.#fromUs = new Lane(delayMs, (packets) => {
      for (const packet of packets) this.onPacket(packet);
    });
    this.#toUs = new Lane(delayMs, (packets) => {
      this.largestTurn = Math.max(this.largestTurn, packets.length);
      for (const packet of packets) this.#receiver?.handlePacket(packet, peerAddress, ourAddress);
    });
  }

  async open(receiver: TransportReceiver): Promise<void> {
    this.#receiver = receiver;
  }

  async close(): Promise<void> {
    this.#receiver = undefined;
  }

  /** From us to the peer. */
  send(packet: Uint8Array): void {
    this.#fromUs.carry(packet.slice());
  }

  /** From the peer to us. */
  arrive(...packets: readonly Uint8Array[]): void {
    for (const packet of packets) this.#toUs.carry(packet);
  }
}

/** One direction. */
class Lane {
  readonly #delayMs: number;
  readonly #deliver: (packets: readonly Uint8Array[]) => void;
  #turn: Uint8Array[] = [];
  #begunAt = Number.NaN;

  constructor(delayMs: number, deliver: (packets: readonly Uint8Array[]) => void) {
    this.#delayMs = delayMs;
    this.#deliver = deliver;
  }

  carry(packet: Uint8Array): void {
    const now = performance.now();
    if (now !== this.#begunAt) {
      const turn: Uint8Array[] = [];
      this.#turn = turn;
      this.#begunAt = now;
      setTimeout(() => this.#deliver(turn), this.#delayMs);
    }
    this.#turn.push(packet);
  }
}
