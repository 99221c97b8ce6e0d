import { createSocket, type Socket } from 'node:dgram';
import { type RandomSource, randomFraction, seededRandom } from '../../src/base/random.ts';

export interface RelayOptions {
  /** Where the server listens; `host` is 127.0.0.1 by default. */
  readonly target: { readonly port: number; readonly host?: string };
  /** One seed, one fate for the n-th datagram of each direction. */
  readonly seed: number;
  /** Fractions of the datagrams, 0 … 1, 0 by default. */
  readonly lossRate?: number;
  readonly duplicateRate?: number;
  /** These wait 1 to 5 ms more, so that later ones overtake them. */
  readonly reorderRate?: number;
  /** How long every datagram is under way, at least; 0 by default. */
  readonly delayMs?: number;
}

/** Datagrams in both directions. `forwarded` counts duplicates too: received − lost + duplicated, once all are out. */
export interface RelayStats {
  readonly received: number;
  readonly forwarded: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly reordered: number;
}

/** A bad stretch of network on loopback: UDP datagrams between any number of clients and one server. */
export interface Relay {
  /** The UDP port for the clients to send to, on 127.0.0.1. */
  readonly port: number;
  readonly stats: RelayStats;
  /** From now on everything passes untouched. */
  calm(): void;
  close(): Promise<void>;
}

const longestDelayMs = 5;

/** Binds a free port on 127.0.0.1 and relays what comes to the target, and back to whom it came from. */
export async function startRelay(options: RelayOptions): Promise<Relay> {
  const { target, seed, lossRate = 0, duplicateRate = 0, reorderRate = 0, delayMs = 0 } = options;
  const stats = { received: 0, forwarded: 0, lost: 0, duplicated: 0, reordered: 0 };
  const delayed = new Set<NodeJS.Timeout>();
  let isCalm = false;

  const impair = (random: RandomSource, forward: () => void): void => {
    stats.received++;
    // Always as many draws, so that the fate of a datagram does not depend on the fates before it.
    const [loss, duplicate, reorder, delay] = [random, random, random, random].map(randomFraction);
    const send = (afterMs = delayMs): void => {
      if (afterMs === 0) {
        stats.forwarded++;
        forward();
        return;
      }
      const timer = setTimeout(() => {
        delayed.delete(timer);
        send(0);
      }, afterMs);
      delayed.add(timer);
    };
    if (!isCalm && loss! < lossRate) {
      stats.lost++;
      return;
    }
    if (!isCalm && duplicate! < duplicateRate) {
      stats.duplicated++;
      send();
    }
    if (isCalm || reorder! >= reorderRate) {
      send();
      return;
    }
    stats.reordered++;
    send(delayMs + 1 + delay! * (longestDelayMs - 1));
  };

  const toServer = seededRandom(seed);
  const toClient = seededRandom(seed + 1);
  const front = await bound();
  /** One socket a client, by its UDP port: the server must be able to tell them apart. */
  const backs = new Map<number, Promise<Socket>>();

  const openBack = async (clientPort: number): Promise<Socket> => {
    const back = await bound();
    back.on('message', (datagram) => impair(toClient, () => front.send(datagram, clientPort, '127.0.0.1')));
    return back;
  };

  front.on('message', (datagram, { port }) => {
    let back = backs.get(port);
    if (back === undefined) {
      back = openBack(port);
      backs.set(port, back);
    }
    void back.then((socket) => impair(toServer, () => socket.send(datagram, target.port, target.host ?? '127.0.0.1')));
  });

  return {
    port: front.address().port,
    stats,
    calm() {
      isCalm = true;
    },
    async close() {
      for (const timer of delayed) clearTimeout(timer);
      for (const socket of [front, ...(await Promise.all(backs.values()))]) {
        await new Promise<void>((resolve) => {
          socket.close(resolve);
        });
      }
    },
  };
}

function bound(): Promise<Socket> {
  const socket = createSocket('udp4');
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(0, '127.0.0.1', () => {
      socket.removeListener('error', reject);
      // ICMP errors of a peer that is gone are no concern of a network.
      socket.on('error', () => {});
      socket.setRecvBufferSize(4 * 1024 * 1024);
      resolve(socket);
    });
  });
}
