import debug from 'debug';
import type { Association, EventHandler } from '../association/association.ts';
import type { AssociationEvent } from '../association/events.ts';
import { formatAddress, type NetAddress } from '../base/address.ts';
import { Ring } from '../base/ring.ts';
import type { Instant } from '../base/time.ts';
import { decodePacket, describeChunk } from '../chunks/index.ts';
import type { Endpoint, Transmit } from '../endpoint/endpoint.ts';
import { isBehind, noteArrival, PatientTimer } from '../transport/patient-timer.ts';
import type { Transport, TransportReceiver } from '../transport/transport.ts';
import { guarded } from './guarded.ts';
import { systemNow } from './system.ts';

const log = debug('sctp:packet');

/** `setTimeout` takes 31 bits of milliseconds; a longer wait is made of several. */
const longestWaitMs = 0x7fff_ffff;

/** More packets than this do not wait for the end of the turn. */
const mostHeld = 32;

/** Whom a driver tells; called when the core is at rest, so that it may be called again from inside. */
export interface DriverOwner {
  /** An association came up that nobody here asked for; `attach` to it before returning, or its events are lost. */
  handleAssociation(association: Association): void;
  /** The transport failed for good. */
  handleTransportError(error: Error): void;
}

/** The part of an endpoint that a driver drives. */
export type DrivenEndpoint = Pick<
  Endpoint,
  'handlePacket' | 'handleTimeout' | 'nextTimeout' | 'pollTransmit' | 'pollEvent' | 'reclaim'
>;

/**
 * Runs a sans-IO endpoint in real time: one input, then drain all outputs, then arm ONE timer.
 *
 * The driver is the only caller of the endpoint's inputs `handlePacket` and `handleTimeout`. Commands go to an
 * association directly and are followed by `schedule()`.
 */
export class Driver implements TransportReceiver {
  readonly #endpoint: DrivenEndpoint;
  readonly #transport: Transport;
  readonly #owner: DriverOwner;
  readonly #events = new Ring<{ association: Association; event: AssociationEvent }>();
  /** Packets that are written, and leave together. */
  readonly #held: Transmit[] = [];
  #now: Instant = systemNow();
  #isDraining = false;
  #isDelivering = false;
  #isScheduled = false;
  #isAnswering = false;
  /** Whether there was no drain since a SACK may be due. */
  #owesSack = false;
  /** Whether the last packet has called for a SACK chunk, and there was no drain since. */
  #isSackDue = false;
  #isClosed = false;
  readonly #timer: PatientTimer = new PatientTimer(() => this.#handleTimer());
  #armedFor: Instant = Number.POSITIVE_INFINITY;

  constructor(endpoint: DrivenEndpoint, transport: Transport, owner: DriverOwner) {
    this.#endpoint = endpoint;
    this.#transport = transport;
    this.#owner = owner;
  }

  /** The time to pass with a command. */
  now(): Instant {
    // Kept as well: an input that arrives while outputs are drained must not be older than they are.
    this.#now = systemNow();
    return this.#now;
  }

  /** The time of the latest input or drain. */
  get lastNow(): Instant {
    return this.#now;
  }

  /** Binds the transport. Rejects as `Transport.open` does. */
  open(): Promise<void> {
    return this.#transport.open(this);
  }

  /** Registers who takes the events of `association`; forgotten when it has closed. */
  attach(association: Association, handler: EventHandler): void {
    association.eventHandler = handler;
  }

