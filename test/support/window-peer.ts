import type { Packet } from '../../src/chunks/index.ts';
import type { Host, HostOptions } from '../../src/simulation/index.ts';
import { Network } from '../../src/simulation/index.ts';
import { RawPeer } from './raw-peer.ts';

export interface WindowPeerOptions {
  readonly host?: Partial<HostOptions>;
  readonly aRwnd: number;
  readonly delayMs?: number;
  /** Whether it drops what exceeds its window; kernels take what comes while it is open at all. */
  readonly isStrict?: boolean;
  /** What has come once nothing more fits: the user takes it, or not. Default: nothing is taken. */
  readonly onFull?: (peer: WindowPeer) => void;
}

interface DataArrival {
  readonly timeMs: number;
  readonly number: number;
  readonly length: number;
  readonly immediateAck: boolean;
}

/**
 * A peer with a receive buffer of bytes and nothing else, as kernels have: it takes chunks in order, acknowledges every second
 * packet or after 200 ms (at once where the I bit asks for it, or where it drops something), and tells its whole window.
 */
export class WindowPeer {
  readonly network: Network;
  readonly z: Host;
  readonly peer: RawPeer;
  /** Every DATA chunk that has come, taken or not. */
  readonly arrivals: DataArrival[] = [];
  /** Bytes taken, and the window that is left. */
  takenBytes = 0;
  window: number;
  readonly #options: WindowPeerOptions;
  #next = 1;
  #packets = 0;

  constructor(options: WindowPeerOptions) {
    this.#options = options;
    this.window = options.aRwnd;
    this.network = new Network({ link: { delayMs: options.delayMs ?? 10 } });
    this.z = this.network.addHost('z', { addresses: ['10.0.0.2'], port: 5001, listening: true, ...options.host });
    this.peer = new RawPeer(this.network, this.z, {
      aRwnd: options.aRwnd,
      onPacket: (packet) => this.#take(packet),
    }).connect();
  }

  /** Its user has read so much: the window opens, which it tells. */
  open(bytes: number): void {
    this.window += bytes;
    this.#acknowledge();
  }

  #take({ chunks }: Packet): void {
    let isUrgent = false;
    let hasData = false;
    for (const chunk of chunks) {
      if (chunk.kind !== 'DATA') continue;
      hasData = true;
      const { length } = chunk.fragment.payload;
      const number = chunk.tsn - this.peer.peerInitialTsn + 1;
      this.arrivals.push({ timeMs: this.network.now, number, length, immediateAck: chunk.immediateAck });
      const size = length + 16;
      if (size >= this.window) this.#options.onFull?.(this);
      const hasRoom = this.#options.isStrict ? size <= this.window : this.window > 0;
      if (number !== this.#next || !hasRoom) {
        isUrgent = true;
        continue;
      }
      this.#next++;
      this.takenBytes += length;
      this.window = Math.max(0, this.window - size);
      if (chunk.immediateAck) isUrgent = true;
    }
    if (!hasData) return;
    if (isUrgent || ++this.#packets >= 2) this.#acknowledge();
    else this.network.after(200, () => this.#packets > 0 && this.#acknowledge());
  }

  #acknowledge(): void {
    this.#packets = 0;
    this.peer.send(this.peer.sack(this.#next - 1, [], this.window));
  }
}
