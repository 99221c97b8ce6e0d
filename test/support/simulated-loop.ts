import { setImmediate as realTurn } from 'node:timers/promises';
import { vi } from 'vitest';
import type { NetAddress } from '../../src/base/address.ts';
import { Ring } from '../../src/base/ring.ts';
import type { Network } from '../../src/simulation/index.ts';
import type { Station } from '../../src/simulation/station.ts';
import type { Transport, TransportReceiver } from '../../src/transport/transport.ts';

/** Datagrams that a poll phase takes from one socket, as libuv's does. */
const mostInPhase = 32;

interface Timeout {
  readonly at: number;
  readonly call: () => void;
  unref(): Timeout;
}

interface Datagram {
  readonly packet: Uint8Array;
  readonly from: NetAddress;
  readonly to: NetAddress;
}

/**
 * The event loop of one process on a simulated network, with the phases of Node's: timers, poll, check. It is in the place of
 * `setTimeout`, `setImmediate` and `performance.now`, so that whatever runs on them runs here, in the network's virtual time, while the
 * other hosts are processes of their own. What comes for a socket waits in its buffer until a poll phase takes it. A call that
 * takes long (`block`) takes nothing from the others.
 */
export class SimulatedLoop {
  /** Poll phases so far that brought something. */
  phases = 0;
  readonly #network: Network;
  readonly #timeouts = new Set<Timeout>();
  readonly #sockets: SimulatedSocket[] = [];
  #immediates: (() => void)[] = [];

  constructor(network: Network) {
    this.#network = network;
    vi.stubGlobal('setTimeout', (call: () => void, waitMs = 0) => {
      const timeout: Timeout = { at: network.now + Math.max(1, waitMs), call, unref: () => timeout };
      this.#timeouts.add(timeout);
      return timeout;
    });
    vi.stubGlobal('clearTimeout', (timeout: Timeout) => this.#timeouts.delete(timeout));
    vi.stubGlobal('setImmediate', (call: () => void) => this.#immediates.push(call));
    vi.spyOn(performance, 'now').mockImplementation(() => network.now);
  }

  /** Gives the real ones back. */
  end(): void {
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  }

  /** A socket of the process, to be opened as a transport. */
  socket(ip: string): SimulatedSocket {
    const socket = new SimulatedSocket(this.#network, ip);
    this.#sockets.push(socket);
    return socket;
  }

  /** A computation of so many milliseconds, in which everybody else goes on. */
  block(ms: number): void {
    this.#network.run({ forMs: ms });
  }

  /** Lets the loop turn until `end` in virtual time. */
  async run(forMs: number): Promise<void> {
    const end = this.#network.now + forMs;
    await realTurn();
    while (this.#network.now < end) {
      await this.#runTimers();
      await this.#poll(end);
      await this.#check();
    }
  }

  async #runTimers(): Promise<void> {
    const due = [...this.#timeouts].filter(({ at }) => at <= this.#network.now).sort((a, b) => a.at - b.at);
    for (const timeout of due) {
      if (!this.#timeouts.delete(timeout)) continue;
      timeout.call();
      await realTurn();
    }
  }

  /** Waits for packets where nothing else is to be done. */
  async #poll(end: number): Promise<void> {
    const hasArrivals = () => this.#sockets.some(({ waiting }) => waiting > 0);
    if (this.#immediates.length === 0 && !hasArrivals()) {
      let until = end;
      for (const { at } of this.#timeouts) until = Math.min(until, at);
      this.#network.at(until, () => {});
      this.#network.run({ until: () => hasArrivals() || this.#network.now >= until });
    }
    if (hasArrivals()) this.phases++;
    for (const socket of this.#sockets) socket.deliver(mostInPhase);
    await realTurn();
  }

  async #check(): Promise<void> {
    const calls = this.#immediates;
    this.#immediates = [];
    for (const call of calls) call();
    if (calls.length > 0) await realTurn();
  }
}

/** A bound UDP socket: its buffer holds what no poll phase has taken yet. */
export class SimulatedSocket implements Transport, Station {
  readonly properties = { overhead: 28, maxPacketSize: 1_472 };
  readonly name: string;
  readonly addresses: readonly [NetAddress];
  readonly nextTimeout = Number.POSITIVE_INFINITY;
  readonly #network: Network;
  readonly #buffer = new Ring<Datagram>();
  #receiver: TransportReceiver | undefined;

  constructor(network: Network, ip: string) {
    this.name = ip;
    this.addresses = [Object.freeze({ ip, udpPort: 9899 })];
    this.#network = network;
    network.attach(this);
  }

  /** Datagrams in the buffer. */
  get waiting(): number {
    return this.#buffer.length;
  }

  async open(receiver: TransportReceiver): Promise<void> {
    this.#receiver = receiver;
  }

  async close(): Promise<void> {
    this.#receiver = undefined;
    this.#buffer.clear();
  }

  send(packet: Uint8Array, to: NetAddress): void {
    this.#network.transmit(this, packet.slice(), to);
  }

  /** What the network brings. */
  handlePacket(packet: Uint8Array, from: NetAddress, to: NetAddress): void {
    if (this.#receiver !== undefined) this.#buffer.push({ packet, from, to });
  }

  handleTimeout(): void {}

  deliver(most: number): void {
    for (let count = 0; count < most; count++) {
      const next = this.#buffer.shift();
      if (next === undefined) return;
      this.#receiver?.handlePacket(next.packet, next.from, next.to);
    }
  }
}