  /**
   * To be called after a command. The outputs are drained when the running JavaScript has come to rest: a thousand
   * sends in a row, awaited or not, cost one drain and share packets. (`nextTick` rather than a microtask: it runs
   * behind all microtasks, so an `await` between two sends does not part them.)
   */
  schedule(): void {
    if (this.#isScheduled || this.#isClosed) return;
    this.#isScheduled = true;
    process.nextTick(this.#runScheduled);
  }

  readonly #runScheduled = (): void => {
    this.#isScheduled = false;
    if (this.#isClosed) return;
    this.now();
    this.#drain();
  };

  /** As `schedule`, at the end of this turn of the event loop: for commands that set nothing free but a SACK chunk. */
  scheduleSack(): void {
    this.#owesSack = true;
    if (this.#isAnswering || this.#isClosed) return;
    this.#isAnswering = true;
    setImmediate(this.#answer);
  }

  /**
   * Takes a packet. What it brings is read at once, and what its reader says to that goes out at once. What SACK chunks set free
   * waits for the end of this turn of the event loop, and so do SACK chunks, so that DATA of the reader's can go out beside them, and
   * that they wake their receiver once. But each has a Cumulative TSN Ack of its own: it is written before the next packet is taken.
   *
   * RFC 9260 §6.2: "an acknowledgement SHOULD be generated for at least every second packet", also where the system hands many
   * over in one turn: a peer that counts SACK chunks (Max.Burst, L = 1 of §7.2.1) grows by no more than there are.
   */
  handlePacket(packet: Uint8Array, from: NetAddress, to: NetAddress | undefined): void {
    noteArrival();
    if (this.#isClosed) return;
    if (log.enabled) log('from %s: %s', formatAddress(from), describePacket(packet));
    const now = this.now();
    if (this.#isSackDue && !this.#isDraining) this.#hold();
    const demand = this.#endpoint.handlePacket(packet, from, to, now, isBehind());
    if (demand === 'answer') {
      this.#drain();
      return;
    }
    this.#isSackDue = demand === 'acknowledgement';
    this.scheduleSack();
    if (demand !== 'nothing' && !this.#isDraining && this.#drainEvents()) this.#deliver();
  }

  readonly #answer = (): void => {
    this.#isAnswering = false;
    // What was to be said may have gone out with something else meanwhile.
    if (this.#isClosed || !this.#owesSack) return;
    this.now();
    this.#drain();
  };

  handleError(error: Error): void {
    if (this.#isClosed) return;
    guarded(() => this.#owner.handleTransportError(error));
  }

  /**
   * Sends what is due at once, then closes the transport; nothing is called any more afterwards. With `lingerMs`, packets
   * are answered for that long where the transport can, which does not keep the process alive: a peer that has missed the
   * last packet of an association asks again, and is told (RFC 9260 §8.4).
   */
  async close(lingerMs = 0): Promise<void> {
    if (this.#isClosed) return;
    this.now();
    this.#drain();
    this.#isClosed = lingerMs === 0;
    this.#disarm();
    await this.#transport.close(lingerMs);
  }

  #drain(): void {
    // A transport in memory may deliver an answer from inside `send`: the loop that is running takes its outputs along.
    if (this.#isDraining) return;
    this.#isDraining = true;
    this.#owesSack = false;
    this.#isSackDue = false;
    try {
      while (this.#drainTransmits() || this.#drainEvents());
    } finally {
      this.#isDraining = false;
    }
    this.#arm();
    this.#deliver();
  }

  /** Writes the packets that are due, for the end of the turn. */
  #hold(): void {
    this.#isSackDue = false;
    for (;;) {
      const transmit = this.#endpoint.pollTransmit(this.#now);
      if (transmit === undefined) break;
      this.#held.push(transmit);
    }
    if (this.#held.length >= mostHeld) this.#drain();
  }

  #sendHeld(): boolean {
    if (this.#held.length === 0) return false;
    const held = this.#held.splice(0);
    let areOut = true;
    for (const transmit of held) areOut = this.#send(transmit) && areOut;
    // Memory goes back in the other order, to be one piece again.
    if (areOut) for (let i = held.length - 1; i >= 0; i--) this.#endpoint.reclaim(held[i]!.packet);
    return true;
  }

  /** Returns whether the packet is out already. */
  #send({ packet, to, from }: Transmit): boolean {
    if (log.enabled) log('to %s: %s', formatAddress(to), describePacket(packet));
    this.#transport.send(packet, to, from);
    return this.#transport.properties.isDrained?.() === true;
  }

  #drainTransmits(): boolean {
    let any = this.#sendHeld();
    for (;;) {
      const transmit = this.#endpoint.pollTransmit(this.#now);
      if (transmit === undefined) return any;
      any = true;
      if (this.#send(transmit)) this.#endpoint.reclaim(transmit.packet);
    }
  }

  #drainEvents(): boolean {
    let any = false;
    for (;;) {
      const event = this.#endpoint.pollEvent();
      if (event === undefined) return any;
      any = true;
      this.#events.push(event);
    }
  }

  /** Hands over what was collected. User code runs in here, and the core is at rest. */
  #deliver(): void {
    if (this.#isDelivering) return;
    this.#isDelivering = true;
    for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) {
      const { association, event } = next;
      guarded(() => {
        if (event.kind === 'established' && association.eventHandler === undefined) {
          this.#owner.handleAssociation(association);
        }
        const handler = association.eventHandler;
        if (event.kind === 'closed') association.eventHandler = undefined;
        handler?.(event);
      });
    }
    this.#isDelivering = false;
  }

  /** A timer that fires too early costs less than stopping and starting one for every packet. */
  #arm(): void {
    const deadline = this.#endpoint.nextTimeout;
    if (this.#isClosed || deadline >= this.#armedFor) return;
    this.#armedFor = deadline;
    this.#timer.start(Math.min(Math.max(Math.ceil(deadline - this.#now), 0), longestWaitMs));
  }

  #disarm(): void {
    this.#timer.stop();
    this.#armedFor = Number.POSITIVE_INFINITY;
  }

  #handleTimer(): void {
    this.#armedFor = Number.POSITIVE_INFINITY;
    const now = this.now();
    if (now >= this.#endpoint.nextTimeout) this.#endpoint.handleTimeout(now);
    this.#drain();
  }
}

/** For the log only: the core decodes for itself. */
function describePacket(packet: Uint8Array): string {
  const chunks = decodePacket(packet)?.chunks.map((chunk) => describeChunk(chunk, { verbose: true }));
  return chunks?.join(' + ') ?? `${packet.length} bytes that are no SCTP packet`;
}
