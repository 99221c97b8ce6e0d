import type { NetAddress } from '../base/address.ts';
import type { WorkerPlace } from '../base/worker-place.ts';
import { ownerOf } from '../endpoint/worker-routing.ts';
import { noteArrival } from '../transport/patient-timer.ts';
import type { Transport, TransportProperties, TransportReceiver } from '../transport/transport.ts';

/** A packet that a worker received for another one, with the addresses between which it travelled. */
export interface ForwardedPacket {
  readonly packet: Uint8Array;
  readonly from: NetAddress;
  readonly to: NetAddress | undefined;
}

/** A worker's place among those that serve one port, and its way to them. Each belongs to one endpoint. */
export interface WorkerGroup extends WorkerPlace {
  /**
   * Hands a packet to another worker. Peers choose what comes here: it must not wait, nor keep more than it bounds.
   * Returns false when it drops the packet, which is then lost as packets get lost on any network.
   */
  forward(worker: number, forwarded: ForwardedPacket): boolean;
  /** Packets that others forward to this worker go to `handle` from now on, until the function returned is called. */
  receive(handle: (forwarded: ForwardedPacket) => void): () => void;
}

/** What went from worker to worker; counters only grow. */
export interface ForwardingCounters {
  /** Packets of other workers that were handed to them. */
  forwarded: number;
  /** Packets of other workers that were not, because too much was waiting already. */
  dropped: number;
  /** Packets that other workers handed to us. */
  received: number;
}

/**
 * The transport of one of several workers on one port. What the system gives to it and is another worker's by its tag goes
 * there, before anything else is done for it. What others forward is never forwarded again, so that nothing goes round.
 */
export class WorkerTransport implements Transport {
  readonly #transport: Transport;
  readonly #group: WorkerGroup;
  readonly #counters: ForwardingCounters = { forwarded: 0, dropped: 0, received: 0 };
  /**
   * To whom the packets of a remote went last: its reflected tags go there too. The keys are the objects that the
   * transport keeps of its recent remotes, and go with them.
   */
  readonly #ownerByRemote = new WeakMap<NetAddress, number>();
  #stop: (() => void) | undefined;

  constructor(transport: Transport, group: WorkerGroup) {
    this.#transport = transport;
    this.#group = group;
  }

  get properties(): TransportProperties {
    return this.#transport.properties;
  }

  get addresses(): readonly NetAddress[] {
    return this.#transport.addresses;
  }

  /** A copy of the counters. */
  get counters(): ForwardingCounters {
    return { ...this.#counters };
  }

  async open(receiver: TransportReceiver): Promise<void> {
    await this.#transport.open({
      handlePacket: (packet, from, to) => this.#handlePacket(packet, from, to, receiver),
      handleError: (error) => receiver.handleError(error),
    });
    this.#stop = this.#group.receive(({ packet, from, to }) => {
      this.#counters.received++;
      receiver.handlePacket(packet, from, to);
    });
  }

  send(packet: Uint8Array, to: NetAddress, from?: NetAddress): void {
    this.#transport.send(packet, to, from);
  }

  close(lingerMs?: number): Promise<void> {
    this.#stop?.();
    this.#stop = undefined;
    return this.#transport.close(lingerMs);
  }

  #handlePacket(packet: Uint8Array, from: NetAddress, to: NetAddress | undefined, receiver: TransportReceiver): void {
    const { index, count } = this.#group;
    const owner = ownerOf(packet, count);
    if (typeof owner === 'number' && owner !== index) {
      this.#ownerByRemote.set(from, owner);
      noteArrival(); // the driver, which counts what it gets, never sees it
      this.#forward(owner, packet, from, to);
      return;
    }
    if (owner === 'reflected') {
      // Ours or that of the worker who gets this remote's packets: it is the one's whose peer has this tag, and the other
      // discards it, because no ABORT and no SHUTDOWN COMPLETE is ever answered (RFC 9260 §8.4).
      const other = this.#ownerByRemote.get(from);
      if (other !== undefined) this.#forward(other, packet, from, to);
    }
    receiver.handlePacket(packet, from, to);
  }

  #forward(worker: number, packet: Uint8Array, from: NetAddress, to: NetAddress | undefined): void {
    if (this.#group.forward(worker, { packet, from, to })) this.#counters.forwarded++;
    else this.#counters.dropped++;
  }
}
