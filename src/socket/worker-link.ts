import type { NetAddress } from '../base/address.ts';

/** A forwarded packet on its way through a channel that may carry JSON only. */
export interface PacketMessage {
  readonly sctpWorkers: string;
  readonly kind: 'packet';
  /** The worker that it is for. */
  readonly worker: number;
  /** Base64. */
  readonly packet: string;
  readonly from: NetAddress;
  readonly to: NetAddress | null;
}

/** So many bytes of packet messages have been taken: as many more may come. */
interface TakenMessage {
  readonly sctpWorkers: string;
  readonly kind: 'taken';
  readonly bytes: number;
}

/** A worker begins to take packets, or ends. */
interface StateMessage {
  readonly sctpWorkers: string;
  readonly kind: 'open' | 'closed';
}

export type WorkerMessage = PacketMessage | TakenMessage | StateMessage;

/** When so many bytes of messages wait in one direction of a channel, packets are dropped. */
const mostWaitingBytes = 4 * 1024 * 1024;
/** How much is taken before the other end is told. */
const reportedBytes = mostWaitingBytes / 16;
/** What a message costs beside its packet. */
const messageOverhead = 256;

/**
 * One end of a channel between a worker and the process or thread that relays. Peers decide how much is forwarded, and a
 * channel of Node's keeps all that it is given: so either end counts what the other has not taken yet.
 */
export class WorkerLink {
  readonly #name: string;
  readonly #post: (message: WorkerMessage) => void;
  readonly #handlePacket: (message: PacketMessage) => void;
  #waitingBytes = 0;
  #unreportedBytes = 0;

  /**
   * @param name of the group; messages of others on the same channel are none of ours
   * @param post puts a message into the channel
   * @param handlePacket takes a packet that the other end has sent
   */
  constructor(name: string, post: (message: WorkerMessage) => void, handlePacket: (message: PacketMessage) => void) {
    this.#name = name;
    this.#post = post;
    this.#handlePacket = handlePacket;
  }

  /** Whether packets would be dropped now: asked before one is made into a message. */
  get isFull(): boolean {
    return this.#waitingBytes >= mostWaitingBytes;
  }

  /** Sends a packet, or drops it and returns false when too much waits. */
  send(message: PacketMessage): boolean {
    if (this.isFull) return false;
    this.#waitingBytes += costOf(message);
    this.#post(message);
    return true;
  }

  /** Tells the other end that packets are taken from now on, or not any more. */
  announce(kind: StateMessage['kind']): void {
    this.#post({ sctpWorkers: this.#name, kind });
  }

  /** Takes what the other end has sent, but for what tells its state. */
  handleMessage(message: WorkerMessage): void {
    if (message.kind === 'taken') this.#waitingBytes = Math.max(0, this.#waitingBytes - message.bytes);
    if (message.kind !== 'packet') return;
    this.#unreportedBytes += costOf(message);
    if (this.#unreportedBytes >= reportedBytes) {
      this.#post({ sctpWorkers: this.#name, kind: 'taken', bytes: this.#unreportedBytes });
      this.#unreportedBytes = 0;
    }
    this.#handlePacket(message);
  }
}

/** Whether what came through a channel belongs to the group; the program's own messages go the same way. */
export function isWorkerMessage(message: unknown, name: string): message is WorkerMessage {
  return typeof message === 'object' && message !== null && 'sctpWorkers' in message && message.sctpWorkers === name;
}

function costOf({ packet }: PacketMessage): number {
  return packet.length + messageOverhead;
}
